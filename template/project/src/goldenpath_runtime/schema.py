"""schema.yaml as a value: which columns the rows have, and what they may hold.

Owned by the template: do not edit. The same file guards training (prepare.py, with pandera) and
serving (inference.py).
"""

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml
from pandas.api.types import (
    is_datetime64_any_dtype,
    is_numeric_dtype,
    is_string_dtype,
)
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
IDS = "identifiers: nearly each value is there once"
TRUTH = "true and false in words: a category has them as they are"
MANY = "many different values"
MOST = 0.95  # of the values of a column have to be of a kind
DATE = r"\d{4}-\d\d-\d\d"  # how a drafted time begins
# What texts may be, by how nearly all of them are written.
KINDS = {
    "e-mail addresses": r"[^@\s]+@[^@\s]+\.\w+",
    "percentages": r"[+-]?[\d.,]+\s?%",
    "amounts of money": r"([€$£¥]|[A-Z]{3})\s?[+-]?\d[\d.,']*|[+-]?\d[\d.,']*\s?([€$£¥]|[A-Z]{3})",
    "numbers with thousands separators": r"[+-]?\d{1,3}([.,' \u00a0\u202f]\d{3})+([.,]\d+)?",
    "times of day": r"\d{1,2}:\d\d(:\d\d)?",
    "dates that are not ISO 8601": r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.*",
    "phone numbers": r"\+\d[\d\s()/.-]{6,}|\(?0\d+[\s()/-][\d\s()/.-]{4,}",
}
NAMES = r"name|(first|last|full|given|family|sur|patient|customer|employee)[ _-]?name"  # of persons
WORDS = ({"yes", "no"}, {"y", "n"}, {"on", "off"}, {"t", "f"}, {"ja", "nein"}, {"oui", "non"})
PERSONAL = ("e-mail addresses", "phone numbers", "names of persons")
EPOCHS = {"seconds since 1970": 1.0, "milliseconds since 1970": 1e3}
NESTED: Mapping[str, Any] = {"bytes": bytes, "structs": Mapping, "lists": (list, tuple, np.ndarray)}
NUMBERS = ("percentages", "amounts of money", "numbers with thousands separators")
# What `load` of model.py can make of a column that waits for a decision.
ADVICE = {
    **dict.fromkeys(NUMBERS, 'pd.to_numeric({}.str.replace(r"[^0-9-]", "", regex=True))'),
    "times of day": 'pd.to_timedelta({} + ":00").dt.total_seconds()  # without :00 for seconds',
    "dates that are not ISO 8601": "pd.to_datetime({}, dayfirst=True)  # or False; type: time",
    "seconds since 1970": 'pd.to_datetime({}, unit="s")  # type: time',
    "milliseconds since 1970": 'pd.to_datetime({}, unit="ms")  # type: time',
    "lists": "{}.str.len()",
    "structs": '{}.str["a key"]',
    "bytes": "{}.str.len()",
}


