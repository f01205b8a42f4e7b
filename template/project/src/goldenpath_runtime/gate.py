"""The decision whether a model may be used: a pure function of its figures and the policy in params.yaml.

Owned by the template: do not edit. The policy is yours: `gate` in params.yaml.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from .config import Gate, Objective


class Finding(NamedTuple):
    """One rule, whether it holds, and the figures that say so."""

    rule: str
    passed: bool
    reason: str


def decide(figures: Mapping[str, Any], policy: Gate, objective: Objective, now: datetime) -> list[Finding]:
    """All findings; the model passes when each one does. `figures` is what metrics.json holds."""
    age = (now - datetime.fromisoformat(figures["trained_at"])) / timedelta(days=1)
    return [
        *_thresholds(figures["test"], policy),
        _gain(figures, policy, objective),
        *_champion(figures, policy, objective),
        *_slices(figures, policy, objective),
        _at_most("parity", figures["parity_error"], policy.max_parity_error, " between trained and exported scores"),
        _at_most("latency", figures["latency"]["slowdown"], policy.max_slowdown, " x the baseline's"),
        _at_most("size", figures["size_mb"], policy.max_size_mb, " MB"),
        _at_most("age", age, policy.max_age_days, " days since its training"),
    ]


def _thresholds(test: Mapping[str, float], policy: Gate) -> Iterator[Finding]:
    for name, bound in policy.thresholds.items():
        value = test.get(name)
        low = float("-inf") if bound.min is None else bound.min
        high = float("inf") if bound.max is None else bound.max
        reason = f"{name} is {_show(value)}, asked for {_show(low)} to {_show(high)}"
        yield Finding(f"threshold {name}", value is not None and low <= value <= high, reason)


def _gain(figures: Mapping[str, Any], policy: Gate, objective: Objective) -> Finding:
    ours, base = (figures[part].get(objective.metric) for part in ("test", "baseline"))
    gain = None if ours is None or base is None else _sign(objective) * (ours - base)
    reason = (
        f"{objective.metric} is {_show(ours)}, the baseline's {_show(base)}, to gain at least {_show(policy.min_gain)}"
    )
    return Finding("beats the baseline", gain is not None and gain >= policy.min_gain, reason)


def _champion(figures: Mapping[str, Any], policy: Gate, objective: Objective) -> Iterator[Finding]:
    champion = figures["champion"]
    if champion and "problem" in champion:
        yield Finding("champion", True, f"not compared with {champion['version']}: {champion['problem']}")
    elif champion:
        ours, its = figures["test"].get(objective.metric), champion["metrics"].get(objective.metric)
        loss = None if ours is None or its is None else _sign(objective) * (its - ours)
        reason = f"{objective.metric} is {_show(ours)}, that of {champion['version']} {_show(its)}, "
        reason += f"to lose at most {_show(policy.max_regression)}"
        yield Finding("champion", loss is not None and loss <= policy.max_regression, reason)


def _slices(figures: Mapping[str, Any], policy: Gate, objective: Objective) -> Iterator[Finding]:
    overall = figures["test"].get(objective.metric)
    for part in figures["slices"]:
        value = part["metrics"].get(objective.metric)
        if part["rows"] < policy.slices.min_rows or value is None or overall is None:
            continue
        gap = _sign(objective) * (overall - value) / max(abs(overall), 1e-12)
        where = f"{part['column']} = {part['value']}"
        reason = f"{objective.metric} is {_show(value)} on {part['rows']} rows, {_show(overall)} on all; gap {gap:.1%}"
        yield Finding(f"slice {where}", gap <= policy.slices.max_gap, f"{reason}, at most {policy.slices.max_gap:.1%}")


def _at_most(rule: str, value: float, limit: float, unit: str = "") -> Finding:
    return Finding(rule, value <= limit, f"{_show(value)}{unit}, at most {_show(limit)}")


def _sign(objective: Objective) -> int:
    return 1 if objective.direction == "maximize" else -1


def _show(value: float | None) -> str:
    return "not known" if value is None else f"{value:.4g}"
