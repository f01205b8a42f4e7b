"""What is kept of the rows beside a trained model, for monitoring to compare with: reference.json.

Owned by the template: do not edit.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .inference import Scorer
from .project import Project

KEPT = 2000  # values of a number kept for reference
BINS = 10
SCORE = "score of "  # and a class or target, in place of a column

Values = Iterable[Any]
Summary = Mapping[
    str, Any
]  # of one column: its `type`, and the `values` of a number or the `counts` and `others`


def reference(project: Project) -> dict[str, Summary]:
    """A summary of each column and score of a trained model, personal columns left out.

    Columns of all rows that it was made and judged with; scores of those only that it was not
    fitted to, as of others it is too sure.
    """
    scorer, data = Scorer(project.build / "model"), project.dataset("test")
    held_out = pd.concat([project.dataset("validation").frame(), data.frame()], ignore_index=True)
    columns = data.columns(
        pd.concat([project.dataset("train").frame(), held_out], ignore_index=True)
    )
    kinds = {
        name: rule["type"] for name, rule in scorer.columns.items() if not rule.get("personal")
    }
    scores = scorer.score(data.columns(held_out))
    known = {name: summarize(columns[name], kind) for name, kind in kinds.items()}
    told = list(enumerate(scorer.names))[
        len(scorer.info["classes"]) == 2 :
    ]  # of two classes one says all
    return known | {SCORE + name: summarize(scores[:, i], "number") for i, name in told}


def summarize(column: Values, kind: str) -> Summary:
    """What is kept of a column of that type of schema.yaml.

    At most KEPT values, drawn with a fixed seed.
    """
    if kind == "category":
        counts = Counter(map(text, column))
        most = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: BINS - 1])
        return {"type": kind, "counts": most, "others": counts.total() - sum(most.values())}
    values = numbers(column, kind)
    if len(values) > KEPT:
        values = np.random.default_rng(0).choice(values, KEPT, replace=False)
    return {
        "type": kind,
        "values": [None if np.isnan(value) else float(value) for value in np.sort(values)],
    }


def numbers(column: Values, kind: str) -> npt.NDArray[np.float32]:
    """A column as numbers, NaN for what is missing; of a text its length."""
    if kind == "text":
        column = (len(text(value)) for value in column)
    return np.array([np.nan if value is None else value for value in column], np.float32)


def text(value: Any) -> str:
    """A category's name; of what is missing the empty one."""
    return value if isinstance(value, str) else ""
