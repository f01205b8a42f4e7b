"""Whether the champion is still fit: drift of columns and scores, and quality by labels.

Owned by the template: do not edit. Writes reports/<model>/monitor.md, .json, .png and .verdict,
which is one word. The rule for drift is in drift.py, those for quality are `gate` in params.yaml;
windows and limits are `monitor` there.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import Threshold, read_params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import read_json, write_json, write_text, write_verdict
from goldenpath_runtime.project import Project, open_project
from goldenpath_runtime.quality.plots import DOTS, OTHER, OURS
from goldenpath_runtime.report import table
from goldenpath_runtime.store.labels import read_labels
from goldenpath_runtime.store.ledger import Store, append, open_store
from goldenpath_runtime.store.reference import PREDICTED, SCORE, Summary
from goldenpath_runtime.store.samples import Sample, read_samples
from goldenpath_runtime.store.versions import champion, fetch, resolve

from .drift import (
    Array,
    Drift,
    Monitoring,
    bins,
    compare,
    is_old,
    ordered,
    read_monitoring,
)

CODES = {"stable": 0, "drift": 3, "too-little-data": 4}
RESAMPLES = 200
SHOWN = 6  # columns with a plot
PANEL_BINS = 20  # bars in the plot of a number

Columns = Mapping[str, Sequence[Any]]
Found = dict[str, Any]
Truth = Mapping[str, Any]


def monitor(argv: Sequence[str]) -> int:
    """The command: judge the champion, or another version; 0 stable, 3 drift, 4 too little data."""
    parser = command("monitor", several=True)
    parser.add_argument("--version", help="a registered version in place of the champion")
    parser.add_argument(
        "--since", help="an ISO time to start from; without it, `days` of params.yaml ago"
    )
    args = parser.parse_args(argv)
    names = read_params().select(args.model)
    verdicts = set()
    for name in names:
        verdict = examine(open_store(), open_project(name), args.version, args.since)
        verdicts.add(verdict)
    for verdict in ("drift", "too-little-data"):
        if verdict in verdicts:
            return CODES[verdict]
    return CODES["stable"]


def examine(
    store: Store, project: Project, version: str | None = None, since: str | None = None
) -> str:
    """Judge one version, write the report and an entry of the ledger; the verdict."""
    name = project.name
    reports = project.reports
    limits = read_monitoring(read_params()).get(name, Monitoring())
    version = resolve(store, name, version) if version else champion(store, name)
    if version is None:
        write_verdict(reports / "monitor.verdict", "too-little-data")
        raise ProjectError(
            f"{name} has no champion yet: make promote, or name a version with VERSION="
        )
    since = since or _start(limits)
    folder = fetch(store, name, version)
    known = read_json(folder / "reference.json", "pipeline register")
    samples = list(read_samples(store, name, version, since))
    labelled = _labelled(samples, read_labels(store, name))
    columns = {column: [_value(sample, column) for sample in samples] for column in known}
    drifts: list[Drift] = []
    if len(samples) >= limits.min_rows:
        drifts = compare(known, columns, limits.significance, limits.max_psi, limits.share_psi)
    quality: list[Found] = []
    if len(labelled) >= limits.min_labels:
        quality = list(_quality(project, folder, labelled))
    alarms = _alarms(drifts, quality)
    verdict = _verdict(drifts, alarms)
    facts = {
        "version": version,
        "verdict": verdict,
        "rows": len(samples),
        "labels": len(labelled),
        "alarms": alarms,
    }
    found = {
        **facts,
        "since": since,
        "drifts": [each._asdict() for each in drifts],
        "quality": quality,
        "compared_as_a_whole": [column for column in known if is_old(known[column])],
    }
    write_json(reports / "monitor.json", found)
    report = reports / "monitor.md"
    write_text(report, _render(name, found, limits))
    plot = reports / "monitor.png"
    plot.unlink(missing_ok=True)
    if drifts:
        _draw(drifts[:SHOWN], known, columns, plot)
    write_verdict(reports / "monitor.verdict", verdict)
    append(store, name, "monitor", **facts)
    print(f"{name}: {version}: {verdict}, {len(samples)} rows: {report}")
    return verdict


def _start(limits: Monitoring) -> str:
    """When the window begins that is looked at without SINCE."""
    start = datetime.now(UTC) - timedelta(days=limits.days)
    return start.isoformat(timespec="seconds")


def _labelled(samples: Sequence[Sample], truths: Mapping[str, Truth]) -> list[tuple[Sample, Truth]]:
    """The samples whose label is known, each with it."""
    found = []
    for sample in samples:
        truth = truths.get(sample["id"])
        if truth is not None:
            found.append((sample, truth))
    return found


def _alarms(drifts: Sequence[Drift], quality: Sequence[Found]) -> list[str]:
    """The columns that have drifted, and the figures that have failed."""
    drifted = [each.column for each in drifts if each.drifted]
    failed = [each["figure"] for each in quality if each["failed"]]
    return drifted + failed


def _verdict(drifts: Sequence[Drift], alarms: Sequence[str]) -> str:
    """The word for monitor.verdict."""
    if alarms:
        return "drift"
    return "stable" if drifts else "too-little-data"


def _value(sample: Sample, column: str) -> Any:
    if column == PREDICTED:
        scores = sample["scores"]
        return max(scores, key=scores.__getitem__)
    if column.startswith(SCORE):
        return sample["scores"][column.removeprefix(SCORE)]
    return sample["row"].get(column)


def _quality(
    project: Project, folder: Path, labelled: Sequence[tuple[Sample, Truth]]
) -> Iterator[Found]:
    """Each figure with its 95 % interval.

    It has failed when all of that is outside of the gate's threshold.
    """
    info = read_json(folder / "model.json", "register")
    tested = read_json(folder / "metrics.json", "register")["test"]
    given = []
    known = []
    for sample, truth_of_sample in labelled:
        given.append([*sample["scores"].values()])
        known.append(truth_of_sample)
    scores = np.array(given, np.float32)
    truth = _truth(known, info["classes"])
    measure = project.model.metrics
    rng = np.random.default_rng(project.params.seed)
    samples = []
    for _ in range(RESAMPLES):
        pick = rng.integers(len(truth), size=len(truth))
        samples.append(measure(truth[pick], scores[pick]))
    bounds = pd.DataFrame(samples).quantile([0.025, 0.975])
    thresholds = project.params.gate.thresholds
    for figure, now in measure(truth, scores).items():
        low, high = bounds[figure]
        asked = thresholds.get(figure)
        yield {
            "figure": figure,
            "now": now,
            "interval": [low, high],
            "tested": tested.get(figure),
            "failed": _is_outside(low, high, asked),
        }


def _truth(known: Sequence[Truth], classes: Sequence[str]) -> Array:
    """What was true, as the model's metrics take it: numbers of classes, or values of targets."""
    told = [list(truth.values()) for truth in known]
    if not classes:
        return np.array(told)
    return np.array([classes.index(label) for (label,) in told])


