"""schema.yaml as a value: which columns the rows have, what they may hold, and a check of rows against that.

Owned by the template: do not edit. The same file guards training (here, with pandera) and serving (inference.py).
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pandera.pandas as pa
import yaml
from pydantic import Field

from .config import Frozen, ProjectError, read_yaml

FEW = 20  # a drafted text column with at most this many different values is called a category
HEAD = """\
# What the rows may hold. Yours: drafted by `make schema`, so read every line before you trust it. All keys with their
# meaning: class Column in src/goldenpath_runtime/schema.py. `feature: false` keeps a column for slices and checks but
# hides it from the model: so write it for ids, and for what is not known yet when an answer is asked for. A `time`
# column orders rows and is no feature.
"""
LARGEST = float(np.finfo(np.float32).max)
EXACT = 2.0**53  # up to here a float holds every whole number
ENOUGH = 30  # rows of which an id has to be different in each
DATE = r"\d{4}-\d\d-\d\d"  # how a drafted time begins


class Column(Frozen):
    """What one column may hold. A column with `feature: false` is kept for slices but never shown to the model.

    What is `personal` is scored but not kept for monitoring.
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

    def checks(self) -> list[pa.Check]:
        """The column's limits in pandera's terms; a number is always one that float32 can hold."""
        limits: dict[str, Any] = {"ge": -LARGEST, "le": LARGEST} if self.type in ("number", "integer") else {}
        own = {"ge": self.min, "le": self.max, "isin": self.values}
        limits |= {name: value for name, value in own.items() if value is not None}
        checks = [getattr(pa.Check, name)(value) for name, value in limits.items()]
        return [*checks, pa.Check(_whole, name="a whole number")] if self.type == "integer" else checks


class Schema(Frozen):
    """The columns by name, in the order in which the model takes them. Other columns of the data are not read."""

    columns: Mapping[str, Column] = Field(min_length=1)

    def features(self, target: Sequence[str]) -> dict[str, Column]:
        """The columns that the model sees."""
        kept = {name: c for name, c in self.columns.items() if c.feature and c.type != "time" and name not in target}
        if not kept:
            raise ProjectError(
                "data/schema.yaml: no column is left for the model; a feature is neither target nor time"
            )
        return kept

    def coerce(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The schema's columns, in its order and types: float64, Int64, boolean, str or datetime64, missing kept."""
        missing = [name for name in self.columns if name not in frame]
        if missing:
            raise ProjectError(f"the data have no column {', '.join(missing)}; they have {', '.join(frame.columns)}")
        return pd.DataFrame({name: _coerce(frame[name], c) for name, c in self.columns.items()})

    def validate_rows(self, frame: pd.DataFrame, checks: Sequence[pa.Check] = ()) -> pd.DataFrame:
        """The coerced rows; ProjectError lists what breaks the schema or the project's own checks."""
        frame = self.coerce(frame)
        columns = {n: pa.Column(None, c.checks(), nullable=c.nullable) for n, c in self.columns.items()}
        try:
            return pa.DataFrameSchema(columns, checks=list(checks)).validate(frame, lazy=True)
        except pa.errors.SchemaErrors as error:
            failed = error.failure_cases.groupby(["column", "check"], dropna=False, sort=True)["failure_case"]
            lines = [
                f"  {where}: {rule} fails for {len(bad)} rows, such as {bad.tolist()[0]!r}"
                for (where, rule), bad in failed
            ]
            raise ProjectError("the data break schema.yaml:\n" + "\n".join(lines)) from None


def model_inputs(frame: pd.DataFrame, features: Mapping[str, Column]) -> pd.DataFrame:
    """The columns as the served model gets them: float32 with NaN, and text with an empty string for what is missing.

    Training sees the same numbers as serving, to the bit.
    """
    return pd.DataFrame(
        {
            name: frame[name].astype(np.float32)
            if c.is_number
            else frame[name].astype(object).where(frame[name].notna(), "")
            for name, c in features.items()
        }
    )


def read_schema(path: str | Path) -> Schema:
    """Read and check the file; ProjectError names each line that is wrong."""
    return read_yaml(Path(path), Schema)


def draft(frame: pd.DataFrame) -> str:
    """A first schema.yaml for these rows: types as seen, limits as seen with a tenth of the range to spare."""
    columns = {str(name): _draft(frame[name]) for name in frame}
    return HEAD + yaml.safe_dump(
        {"columns": columns}, sort_keys=False, default_flow_style=None, allow_unicode=True, width=120
    )


def _coerce(values: pd.Series, column: Column) -> pd.Series:
    try:
        if column.type == "boolean":
            return values.astype("boolean")
        if column.is_number:
            numbers = pd.to_numeric(values).astype(np.float64)
            whole = column.type == "integer" and _whole(numbers).all()
            return numbers.astype("Int64") if whole else numbers  # what is not whole is listed by the check
        if column.type == "time":
            return pd.to_datetime(values, format="ISO8601", utc=True)
    except (ValueError, TypeError) as error:
        why = str(error).splitlines()[0]
        raise ProjectError(f"column {values.name} is not of type {column.type}, as schema.yaml says: {why}") from None
    texts = values.astype(object).map(str, na_action="ignore").astype("str")
    return texts.mask(texts == "")


def _whole(values: pd.Series) -> pd.Series:
    return values.isna() | ((values % 1 == 0) & (values.abs() <= EXACT))


def _draft(values: pd.Series) -> dict[str, Any]:
    found: dict[str, Any] = {"type": _type(values)}
    if found["type"] in ("integer", "text") and _is_id(values):
        found["feature"] = False
    elif found["type"] in ("number", "integer"):
        numbers = pd.to_numeric(values).astype(np.float64)
        found |= _limits(numbers[np.isfinite(numbers)], whole=found["type"] == "integer")
    if found["type"] == "category":
        listed = sorted({str(value) for value in values.dropna()} - {""})
        found |= {"values": listed} if listed else {}
    return found | ({"nullable": True} if (values.isna() | (values.astype(str) == "")).any() else {})


def _is_id(values: pd.Series) -> bool:
    known = values.dropna()
    return str(values.name).lower().endswith("id") and len(known) >= ENOUGH and bool(known.is_unique)


def _limits(numbers: pd.Series, whole: bool) -> dict[str, float]:
    if numbers.empty:
        return {}
    low, high = float(numbers.min()), float(numbers.max())
    if spread := high - low:
        digits = 2 - math.floor(math.log10(spread))
        above = 0.0 if low >= 0 else -math.inf  # what was never negative is probably never to be
        low, high = round(max(low - spread / 10, above), digits), round(high + spread / 10, digits)
    return {"min": math.floor(low), "max": math.ceil(high)} if whole else {"min": low, "max": high}


def _type(values: pd.Series) -> str:
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "boolean":
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "time"
    if pd.api.types.is_numeric_dtype(values) or kind == "decimal":
        return "integer" if bool(_whole(pd.to_numeric(values)).all()) else "number"
    known = values[values.notna() & (values.astype(str) != "")].astype(str)
    if len(known) and known.str.match(DATE).all():
        return "time"
    return "category" if known.nunique() <= FEW else "text"
