"""schema.yaml as a value: which columns the rows have, and what they may hold.

Owned by the template: do not edit. The same file guards training (prepare.py, with pandera) and
serving (inference.py).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml
from pandas.api.types import is_string_dtype
from pydantic import Field

from .config import FALSE, HIDDEN, MISSING, TRUE
from .errors import ProjectError
from .files import Frozen, read_yaml

FEW = 20  # a drafted text column with at most this many different values is called a category
HEAD = (
    "# What the rows may hold. Yours: drafted by `make schema`, so read every line before you "
    "trust it. All keys with their\n"
    "# meaning: class Column in src/goldenpath_runtime/schema.py. `feature: false` keeps a column "
    "for slices and checks but\n"
    "# hides it from the model: so write it for ids, and for what is not known yet when an answer "
    "is asked for. A `time`\n"
    "# column orders rows and is no feature.\n"
)
EXACT = 2.0**53  # up to here a float holds every whole number
ENOUGH = 30  # rows of which an id has to be different in each
DATE = r"\d{4}-\d\d-\d\d"  # how a drafted time begins


class Column(Frozen):
    """What one column may hold.

    A column with `feature: false` is kept for slices but never shown to the model.
    What is `personal` is scored, and its values are in no message, sample, report or store. A
    model whose features are personal categories or texts does hold them: `train` says so.
    A `time` is ISO 8601, in UTC where it names no zone; an empty text is a missing one.
    """

    type: Literal["number", "integer", "boolean", "category", "text", "time"]
    nullable: bool = False
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] | None = None
    feature: bool = True
    personal: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the model gets it as a float."""
        return self.type in ("number", "integer", "boolean")

    def no_values(self, words: Sequence[str] | None) -> tuple[str, ...]:
        """The words that mean no value, beside the empty text; `words` is `missing` of params.yaml.

        See Format in config.py.
        """
        usual: Iterable[str] = MISSING
        if self.type in ("category", "text"):
            listed = self.values
            usual = () if listed is None else set(MISSING) - set(listed)
        return (*sorted(usual), *(words or ()))


class Schema(Frozen):
    """The columns by name, in the order in which the model takes them.

    Other columns of the data are not read.
    """

    columns: Mapping[str, Column] = Field(min_length=1)

    def features(self, target: Sequence[str]) -> dict[str, Column]:
        """The columns that the model sees."""
        kept = {}
        for name, column in self.columns.items():
            if name in target or column.type == "time":
                continue
            if column.feature:
                kept[name] = column
        if not kept:
            raise ProjectError(
                "data/schema.yaml: no column is left for the model; "
                "a feature is neither target nor time"
            )
        return kept

    def coerce(
        self,
        frame: pd.DataFrame,
        words: Sequence[str] | None = None,
        *,
        partly: bool = False,
    ) -> pd.DataFrame:
        """The schema's columns, in its order and types; missing values stay missing.

        The types are float64, Int64, boolean, str and datetime64. `words` are those that
        params.yaml lists as `missing`. ProjectError where a column is not there, unless they are
        wanted `partly`.
        """
        missing = [name for name in self.columns if name not in frame]
        if missing and not partly:
            raise ProjectError(
                f"the data have no column {', '.join(missing)}, which the schema lists: "
                "compare the names there with those of the rows"
            )
        coerced = {}
        for name, column in self.columns.items():
            if name in missing:
                continue
            coerced[name] = _coerce(frame[name], column, column.no_values(words))
        return pd.DataFrame(coerced)


def model_inputs(frame: pd.DataFrame, features: Mapping[str, Column]) -> pd.DataFrame:
    """The columns as the served model gets them: float32 with NaN, and text with "" for missing.

    Training sees the same numbers as serving, to the bit.
    """
    inputs = {}
    for name, column in features.items():
        values = frame[name]
        if column.is_number:
            inputs[name] = values.astype(np.float32)
        else:
            inputs[name] = values.astype(object).where(values.notna(), "")
    return pd.DataFrame(inputs)


def pseudonyms(values: pd.Series, column: Column) -> pd.Series:
    """Made-up values of the column's type in place of personal ones.

    Equal ones for equal ones, numbered by their place; missing ones stay missing.
    """
    known = values.mask(values.isin([""]))
    places, different = pd.factorize(known)
    numbers = np.arange(len(different))
    made: Any
    if column.type == "boolean":
        made = numbers % 2 == 0
    elif column.is_number:
        high = column.max
        if high is None:
            high = max(column.min or 0, 0) + len(different)
        low = min(0, high) if column.min is None else column.min
        made = np.linspace(low, high, len(different))
        if column.type == "integer":
            made = np.floor(made).clip(math.ceil(low))
    elif column.type == "time":
        made = pd.Timestamp("2000-01-01", tz="UTC") + pd.to_timedelta(numbers, "D")
    else:
        names = column.values or [f"{values.name} {number}" for number in numbers]  # noqa: PD011
        made = [names[number % len(names)] for number in numbers]
    return pd.Series(made).reindex(places).set_axis(values.index)