def _is_outside(low: float, high: float, asked: Threshold | None) -> bool:
    """Whether nothing from low to high is within the threshold, if there is one."""
    if asked is None:
        return False
    lowest = -np.inf if asked.min is None else asked.min
    highest = np.inf if asked.max is None else asked.max
    return bool(high < lowest or low > highest)


def _render(name: str, found: Found, limits: Monitoring) -> str:
    """The report, for a person."""
    drifts = [_drift_row(drift) for drift in found["drifts"]]
    quality = [_quality_row(figure) for figure in found["quality"]]
    head = ("column", "drifted", "size (PSI)", "allowed", "p by chance", "share that changed most")
    changes = table(head, drifts)
    old = found["compared_as_a_whole"]
    if old:
        changes += (
            f"\n\nCompared as a whole only, as an earlier release of the template has registered "
            f"this version: {', '.join(old)}. The next one has the shares of values and words, too."
        )
    if drifts:
        changes += "\n\n![The most changed columns](monitor.png)"
    parts = [
        f"# Monitoring: {name}",
        f"Version `{found['version']}`, {found['rows']} rows since {found['since']}: "
        f"**{found['verdict']}**.",
        f"## Drift (from {limits.min_rows} rows on)",
        changes,
        f"## Quality (from {limits.min_labels} labels on; there are {found['labels']})",
        table(("figure", "now", "95 % interval", "on the test rows", "within the gate"), quality),
    ]
    return "\n\n".join(parts) + "\n"