class Column(Frozen):
    """What one column may hold.

    A column with `feature: false` is kept for slices but never shown to the model; nor is one with
    `decide`, which says what `make schema` took it for: take that line out once it is decided.
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
    decide: str | None = None
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
            if column.feature and column.decide is None:
                kept[name] = column
        if not kept:
            raise ProjectError(
                "data/schema.yaml: no column is left for the model; "
                "a feature is neither target nor time, and has no `decide`"
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
    """A first schema.yaml for these rows: types as seen, limits as seen with some room.

    What a person has to know of a column stands above it.
    """
    parts = [HEAD, "columns:\n"]
    for name in frame:
        kind = kind_of(frame[name])
        column = {str(name): _draft(frame[name], kind)}
        if kind:
            parts.append(f"  # {_remark(frame[name], kind)}\n")
        text = yaml.safe_dump(
            column, sort_keys=False, default_flow_style=None, allow_unicode=True, width=118
        )
        parts.append(textwrap.indent(text, "  "))
    return "".join(parts)


def remarks(drafted: str) -> dict[str, str]:
    """What a draft says of its columns, by their names."""
    found = re.findall(r"^  # (.+)\n  (.+?):", drafted, re.MULTILINE)
    return {name: remark for remark, name in found}


def _remark(values: pd.Series, kind: str) -> str:
    """What stands above a column of that kind."""
    column = f"rows[{str(values.name)!r}]"
    if kind in PERSONAL:
        return f"{kind}: no feature, and shown nowhere, unless you decide otherwise"
    if kind in ADVICE:
        code = ADVICE[kind].format(column)
        if kind in NUMBERS:
            code = _with_decimals(code, values, kind)
        return f"{kind}, left out: in `load` of model.py write {column} = {code}"
    if kind == MANY:
        return f"{kind}, left out: take `decide` away for a text, or write type: category"
    return kind


def _with_decimals(code: str, values: pd.Series, kind: str) -> str:
    """The advice for numbers that have a decimal point or comma, where most of these have one."""
    digits = r"\d+" if kind == "percentages" else r"\d{1,2}"
    marks = values.astype(str).str.extract(rf"([.,]){digits}\D*$", expand=False)
    usual = marks.value_counts().head(1)
    if usual.empty:
        return code
    mark = str(usual.index[0])
    code = code.replace("[^0-9-]", f"[^0-9{mark}-]")
    return code if mark == "." else f'{code[:-1]}.str.replace(",", "."))'


def kind_of(values: pd.Series) -> str:
    """What a column holds beyond its type, for a person to read; empty where the type says all."""
    known = values[~_is_missing(values)]
    if known.empty:
        return ""
    for kind, types in NESTED.items():
        if isinstance(known.iloc[0], types):
            return kind
    if is_numeric_dtype(values):
        return _kind_of_numbers(known)
    if _type(values) in ("category", "text"):
        return _kind_of_texts(known.astype(str), str(values.name))
    return ""


def _kind_of_numbers(known: pd.Series) -> str:
    """Times that are counted since 1970, from 2000 to 2100."""
    for kind, unit in EPOCHS.items():
        low = pd.Timestamp("2000").timestamp() * unit
        high = pd.Timestamp("2100").timestamp() * unit
        if len(known) >= ENOUGH and known.between(low, high).all():
            return kind
    return ""


def _kind_of_texts(known: pd.Series, name: str) -> str:
    for kind, pattern in KINDS.items():
        if known.str.strip().str.fullmatch(pattern).mean() >= MOST:
            return kind
    if re.fullmatch(NAMES, name.lower()):
        return "names of persons"
    different = known.nunique()
    if different <= FEW:
        return TRUTH if set(known.str.lower()) in WORDS else ""
    if known.str.contains(r"\s").mean() > 1 - MOST:
        return "free text: its words are features"
    if different >= MOST * len(known) and len(known) >= ENOUGH:
        return IDS
    return MANY


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


def _draft(values: pd.Series, found: str) -> dict[str, Any]:
    """The entry of a column in which that was found."""
    kind = _type(values)
    drafted: dict[str, Any] = {"type": kind}
    if found in PERSONAL:
        drafted = {"type": "text", "feature": False, "personal": True}
    elif found == MANY or found in ADVICE:
        drafted = {"type": kind if kind in ("integer", "number") else "text", "decide": found}
    elif found == IDS or (kind in ("integer", "text") and _is_id(values)):
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
    return known.nunique() >= MOST * len(known)


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
    if is_datetime64_any_dtype(values):
        return "time"
    if is_numeric_dtype(values) or kind == "decimal":
        numbers = pd.to_numeric(values)
        return "integer" if is_whole(numbers).all() else "number"
    known = values[~_is_missing(values)].astype(str)
    if len(known) and known.str.match(DATE).all():
        return "time"
    return "category" if known.nunique() <= FEW else "text"
