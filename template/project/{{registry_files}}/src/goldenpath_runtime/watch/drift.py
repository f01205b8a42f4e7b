"""Whether rows are still like those a model was made with: pure functions of columns of values.

Owned by the template: do not edit. A column has drifted as a whole when two tests say so, each of
which knows what the other does not: it is no accident (Kolmogorov-Smirnov or chi-square, p < 0.05 /
columns), and it is large (a population stability index above 0.1 and what samples of these sizes
show by chance). So neither many columns nor many rows raise an alarm. What changes in few rows is
judged share by share in the same way: missing values, each value of a category, each word of a
text, the usual number and those outside of the known range (Fisher's exact test, p < 0.05 / columns
/ shares of the column, and an index of this share above 0.05). The limits are defaults: `monitor`
in params.yaml sets others.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import stats

from goldenpath_runtime.config import PARAMS, Params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import Frozen, did_you_mean, parse
from goldenpath_runtime.store.reference import (
    BINS,
    Summary,
    Values,
    numbers,
    ranked,
    text,
    words,
)

ALPHA = 0.05  # the share of false alarms, over all columns
LARGE = 0.1  # a stability index that deserves a look
LARGE_SHARE = 0.05  # the same of one share of the rows

Array = npt.NDArray[Any]
Ranges = Mapping[str, Callable[[Array], Array]]  # whether each number is in it, by its name


class Monitoring(Frozen):
    """What monitoring looks at, and what it alarms at: `monitor` in params.yaml, by model.

    `days` are looked at without SINCE. Below `min_rows` sampled rows nothing is said of drift,
    below `min_labels` labels nothing of quality. `significance` is the share of false alarms over
    all columns, from 0 to 1; `max_psi` the population stability index up to which no change counts,
    `max_share_psi` the same of a single share, as of missing values, a value or a word: half of
    `max_psi` where it is not given.
    """

    days: float = Field(default=7.0, gt=0)
    min_rows: int = Field(default=200, ge=1)
    min_labels: int = Field(default=50, ge=1)
    significance: float = Field(default=ALPHA, gt=0, lt=1)
    max_psi: float = Field(default=LARGE, ge=0)
    max_share_psi: float | None = Field(default=None, ge=0)

    @property
    def share_psi(self) -> float:
        """The limit of a single share."""
        if self.max_share_psi is None:
            return self.max_psi * LARGE_SHARE / LARGE
        return self.max_share_psi


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
    """One column: how likely so large a change is by chance, its size, its limit, the judgement.

    `change` names the share of rows that has changed most, if one has drifted.
    """

    column: str
    p: float
    psi: float
    limit: float
    drifted: bool
    change: str = ""


class Share(NamedTuple):
    """A part of the rows: what they have in common, and how many of how many it was and is."""

    what: str
    before: int
    rows_before: int
    now: int
    rows_now: int

    @property
    def table(self) -> Array:
        """The rows with and without it, before and now."""
        rest = self.rows_before - self.before
        rest_now = self.rows_now - self.now
        return np.array([[self.before, rest], [self.now, rest_now]])

    def __str__(self) -> str:
        """As a person reads it."""
        before = self.before / self.rows_before
        now = self.now / self.rows_now
        return f"{self.what}: {before:.1%} before, {now:.1%} now"


def compare(
    known: Mapping[str, Summary],
    columns: Mapping[str, Values],
    alpha: float = ALPHA,
    large: float = LARGE,
    large_share: float = LARGE_SHARE,
) -> list[Drift]:
    """Each column of the reference against the rows of now, the most changed first.

    `alpha` is the share of false alarms over all columns, `large` the stability index up to which
    no change counts, `large_share` the same of a single share of the rows.
    """
    found = []
    for name, summary in known.items():
        column = columns[name]
        own = alpha / len(known)
        drift = _compare(name, summary, column, own, large)
        change = _changed(list(shares(summary, column)), own, large_share)
        if change:
            drift = drift._replace(drifted=True, change=change)
        found.append(drift)
    return sorted(found, key=lambda drift: (not drift.drifted, -drift.psi / drift.limit))


def _compare(
    name: str,
    known: Summary,
    column: Values,
    alpha: float,
    large: float,
) -> Drift:
    """The column as a whole."""
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


def _changed(shares: Sequence[Share], alpha: float, large: float) -> str:
    """Of the shares that have drifted the one that is least by chance; empty where none has."""
    found = {}
    for share in shares:
        if stability(*share.table) <= large:
            continue
        p = stats.fisher_exact(share.table).pvalue
        if p < alpha / len(shares):
            found[str(share)] = p
    return min(found, key=found.__getitem__, default="")


def shares(known: Summary, column: Values) -> Iterator[Share]:
    """The shares of a column's rows that are judged; none for a summary of an earlier release."""
    if is_old(known):
        return
    match known["type"]:
        case "category":
            yield from _names(known, column)
        case "text":
            yield from _words(known, column)
            yield from _numbers(known, column, {"missing": lambda lengths: lengths == 0})
        case _:
            ranges = _ranges(numbers(known["values"], "number"))
            yield from _numbers(known, column, ranges)


