"""Scores rows with an exported model; needs onnxruntime and numpy, nothing else.

Owned by the template: do not edit. The service, the batch command and the embedded folder all run
this one file.
"""

import hashlib
import json
import math
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
ROUNDING = 1e-4  # by how much float32 may miss a probability, or the sum of all
NO_TEXT = "\ud800"  # stands for a value of another type; half a character, so no text either

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]
Info = dict[str, Any]  # what model.json holds
Row = Mapping[str, Any]
Rule = Mapping[str, Any]  # a column's type and limits
Rules = Mapping[str, Rule]
Values = Sequence[Any] | Array
Columns = Mapping[str, Values]
Place = tuple[int, str]  # row, column
Problem = tuple[int | None, str | None, str]  # row, column, message


class InvalidRowsError(ValueError):
    """Rows that the model cannot take.

    `problems` holds (row or None, column or None, message), rows from 0.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(islice(problems, MAX_PROBLEMS))
        shown = self.problems[:MAX_LINES]
        super().__init__("\n".join(_line(problem) for problem in shown))


def _line(problem: Problem) -> str:
    """A problem as a person reads it."""
    row, column, message = problem
    places = []
    if row is not None:
        places.append(f"row {row}")
    if column is not None:
        places.append(f"column {column}")
    return f"{', '.join(places)}: {message}"


class Scorer:
    """A model's folder, ready to answer.

    `info` is model.json: columns with types and limits, classes or targets, version and lineage.
    """

    def __init__(self, folder: str | Path, threads: int = 1) -> None:
        self.info, content = _read_model(Path(folder))
        self.columns: Rules = self.info["columns"]
        self.names: Sequence[str] = self.info["classes"] or self.info["targets"]
        self._texts = {}
        numbers = {}
        for name, rule in self.columns.items():
            if _is_text(rule):
                self._texts[name] = rule
            else:
                numbers[name] = rule
        self._numbers = _Numbers(numbers)
        self._session = _open_session(content, threads)
        # A model may leave columns out.
        self._taken = [node.name for node in self._session.get_inputs()]

    def score_rows(self, rows: Iterable[Row]) -> Scores:
        """Scores of shape (rows, names) of rows as JSON gives them.

        A missing value is None or left out.
        """
        rows = list(rows)
        unknown = list(_unknown_keys(rows, self.columns.keys()))
        if unknown:
            raise InvalidRowsError(unknown)
        columns = {}
        for name in self.columns:
            columns[name] = [row.get(name) for row in rows]
        return self.score(columns)

    def score(self, columns: Columns) -> Scores:
        """The same for whole columns of one length; a missing value is None or NaN."""
        scores = self.raw_score(columns)
        if self.info["classes"]:
            return as_probabilities(scores)
        return scores

    def raw_score(self, columns: Columns) -> Scores:
        """The scores as the graph gives them, to the bit: for parity, nothing else."""
        scores = self.run(self.prepare(columns))
        finite = np.isfinite(scores)
        if not finite.all():
            message = "the model has no finite answer to this"
            wrong = np.flatnonzero(~finite.all(axis=1))
            raise InvalidRowsError((int(row), None, message) for row in wrong)
        return scores

    def prepare(self, columns: Columns) -> dict[str, Array]:
        """The checked columns as the graph takes them; InvalidRowsError lists what does not fit."""
        absent = [name for name in self.columns if name not in columns]
        if absent:
            message = "this column is missing"
            raise InvalidRowsError((None, name, message) for name in absent)
        inputs: dict[str, Array] = {}
        unfit: list[Place] = []
        for name, rule in self._texts.items():
            texts = _as_texts(columns[name], rule.get("missing", ()))
            inputs[name] = _text_input(texts)
            rows = _unfit_texts(rule, texts)
            unfit += [(row, name) for row in rows]
        numbers = self._numbers.convert(columns)
        unfit += self._numbers.unfit(numbers)
        if unfit:
            raise InvalidRowsError(self._problems(unfit, columns))
        inputs |= self._numbers.inputs(numbers)
        return inputs

    def _problems(self, unfit: Iterable[Place], columns: Columns) -> Iterator[Problem]:
        """What is wrong with the values at these places."""
        for row, name in unfit:
            rule = self.columns[name]
            value = columns[name][row]
            yield row, name, _wanted(rule, value)

    def run(self, inputs: Mapping[str, Array]) -> Scores:
        """Scores of inputs that `prepare` made."""
        width = len(self.names)
        if _height(inputs) == 0:
            return np.empty((0, width), np.float32)
        output = self.info["output"]
        taken = {name: inputs[name] for name in self._taken}
        (scores,) = self._session.run([output], taken)
        return np.asarray(scores, np.float32).reshape(-1, width)

    def answers(self, scores: Scores) -> list[dict[str, Any]]:
        """Scores as a person reads them: a label with probabilities, or the targets' values."""
        answers = []
        for row in scores.tolist():
            named = dict(zip(self.names, row, strict=True))
            if self.info["classes"]:
                answers.append(_label(named))
            else:
                answers.append({"values": named})
        return answers


