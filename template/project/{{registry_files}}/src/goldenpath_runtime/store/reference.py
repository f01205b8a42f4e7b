"""What is kept of the rows beside a trained model, for monitoring to compare with: reference.json.

Owned by the template: do not edit.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from goldenpath_runtime.project import Project

KEPT = 2000  # values of a number kept for reference
BINS = 10
SCORE = "score of "  # and a class or target, in place of a column

Values = Iterable[Any]
# Of one column: its `type`, and the `values` of a number or the `counts` and `others`.
Summary = Mapping[str, Any]


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
    columns = data.columns(pd.concat([trained, held_out], ignore_index=True))
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
    return known


def summarize(column: Values, kind: str) -> Summary:
    """What is kept of a column of that type of schema.yaml.

    At most KEPT values, drawn with a fixed seed.
    """
    if kind == "category":
        return _summarize_category(column)
    values = numbers(column, kind)
    if len(values) > KEPT:
        rng = np.random.default_rng(0)
        values = rng.choice(values, KEPT, replace=False)
    kept = [None if np.isnan(value) else float(value) for value in np.sort(values)]
    return {"type": kind, "values": kept}


def _summarize_category(column: Values) -> Summary:
    """Its most frequent values, and how many rows have another one."""
    counts = Counter(map(text, column))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    most = dict(ranked[: BINS - 1])
    others = counts.total() - sum(most.values())
    return {
        "type": "category",
        "counts": most,
        "others": others,
    }


def numbers(column: Values, kind: str) -> npt.NDArray[np.float32]:
    """A column as numbers, NaN for what is missing; of a text its length."""
    if kind == "text":
        column = (len(text(value)) for value in column)
    known = [np.nan if value is None else value for value in column]
    return np.array(known, np.float32)


def text(value: Any) -> str:
    """A category's name; of what is missing the empty one."""
    return value if isinstance(value, str) else ""
