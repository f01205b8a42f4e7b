"""Scores rows with an exported model; needs onnxruntime and numpy, nothing else.

Owned by the template: do not edit. The service, the batch command and the embedded folder all run this one file.
"""

import hashlib
import json
import math
import sys
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
Converted = tuple[npt.NDArray[Any], "list[Fault]"]
Fault = tuple[npt.NDArray[np.bool_], str]  # the rows it is in, message


class InvalidRowsError(ValueError):
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
        self._taken = [node.name for node in self._session.get_inputs()]  # a model may leave columns out

    def score_rows(self, rows: Iterable[Mapping[str, Any]]) -> npt.NDArray[np.float32]:
        """Scores of shape (rows, names) of rows as JSON gives them; a missing value is None or left out."""
        rows = list(rows)
        unknown = [
            (i, key, "not a column of the model")
            for i, row in enumerate(rows)
            for key in row.keys() - self.columns.keys()
        ]
        if unknown:
            raise InvalidRowsError(unknown)
        return self.score({name: [row.get(name) for row in rows] for name in self.columns})

    def score(self, columns: Mapping[str, Values]) -> npt.NDArray[np.float32]:
        """The same for whole columns of one length; a missing value is None or NaN."""
        return self.run(self.prepare(columns))

    def prepare(self, columns: Mapping[str, Values]) -> dict[str, npt.NDArray[Any]]:
        """The checked columns as the graph takes them; InvalidRowsError says what it cannot take."""
        if absent := [name for name in self.columns if name not in columns]:
            raise InvalidRowsError([(None, name, "this column is missing") for name in absent])
        problems: list[Problem] = []
        inputs = {name: _convert(name, rule, columns[name], problems) for name, rule in self.columns.items()}
        if problems:
            raise InvalidRowsError(problems)
        return inputs

    def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
        """Scores of inputs that `prepare` made."""
        if not len(next(iter(inputs.values()))):
            return np.empty((0, len(self.names)), np.float32)
        scores = self._session.run([self.info["output"]], {name: inputs[name] for name in self._taken})[0]
        return np.asarray(scores, np.float32).reshape(-1, len(self.names))

    def answers(self, scores: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
        """Scores as a person reads them: the label with all probabilities, or the value of each target."""
        named = [dict(zip(self.names, map(float, row), strict=True)) for row in scores]
        if not self.info["classes"]:
            return [{"values": row} for row in named]
        return [{"label": max(row, key=row.__getitem__), "probabilities": row} for row in named]


def _convert(name: str, rule: Rule, values: Values, problems: list[Problem]) -> npt.NDArray[Any]:
    """One column as the graph takes it, shape (rows, 1); what it cannot take is added to the problems."""
    text = rule["type"] in ("category", "text")
    array, faults = _texts(rule, values) if text else _numbers(rule, values)
    problems += [(int(row), name, message) for wrong, message in faults for row in np.flatnonzero(wrong)[:MAX_PROBLEMS]]
    return array.reshape(-1, 1)


def _numbers(rule: Rule, values: Values) -> Converted:
    array = _floats(rule, values)
    missing, low, high = np.isnan(array), rule["min"], rule["max"]
    faults = [(missing & (not rule["nullable"]), "must not be missing")]
    infinite = np.abs(array) > np.finfo(np.float32).max
    faults.append((infinite, f"must be a finite {rule['type']}"))
    if low is not None or high is not None:
        outside = (array < (-np.inf if low is None else low)) | (array > (np.inf if high is None else high))
        faults.append((outside & ~infinite, f"must be from {low} to {high}"))
    if rule["type"] == "integer":
        faults.append((~missing & ~infinite & (array != np.round(array)), "must be a whole number"))
    with np.errstate(over="ignore"):
        return array.astype(np.float32), faults


def _floats(rule: Rule, values: Values) -> npt.NDArray[np.float64]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values.astype(np.float64)
    kinds = (bool,) if rule["type"] == "boolean" else (int, float)
    return np.array([_float(value, kinds) for value in values], np.float64)


def _float(value: object, kinds: tuple[type, ...]) -> float:
    """NaN for a missing value, infinity for one that is no number."""
    if _is_missing(value):
        return math.nan
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        return math.inf
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf


def _texts(rule: Rule, values: Values) -> Converted:
    array = np.empty(len(values), object)
    array[:] = ["" if _is_missing(value) else value for value in values]
    missing, text = array == "", np.array([_is_text(value) for value in array], bool)
    faults = [(missing & (not rule["nullable"]), "must not be missing")]
    faults.append((~text, f"must be text of at most {MAX_TEXT} characters"))
    if rule["values"] is not None:
        allowed = frozenset(("", *rule["values"]))
        unknown = np.array([ok and value not in allowed for value, ok in zip(array, text, strict=True)], bool)
        faults.append((unknown, f"must be one of {', '.join(rule['values'])}"))
    return array, faults


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _is_text(value: object) -> bool:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return False
    try:
        return value.encode("utf-8") is not None  # a lone surrogate is no text
    except UnicodeEncodeError:
        return False


def main(path: str) -> None:
    """Score the rows in a JSON file with the model beside this file."""
    scorer = Scorer(Path(__file__).parent)
    rows = json.loads(Path(path).read_text(encoding="utf-8"))
    print(json.dumps(scorer.answers(scorer.score_rows(rows)), indent=2))


if __name__ == "__main__":
    main(sys.argv[1])
