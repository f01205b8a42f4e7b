"""How much of the test the model has as good as seen in training, beside what chance explains.

Owned by the template: do not edit. Near copies of rows, and groups with rows on both sides, such as
a patient's. Nothing is refused for it: the report names it under Limits, with the way out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from goldenpath_runtime.interface import Dataset
from goldenpath_runtime.split import Keys, combined, hashes

WIDTH = 0.1  # standard deviations within which numbers are nearly equal
MORE = 0.1  # than chance explains: what is named
FEWEST = 20  # groups that a column has to have
SHUFFLES = 3

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Measure = Callable[[Mask], Mapping[str, float]]
Tell = Callable[["Side", "Side"], float]


@dataclass(frozen=True)
class Side:
    """Rows of one part, or one column of them, and the truth: of several targets the first."""

    rows: Any
    truth: Array


def examine(train: Dataset, test: Dataset, metric: str, measure: Measure) -> dict[str, Any]:
    """Shares of near copies and of groups on both sides, and `limits`: sentences for the report.

    `measure` gives the figures of some of the test rows.
    """
    known = _side(train)
    asked = _side(test)
    near, by_chance = near_copies(train.inputs(known.rows), test.inputs(asked.rows))
    unseen = ~near
    copies = {
        "share": float(near.mean()),
        "by_chance": by_chance,
        "unseen_rows": int(unseen.sum()),
        "unseen": dict(measure(unseen)) if unseen.any() else {},
    }
    tell = _agreement if train.classes else _correlation
    hidden = [name for name in known.rows if name not in (*train.features, *train.target)]
    grouping = [str(name) for name in hidden if _is_group(known.rows[name])]
    groups = [_group(name, known, asked, tell) for name in grouping]
    return {
        "near_copies": copies,
        "groups": groups,
        "limits": [*_said_of_copies(copies, metric), *_said_of_groups(groups)],
    }


def _side(data: Dataset) -> Side:
    rows = data.frame()
    truth = data.truth(rows)
    if truth.ndim == 2:
        truth = truth[:, 0]
    return Side(rows, truth)


def near_copies(known: pd.DataFrame, rows: pd.DataFrame) -> tuple[Mask, float]:
    """Which rows are nearly equal to a known one, and the share of them that chance explains.

    That is the share if the columns of the known rows did not depend on each other; texts of which
    most are different are not equal by chance. Numbers are compared by the cells of a grid, and of
    another one that is half a cell off.
    """
    rng = np.random.default_rng(0)
    near = np.zeros(len(rows), bool)
    by_chance = np.zeros(len(rows), bool)
    for offset in (0.0, 0.5):
        columns = []
        keys = []
        for name in known:
            width = _width(known[name])
            columns.append(_cells(known[name], width, offset))
            keys.append(_cells(rows[name], width, offset))
        wanted = combined(keys)
        near |= np.isin(wanted, combined(columns))
        shuffled = [rng.permutation(column) for column in columns]
        by_chance |= np.isin(wanted, combined(shuffled))
    if any(_is_distinct(known[name]) for name in known):
        return near, 0.0
    return near, float(by_chance.mean())


def _is_distinct(values: pd.Series) -> bool:
    """Whether a column has texts, and most of them once."""
    if pd.api.types.is_numeric_dtype(values):
        return False
    return bool(values.nunique() > len(values) / 2)


def _width(values: pd.Series) -> float:
    """How wide a cell is; 0 for texts, which are equal or not."""
    if not pd.api.types.is_numeric_dtype(values):
        return 0
    spread = float(values.astype(float).std())
    return spread * WIDTH if spread > 0 else 1


def _cells(values: pd.Series, width: float, offset: float) -> Keys:
    """What nearly equal values have in common."""
    if not width:
        return hashes(values)
    places = values.astype(float) / width + offset
    return hashes(places // 1)


def _is_group(values: pd.Series) -> bool:
    """Whether a column may name patients, customers or machines: many, each of several rows."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return False
    different = values.nunique()
    return FEWEST <= different <= len(values) / 2


def _group(name: str, known: Side, asked: Side, tell: Tell) -> dict[str, Any]:
    """How many test rows share their group with trained ones, and what that tells of the target.

    `by_chance` is what it would tell if the trained rows had each other's targets.
    """
    groups = known.rows[name]
    shared = asked.rows[name].isin(groups.dropna()).to_numpy()
    rows = Side(asked.rows.loc[shared, name], asked.truth[shared])
    rng = np.random.default_rng(0)
    chance = []
    for _ in range(SHUFFLES):
        shuffled = rng.permutation(known.truth)
        chance.append(tell(Side(groups, shuffled), rows))
    return {
        "column": name,
        "share": float(shared.mean()),
        "told": tell(Side(groups, known.truth), rows),
        "by_chance": float(np.mean(chance)),
    }


def _agreement(known: Side, asked: Side) -> float:
    """The share of rows that have the usual class of their group."""
    if not len(asked.truth):
        return 0.0
    pairs = pd.DataFrame({"group": known.rows, "truth": known.truth})
    counts = pairs.value_counts().reset_index()
    most = counts.drop_duplicates("group")
    usual = most.set_index("group")["truth"]
    expected = asked.rows.map(usual).to_numpy()
    return float((expected == asked.truth).mean())


def _correlation(known: Side, asked: Side) -> float:
    """The share of the variance of values that the means of their groups explain."""
    truth = pd.Series(known.truth)
    means = truth.groupby(known.rows.to_numpy()).mean()
    expected = asked.rows.map(means).to_numpy(float)
    if len(np.unique(expected)) < 2 or len(np.unique(asked.truth)) < 2:
        return 0.0
    correlations = np.corrcoef(expected, asked.truth)
    between = correlations[0, 1]
    return float(between**2)


def _said_of_copies(copies: Mapping[str, Any], metric: str) -> Iterator[str]:
    """What the report says of near copies, if there are more than chance explains."""
    share = copies["share"]
    by_chance = copies["by_chance"]
    if share <= by_chance + MORE:
        return
    rows = copies["unseen_rows"]
    value = copies["unseen"].get(metric)
    others = f"on the other {rows} rows {metric} is not defined"
    if value is not None:
        others = f"on the other {rows} rows {metric} is {value:.4g}"
    yield (
        f"{share:.1%} of the test rows are near copies of rows that were trained on "
        f"({by_chance:.1%} by chance); {others}."
    )


def _said_of_groups(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the report says of groups that are on both sides and tell of the target."""
    for group in groups:
        if group["told"] <= group["by_chance"] + MORE:
            continue
        name = group["column"]
        yield (
            f"{group['share']:.1%} of the test rows share their {name} with rows that were trained "
            f"on, which tells {group['told']:.1%} of the target ({group['by_chance']:.1%} by "
            f"chance). For another {name} the figures may not hold: write "
            f"`split: {{by: group, column: {name}}}` in params.yaml."
        )
