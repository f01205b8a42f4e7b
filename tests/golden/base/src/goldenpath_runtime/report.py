"""The model card in Markdown: what the model is for, how good it is, where it is weak, and what the gate says.

Owned by the template: do not edit. Pure: values in, text out.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .config import ModelParams
from .gate import Finding


@dataclass(frozen=True)
class Card:
    """What the report is made of; `figures` is what metrics.json holds, `plots` names files beside the report."""

    params: ModelParams
    info: Mapping[str, Any]
    figures: Mapping[str, Any]
    findings: Sequence[Finding]
    purpose: str = ""
    plots: Collection[str] = ()

    @property
    def metric(self) -> str:
        """The figure by which models are compared."""
        return self.params.objective.metric

    @property
    def verdict(self) -> str:
        """The gate's decision, in one word."""
        return "passed" if all(finding.passed for finding in self.findings) else "blocked"


def render_report(card: Card) -> str:
    """The report of one model, to be read by the person who answers for it."""
    info, figures, metric = card.info, card.figures, card.metric
    sections = {
        f"# Model card: {info['name']}": f"{card.purpose}\n\nVersion `{info['version']}`. Predicts "
        f"{', '.join(card.params.target)} ({card.params.task}) from {len(info['columns'])} columns. "
        f"**Gate: {card.verdict}.**",
        "## Figures on the test rows": table(*_figures(figures)) + _plot(card, "candidates"),
        "## Business figures": table(("figure", "value"), figures["business"].items()) if figures["business"] else "",
        "## Gate": table(
            ("rule", "holds", "why"), ((f.rule, "yes" if f.passed else "**no**", f.reason) for f in card.findings)
        ),
        "## Limits": "\n".join(f"- {line}" for line in _limits(card)),
        f"## Slices ({metric})": table(("slice", "rows", metric), _slices(figures, metric)),
        "## Calibration": _calibration(figures) + _plot(card, "calibration"),
        "## What the model looks at": _importance(card) + _plot(card, "importance"),
        f"## Candidates ({metric} on the validation rows)": table(("candidate", metric), _candidates(figures, metric)),
        "## Data": table(("what", "value"), _data(figures["data"])),
        "## Speed and parity": table(("figure", "value"), _speed(figures)),
        "## Lineage": table(("what", "value"), info["lineage"].items()),
    }
    return "\n\n".join(f"{title}\n\n{text.strip()}" for title, text in sections.items() if text) + "\n"


def render_summary(card: Card) -> str:
    """The short form, for a pull request: the decision, the main figure, what is blocked and the first limits."""
    head, rows = _figures(card.figures)
    blocked = [f"- **{finding.rule}**: {finding.reason}" for finding in card.findings if not finding.passed]
    lines = [
        f"**{card.info['name']}** `{card.info['version']}`: gate **{card.verdict}** "
        f"({len(card.findings) - len(blocked)} of {len(card.findings)} rules hold).",
        table(head, (row for row in rows if row[0] == card.metric)),
        "\n".join([*blocked[:3], *(f"- {len(blocked) - 3} more in report.md" for _ in blocked[3:4])]),
        "\n".join(f"- {line}" for line in list(_limits(card))[:3]),
    ]
    return "\n\n".join(filter(None, lines)) + "\n"


def _figures(figures: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    others = {"baseline": figures["baseline"]}
    if champion := figures["champion"]:
        others[f"champion {champion['version']}"] = champion["metrics"]
    intervals = figures.get("intervals", {}).get("model", {})
    head = ["figure", "model", *(["95 % interval"] if intervals else []), *others]
    rows = []
    for name, value in figures["test"].items():
        span = [_span(intervals.get(name))] if intervals else []
        rows.append([name, value, *span, *(each.get(name) for each in others.values())])
    return head, rows


def _span(interval: Sequence[float] | None) -> str | None:
    return f"{interval[0]:.4g} to {interval[1]:.4g}" if interval else None


def _limits(card: Card) -> Iterator[str]:
    """Where the reader must take care, in plain words."""
    figures, metric = card.figures, card.metric
    sign = 1 if card.params.objective.direction == "maximize" else -1
    parts = [part for part in figures["slices"] if metric in part["metrics"]]
    if parts:
        weakest = min(parts, key=lambda part: sign * part["metrics"][metric])
        smallest = min(figures["slices"], key=lambda part: part["rows"])
        yield f"Weakest for {_where(weakest)}: {metric} is {weakest['metrics'][metric]:.4g} there."
        yield f"Least is known of {_where(smallest)}: the test has {smallest['rows']} such rows."
    if shares := figures["data"].get("class_shares"):
        rarest = min(shares, key=shares.__getitem__)
        yield f"The rarest class is {rarest}, with {shares[rarest]:.1%} of the rows."
    if "problem" in (figures["champion"] or {}):
        yield f"Not compared with the champion {figures['champion']['version']}: {figures['champion']['problem']}"
    yield f"The figures rest on {figures['data']['rows']['test']} test rows of the same source as the trained ones."
    yield "Rows outside the limits of the schema are refused, not scored."


def _where(part: Mapping[str, Any]) -> str:
    return f"{part['column']} = {part['value']}"


def _slices(figures: Mapping[str, Any], metric: str) -> Iterable[tuple[Any, ...]]:
    return ((_where(part), part["rows"], part["metrics"].get(metric)) for part in figures["slices"])


def _calibration(figures: Mapping[str, Any]) -> str:
    text = "Predicted and observed {} differ by {:.3g} on average, over {} groups of rows."
    return "\n".join(
        text.format(name, found["error"], len(found["bins"])) for name, found in figures.get("calibration", {}).items()
    )


def _importance(card: Card) -> str:
    found = list(card.figures.get("importance", {}).items())
    return table(("column", f"loss of {card.metric} when shuffled"), found[:10]) if found else ""


def _candidates(figures: Mapping[str, Any], metric: str) -> Iterable[tuple[Any, ...]]:
    chosen = figures["chosen"]
    return (
        (f"**{name}** (chosen)" if name == chosen else name, measured.get(metric))
        for name, measured in figures["candidates"].items()
    )


def _data(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((f"{part} rows", rows) for part, rows in data["rows"].items())
    yield "rows without a target", data["without_target"]
    named = {"duplicates": "exact copies of other rows", "leakage": "validation and test rows also trained on"}
    yield from ((title, f"{data[name]:.1%}") for name, title in named.items() if name in data)
    yield from ((f"share of class {name}", f"{share:.1%}") for name, share in data.get("class_shares", {}).items())


def _speed(figures: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    yield from ((name.replace("_", " "), value) for name, value in figures["latency"].items())
    yield "size in MB", figures["size_mb"]
    yield "largest difference between trained and exported scores", figures["parity_error"]


def _plot(card: Card, name: str) -> str:
    return f"\n\n![{name}]({name}.png)" if f"{name}.png" in card.plots else ""


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table in Markdown."""
    cells = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "-" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
