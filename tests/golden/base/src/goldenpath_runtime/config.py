"""params.yaml as frozen values: what is predicted, from what, and what the gate asks for.

Owned by the template: do not edit. A key that is not in params.yaml takes the default given here, so a file written
for an older release stays valid.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

PARAMS = Path("params.yaml")
T = TypeVar("T", bound=BaseModel)


class ProjectError(Exception):
    """Something in the project's files or data is not as it must be: shown as one message, without a traceback."""


class Frozen(BaseModel):
    """A value that cannot be changed and knows no key but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Frozen):
    """Where the rows come from: a .csv or .parquet file, or `package:NAME/FILE` inside an installed package."""

    source: str
    sample: str = "data/sample.csv"
    sample_rows: int = Field(default=100, ge=10)


class Split(Frozen):
    """Shares of the rows kept for choosing (validation) and for the final figures (test); the rest is trained on.

    `by: seed` shuffles; `by: time` tests on the newest rows by `column` and validates on those before them.
    """

    by: Literal["seed", "time"] = "seed"
    column: str | None = None
    validation: float = Field(default=0.2, gt=0, lt=0.5)
    test: float = Field(default=0.2, gt=0, lt=0.5)


class Objective(Frozen):
    """The one figure by which candidates are compared, and whether more of it is better."""

    metric: str
    direction: Literal["maximize", "minimize"] = "maximize"


class Threshold(Frozen):
    """Bounds of one metric, both included."""

    min: float | None = None
    max: float | None = None


class Slices(Frozen):
    """Groups of rows that must not be served much worse than all rows together.

    `max_gap`: by what share of the overall objective a slice may be worse. Slices under `min_rows` are only shown.
    """

    columns: tuple[str, ...] = ()
    min_rows: int = Field(default=20, ge=2)
    max_gap: float = Field(default=0.2, ge=0)


class Gate(Frozen):
    """What a model must show before it may be used.

    `min_gain`: by how much of the objective it beats the baseline. `max_slowdown`: its median latency for one row, as a
    multiple of the baseline's in the same run. `max_parity_error`: largest difference between the scores of the trained
    and of the exported model, relative to the largest score when that is above one.
    """

    thresholds: Mapping[str, Threshold] = {}
    min_gain: float = 0.0
    slices: Slices = Slices()
    max_slowdown: float = Field(default=50.0, gt=0)
    max_parity_error: float = Field(default=1e-4, gt=0)


class ModelParams(Frozen):
    """One model of the project. `options` is handed to your code as it stands."""

    task: Literal["classification", "regression"]
    target: tuple[str, ...] = Field(min_length=1)
    data: Data
    objective: Objective
    schema_file: str = Field(default="data/schema.yaml", alias="schema")
    split: Split = Split()
    gate: Gate = Gate()
    seed: int = 0
    options: Mapping[str, Any] = {}

    @field_validator("target", mode="before")
    @classmethod
    def _one_or_several(cls, value: object, others: ValidationInfo) -> object:
        if others.data.get("task") == "classification" and not isinstance(value, str):
            raise ValueError("a classification has one target")
        return (value,) if isinstance(value, str) else value


class Params(Frozen):
    """The whole of params.yaml."""

    models: Mapping[str, ModelParams] = Field(min_length=1)

    def model(self, name: str | None) -> tuple[str, ModelParams]:
        """The model of that name, or the only one; ProjectError when the choice is open."""
        if name is None and len(self.models) == 1:
            name = next(iter(self.models))
        if name is None or name not in self.models:
            asked = f"there is no model {name!r}" if name else "there are several models"
            raise ProjectError(f"{PARAMS}: {asked}; add MODEL= with one of: {', '.join(self.models)}")
        return name, self.models[name]


def read_params(path: Path = PARAMS) -> Params:
    """Read and check the file; ProjectError names each line that is wrong."""
    return read_yaml(path, Params)


def read_yaml(path: Path, kind: type[T]) -> T:
    """A YAML file as a value of that kind; ProjectError says where it is wrong and what was probably meant."""
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ProjectError(f"{path}: not found; run this in the folder of the project") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: not valid YAML: {error}") from None
    except ValidationError as error:
        raise ProjectError("\n".join(f"{path}: {_explain(kind, item)}" for item in error.errors())) from None


def _explain(kind: type[BaseModel], item: ErrorDetails) -> str:
    place = ".".join(str(part) for part in item["loc"]) or "the file"
    if item["type"] != "extra_forbidden":
        return f"{place}: {item['msg']}, not {item['input']!r:.60}"
    schema = kind.model_json_schema()
    known = {key for part in (schema, *schema.get("$defs", {}).values()) for key in part.get("properties", {})}
    close = difflib.get_close_matches(str(item["loc"][-1]), known, n=1)
    return f"{place}: unknown key" + (f"; did you mean {close[0]}?" if close else "")
