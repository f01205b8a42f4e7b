"""Whether rows are still like those a model was made with: pure functions of columns of values.

Owned by the template: do not edit. A column has drifted when two tests say so, each of which knows
what the other does not: it is no accident (Kolmogorov-Smirnov or chi-square, p < 0.05 / columns),
and it is large (a population stability index above 0.1 and what samples of these sizes show by
chance). So neither many columns nor many rows raise an alarm. Both limits are defaults: `monitor`
in params.yaml sets others.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from .reference import BINS, Summary, Values, numbers, text

ALPHA = 0.05  # the share of false alarms, over all columns
LARGE = 0.1  # a stability index that deserves a look

Array = npt.NDArray[Any]


class Drift(NamedTuple):
    """One column: how likely so large a change is by chance, its size, its limit, the judgement."""

    column: str
    p: float
    psi: float
    limit: float
    drifted: bool


def compare(
    known: Mapping[str, Summary],
    columns: Mapping[str, Values],
    alpha: float = ALPHA,
    large: float = LARGE,
) -> list[Drift]:
    """Each column of the reference against the rows of now, the most changed first.

    `alpha` is the share of false alarms over all columns, `large` the stability index up to which
    no change counts.
    """
    found = [
        _compare(name, summary, columns[name], alpha / len(known), large)
        for name, summary in known.items()
    ]
    return sorted(found, key=lambda drift: (not drift.drifted, -drift.psi / drift.limit))


def _compare(name: str, known: Summary, column: Values, alpha: float, large: float) -> Drift:
    _, before, after = bins(known, column)
    if known["type"] == "category":
        seen = np.array([before, after])[:, before + after > 0]
        p = float(stats.chi2_contingency(seen, correction=False).pvalue)
    else:
        p = float(stats.ks_2samp(*ordered(known, column), method="asymp").pvalue)
    size = stability(before, after)
    limit = large + (BINS - 1) * (1 / int(before.sum()) + 1 / int(after.sum()))
    return Drift(name, p, size, limit, p < alpha and size > limit)


def bins(known: Summary, column: Values) -> tuple[Sequence[Any], Array, Array]:
    """At most BINS groups of values, and how many rows of the reference and of now are in each.

    Of a category: its most frequent values, and all others. Of a number: upper limits that part the
    reference evenly.
    """
    if known["type"] == "category":
        now, counts = Counter(map(text, column)), known["counts"]
        same = [now[name] for name in counts]
        before, after = [*counts.values(), known["others"]], [*same, now.total() - sum(same)]
        return [*counts, "others"], np.array(before), np.array(after)
    old, new = ordered(known, column)
    edges = np.unique(np.quantile(old, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
    counted = [
        np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)
        for values in (old, new)
    ]
    return [*edges, np.inf], counted[0], counted[1]


def ordered(known: Summary, column: Values) -> tuple[Array, Array]:
    """Numbers of the reference and of now.

    A missing one is the smallest: more of them are a change like any other.
    """
    old, new = numbers(known["values"], "number"), numbers(column, known["type"])
    return np.nan_to_num(old, nan=-np.inf), np.nan_to_num(new, nan=-np.inf)


def stability(before: Array, after: Array) -> float:
    """The population stability index of two counts over the same groups.

    An empty group counts as half a row.
    """
    old, new = ((counts + 0.5) / (counts + 0.5).sum() for counts in (before, after))
    return float(((new - old) * np.log(new / old)).sum())
