"""The step `report`: the model card, which says what the model is for and where it is weak.

Owned by the template: do not edit.
"""

import math
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .config import PARAMS, ModelParams
from .extras import extra
from .figures import of_one_class
from .files import read_json
from .gate import Finding, judge, not_compared
from .project import Project

Figures = Mapping[str, Any]  # what metrics.json holds, or a part of it
Row = Sequence[Any]
MOST_COLUMNS = 10  # listed by their importance
MOST_SLICES = 10  # listed as not judged
FEW = 50  # test rows, of which a single one moves a share by more than 2 %
MOST_LINES = 3  # of each kind in the summary


@dataclass(frozen=True)
class Card:
    """What the report is made of; `plots` names files beside the report."""

    params: ModelParams
    info: Mapping[str, Any]
    figures: Figures
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
        passed = all(finding.passed for finding in self.findings)
        return "passed" if passed else "blocked"


def write_report(project: Project) -> Path:
    """Write report.md, the model card that a person reads before the model is used; its path.

    summary.md beside it is its short form, for a pull request; the plots are there, too.
    """
    figures = read_json(project.reports / "metrics.json", "evaluate")
    info = read_json(project.build / "model" / "model.json", "train")
    purpose = _description(Path("pyproject.toml"))
    plot = extra("plots")
    drawn = plot(figures, project.reports) if plot else ()
    findings = judge(project, figures)
    card = Card(project.params, info, figures, findings, purpose, drawn)
    report = project.reports / "report.md"
    report.write_text(render_report(card), encoding="utf-8")
    summary = project.reports / "summary.md"
    summary.write_text(render_summary(card), encoding="utf-8")
    return report


def _description(pyproject: Path) -> str:
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    description: str = settings["project"].get("description", "")
    return description


def render_report(card: Card) -> str:
    """The report of one model, to be read by the person who answers for it."""
    figures = card.figures
    metric = card.metric
    head, rows = _figures(figures)
    sections = {
        f"# Model card: {card.info['name']}": _introduction(card),
        "## Figures on the test rows": table(head, rows)
        + _of_one(figures)
        + _plot(card, "candidates"),
        "## Business figures": _business(figures),
        "## Gate": table(("rule", "holds", "why"), _gate(card)),
        "## Limits": _bullets(_limits(card)),
        f"## Slices ({metric})": table(("slice", "rows", metric), _slices(figures, metric)),
        "## Calibration": _calibration(figures) + _plot(card, "calibration"),
        "## What the model looks at": _importance(card) + _plot(card, "importance"),
        f"## Candidates ({metric} on the validation rows)": table(
            ("candidate", metric), _candidates(figures, metric)
        ),
        "## Data": table(("what", "value"), _data(figures["data"])),
        "## Speed and parity": table(("figure", "value"), _speed(figures)),
        "## Lineage": table(("what", "value"), card.info["lineage"].items()),
    }
    return _join(_section(title, text) for title, text in sections.items())


def render_summary(card: Card) -> str:
    """The short form, for a pull request.

    It has the decision, the main figure, what is blocked and the first limits.
    """
    head, rows = _figures(card.figures)
    main = [row for row in rows if row[0] == card.metric]
    limits = list(_limits(card))
    blocks = [
        _decision(card),
        table(head, main),
        _bullets(_blocked(card)),
        _bullets(limits[:MOST_LINES]),
    ]
    return _join(blocks)


def _introduction(card: Card) -> str:
    """What the model is for, which version it is, and the gate's decision."""
    version = card.info["version"]
    columns = len(card.info["columns"])
    targets = ", ".join(card.params.target)
    return (
        f"{card.purpose}\n\n"
        f"Version `{version}`. "
        f"Predicts {targets} ({card.params.task}) from {columns} columns. "
        f"**Gate: {card.verdict}.**"
    )


def _decision(card: Card) -> str:
    """The gate's decision, and how many rules hold."""
    name = card.info["name"]
    version = card.info["version"]
    rules = len(card.findings)
    held = sum(finding.passed for finding in card.findings)
    return f"**{name}** `{version}`: gate **{card.verdict}** ({held} of {rules} rules hold)."


def _blocked(card: Card) -> Iterator[str]:
    """A line for each of the first rules that do not hold, and one that counts the others."""
    failed = [finding for finding in card.findings if not finding.passed]
    for finding in failed[:MOST_LINES]:
        yield f"**{finding.rule}**: {finding.reason}"
    others = len(failed) - MOST_LINES
    if others > 0:
        yield f"{others} more in report.md"


