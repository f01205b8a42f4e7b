"""What is kept of the rows beside a trained model: reference.json and seen.json.

Owned by the template: do not edit. Monitoring compares with the first; by the second a later model
is held against this one on rows that neither has seen.
"""

import base64
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from goldenpath_runtime.files import read_json, write_json
from goldenpath_runtime.project import Project
from goldenpath_runtime.split import combined, hashes

KEPT = 2000  # values of a number kept for reference
NAMES = 100  # of a category
WORDS = 50  # of a text
FEWEST = 5  # rows that have a word which is kept: a rarer one may name somebody
BINS = 10
SEEN = "seen.json"
KEY = "<u4"  # of a row: among a million it takes one of four thousand others for one of them
SCORE = "score of "  # and a class or target, in place of a column
PREDICTED = "predicted class"  # in place of a column, too

Values = Sequence[Any] | npt.NDArray[Any] | pd.Series
# Of one column: its `type`; the `values` of a number, or the `counts` and `others`; of a text the
# lengths as `values`, in how many rows its `words` and the most frequent `other_word` are, and how
# many rows are `without` such words. `rows` are all; earlier releases noted neither them nor words.
Summary = Mapping[str, Any]


def keep(project: Project) -> None:
    """Write both files beside the trained model."""
    folder = project.build / "model"
    write_json(folder / "reference.json", reference(project))
    write_json(folder / SEEN, seen(project))


def seen(project: Project) -> dict[str, Any]:
    """The rows that a model is trained and chosen on, and what tells them from others."""
    known = _told_by(project)
    keys = _keys(_fitted(project), known["columns"])
    different = np.unique(keys)
    content = different.tobytes()
    text = base64.b64encode(content)
    return {**known, "rows": text.decode()}


def unseen(project: Project, folder: Path) -> npt.NDArray[np.bool_]:
    """Which test rows a version in that folder was neither trained nor chosen on.

    A row of a group of which it has seen another is seen. ValueError where nobody can know.
    """
    if not (folder / SEEN).exists():
        raise ValueError("it was made before versions noted which rows they have seen")
    known = read_json(folder / SEEN, "register")
    columns = known["columns"]
    types = _types(project)
    changed = [name for name, kind in columns.items() if types.get(name) != kind]
    if changed:
        listed = ", ".join(changed)
        raise ValueError(f"which rows it has seen is told by {listed}, gone or of another type")
    rows = project.dataset("test").frame()
    keys = _keys(rows, columns)
    content = base64.b64decode(known["rows"])
    noted = np.frombuffer(content, KEY)
    is_seen = np.isin(keys, noted)
    if _told_by(project).items() <= known.items():
        # The parts are the old ones. A row that is in both has equals by chance, drawn one by one.
        fitted = _keys(_fitted(project), columns)
        is_seen &= ~np.isin(keys, fitted)
    split = project.params.split
    columns_of_groups = {"group": split.column, "time": split.group}
    group = columns_of_groups.get(split.by)
    if group:
        groups = rows[group]
        is_seen = groups.isin(groups[is_seen]).to_numpy()
    return ~is_seen


def _types(project: Project) -> dict[str, str]:
    """The columns that rows have, and their types."""
    return {name: column.type for name, column in project.model.schema.columns.items()}


def _told_by(project: Project) -> dict[str, Any]:
    """What the split tells rows apart by, and how it draws."""
    split = project.params.split
    named = {*project.model.columns, split.column, split.group}
    types = _types(project)
    known = sorted(types.keys() & named)
    columns = {name: types[name] for name in known}
    return {
        "columns": columns,
        "split": split.model_dump(mode="json"),
        "seed": project.params.seed,
    }


def _fitted(project: Project) -> pd.DataFrame:
    """The rows that a model is trained on, and those that choose it."""
    trained = project.dataset("train").frame()
    choosing = project.dataset("validation").frame()
    return pd.concat([trained, choosing], ignore_index=True)


