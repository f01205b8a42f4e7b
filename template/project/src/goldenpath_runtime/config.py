"""params.yaml as frozen values: what is predicted, from what, and what the gate asks for.

Owned by the template: do not edit. A key that is not in params.yaml takes the default given here,
so a file written for an older release stays valid.
"""

import argparse
import difflib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

PARAMS = Path("params.yaml")
T = TypeVar("T", bound=BaseModel)


class ProjectError(Exception):
    """The project's files or data are wrong: shown as a message, without a traceback."""


def layer(name: str) -> Any:
    """A module of this package that only some answers of the template bring; None without it."""
    if find_spec(f".{name}", __package__) is None:
        return None
    return import_module(f".{name}", __package__)


class Frozen(BaseModel):
    """A value that cannot be changed and knows no key but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Checks(Frozen):
    """What the rows must show beyond schema.yaml; shares are from 0 to 1.

    `max_duplicates`: rows that are there before, in all columns.
    `max_leakage`: validation and test rows whose features and target are also trained on.
    Rows of few, coarse columns are alike by chance, so these two limits only stop data that were
    joined to themselves; set lower ones where rows are distinct.
    `min_class_share`: the rarest class.
    `banned`: columns that no model may see.
    `max_age_days`: by time column, how old its newest value may be.
    """

    max_duplicates: float = Field(default=0.4, ge=0, le=1)
    max_leakage: float = Field(default=0.55, ge=0, le=1)
    min_class_share: float = Field(default=0.001, ge=0, le=1)
    banned: tuple[str, ...] = ()
    max_age_days: Mapping[str, float] = {}


class Data(Frozen):
    """Where the rows come from: a .csv or .parquet file, or `package:NAME/FILE` of a package."""

    source: str
    checks: Checks = Checks()
    sample: str = "data/sample.csv"
    sample_rows: int = Field(default=100, ge=10)


class Split(Frozen):
    """Shares of the rows for choosing (validation) and for the final figures (test).

    The rest is for training. `by: seed` shuffles; `by: time` tests on the newest rows by `column`
    and validates on those before them.
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

    `max_gap`: by what share of the overall objective a slice may be worse.
    Slices under `min_rows` are only shown.
    """

    columns: tuple[str, ...] = ()
    min_rows: int = Field(default=20, ge=2)
    max_gap: float = Field(default=0.2, ge=0)


class Gate(Frozen):
    """What a model must show before it may be used.

    `min_gain`: by how much of the objective it beats the baseline.
    `max_slowdown`: its median latency for one row, as a multiple of the baseline's in the same run.
    `max_parity_error`: largest difference between the scores of the trained and of the exported
    model, relative to the largest score when that is above one.
    `max_regression`: by how much of the objective it may be worse than the champion.
    `max_age_days`: since its training.
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
        if isinstance(value, str):
            return (value,)
        if others.data.get("task") == "classification":
            raise ValueError("a classification has one target")
        return value


class Params(Frozen):
    """The whole of params.yaml.

    Monitoring alone reads `monitor`, which is by model: see docs/watch.md.
    """

    models: Mapping[str, ModelParams] = Field(min_length=1)
    monitor: Mapping[str, Any] = {}

    def select(self, name: str | None) -> list[str]:
        """The models meant by `name`, `name@dataset`, `@dataset` or None.

        ProjectError where there are none.
        """
        model, _, dataset = (name or "").partition("@")
        found = [key for key in self.models if self._is_meant(key, model, dataset)]
        if not found:
            listed = (f"{key} (DATASET={each.dataset})" for key, each in self.models.items())
            known = ", ".join(listed)
            raise ProjectError(f"{PARAMS}: there is no model {name!r}; there are: {known}")
        return found

    def _is_meant(self, key: str, model: str, dataset: str) -> bool:
        own = self.models[key].dataset
        if dataset not in ("", own):
            return False
        return model in ("", key) or key == f"{model}_{own}"

    def model(self, name: str | None) -> tuple[str, ModelParams]:
        """The one model meant; ProjectError when the choice is open."""
        found = self.select(name)
        if len(found) > 1:
            known = ", ".join(found)
            raise ProjectError(
                f"{PARAMS}: there are several models; add MODEL= with one of: {known}"
            )
        (key,) = found
        return key, self.models[key]


def read_params(path: Path = PARAMS) -> Params:
    """Read and check the file; ProjectError names each line that is wrong."""
    return read_yaml(path, Params)