def as_probabilities(scores: Array) -> Array:
    """Scores of classes without what float32 adds to a probability: from 0 to 1, with the sum 1.

    A row that misses that by more stays as it is: it is a fault, to be seen by parity and figures.
    """
    within = scores.clip(0, 1)
    total = within.sum(axis=1, keepdims=True, dtype=np.float64)
    missed = np.abs(scores - within).max(axis=1, keepdims=True)
    is_rounding = (missed <= ROUNDING) & (np.abs(total - 1) <= ROUNDING)
    share = within / np.where(is_rounding, total, 1)
    return np.where(is_rounding, share, scores).astype(scores.dtype)


def _read_model(folder: Path) -> tuple[Info, bytes]:
    """model.json, and the bytes of model.onnx.

    ValueError when the two do not belong together.
    """
    info = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    path = folder / "model.onnx"
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != info["sha256"]:
        raise ValueError(f"{path} is not the file that model.json describes")
    return info, content


def _open_session(content: bytes, threads: int) -> ort.InferenceSession:
    """ONNX Runtime on the CPU, in so many threads; it logs errors, no warnings."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = threads
    options.log_severity_level = 3
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _unknown_keys(rows: Iterable[Row], known: Collection[str]) -> Iterator[Problem]:
    """A problem for each key of a row that is no column."""
    message = "not a column of the model"
    for number, row in enumerate(rows):
        for key in row.keys() - known:
            start = str(key)[:100]
            yield number, start, message


def _label(probabilities: Mapping[str, float]) -> dict[str, Any]:
    """The likeliest class, with the probabilities of all."""
    label = max(probabilities, key=probabilities.__getitem__)
    return {"label": label, "probabilities": probabilities}


class _Numbers:
    """All columns of numbers in one array of shape (columns, rows).

    One check of the array is enough, however many columns there are.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.whole = []
        low = []
        high = []
        nullable = []
        for i, rule in enumerate(rules.values()):
            least, largest = _limits(rule)
            low.append(least)
            high.append(largest)
            nullable.append(rule["nullable"])
            if rule["type"] != "number":
                self.whole.append(i)
        # Of shape (columns, 1), so that they hold for all rows.
        self.low = np.array(low, np.float64).reshape(-1, 1)
        self.high = np.array(high, np.float64).reshape(-1, 1)
        self.nullable = np.array(nullable, bool).reshape(-1, 1)

    def convert(self, columns: Columns) -> Floats:
        """The columns in one array; NaN for what is missing, infinity for what is no number."""
        shape = (len(self.rules), _height(columns))
        array = np.empty(shape)
        for i, (name, rule) in enumerate(self.rules.items()):
            array[i] = _floats(rule, columns[name])
        return array

    def unfit(self, array: Floats) -> Iterator[Place]:
        """The places of the first values that break their rules."""
        fits = array >= self.low
        fits &= array <= self.high
        if self.whole:
            numbers = array[self.whole]
            fits[self.whole] &= numbers == np.rint(numbers)
        fits |= np.isnan(array) & self.nullable
        if fits.all():
            return
        names = list(self.rules)
        places = np.argwhere(~fits.T)
        for row, i in places[:MAX_PROBLEMS]:
            yield int(row), names[i]

    def inputs(self, array: Floats) -> Mapping[str, Array]:
        """The columns as the graph takes them: each of shape (rows, 1)."""
        numbers = array.astype(np.float32)
        columns = numbers[:, :, np.newaxis]
        return dict(zip(self.rules, columns, strict=True))


def _height(columns: Mapping[str, Values]) -> int:
    """The number of rows, which all columns have."""
    first = next(iter(columns.values()))
    return len(first)