def read_schema(path: str | Path) -> Schema:
    """Read and check the file; ProjectError names each line that is wrong."""
    return read_yaml(Path(path), Schema)


def draft(frame: pd.DataFrame) -> str:
    """A first schema.yaml for these rows: types as seen, limits as seen with some room."""
    columns = {str(name): _draft(frame[name]) for name in frame}
    body = yaml.safe_dump(
        {"columns": columns},
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=120,
    )
    return HEAD + body


def _coerce(values: pd.Series, column: Column, missing: Sequence[str]) -> pd.Series:
    try:
        if column.type == "boolean":
            return _coerce_boolean(values, missing)
        if column.is_number:
            return _coerce_number(values, column, missing)
        if column.type == "time":
            values = values.mask(values.isin(missing))
            return pd.to_datetime(values, format="ISO8601", utc=True)
    except (ValueError, TypeError) as error:
        why = HIDDEN if column.personal else str(error).splitlines()[0]
        raise ProjectError(
            f"column {values.name} is not of type {column.type}, as schema.yaml says: {why}"
        ) from None
    texts = values.astype(object).map(str, na_action="ignore").astype("str")
    return texts.mask(texts.isin(["", *missing]))


def _coerce_boolean(values: pd.Series, missing: Sequence[str]) -> pd.Series:
    """Booleans of what a `load` gives, texts too."""
    if not is_string_dtype(values):
        return values.astype("boolean")
    known = dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False)
    texts = values.mask(values.isin(["", *missing]))
    unknown = texts.notna() & ~texts.isin(known)
    if unknown.any():
        raise ValueError(f"{texts[unknown].iloc[0]!r} is neither true nor false")
    return texts.map(known, na_action="ignore").astype("boolean")


def _coerce_number(values: pd.Series, column: Column, missing: Sequence[str]) -> pd.Series:
    if is_string_dtype(values):
        values = values.mask(values.isin(["", *missing]))
    numbers = pd.to_numeric(values).astype(np.float64)
    if column.type == "integer" and is_whole(numbers).all():
        return numbers.astype("Int64")
    return numbers  # what is not whole is listed by the check


def is_whole(values: pd.Series) -> pd.Series:
    """Which values are whole numbers that a float holds exactly; a missing one is."""
    whole = values % 1 == 0
    exact = values.abs() <= EXACT
    return values.isna() | (whole & exact)


def _draft(values: pd.Series) -> dict[str, Any]:
    kind = _type(values)
    drafted: dict[str, Any] = {"type": kind}
    if kind in ("integer", "text") and _is_id(values):
        drafted["feature"] = False
    elif kind in ("number", "integer"):
        drafted |= _limits(values, whole=kind == "integer")
    elif kind == "category":
        texts = {str(value) for value in values.dropna()} - {""}
        if texts:
            drafted["values"] = sorted(texts)
    if _is_missing(values).any():
        drafted["nullable"] = True
    return drafted


def _is_missing(values: pd.Series) -> pd.Series:
    """Which values are missing; an empty text is."""
    return values.isna() | (values.astype(str) == "")


def _is_id(values: pd.Series) -> bool:
    known = values.dropna()
    if len(known) < ENOUGH or not str(values.name).lower().endswith("id"):
        return False
    return bool(known.is_unique)


def _limits(values: pd.Series, whole: bool) -> dict[str, float]:
    """The range of the finite values with a tenth of it to spare on both sides."""
    numbers = pd.to_numeric(values).astype(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if numbers.empty:
        return {}
    low = float(numbers.min())
    high = float(numbers.max())
    spread = high - low
    if spread:
        margin = spread / 10
        digits = 2 - math.floor(math.log10(spread))
        # What was never negative is probably never to be.
        lowest = 0.0 if low >= 0 else -math.inf
        low = round(max(low - margin, lowest), digits)
        high = round(high + margin, digits)
    if whole:
        return {"min": math.floor(low), "max": math.ceil(high)}
    return {"min": low, "max": high}


def _type(values: pd.Series) -> str:
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "boolean":
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "time"
    if pd.api.types.is_numeric_dtype(values) or kind == "decimal":
        numbers = pd.to_numeric(values)
        return "integer" if is_whole(numbers).all() else "number"
    known = values[~_is_missing(values)].astype(str)
    if len(known) and known.str.match(DATE).all():
        return "time"
    return "category" if known.nunique() <= FEW else "text"