def _figures(figures: Figures) -> tuple[list[str], list[Row]]:
    """The model's figures beside those of the baseline and the champion: the head, the rows."""
    champion = figures["champion"]
    others = {"baseline": figures["baseline"]}
    if champion:
        title = f"champion {champion['version']}"
        compared = champion.get("rows")
        if compared and compared < figures["data"]["rows"]["test"]:
            title += f", {compared} rows"
        others[title] = champion["metrics"]
    intervals = figures.get("intervals", {}).get("model", {})
    head = ["figure", "model"]
    if intervals:
        head.append("95 % interval")
    head += others
    rows: list[Row] = []
    for name, value in figures["test"].items():
        row = [name, value]
        if intervals:
            span = _span(intervals.get(name))
            row.append(span)
        row += [measured.get(name) for measured in others.values()]
        rows.append(row)
    return head, rows


def _of_one(figures: Figures) -> str:
    """Which class the figures of one class are about."""
    classes = figures["data"]["classes"]
    named = of_one_class(figures["test"])
    if len(classes) != 2 or not named:
        return ""
    return f"\n\nOf the class {classes[1]}, the positive one: {', '.join(named)}."


def _span(interval: Sequence[float] | None) -> str | None:
    """An interval as a person reads it."""
    if not interval:
        return None
    low, high = interval
    return f"{low:.4g} to {high:.4g}"


def _business(figures: Figures) -> str:
    """The team's own figures, if there are any."""
    measured = figures["business"]
    if not measured:
        return ""
    return table(("figure", "value"), measured.items())


def _gate(card: Card) -> Iterator[Row]:
    """A row for each rule of the gate."""
    for finding in card.findings:
        holds = "yes" if finding.passed else "**no**"
        yield finding.rule, holds, finding.reason


def _limits(card: Card) -> Iterator[str]:
    """Where the reader must take care, in plain words."""
    figures = card.figures
    for text in figures.get("assumed", {}).values():
        yield f"{PARAMS}: {text}."
    for text in figures.get("limits", ()):
        yield f"{text}."
    disagreement = figures.get("disagreement")
    if disagreement:
        yield f"Not all figures agree: {disagreement}."
    yield from figures["data"].get("limits", ())
    yield from _gain_by_chance(card)
    yield from _weak_slices(card)
    yield from figures.get("seen", {}).get("limits", ())
    yield from _not_judged(card)
    shares = figures["data"].get("class_shares")
    if shares:
        rarest = min(shares, key=shares.__getitem__)
        share = _percent(shares[rarest])
        yield f"The rarest class is {rarest}, with {share} of the rows."
    yield from _compared(card)
    rows = figures["data"]["rows"]["test"]
    yield f"The figures rest on {rows} test rows of the same source as the trained ones."
    if rows < FEW:
        yield f"So few rows make coarse figures: a single one is {_percent(1 / rows)} of them."
    yield "Rows outside the limits of the schema are refused, not scored."


def _gain_by_chance(card: Card) -> Iterator[str]:
    """Whether the model may be no better than the baseline, and was lucky with the test rows."""
    gain = card.figures.get("gain")
    if not gain:
        return
    low, high = gain
    if low <= 0 <= high:
        yield (
            f"The gain over the baseline may be chance: by {card.metric} it is "
            f"{_span(gain)} (95 % interval)."
        )


def _compared(card: Card) -> Iterator[str]:
    """How much the comparison with the champion rests on, if there is one."""
    champion = card.figures["champion"]
    if not champion:
        return
    name = f"the champion {champion['version']}"
    problem = not_compared(champion, card.params.gate, card.metric)
    if problem:
        yield f"Not compared with {name}: {problem}."
    elif "rows" in champion:
        rows = card.figures["data"]["rows"]["test"]
        yield (
            f"The comparison with {name} rests on {champion['rows']} of {rows} test rows: "
            "those that neither has seen."
        )


