"""params.yaml as frozen values: what is predicted, from what, and what the gate asks for.

Owned by the template: do not edit. A key that is not in params.yaml takes the default given here,
so a file written for an older release stays valid.
"""

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from .errors import ProjectError
from .figures import Direction, usual_direction
from .files import Frozen, read_yaml

PARAMS = Path("params.yaml")
# How true and false are written.
TRUE = ("1", "1.0", "true", "True", "TRUE")
FALSE = ("0", "0.0", "false", "False", "FALSE")
# What means no value in a column of numbers or times; in a category or text only what `missing`
# lists, and the empty field.
MISSING = (
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
)


# What a message has in place of a value of a column that schema.yaml marks `personal`.
HIDDEN = "a personal value, which is not shown"


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


class Format(Frozen):
    """How .csv files are written: those of the pipeline, of `score` and of `labels`.

    `separator` stands between fields, `decimal` between a number's whole part and its fraction;
    `encoding` is a name that Python knows. `make schema` drafts the three from a file.
    `missing`: words that mean no value, in every column, beside the empty field. Numbers and times
    know the usual ones anyway, such as NA and null. A category that lists `values` takes for
    missing those usual ones that it does not list. Any other category or text has no such words, so
    that NA may be Namibia.
    """

    separator: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    missing: tuple[Annotated[str, Field(coerce_numbers_to_str=True)], ...] | None = None

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError:
            raise ValueError("Python knows no such encoding") from None
        return value


class Data(Format):
    """Where the rows come from: see `read_rows` in data.py; or what your own `load` makes of it."""

    source: str
    checks: Checks = Checks()
    sample: str = "data/sample.csv"
    sample_rows: int = Field(default=100, ge=10)


class Split(Frozen):
    """Shares of the rows for choosing (validation) and for the final figures (test).

    The rest is for training. `by: seed` draws for each row, by the values of its features: it keeps
    its part when rows are added, and equal rows are in one part. `by: group` draws for each value
    of `column`, such as a patient, whose rows stay together; also the way for rows whose features
    change later: by their id. `by: time` tests on the newest rows by `column` and validates on
    those before them; equal times stay together, and with `group` its rows do, by the newest.
    """

    by: Literal["seed", "group", "time"] = "seed"
    column: str | None = None
    group: str | None = None
    validation: float = Field(default=0.2, gt=0, lt=0.5)
    test: float = Field(default=0.2, gt=0, lt=0.5)


class Objective(Frozen):
    """The one figure by which candidates are compared, and whether more of it is better.

    A usual figure has a direction of its own, so say it of yours.
    """

    metric: str
    direction: Direction = "maximize"

    @property
    def assumption(self) -> str:
        """What is taken for granted of a figure of which nothing says which way is better."""
        if "direction" in self.model_fields_set:
            return ""
        return (
            f"nothing says which way {self.metric} is better, so more of it is taken for better: "
            f"write `objective: {{metric: {self.metric}, direction: maximize}}` or minimize"
        )


class Threshold(Frozen):
    """Bounds of one metric, both included; at least one of them."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("it asks for nothing: write {min: ...} or {max: ...}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"no value is at least {self.min} and at most {self.max}")
        return self


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
    `max_regression`: by how much of the objective it may be worse than the champion, on the test
    rows that neither has seen. With fewer than `min_compared` of them, the two are not compared.
    `max_size_mb`: of the exported model. `max_age_days`: since its training.
    """

    thresholds: Mapping[str, Threshold] = {}
    min_gain: float = 0.0
    slices: Slices = Slices()
    max_slowdown: float = Field(default=50.0, gt=0)
    max_parity_error: float = Field(default=1e-4, gt=0)
    max_regression: float = Field(default=0.0, ge=0)
    min_compared: int = Field(default=20, ge=1)
    max_size_mb: float = Field(default=50.0, gt=0)
    max_age_days: float = Field(default=30.0, gt=0)


class ModelParams(Frozen):
    """One model of the project. `options` is handed to your code as it stands.

    `positive`: of two classes, the one that figures such as average_precision, precision, recall
    and f1 are about. Without it, it is the last by alphabet.

    One model on several data sets is several entries, `<model>_<dataset>`, each with its `dataset`.
    """

    task: Literal["classification", "regression"]
    target: tuple[str, ...] = Field(min_length=1)
    positive: str | None = None
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

    @field_validator("positive", mode="before")
    @classmethod
    def _as_a_class(cls, value: object, others: ValidationInfo) -> object:
        if value is not None and others.data.get("task") == "regression":
            raise ValueError("a regression has no classes: take this line out")
        if isinstance(value, float):
            return f"{value:.15g}"
        if isinstance(value, int):
            return str(value)
        return value

    @field_validator("objective")
    @classmethod
    def _in_its_direction(cls, objective: Objective, others: ValidationInfo) -> Objective:
        targets = others.data.get("target", ())
        usual = usual_direction(objective.metric, targets)
        if usual is None:
            return objective
        if "direction" not in objective.model_fields_set:
            return objective.model_copy(update={"direction": usual})
        if objective.direction != usual:
            better = "more" if usual == "maximize" else "less"
            raise ValueError(
                f"{better} {objective.metric} is better: "
                f"write {{metric: {objective.metric}, direction: {usual}}}"
            )
        return objective


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
