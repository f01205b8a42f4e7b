"""params.yaml as frozen values: what is predicted, from what, and what the gate asks for.

Owned by the template: do not edit. A key that is not in params.yaml takes the default given here, so a file written
for an older release stays valid.
"""

import argparse
import difflib
import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

PARAMS = Path("params.yaml")
T = TypeVar("T", bound=BaseModel)


class ProjectError(Exception):
    """Something in the project's files or data is not as it must be: shown as one message, without a traceback."""


def layer(name: str) -> Any:
    """A module of this package that only some answers of the template bring; None where it is not there."""
    return import_module(f".{name}", __package__) if find_spec(f".{name}", __package__) else None


class Frozen(BaseModel):
    """A value that cannot be changed and knows no key but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Checks(Frozen):
    """What the rows must show beyond schema.yaml; shares are from 0 to 1.

    `max_duplicates`: rows that are there before, in all columns. `max_leakage`: validation and test rows whose features
    and target are also trained on. Rows of few, coarse columns are alike by chance, so these two limits only stop data
    that were joined to themselves; set lower ones where rows are distinct. `min_class_share`: the rarest class.
    `banned`: columns that no model may see. `max_age_days`: by time column, how old its newest value may be.
    """

    max_duplicates: float = Field(default=0.4, ge=0, le=1)
    max_leakage: float = Field(default=0.55, ge=0, le=1)
    min_class_share: float = Field(default=0.001, ge=0, le=1)
    banned: tuple[str, ...] = ()
    max_age_days: Mapping[str, float] = {}


class Data(Frozen):
    """Where the rows come from: a .csv or .parquet file, or `package:NAME/FILE` inside an installed package."""

    source: str
    checks: Checks = Checks()
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
    and of the exported model, relative to the largest score when that is above one. `max_regression`: by how much of
    the objective it may be worse than the champion. `max_age_days`: since its training.
    """

    thresholds: Mapping[str, Threshold] = {}
    min_gain: float = 0.0
    slices: Slices = Slices()
    max_slowdown: float = Field(default=50.0, gt=0)
    max_parity_error: float = Field(default=1e-4, gt=0)
    max_regression: float = Field(default=0.0, ge=0)
    max_size_mb: float = Field(default=50.0, gt=0)
    max_age_days: float = Field(default=30.0, gt=0)


class ModelParams(Frozen):
    """One model of the project. `options` is handed to your code as it stands.

    One model on several data sets is several entries, `<model>_<dataset>`, each with its `dataset`.
    """

    task: Literal["classification", "regression"]
    target: tuple[str, ...] = Field(min_length=1)
    data: Data
    objective: Objective
    schema_file: str = Field(default="data/schema.yaml", alias="schema")
    split: Split = Split()
    gate: Gate = Gate()
    dataset: str = "default"
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

    def select(self, name: str | None) -> list[str]:
        """The models meant by `name`, `name@dataset`, `@dataset` or None; ProjectError where there are none."""
        model, _, dataset = (name or "").partition("@")
        found = [
            key
            for key, each in self.models.items()
            if (not model or key in (model, f"{model}_{each.dataset}")) and dataset in ("", each.dataset)
        ]
        if not found:
            known = ", ".join(f"{key} (DATASET={each.dataset})" for key, each in self.models.items())
            raise ProjectError(f"{PARAMS}: there is no model {name!r}; there are: {known}")
        return found

    def model(self, name: str | None) -> tuple[str, ModelParams]:
        """The one model meant; ProjectError when the choice is open."""
        found = self.select(name)
        if len(found) > 1:
            raise ProjectError(f"{PARAMS}: there are several models; add MODEL= with one of: {', '.join(found)}")
        return found[0], self.models[found[0]]


def read_params(path: Path = PARAMS) -> Params:
    """Read and check the file; ProjectError names each line that is wrong."""
    return read_yaml(path, Params)


def note_blocked(folder: Path) -> None:
    """Say on stderr when the gate has blocked the model of a project's folder build/<model>/model."""
    verdict = folder.parent.parent.parent / "reports" / folder.parent.name / "gate.verdict"
    if verdict.is_file() and verdict.read_text(encoding="utf-8").strip() == "fail":
        print(f"note: the gate has blocked this model: see {verdict.with_name('report.md')}", file=sys.stderr)


def command(name: str, several: bool = False) -> argparse.ArgumentParser:
    """A parser for a command that is about one model, or about several."""
    which = "`name`, `name@dataset` or `@dataset`; all without it" if several else "not needed where there is one"
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--model", help=f"which model of {PARAMS}: {which}")
    return parser


def matrix(argv: Sequence[str]) -> None:
    """The command: print the models meant in the form that a CI system fans out, or as stages of dvc.yaml."""
    parser = command("matrix", several=True)
    parser.add_argument("--stage", help="print the names of this stage of dvc.yaml")
    parser.add_argument("--form", choices=("github", "gitlab", "azure", "lines"), default="github")
    parser.add_argument("--drifted", action="store_true", help="only those whose last verdict of make monitor is drift")
    args = parser.parse_args(argv)
    params = read_params()
    found = [name for name in params.select(args.model) if not args.drifted or _has_drifted(name)]
    forms: dict[str, object] = {
        "github": {"include": [{"model": name, "dataset": params.models[name].dataset} for name in found]},
        "gitlab": [{"MODEL": found}],
        "azure": {name: {"MODEL": name} for name in found},
    }
    lines = "\n".join(found) if args.form == "lines" else json.dumps(forms[args.form])
    print(" ".join(f"{args.stage}@{name}" for name in found) if args.stage else lines)


def _has_drifted(model: str) -> bool:
    verdict = Path("reports", model, "monitor.verdict")
    return verdict.is_file() and verdict.read_text(encoding="utf-8").strip() == "drift"


def read_yaml(path: Path, kind: type[T]) -> T:
    """A YAML file as a value of that kind; ProjectError says where it is wrong and what was probably meant."""
    try:
        return parse(kind, yaml.safe_load(path.read_text(encoding="utf-8")), path)
    except FileNotFoundError:
        raise ProjectError(f"{path}: not found; run this in the folder of the project") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: not valid YAML: {error}") from None


def parse(kind: type[T], content: object, place: object) -> T:
    """Content as a value of that kind; ProjectError names the place and all that is wrong in it."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ProjectError("\n".join(f"{place}: {_explain(kind, item)}" for item in error.errors())) from None


def _explain(kind: type[BaseModel], item: ErrorDetails) -> str:
    place = ".".join(str(part) for part in item["loc"]) or "the file"
    if item["type"] != "extra_forbidden":
        return f"{place}: {item['msg']}, not {item['input']!r:.60}"
    schema = kind.model_json_schema()
    known = {key for part in (schema, *schema.get("$defs", {}).values()) for key in part.get("properties", {})}
    close = difflib.get_close_matches(str(item["loc"][-1]), known, n=1)
    return f"{place}: unknown key" + (f"; did you mean {close[0]}?" if close else "")


def read_json(path: Path, made_by: str) -> Any:
    """What a step wrote; ProjectError names the step that has to run first."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(f"{path} is not there yet: run make {made_by} first") from None


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, default=float) + "\n", encoding="utf-8")
