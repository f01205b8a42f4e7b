"""The step `gate`: whether a model may be used, by its figures and the policy in params.yaml.

Owned by the template: do not edit. The policy is yours: `gate` in params.yaml.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from .config import PARAMS, Gate, Objective, Threshold
from .figures import SIGN
from .files import read_json, write_json, write_verdict
from .project import Project

Figures = Mapping[str, Any]  # what metrics.json holds
Value = float | None  # of a metric; None where it is not known


class Finding(NamedTuple):
    """One rule, whether it holds, and the figures that say so."""

    rule: str
    passed: bool
    reason: str

    def __str__(self) -> str:
        """A line for a terminal."""
        mark = "ok  " if self.passed else "FAIL"
        return f"{mark} {self.rule}: {self.reason}"


def check_gate(project: Project) -> list[Finding]:
    """Decide on the measured model.

    Writes the findings to gate.json, and one word to gate.verdict: pass or fail.
    """
    reports = project.reports
    figures = read_json(reports / "metrics.json", "evaluate")
    findings = judge(project, figures)
    listed = [finding._asdict() for finding in findings]
    write_json(reports / "gate.json", listed)
    passed = all(finding.passed for finding in findings)
    verdict = "pass" if passed else "fail"
    write_verdict(reports / "gate.verdict", verdict)
    return findings


def judge(project: Project, figures: Figures) -> list[Finding]:
    """All findings on the measured model as of now, by the project's own policy."""
    params = project.params
    now = datetime.now(UTC)
    return decide(figures, params.gate, params.objective, now)


def decide(
    figures: Figures,
    policy: Gate,
    objective: Objective,
    now: datetime,
) -> list[Finding]:
    """All findings; the model passes when each one does."""
    parity = figures["parity_error"]
    slowdown = figures["latency"]["slowdown"]
    size = figures["size_mb"]
    age = now - datetime.fromisoformat(figures["trained_at"])
    days = age / timedelta(days=1)
    return [
        *_thresholds(figures, policy),
        _gain(figures, policy, objective),
        *_champion(figures, policy, objective),
        *_slices(figures, policy, objective),
        _at_most("parity", parity, policy.max_parity_error, " between trained and exported scores"),
        _at_most("latency", slowdown, policy.max_slowdown, " x the baseline's"),
        _at_most("size", size, policy.max_size_mb, " MB"),
        _at_most("age", days, policy.max_age_days, " days since its training"),
        *_told(figures),
    ]


def _thresholds(figures: Figures, policy: Gate) -> Iterator[Finding]:
    """Whether each metric that has bounds is within them."""
    for name, bounds in policy.thresholds.items():
        value = figures["test"].get(name)
        required = _required(bounds)
        passed = _is_within(value, bounds)
        reason = f"{name} is {_show(value)}, required {required}"
        yield Finding(f"threshold {name}", passed, reason)


def _is_within(value: Value, bounds: Threshold) -> bool:
    """Whether a value is known and has both bounds on its side."""
    if value is None:
        return False
    low = -math.inf if bounds.min is None else bounds.min
    high = math.inf if bounds.max is None else bounds.max
    return low <= value <= high


def _required(bounds: Threshold) -> str:
    """The bounds as a reader sees them."""
    sides = []
    if bounds.min is not None:
        sides.append(f"≥ {_show(bounds.min)}")
    if bounds.max is not None:
        sides.append(f"≤ {_show(bounds.max)}")
    return " and ".join(sides)


def _gain(figures: Figures, policy: Gate, objective: Objective) -> Finding:
    """Whether the model beats the baseline."""
    metric = objective.metric
    model = figures["test"].get(metric)
    baseline = figures["baseline"].get(metric)
    gain = _advantage(model, baseline, objective)
    reason = (
        f"{metric} is {_show(model)}, "
        f"the baseline's {_show(baseline)}, "
        f"required gain ≥ {_show(policy.min_gain)}"
    )
    passed = gain is not None and gain >= policy.min_gain
    return Finding("beats the baseline", passed, reason)


def _champion(figures: Figures, policy: Gate, objective: Objective) -> Iterator[Finding]:
    """Whether the model is no worse than the champion, where there is one to compare it with."""
    champion = figures["champion"]
    if not champion:
        return
    version = champion["version"]
    metric = objective.metric
    problem = not_compared(champion, policy, metric)
    if problem:
        yield Finding("champion", True, f"not compared with {version}: {problem}")
        return
    ours = champion.get("model", figures["test"]).get(metric)
    its = champion["metrics"][metric]
    loss = _advantage(its, ours, objective)
    rows = f" on {champion['rows']} rows that neither has seen" if "rows" in champion else ""
    reason = (
        f"{metric} is {_show(ours)}, "
        f"that of {version} {_show(its)}{rows}, "
        f"required loss ≤ {_show(policy.max_regression)}"
    )
    passed = loss is not None and loss <= policy.max_regression
    yield Finding("champion", passed, reason)


def not_compared(champion: Figures, policy: Gate, metric: str) -> str:
    """Why a model cannot be held against this champion; empty where it can."""
    if "problem" in champion:
        return str(champion["problem"])
    rows = champion.get("rows", policy.min_compared)
    if rows < policy.min_compared:
        return f"{rows} test rows are such that neither has seen, required ≥ {policy.min_compared}"
    its = champion["metrics"].get(metric)
    if its is None or math.isnan(its):
        return f"its {metric} is not defined on the rows that neither has seen"
    return ""


def _slices(figures: Figures, policy: Gate, objective: Objective) -> Iterator[Finding]:
    """Whether each slice that is large enough is served about as well as all rows together.

    One in which the figure is not defined is not judged, and named.
    """
    metric = objective.metric
    max_gap = policy.slices.max_gap
    overall = figures["test"].get(metric)
    for part in figures["slices"]:
        rows = part["rows"]
        value = part["metrics"].get(metric)
        rule = f"slice {part['column']} = {part['value']}"
        if rows < policy.slices.min_rows:
            continue
        loss = _advantage(overall, value, objective)
        if loss is None or math.isnan(loss):
            where = f"on its {rows} rows, as where all are of one class"
            yield Finding(rule, True, f"not judged: {metric} is not defined {where}")
            continue
        gap = loss / max(abs(overall), 1e-12)
        passed = gap <= max_gap
        reason = (
            f"{metric} is {_show(value)} on {rows} rows, "
            f"{_show(overall)} on all; "
            f"gap {gap:.1%}, required ≤ {max_gap:.1%}"
        )
        yield Finding(rule, passed, reason)


def _told(figures: Figures) -> Iterator[Finding]:
    """What blocks no model: figures that disagree, and what params.yaml leaves open."""
    disagreement = figures.get("disagreement")
    if disagreement:
        yield Finding("other figures", True, disagreement)
    for name, text in figures.get("assumed", {}).items():
        yield Finding(name, True, f"{PARAMS}: {text}")


def _at_most(rule: str, value: float, limit: float, unit: str) -> Finding:
    """Whether a value is not above its limit."""
    passed = value <= limit
    reason = f"{_show(value)}{unit}, required ≤ {_show(limit)}"
    return Finding(rule, passed, reason)


def _advantage(value: Value, other: Value, objective: Objective) -> Value:
    """By how much a value is better than another; None where one of them is not known."""
    if value is None or other is None:
        return None
    sign = SIGN[objective.direction]
    return sign * (value - other)


def _show(value: Value) -> str:
    if value is None:
        return "not known"
    return f"{value:.4g}"