def _drift_row(drift: Found) -> list[Any]:
    drifted = "**yes**" if drift["drifted"] else "no"
    return [
        drift["column"],
        drifted,
        drift["psi"],
        drift["limit"],
        drift["p"],
        drift["change"] or None,
    ]


def _quality_row(figure: Found) -> list[Any]:
    low, high = figure["interval"]
    interval = f"{low:.4g} to {high:.4g}"
    within = "**no**" if figure["failed"] else "yes"
    return [figure["figure"], figure["now"], interval, figure["tested"], within]


def _draw(
    drifts: Sequence[Drift],
    known: Mapping[str, Summary],
    columns: Columns,
    path: Path,
) -> None:
    """A panel for each of these columns, two beside each other."""
    height = -(-len(drifts) // 2)
    figure = Figure((8, 2.4 * height), dpi=DOTS, layout="constrained")
    panels = figure.subplots(height, 2, squeeze=False).ravel()
    for axes, drift in zip(panels, drifts, strict=False):
        summary = known[drift.column]
        draw = _panel_counts if summary["type"] == "category" else _panel_values
        draw(axes, summary, columns[drift.column])
        _label(axes, drift)
    for axes in panels[len(drifts) :]:
        axes.remove()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside upper right",
        ncols=2,
        frameon=False,
        fontsize=8,
    )
    figure.savefig(path, metadata={"Software": None})


def _label(axes: Axes, drift: Drift) -> None:
    """The title, in bold for what has drifted, and the axes."""
    word = "drifted" if drift.drifted else "as before"
    weight = "bold" if drift.drifted else "normal"
    axes.set_title(f"{drift.column[:40]}: {word}", fontsize=9, fontweight=weight)
    axes.set_ylabel("share of rows", fontsize=8)
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def _panel_counts(axes: Axes, known: Summary, column: Sequence[Any]) -> None:
    """The shares of a category's values, as bars beside each other."""
    labels, before, after = bins(known, column)
    shares_before = before / before.sum()
    shares_now = after / after.sum()
    places = np.arange(len(labels))
    width = 0.4
    axes.bar(places - width / 2, shares_before, width, color=OTHER, label="before")
    axes.bar(places + width / 2, shares_now, width, color=OURS, label="now")
    names = [label[:12] or "missing" for label in labels]
    many = len(labels) > 4
    rotation = 30 if many else 0
    axes.set_xticks(places, names, rotation=rotation)


def _panel_values(axes: Axes, known: Summary, column: Sequence[Any]) -> None:
    """The shares of a number's values, as bars behind a line."""
    old, new = ordered(known, column)
    before = old[np.isfinite(old)]
    after = new[np.isfinite(new)]
    seen = np.concatenate([before, after]).astype(float)
    edges = np.histogram_bin_edges(seen, PANEL_BINS).tolist()
    share = np.full(len(before), 1 / len(old))
    axes.hist(before, edges, weights=share, color=OTHER, label="before")
    share = np.full(len(after), 1 / len(new))
    axes.hist(
        after,
        edges,
        weights=share,
        color=OURS,
        histtype="step",
        linewidth=1.5,
        label="now",
    )
    missing_before = 1 - len(before) / len(old)
    missing_now = 1 - len(after) / len(new)
    if missing_before or missing_now:
        axes.set_xlabel(f"missing: {missing_before:.1%} before, {missing_now:.1%} now", fontsize=8)
