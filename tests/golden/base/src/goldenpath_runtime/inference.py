"""Scores rows with an exported model; needs onnxruntime and numpy, nothing else.

Owned by the template: do not edit. The service, the batch command and the embedded folder all run this one file.
"""

import hashlib
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

MAX_TEXT = 100_000  # characters in one value
MAX_PROBLEMS = 100  # reported at a time
MAX_LINES = 10  # of them in a message
FLOAT_MAX = float(np.finfo(np.float32).max)
NO_TEXT = "\ud800"  # stands for a value of another type; half a character, so no text either

Rule = Mapping[str, Any]
Values = Sequence[Any] | npt.NDArray[Any]
Problem = tuple[int | None, str | None, str]  # row, column, message


class InvalidRowsError(ValueError):
    """Rows that the model cannot take: `problems` holds (row or None, column or None, message), rows from 0."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(islice(problems, MAX_PROBLEMS))
        super().__init__("\n".join(map(_line, self.problems[:MAX_LINES])))


def _line(problem: Problem) -> str:
    places = zip(("row", "column"), problem[:2], strict=True)
    return f"{', '.join(f'{kind} {place}' for kind, place in places if place is not None)}: {problem[2]}"


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
        self._numbers = _Numbers({n: rule for n, rule in self.columns.items() if not _is_text(rule)})
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3
        self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._taken = [node.name for node in self._session.get_inputs()]  # a model may leave columns out

    def score_rows(self, rows: Iterable[Mapping[str, Any]]) -> npt.NDArray[np.float32]:
        """Scores of shape (rows, names) of rows as JSON gives them; a missing value is None or left out."""
        rows = list(rows)
        known = self.columns.keys()
        if unknown := [(i, key) for i, row in enumerate(rows) for key in row.keys() - known]:
            raise InvalidRowsError((i, str(key)[:100], "not a column of the model") for i, key in unknown)
        return self.score({name: [row.get(name) for row in rows] for name in self.columns})

    def score(self, columns: Mapping[str, Values]) -> npt.NDArray[np.float32]:
        """The same for whole columns of one length; a missing value is None or NaN."""
        scores = self.run(self.prepare(columns))
        if not np.isfinite(scores).all():
            wrong = np.flatnonzero(~np.isfinite(scores).all(axis=1))
            raise InvalidRowsError((int(row), None, "the model has no finite answer to this") for row in wrong)
        return scores

    def prepare(self, columns: Mapping[str, Values]) -> dict[str, npt.NDArray[Any]]:
        """The checked columns as the graph takes them; InvalidRowsError says what it cannot take."""
        if absent := [name for name in self.columns if name not in columns]:
            raise InvalidRowsError((None, name, "this column is missing") for name in absent)
        inputs, problems = {}, list[Problem]()
        for name, rule in self.columns.items():
            if _is_text(rule):
                inputs[name], unfit = _texts(rule, columns[name])
                problems += [(row, name, _wanted(rule, columns[name][row])) for row in unfit]
        array = self._numbers.convert(columns)
        for row, name in self._numbers.unfit(array):
            problems.append((row, name, _wanted(self.columns[name], columns[name][row])))
        if problems:
            raise InvalidRowsError(problems)
        return inputs | dict(zip(self._numbers.rules, array.astype(np.float32)[:, :, None], strict=True))

    def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
        """Scores of inputs that `prepare` made."""
        if not len(next(iter(inputs.values()))):
            return np.empty((0, len(self.names)), np.float32)
        scores = self._session.run([self.info["output"]], {name: inputs[name] for name in self._taken})[0]
        return np.asarray(scores, np.float32).reshape(-1, len(self.names))

    def answers(self, scores: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
        """Scores as a person reads them: the label with all probabilities, or the value of each target."""
        named = [dict(zip(self.names, row, strict=True)) for row in scores.tolist()]
        if not self.info["classes"]:
            return [{"values": row} for row in named]
        return [{"label": max(row, key=row.__getitem__), "probabilities": row} for row in named]


class _Numbers:
    """All columns of numbers at once: an array of shape (columns, rows) takes one check, however many there are."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = rules
        limits = [_limits(rule) for rule in rules.values()]
        self.low, self.high = np.array(limits, np.float64).reshape(-1, 2, 1).swapaxes(0, 1)
        self.nullable = np.array([rule["nullable"] for rule in rules.values()], bool).reshape(-1, 1)
        self.whole = [i for i, rule in enumerate(rules.values()) if rule["type"] != "number"]

    def convert(self, columns: Mapping[str, Values]) -> npt.NDArray[np.float64]:
        """The columns in one array; NaN for what is missing, infinity for what is no number."""
        array = np.empty((len(self.rules), len(next(iter(columns.values())))))
        for row, (name, rule) in zip(array, self.rules.items(), strict=True):
            row[:] = _floats(rule, columns[name])
        return array

    def unfit(self, array: npt.NDArray[np.float64]) -> Iterator[tuple[int, str]]:
        """Row and column of the first values that break their rules."""
        fits = (array >= self.low) & (array <= self.high)
        if self.whole:
            fits[self.whole] &= array[self.whole] == np.rint(array[self.whole])
        fits |= np.isnan(array) & self.nullable
        if not fits.all():
            names = list(self.rules)
            yield from ((int(row), names[i]) for row, i in np.argwhere(~fits.T)[:MAX_PROBLEMS])