def _weak_slices(card: Card) -> Iterator[str]:
    """The slice with the worst figure, and the one with the fewest rows."""
    metric = card.metric
    slices = card.figures["slices"]
    measured = [part for part in slices if metric in part["metrics"]]
    if not measured:
        return
    worst = min if card.params.objective.direction == "maximize" else max
    weakest = worst(measured, key=lambda part: part["metrics"][metric])
    where = _where(weakest)
    value = weakest["metrics"][metric]
    yield f"Weakest for {where}: {metric} is {value:.4g} there."
    smallest = min(slices, key=lambda part: part["rows"])
    where = _where(smallest)
    rows = smallest["rows"]
    yield f"Least is known of {where}: the test has {rows} such rows."


def _not_judged(card: Card) -> Iterator[str]:
    """The slices in which the figure is not defined."""
    metric = card.metric
    slices = card.figures["slices"]
    left_out = [_where(part) for part in slices if not _is_defined(part["metrics"].get(metric))]
    if not left_out:
        return
    listed = left_out[:MOST_SLICES]
    others = len(left_out) - MOST_SLICES
    if others > 0:
        listed.append(f"and {others} more")
    yield f"Not judged, as {metric} is not defined there: {', '.join(listed)}."


def _is_defined(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def _where(part: Figures) -> str:
    """A slice as its column and value."""
    return f"{part['column']} = {part['value']}"


def _slices(figures: Figures, metric: str) -> Iterator[Row]:
    """A row for each slice, in the order of metrics.json."""
    for part in figures["slices"]:
        value = part["metrics"].get(metric)
        shown = value if _is_defined(value) else "not judged"
        yield _where(part), part["rows"], shown


def _calibration(figures: Figures) -> str:
    """How far predicted and observed values are apart, a line for each class or target."""
    lines = []
    for name, found in figures.get("calibration", {}).items():
        error = found["error"]
        groups = len(found["bins"])
        lines.append(
            f"Predicted and observed {name} differ by {error:.3g} on average, "
            f"over {groups} groups of rows."
        )
    return "\n".join(lines)


def _importance(card: Card) -> str:
    """The columns that matter most, by permutation importance."""
    found = list(card.figures.get("importance", {}).items())
    if not found:
        return ""
    head = ("column", f"loss of {card.metric} when shuffled")
    return table(head, found[:MOST_COLUMNS])


def _candidates(figures: Figures, metric: str) -> Iterator[Row]:
    """A row for each candidate, with the chosen one marked."""
    chosen = figures["chosen"]
    for name, measured in figures["candidates"].items():
        title = f"**{name}** (chosen)" if name == chosen else name
        yield title, measured.get(metric)


def _data(data: Figures) -> Iterator[Row]:
    """What is known of the rows, by what summary.json holds."""
    for part, rows in data["rows"].items():
        yield f"{part} rows", rows
    yield "rows without a target", data["without_target"]
    if "duplicates" in data:
        yield "exact copies of other rows", _percent(data["duplicates"])
    if "leakage" in data:
        yield "validation and test rows also trained on", _percent(data["leakage"])
    for name, share in data.get("class_shares", {}).items():
        yield f"share of class {name}", _percent(share)


def _percent(share: float) -> str:
    """A share as a person reads it."""
    return f"{share:.1%}"


def _speed(figures: Figures) -> Iterator[Row]:
    """Latency, size and parity."""
    for name, value in figures["latency"].items():
        title = name.replace("_", " ")
        yield title, value
    yield "size in MB", figures["size_mb"]
    yield "largest difference between trained and exported scores", figures["parity_error"]


def _plot(card: Card, name: str) -> str:
    """The plot below a section's text, if it was drawn."""
    file = f"{name}.png"
    if file not in card.plots:
        return ""
    return f"\n\n![{name}]({file})"


def _join(blocks: Iterable[str]) -> str:
    """A file of these blocks; empty ones are left out."""
    kept = [block for block in blocks if block]
    return "\n\n".join(kept) + "\n"


def _section(title: str, text: str) -> str:
    """A section of the report; one without a text is empty."""
    if not text:
        return ""
    return f"{title}\n\n{text.strip()}"


def _bullets(lines: Iterable[str]) -> str:
    """A list in Markdown."""
    return "\n".join(f"- {line}" for line in lines)


def table(head: Sequence[str], rows: Iterable[Row]) -> str:
    """A table in Markdown."""
    rule = ["---"] * len(head)
    lines = [_line(head), _line(rule)]
    for row in rows:
        cells = [_cell(value) for value in row]
        lines.append(_line(cells))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    """A row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")