def _names(known: Summary, column: Values) -> Iterator[Share]:
    """The rows that have each value of a category, and those that have another one."""
    names, before, after = _groups(known, column, len(known["counts"]))
    named = [f"the value {name}" if name else "missing" for name in names[:-1]]
    named.append("a new or rare value")
    for what, old, new in zip(named, before.tolist(), after.tolist(), strict=True):
        yield Share(what, old, known["rows"], new, len(column))


def _numbers(known: Summary, column: Values, ranges: Ranges) -> Iterator[Share]:
    """The rows that have a number, or a length, of each range."""
    old = numbers(known["values"], "number")
    new = numbers(column, known["type"])
    for what, is_in in ranges.items():
        before = int(is_in(old).sum())
        now = int(is_in(new).sum())
        yield Share(what, before, len(old), now, len(column))


def _words(known: Summary, column: Values) -> Iterator[Share]:
    """The rows of a text that have a word, and those that have no usual one.

    A new word is compared with the most frequent of those that the reference does not name.
    """
    rows = known["rows"]
    counted = len(column)
    found = [words(value) for value in column]
    now = Counter(word for each in found for word in each)
    for word, before in known["words"].items():
        yield Share(f"the word {word}", before, rows, now[word], counted)
    without = sum(each.isdisjoint(known["words"]) for each in found)
    yield Share("no usual word", known["without"], rows, without, counted)
    new = Counter({word: now[word] for word in now.keys() - known["words"].keys()})
    for word, number in ranked(new)[:1]:
        yield Share(f"the new word {word}", known["other_word"], rows, number, counted)


def is_old(known: Summary) -> bool:
    """Whether a summary is of an earlier release: only the column as a whole is judged then."""
    return "rows" not in known


def _ranges(old: Array) -> Ranges:
    """The ranges of numbers whose shares are judged."""
    usual = stats.mode(old, nan_policy="omit").mode
    seen = old[~np.isnan(old)]
    low = seen.min(initial=np.inf)
    high = seen.max(initial=-np.inf)
    return {
        "missing": np.isnan,
        f"the value {usual:.6g}": lambda values: values == usual,
        f"below {low:.6g}": lambda values: values < low,
        f"above {high:.6g}": lambda values: values > high,
    }


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
        return _groups(known, column, BINS - 1)
    old, new = ordered(known, column)
    quantiles = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(old, quantiles, method="lower"))
    return [*edges, np.inf], _counts(edges, old), _counts(edges, new)


def _groups(known: Summary, column: Values, most: int) -> tuple[Sequence[Any], Array, Array]:
    """The most frequent values of a category, and all others, as one group."""
    counts = dict(islice(known["counts"].items(), most))
    now = Counter(map(text, column))
    same = [now[name] for name in counts]
    others = now.total() - sum(same)
    rare = sum(known["counts"].values()) - sum(counts.values())
    before = np.array([*counts.values(), rare + known["others"]])
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
