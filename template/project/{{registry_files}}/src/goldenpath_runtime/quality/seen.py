"""How much of the test the model has as good as seen in training, beside what chance explains.

Owned by the template: do not edit. Near copies of rows, groups with rows on both sides, such as a
patient's, and rows that are older than trained ones. Nothing is refused for it: the report names it
under Limits, with the way out.
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
SHUFFLES = 20
# How the report tells what rows have in common with trained ones.
SHARED = {
    "group": "share their {} with rows that were trained on, which tells",
    "time": "are no newer than rows that were trained on, of which the nearest in {} tell",
}

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
    groups = []
    for name in hidden:
        values = known.rows[name]
        is_time = pd.api.types.is_datetime64_any_dtype(values)
        if is_time and values.notna().any():
            nearest = _at_nearest(name, known, asked)
            groups.append(_group("time", name, known, nearest, tell))
        elif not is_time and _is_group(values):
            groups.append(_group("group", name, known, asked, tell))
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

    That is the share among rows that have the columns' values and correlations, and nothing else
    in common; texts of which most are different are not equal by chance. Where columns depend on
    each other otherwise, such as two of a circle, chance explains more than it says. Numbers are
    compared by the cells of a grid, and of another one that is half a cell off.
    """
    others = _like(known)
    near = np.zeros(len(rows), bool)
    by_chance = np.zeros(len(rows), bool)
    for offset in (0.0, 0.5):
        keys = []
        for frame in (rows, known, others):
            columns = []
            for name in known:
                width = _width(known[name])
                columns.append(_cells(frame[name], width, offset))
            keys.append(combined(columns))
        wanted, found, drawn = keys
        near |= np.isin(wanted, found)
        by_chance |= np.isin(wanted, drawn)
    if any(_is_distinct(known[name]) for name in known):
        return near, 0.0
    return near, float(by_chance.mean())


def _like(known: pd.DataFrame) -> pd.DataFrame:
    """As many rows, drawn with the values of each column and its correlations with the others.

    Normal numbers that have the correlations of the ranks take the place of those ranks.
    """
    ranks = known.rank(na_option="bottom")
    of_ranks = ranks.corr().fillna(0)
    of_normal = 2 * np.sin(np.pi / 6 * of_ranks)
    rng = np.random.default_rng(0)
    drawn = rng.multivariate_normal(
        np.zeros(len(of_normal)),
        of_normal,
        size=len(known),
        check_valid="ignore",
    )
    places = drawn.argsort(0).argsort(0)
    columns = {}
    for name, place in zip(known, places.T, strict=True):
        ordered = known[name].sort_values()
        columns[name] = ordered.array[place]
    return pd.DataFrame(columns)


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
    different = values.nunique()
    return FEWEST <= different <= len(values) / 2


def _at_nearest(name: str, known: Side, asked: Side) -> Side:
    """The rows with the nearest time of a trained row; without a time, if they are newer than all.

    What is told of those, a row of the future is told as well.
    """
    times = pd.DatetimeIndex(known.rows[name].dropna().unique()).sort_values()
    given = asked.rows[name]
    places = times.get_indexer(given, method="nearest")
    nearest = pd.Series(times[places], given.index).where(given <= times.max())
    return Side(nearest.to_frame(name), asked.truth)


def _group(by: str, name: str, known: Side, asked: Side, tell: Tell) -> dict[str, Any]:
    """How many test rows share their group with trained ones, and what that tells of the target.

    `by_chance` is the most that it told when the trained rows had each other's targets.
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
        "by": by,
        "column": name,
        "share": float(shared.mean()),
        "told": tell(Side(groups, known.truth), rows),
        "by_chance": float(np.max(chance)),
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
        by = group["by"]
        column = group["column"]
        if group["told"] <= group["by_chance"] + MORE:
            continue
        yield (
            f"{group['share']:.1%} of the test rows {SHARED[by].format(column)} "
            f"{group['told']:.1%} of the target ({group['by_chance']:.1%} by chance). "
            "For new ones the figures may not hold: write "
            f"`split: {{by: {by}, column: {column}}}` in params.yaml."
        )