def note_blocked(folder: Path) -> None:
    """Say on stderr when the gate has blocked the model in a project's build/<model>/model."""
    model = folder.parent
    root = model.parent.parent
    verdict = root / "reports" / model.name / "gate.verdict"
    if _holds(verdict, "fail"):
        report = verdict.with_name("report.md")
        print(f"note: the gate has blocked this model: see {report}", file=sys.stderr)


def _holds(path: Path, verdict: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8").strip() == verdict


class Command(NamedTuple):
    """A command: the module with a function of its name, its help, whether it adds to a ledger."""

    module: str
    help: str
    writes: bool = False


def command(name: str, several: bool = False) -> argparse.ArgumentParser:
    """A parser for a command that is about one model, or about several."""
    if several:
        which = "`name`, `name@dataset` or `@dataset`; all without it"
    else:
        which = "not needed where there is one"
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--model", help=f"which model of {PARAMS}: {which}")
    return parser


def matrix(argv: Sequence[str]) -> None:
    """The command: print the models meant.

    One a line, as JSON that a CI system fans out, or as stages of dvc.yaml.
    """
    args = _matrix_parser().parse_args(argv)
    params = read_params()
    found = params.select(args.model)
    if args.drifted:
        found = [name for name in found if _has_drifted(name)]
    if args.stage:
        print(" ".join(f"{args.stage}@{name}" for name in found))
    elif args.form in ("list", "lines"):
        print("\n".join(found))
    else:
        print(json.dumps(_jobs(args.form, params, found)))


def _matrix_parser() -> argparse.ArgumentParser:
    parser = command("matrix", several=True)
    parser.add_argument("--stage", help="print the names of this stage of dvc.yaml")
    # `lines` is an older name of `list`.
    forms = ("list", "github", "gitlab", "azure", "lines")
    parser.add_argument("--form", choices=forms, default="github")
    parser.add_argument(
        "--drifted",
        action="store_true",
        help="only those whose last verdict of make monitor is drift",
    )
    return parser


def _jobs(form: str, params: Params, names: Sequence[str]) -> object:
    """A job for each model, as the CI system of that name reads it."""
    if form == "gitlab":
        return [{"MODEL": names}]
    if form == "azure":
        return {name: {"MODEL": name} for name in names}
    include = [{"model": name, "dataset": params.models[name].dataset} for name in names]
    return {"include": include}


def _has_drifted(model: str) -> bool:
    return _holds(Path("reports", model, "monitor.verdict"), "drift")


def read_yaml(path: Path, kind: type[T]) -> T:
    """A YAML file as a value of that kind.

    ProjectError says where the file is wrong and what was probably meant.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(f"{path}: not found; run this in the folder of the project") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: not valid YAML: {error}") from None
    return parse(kind, content, path)


def parse(kind: type[T], content: object, place: object) -> T:
    """Content as a value of that kind; ProjectError names the place and all that is wrong in it."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problems = (f"{place}: {_explain(kind, item)}" for item in error.errors())
        raise ProjectError("\n".join(problems)) from None


def _explain(kind: type[BaseModel], item: ErrorDetails) -> str:
    place = ".".join(str(part) for part in item["loc"]) or "the file"
    if item["type"] != "extra_forbidden":
        return f"{place}: {item['msg']}, not {item['input']!r:.60}"
    key = str(item["loc"][-1])
    close = difflib.get_close_matches(key, _known_keys(kind), n=1)
    if not close:
        return f"{place}: unknown key"
    return f"{place}: unknown key; did you mean {close[0]}?"


def _known_keys(kind: type[BaseModel]) -> set[str]:
    """The keys of a value of that kind, and of the values inside it."""
    schema = kind.model_json_schema()
    known = set(schema.get("properties", {}))
    for part in schema.get("$defs", {}).values():
        known |= part.get("properties", {}).keys()
    return known


def read_json(path: Path, made_by: str) -> Any:
    """What a step wrote; ProjectError names the step that has to run first."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(f"{path} is not there yet: run make {made_by} first") from None


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, as `write_text` writes it."""
    write_text(path, json.dumps(value, indent=2, default=float) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text, making the folder; a process that is killed leaves all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def git(*words: str) -> str | None:
    """What git prints; None without git or a repository, or where it or a hook says no."""
    command = ["git", *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
