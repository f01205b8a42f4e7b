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
from pydantic import Field
from scipy import stats

from goldenpath_runtime.config import PARAMS, Params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import Frozen, did_you_mean, parse
from goldenpath_runtime.store.reference import BINS, Summary, Values, numbers, text

ALPHA = 0.05  # the share of false alarms, over all columns
LARGE = 0.1  # a stability index that deserves a look

Array = npt.NDArray[Any]


class Monitoring(Frozen):
    """What monitoring looks at, and what it alarms at: `monitor` in params.yaml, by model.

    `days` are looked at without SINCE. Below `min_rows` sampled rows nothing is said of drift,
    below `min_labels` labels nothing of quality. `significance` is the share of false alarms over
    all columns, from 0 to 1; `max_psi` the population stability index up to which no change counts.
    """

    days: float = Field(default=7.0, gt=0)
    min_rows: int = Field(default=200, ge=1)
    min_labels: int = Field(default=50, ge=1)
    significance: float = Field(default=ALPHA, gt=0, lt=1)
    max_psi: float = Field(default=LARGE, ge=0)


class Settings(Frozen):
    """What monitoring reads of params.yaml beside the models."""

    monitor: Mapping[str, Monitoring] = {}


def read_monitoring(params: Params) -> Mapping[str, Monitoring]:
    """The limits of those models that have some.

    ProjectError names the key of params.yaml that is wrong, or that is of no model.
    """
    found = parse(Settings, {"monitor": params.monitor}, PARAMS).monitor
    for name in found.keys() - params.models.keys():
        known = ", ".join(params.models)
        meant = did_you_mean(name, params.models)
        raise ProjectError(
            f"{PARAMS}: monitor: there is no model {name!r}; there are: {known}{meant}"
        )
    return found


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
    found = []
    for name, summary in known.items():
        drift = _compare(name, summary, columns[name], alpha / len(known), large)
        found.append(drift)
    return sorted(found, key=lambda drift: (not drift.drifted, -drift.psi / drift.limit))


def _compare(
    name: str,
    known: Summary,
    column: Values,
    alpha: float,
    large: float,
) -> Drift:
    _, before, after = bins(known, column)
    if known["type"] == "category":
        p = _by_chance(before, after)
    else:
        old, new = ordered(known, column)
        p = float(stats.ks_2samp(old, new, method="asymp").pvalue)
    size = stability(before, after)
    usual = 1 / int(before.sum()) + 1 / int(after.sum())
    limit = large + (BINS - 1) * usual
    drifted = p < alpha and size > limit
    return Drift(name, p, size, limit, drifted)


def _by_chance(before: Array, after: Array) -> float:
    """How likely so large a change of counts is by chance."""
    seen = before + after > 0
    counts = np.array([before, after])[:, seen]
    test = stats.chi2_contingency(counts, correction=False)
    return float(test.pvalue)


def bins(known: Summary, column: Values) -> tuple[Sequence[Any], Array, Array]:
    """At most BINS groups of values, and how many rows of the reference and of now are in each.

    Of a category: its most frequent values, and all others. Of a number: upper limits that part the
    reference evenly.
    """
    if known["type"] == "category":
        return _groups(known, column)
    old, new = ordered(known, column)
    quantiles = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(old, quantiles, method="lower"))
    return [*edges, np.inf], _counts(edges, old), _counts(edges, new)


def _groups(known: Summary, column: Values) -> tuple[Sequence[Any], Array, Array]:
    """The groups of a category."""
    counts = known["counts"]
    now = Counter(map(text, column))
    same = [now[name] for name in counts]
    others = now.total() - sum(same)
    before = np.array([*counts.values(), known["others"]])
    after = np.array([*same, others])
    return [*counts, "others"], before, after


def _counts(edges: Array, values: Array) -> Array:
    """How many of the values are up to each edge, and how many above all."""
    places = np.searchsorted(edges, values)
    return np.bincount(places, minlength=len(edges) + 1)


def ordered(known: Summary, column: Values) -> tuple[Array, Array]:
    """Numbers of the reference and of now.

    A missing one is the smallest: more of them are a change like any other.
    """
    old = numbers(known["values"], "number")
    new = numbers(column, known["type"])
    return np.nan_to_num(old, nan=-np.inf), np.nan_to_num(new, nan=-np.inf)


def stability(before: Array, after: Array) -> float:
    """The population stability index of two counts over the same groups.

    An empty group counts as half a row.
    """
    old = _shares(before)
    new = _shares(after)
    changes = (new - old) * np.log(new / old)
    return float(changes.sum())


def _shares(counts: Array) -> Array:
    filled = counts + 0.5
    return filled / filled.sum()