def _limits(rule: Rule) -> tuple[float, float]:
    """The least and the largest number that fits; float32 has its own."""
    if rule["type"] == "boolean":
        return 0, 1
    low = rule["min"]
    high = rule["max"]
    if low is None:
        low = -FLOAT_MAX
    if high is None:
        high = FLOAT_MAX
    return low, high


def _floats(rule: Rule, values: Values) -> Values:
    """The values of a column as `_Numbers` takes them."""
    numeric = isinstance(values, np.ndarray) and values.dtype.kind in "fiub"
    if numeric:
        return values
    boolean = rule["type"] == "boolean"
    return [_float(value, boolean) for value in values]


def _float(value: object, boolean: bool) -> float:
    """NaN for a missing value, infinity for one of another type or size."""
    if _is_missing(value):
        return math.nan
    if isinstance(value, bool) != boolean:
        return math.inf
    if not isinstance(value, (int, float)):
        return math.inf
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _as_texts(values: Values, missing: Collection[str]) -> list[str]:
    """The values of a column; an empty text stands for a missing one, as do the words for it."""
    texts = [value if isinstance(value, str) else _no_text(value) for value in values]
    if missing and not set(texts).isdisjoint(missing):
        return ["" if text in missing else text for text in texts]
    return texts


def _no_text(value: object) -> str:
    """The text that stands for a value of another type."""
    return "" if _is_missing(value) else NO_TEXT


def _text_input(texts: Sequence[str]) -> Array:
    """A column as the graph takes it."""
    array = np.empty((len(texts), 1), object)
    array[:, 0] = texts
    return array


def _unfit_texts(rule: Rule, texts: Sequence[str]) -> list[int]:
    """The rows that do not fit; each different text is judged once."""
    different = set(texts)
    unfit = {text for text in different if not _fits(rule, text)}
    if not unfit:
        return []
    return [row for row, text in enumerate(texts) if text in unfit]


def _fits(rule: Rule, text: str) -> bool:
    """Whether a column of texts may hold this one."""
    if not text:
        return bool(rule["nullable"])
    listed = rule["values"]
    if listed is not None:
        return text in listed
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= MAX_TEXT


def _wanted(rule: Rule, value: object) -> str:
    """What a value that does not fit should have been."""
    if _is_missing(value):
        return "must not be missing"
    if not _is_text(rule):
        return _wanted_number(rule)
    if isinstance(value, str) and not value:  # of an array it cannot be asked whether it is ""
        return "must not be missing"
    return _wanted_text(rule)


def _wanted_text(rule: Rule) -> str:
    """The values of a category, of many the first ones; else how long a text may be."""
    values = rule["values"]
    if not values:
        return f"must be text of at most {MAX_TEXT} characters"
    listed = list(values[:10])
    if len(values) > 10:
        listed.append("...")
    return f"must be one of {', '.join(listed)}"


def _wanted_number(rule: Rule) -> str:
    """The kind of number with its limits, if there are any."""
    kinds = {"boolean": "true or false", "integer": "a whole number"}
    kind = kinds.get(rule["type"], "a finite number")
    low = rule["min"]
    high = rule["max"]
    wanted = [f"must be {kind}"]
    if low is not None:
        wanted.append(f"at least {low:.15g}")
    if high is not None:
        wanted.append(f"at most {high:.15g}")
    return ", ".join(wanted)


def _is_text(rule: Rule) -> bool:
    """Whether a column goes into the graph as text; all others are numbers."""
    return rule["type"] in ("category", "text")


def _is_missing(value: object) -> bool:
    """Whether a value is None or NaN."""
    if value is None:
        return True
    return isinstance(value, float) and math.isnan(value)


def main(words: Sequence[str]) -> int:
    """Print the answers to the rows in a JSON file, given by the model beside this file.

    Returns 2 when no file is named.
    """
    if len(words) != 1:
        print("usage: python scorer.py rows.json", file=sys.stderr)
        return 2
    (path,) = words
    try:
        rows = _read_rows(Path(path))
        scorer = Scorer(Path(__file__).parent)
        answers = scorer.answers(scorer.score_rows(rows))
        print(json.dumps(answers, indent=2))
    except (OSError, ValueError) as error:
        print(f"error: {path}: {error}", file=sys.stderr)
        return 1
    return 0


def _read_rows(path: Path) -> Sequence[Row]:
    """The rows in a JSON file; ValueError when it holds something else."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(rows, list):
        raise ValueError("must hold a list of objects")
    for row in rows:
        if not isinstance(row, dict):
            raise ValueError("must hold a list of objects")
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
