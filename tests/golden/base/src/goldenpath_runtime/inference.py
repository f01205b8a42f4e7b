"""Scores rows with an exported model; needs onnxruntime and numpy, nothing else.

Owned by the template: do not edit. The service, the batch command and the embedded folder all run this one file.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

MAX_TEXT = 100_000  # characters in one value
MAX_PROBLEMS = 20  # reported of one kind in one column

Rule = Mapping[str, Any]
Values = Sequence[Any] | npt.NDArray[Any]
Problem = tuple[int | None, str | None, str]  # row, column, message
Fault = tuple[npt.NDArray[np.bool_], str]  # the rows it is in, message


class InvalidRows(ValueError):
    """Rows that the model cannot take: `problems` holds (row or None, column or None, message)."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"row {r}, column {c}: {m}" for r, c, m in self.problems[:5]))


class Scorer:
    """A model's folder, ready to answer.

    `info` is model.json: the columns with their types and limits, classes or targets, version and lineage.
    """

    def __init__(self, folder: str | Path, threads: int = 1) -> None:
        folder = Path(folder)
        self.info: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        content = (folder / "model.onnx").read_bytes()
        if hashlib.sha256(content).hexdigest() != self.info["sha256"]:
            raise ValueError(f"{folder / 'model.onnx'} is not the file that model.json describes")
        self.columns: Mapping[str, Rule] = self.info["columns"]
        self.names: Sequence[str] = self.info["classes"] or self.info["targets"]
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3
        self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def score_rows(self, rows: Iterable[Mapping[str, Any]]) -> npt.NDArray[np.float32]:
        """Scores of shape (rows, names) of rows as JSON gives them; a missing value is None or left out."""
        rows = list(rows)
        unknown = [(i, key, "not a column of the model") for i, row in enumerate(rows) for key in row.keys() - self.columns.keys()]
        if unknown:
            raise InvalidRows(unknown)
        return self.score({name: [row.get(name) for row in rows] for name in self.columns})

    def score(self, columns: Mapping[str, Values]) -> npt.NDArray[np.float32]:
        """The same for whole columns of one length; a missing value is None or NaN."""
        if absent := [name for name in self.columns if name not in columns]:
            raise InvalidRows([(None, name, "this column is missing") for name in absent])
        problems: list[Problem] = []
        inputs = {name: _convert(name, rule, columns[name], problems) for name, rule in self.columns.items()}
        if problems:
            raise InvalidRows(problems)
        if not len(next(iter(inputs.values()))):
            return np.empty((0, len(self.names)), np.float32)
        scores = self._session.run([self.info["output"]], inputs)[0]
        return np.asarray(scores, np.float32).reshape(-1, len(self.names))

    def answers(self, scores: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
        """Scores as a person reads them: the label with all probabilities, or the value of each target."""
        named = [dict(zip(self.names, map(float, row), strict=True)) for row in scores]
        if not self.info["classes"]:
            return [{"values": row} for row in named]
        return [{"label": max(row, key=row.__getitem__), "probabilities": row} for row in named]


def _convert(name: str, rule: Rule, values: Values, problems: list[Problem]) -> npt.NDArray[Any]:
    """One column as the graph takes it, shape (rows, 1); what it cannot take is added to the problems."""
    numeric = rule["type"] not in ("category", "text")
    array = _numbers(rule, values) if numeric else _texts(values)
    missing = np.isnan(array) if numeric else array == ""
    found = [] if rule["nullable"] else [(missing, "must not be missing")]
    found += _number_faults(rule, array, missing) if numeric else _text_faults(rule, array, missing)
    problems += [(int(row), name, message) for wrong, message in found for row in np.flatnonzero(wrong)[:MAX_PROBLEMS]]
    if not numeric:
        return array.reshape(-1, 1)
    with np.errstate(over="ignore"):
        return array.astype(np.float32).reshape(-1, 1)


def _numbers(rule: Rule, values: Values) -> npt.NDArray[np.float64]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values.astype(np.float64)
    kinds = (bool,) if rule["type"] == "boolean" else (int, float)
    return np.array([_number(value, kinds) for value in values], np.float64)


def _number(value: object, kinds: tuple[type, ...]) -> float:
    """The value as a float: NaN where it is missing, infinity where it is none."""
    if value is None or value != value:
        return np.nan
    if isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)):
        try:
            return float(value)  # type: ignore[arg-type]
        except OverflowError:
            pass
    return np.inf


def _number_faults(rule: Rule, array: npt.NDArray[np.float64], missing: npt.NDArray[np.bool_]) -> list[Fault]:
    low, high = rule["min"], rule["max"]
    faults = [(np.abs(array) > np.finfo(np.float32).max, f"must be a finite {rule['type']}")]
    if low is not None or high is not None:
        outside = (array < (-np.inf if low is None else low)) | (array > (np.inf if high is None else high))
        faults.append((outside & ~faults[0][0], f"must be from {low} to {high}"))
    if rule["type"] == "integer":
        faults.append((~missing & (np.nan_to_num(array) % 1 != 0), "must be a whole number"))
    return faults


def _texts(values: Values) -> npt.NDArray[np.object_]:
    """The values as they are, with an empty string for what is missing."""
    array = np.empty(len(values), object)
    array[:] = ["" if value is None or value != value else value for value in values]
    return array


def _text_faults(rule: Rule, array: npt.NDArray[np.object_], missing: npt.NDArray[np.bool_]) -> list[Fault]:
    faults = [(np.array([not _is_text(value) for value in array], bool), f"must be text of at most {MAX_TEXT} characters")]
    if rule["values"] is not None:
        allowed = frozenset(rule["values"])
        unknown = np.array([isinstance(value, str) and value not in allowed for value in array], bool)
        faults.append((unknown & ~missing & ~faults[0][0], f"must be one of {', '.join(rule['values'])}"))
    return faults


def _is_text(value: object) -> bool:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return False
    try:
        return value.encode("utf-8") is not None  # a lone surrogate is no text
    except UnicodeEncodeError:
        return False
