"""One model of the project: its settings, its folders and, when a step asks for it, its code.

Owned by the template: do not edit. Your code is imported only then: a step that reads figures needs
no model.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .config import PARAMS, ModelParams, read_params
from .errors import ProjectError
from .extras import extra
from .files import did_you_mean, read_json

if TYPE_CHECKING:
    from .interface import Dataset, Model
    from .schema import Schema


@dataclass(frozen=True)
class Project:
    """One model of the project: its settings, its code and the folders its steps write to."""

    name: str
    params: ModelParams
    root: Path = Path()

    @property
    def build(self) -> Path:
        """Data and models; written by the pipeline, not in git."""
        return self.root / "build" / self.name

    @property
    def reports(self) -> Path:
        """Figures, decisions and the report."""
        return self.root / "reports" / self.name

    @cached_property
    def model(self) -> "Model":
        """The team's model, imported when first asked for.

        ProjectError where params.yaml and the schema do not agree.
        """
        from .schema import read_schema  # noqa: PLC0415 (with pandas)

        model_class = extra("model class")(self.name)
        schema = read_schema(self.params.schema_file)
        _require_columns(self.params, schema)
        model: Model = model_class(self.params, schema)
        return model

    def dataset(self, part: str) -> "Dataset":
        """The validated rows of one part of the split: train, validation or test."""
        from .interface import Dataset  # noqa: PLC0415 (with scikit-learn)

        folder = self.build / "data"
        summary = read_json(folder / "summary.json", "data")
        classes = tuple(summary["classes"])
        path = folder / f"{part}.parquet"
        return Dataset(path, self.model.columns, self.params.target, classes)


def open_project(name: str | None) -> Project:
    """The model of that name as params.yaml describes it.

    ProjectError where there is none, or several are meant.
    """
    key, params = read_params().model(name)
    return Project(key, params)


def _require_columns(params: ModelParams, schema: "Schema") -> None:
    split = [name for name in (params.split.column, params.split.group) if name]
    named = {
        "target": params.target,
        "gate.slices.columns": params.gate.slices.columns,
        "split": split,
        "data.checks.max_age_days": params.data.checks.max_age_days,
    }
    for key, columns in named.items():
        for name in columns:
            if name not in schema.columns:
                meant = did_you_mean(name, schema.columns)
                raise ProjectError(
                    f"{PARAMS} names {name}, which {params.schema_file} does not list: {key}{meant}"
                )
    if params.task == "classification":
        return
    for target in params.target:
        if not schema.columns[target].is_number:
            raise ProjectError(
                f"{PARAMS}: a regression has numbers for targets, "
                f"and {params.schema_file} says otherwise"
            )