def _limits(rule: Rule) -> tuple[float, float]:
    if rule["type"] == "boolean":
        return 0, 1
    low, high = rule["min"], rule["max"]
    return -FLOAT_MAX if low is None else low, FLOAT_MAX if high is None else high


def _floats(rule: Rule, values: Values) -> Values:
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values
    return [_float(value, rule["type"] == "boolean") for value in values]


def _float(value: object, boolean: bool) -> float:
    """NaN for a missing value, infinity for one of another type or size."""
    if _is_missing(value):
        return math.nan
    if not isinstance(value, (int, float)) or isinstance(value, bool) != boolean:
        return math.inf
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _texts(rule: Rule, values: Values) -> tuple[npt.NDArray[Any], list[int]]:
    """The column as the graph takes it, and the rows that do not fit; each different text is judged once."""
    texts = [v if isinstance(v, str) else "" if _is_missing(v) else NO_TEXT for v in values]
    array = np.empty((len(texts), 1), object)
    array[:, 0] = texts
    unfit = {text for text in set(texts) if not _fits(rule, text)}
    return array, [row for row, text in enumerate(texts) if text in unfit] if unfit else []


def _fits(rule: Rule, text: str) -> bool:
    if not text:
        return bool(rule["nullable"])
    if rule["values"] is not None:
        return text in rule["values"]
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= MAX_TEXT


def _wanted(rule: Rule, value: object) -> str:
    """What a value that does not fit should have been."""
    if _is_missing(value) or (_is_text(rule) and value == ""):
        return "must not be missing"
    if _is_text(rule):
        listed = rule["values"] or ()
        few = ", ".join(listed[:10]) + (", ..." if len(listed) > 10 else "")
        return f"must be one of {few}" if listed else f"must be text of at most {MAX_TEXT} characters"
    kind = {"boolean": "true or false", "integer": "a whole number"}.get(rule["type"], "a finite number")
    bounds = {"at least": rule["min"], "at most": rule["max"]}
    return f"must be {kind}" + "".join(f", {text} {bound:.15g}" for text, bound in bounds.items() if bound is not None)


def _is_text(rule: Rule) -> bool:
    return rule["type"] in ("category", "text")


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def main(words: Sequence[str]) -> int:
    """Print the answers to the rows in a JSON file, given by the model beside this file; 2 when none is named."""
    if len(words) != 1:
        print("usage: python scorer.py rows.json", file=sys.stderr)
        return 2
    (path,) = words
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("must hold a list of objects")
        scorer = Scorer(Path(__file__).parent)
        print(json.dumps(scorer.answers(scorer.score_rows(rows)), indent=2))
    except (OSError, ValueError) as error:
        print(f"error: {path}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