def _keys(rows: pd.DataFrame, columns: Iterable[str]) -> npt.NDArray[Any]:
    """A number for the values of each row."""
    values = []
    for name in sorted(columns):
        found = hashes(rows[name])
        values.append(found)
    keys = combined(values)
    upper = keys >> np.uint64(32)
    return upper.astype(KEY)


def reference(project: Project) -> dict[str, Summary]:
    """A summary of each column and score of a trained model, personal columns left out.

    Columns of all rows that it was made and judged with; scores of those only that it was not
    fitted to, as of others it is too sure.
    """
    from goldenpath_runtime.inference import Scorer  # noqa: PLC0415 (what compares needs none)

    scorer = Scorer(project.build / "model")
    data = project.dataset("test")
    validation = project.dataset("validation").frame()
    held_out = pd.concat([validation, data.frame()], ignore_index=True)
    trained = project.dataset("train").frame()
    rows = pd.concat([trained, held_out], ignore_index=True)
    columns = data.columns(rows)
    known = {}
    for name, rule in scorer.columns.items():
        if not rule.get("personal"):
            known[name] = summarize(columns[name], rule["type"])
    scores = scorer.score(data.columns(held_out))
    is_binary = len(scorer.info["classes"]) == 2
    for i, name in enumerate(scorer.names):
        if i == 0 and is_binary:
            continue  # the other class says all
        known[SCORE + name] = summarize(scores[:, i], "number")
    if scorer.info["classes"]:
        places = scores.argmax(1)
        likeliest = [scorer.names[place] for place in places]
        known[PREDICTED] = summarize(likeliest, "category")
    return known


def summarize(column: Values, kind: str) -> Summary:
    """What is kept of a column of that type of schema.yaml."""
    if kind == "category":
        return _summarize_category(column)
    summary: dict[str, Any] = {
        "type": kind,
        "values": _some(numbers(column, kind)),
        "rows": len(column),
    }
    if kind == "text":
        summary |= _summarize_words(column)
    return summary


def _summarize_words(column: Values) -> Summary:
    """The most frequent words of a text, and how many rows have none of them."""
    found = [words(value) for value in column]
    counts = Counter(word for each in found for word in each)
    most = ranked(counts)[:WORDS]
    known = {word: rows for word, rows in most if rows >= FEWEST}
    others = [rows for word, rows in counts.items() if word not in known]
    without = [each for each in found if each.isdisjoint(known)]
    return {
        "words": known,
        "other_word": max(others, default=0),
        "without": len(without),
    }


def _some(values: npt.NDArray[np.float32]) -> list[float | None]:
    """At most KEPT of the values, drawn with a fixed seed."""
    if len(values) > KEPT:
        rng = np.random.default_rng(0)
        values = rng.choice(values, KEPT, replace=False)
    ordered = np.sort(values)
    return [None if np.isnan(value) else float(value) for value in ordered]


def _summarize_category(column: Values) -> Summary:
    """Its most frequent values, and how many rows have another one."""
    counts = Counter(map(text, column))
    most = dict(ranked(counts)[:NAMES])
    others = counts.total() - sum(most.values())
    return {
        "type": "category",
        "counts": most,
        "others": others,
        "rows": counts.total(),
    }


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent first; equally frequent ones by alphabet."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def words(value: Any) -> set[str]:
    """The words of one text, in lower case."""
    lower = text(value).lower()
    return set(re.findall(r"\w+", lower))


def numbers(column: Values, kind: str) -> npt.NDArray[np.float32]:
    """A column as numbers, NaN for what is missing; of a text its length."""
    if kind == "text":
        column = [len(text(value)) for value in column]
    known = [np.nan if value is None else value for value in column]
    return np.array(known, np.float32)


def text(value: Any) -> str:
    """A category's name; of what is missing the empty one."""
    return value if isinstance(value, str) else ""
