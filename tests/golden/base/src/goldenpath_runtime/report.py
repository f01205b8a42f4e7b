"""The model card in Markdown: what the model is for, how good it is, where it is weak, and what the gate says.

Owned by the template: do not edit. Pure: values in, text out.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .config import ModelParams
from .gate import Finding


def render_report(
    params: ModelParams, info: Mapping[str, Any], figures: Mapping[str, Any], findings: Sequence[Finding]
) -> str:
    """The report of one model, to be read by the person who answers for it."""
    passed = all(finding.passed for finding in findings)
    metric = figures["objective"]["metric"]
    sections = [
        f"# Model card: {info['name']}\n\nVersion `{info['version']}`. Predicts {', '.join(params.target)} "
        f"({params.task}) from {len(info['columns'])} columns. **Gate: {'passed' if passed else 'blocked'}.**",
        "## Figures on the test rows\n\n" + _table(("figure", "model", "baseline"), _figures(figures)),
        "## Gate\n\n"
        + _table(("rule", "holds", "why"), ((f.rule, "yes" if f.passed else "**no**", f.reason) for f in findings)),
        f"## Slices ({metric})\n\n" + _table(("slice", "rows", metric), _slices(figures, metric)),
        f"## Candidates ({metric} on the validation rows)\n\n"
        + _table(("candidate", metric), _candidates(figures, metric)),
        "## Data\n\n" + _table(("part", "rows"), figures["rows"].items()),
        "## Speed and parity\n\n" + _table(("figure", "value"), _speed(figures)),
        "## Lineage\n\n" + _table(("what", "value"), info["lineage"].items()),
    ]
    if figures["business"]:
        sections.insert(2, "## Business figures\n\n" + _table(("figure", "value"), figures["business"].items()))
    return "\n\n".join(sections) + "\n"


def _figures(figures: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    return ((name, value, figures["baseline"].get(name)) for name, value in figures["test"].items())


def _slices(figures: Mapping[str, Any], metric: str) -> Iterable[tuple[Any, ...]]:
    return ((f"{s['column']} = {s['value']}", s["rows"], s["metrics"].get(metric)) for s in figures["slices"])


def _candidates(figures: Mapping[str, Any], metric: str) -> Iterable[tuple[Any, ...]]:
    chosen = figures["chosen"]
    return (
        (f"**{name}** (chosen)" if name == chosen else name, measured.get(metric))
        for name, measured in figures["candidates"].items()
    )


def _speed(figures: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    yield from ((name.replace("_", " "), value) for name, value in figures["latency"].items())
    yield "largest difference between trained and exported scores", figures["parity_error"]


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    cells = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "-" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
