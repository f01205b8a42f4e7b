"""Is the champion still fit for what comes in? Drift of its columns and scores, and its quality once labels come.

Owned by the template: do not edit. Writes reports/<model>/monitor.md, .json, .png and .verdict, which is one word. The
rules for drift are in drift.py, those for quality are `gate` in params.yaml.
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

from .analysis import DOTS, OTHER, OURS
from .config import ProjectError, Threshold, command, read_json, read_params, write_json
from .drift import MIN_ROWS, Array, Drift, Summary, bins, compare, ordered, summarize
from .inference import Scorer
from .labels import read_labels
from .pipeline import Project, open_project
from .registry import champion, fetch, resolve
from .report import table
from .samples import Sample, read_samples
from .state import Store, append, open_store

CODES = {"stable": 0, "drift": 3, "too-little-data": 4}
DAYS = 7  # looked at without SINCE
MIN_LABELS, RESAMPLES = 50, 200
SCORE = "score of "  # and a class or target, in place of a column
SHOWN, PANEL_BINS = 6, 20  # columns with a plot, and bars of a number's

Columns = Mapping[str, Sequence[Any]]
Found = dict[str, Any]


def reference(project: Project) -> dict[str, Summary]:
    """What monitoring compares with, to be kept beside the model; personal columns are left out.

    Columns of all rows that it was made and judged with; scores of those only that it was not fitted to, as of others
    it is too sure.
    """
    scorer, data = Scorer(project.build / "model"), project.dataset("test")
    held_out = pd.concat([project.dataset("validation").frame(), data.frame()], ignore_index=True)
    columns = data.columns(pd.concat([project.dataset("train").frame(), held_out], ignore_index=True))
    kinds = {name: rule["type"] for name, rule in scorer.columns.items() if not rule.get("personal")}
    scores = scorer.score(data.columns(held_out))
    known = {name: summarize(columns[name], kind) for name, kind in kinds.items()}
    told = list(enumerate(scorer.names))[len(scorer.info["classes"]) == 2 :]  # of two classes one says all
    return known | {SCORE + name: summarize(scores[:, i], "number") for i, name in told}


def monitor(argv: Sequence[str]) -> int:
    """The command: judge the champion, or another version; 0 stable, 3 drift, 4 too little data."""
    parser = command("monitor", several=True)
    parser.add_argument("--version", help="a registered version in place of the champion")
    parser.add_argument("--since", help=f"an ISO time to start from; without it, {DAYS} days ago")
    args = parser.parse_args(argv)
    names = read_params().select(args.model)
    verdicts = {examine(open_store(), open_project(name), args.version, args.since) for name in names}
    return next((CODES[verdict] for verdict in ("drift", "too-little-data") if verdict in verdicts), 0)


def examine(store: Store, project: Project, version: str | None = None, since: str | None = None) -> str:
    """Judge one version, write the report and an entry of the ledger; the verdict."""
    name, reports = project.name, project.reports
    version = resolve(store, name, version) if version else champion(store, name)
    reports.mkdir(parents=True, exist_ok=True)
    if version is None:
        (reports / "monitor.verdict").write_text("too-little-data\n", encoding="utf-8")
        raise ProjectError(f"{name} has no champion yet: make promote, or name a version with VERSION=")
    since = since or (datetime.now(UTC) - timedelta(days=DAYS)).isoformat(timespec="seconds")
    folder = fetch(store, name, version)
    known = read_json(folder / "reference.json", "pipeline register")
    samples, truths = list(read_samples(store, name, version, since)), read_labels(store, name)
    columns = {column: [_value(sample, column) for sample in samples] for column in known}
    drifts = compare(known, columns) if len(samples) >= MIN_ROWS else []
    labelled = [(sample, truths[sample["id"]]) for sample in samples if sample["id"] in truths]
    quality = list(_quality(project, folder, labelled)) if len(labelled) >= MIN_LABELS else []
    alarms = [each.column for each in drifts if each.drifted] + [each["figure"] for each in quality if each["failed"]]
    verdict = "drift" if alarms else "stable" if drifts else "too-little-data"
    facts = {"version": version, "verdict": verdict, "rows": len(samples), "labels": len(labelled), "alarms": alarms}
    found = {**facts, "since": since, "drifts": [each._asdict() for each in drifts], "quality": quality}
    write_json(reports / "monitor.json", found)
    (reports / "monitor.md").write_text(_render(name, found), encoding="utf-8")
    (reports / "monitor.png").unlink(missing_ok=True)
    if drifts:
        _draw(drifts[:SHOWN], known, columns, reports / "monitor.png")
    (reports / "monitor.verdict").write_text(f"{verdict}\n", encoding="utf-8")
    append(store, name, "monitor", **facts)
    print(f"{name}: {version}: {verdict}, {len(samples)} rows: {reports / 'monitor.md'}")
    return verdict


def _value(sample: Sample, column: str) -> Any:
    return sample["scores"][column.removeprefix(SCORE)] if column.startswith(SCORE) else sample["row"].get(column)


def _quality(project: Project, folder: Path, labelled: Sequence[tuple[Sample, Mapping[str, Any]]]) -> Iterator[Found]:
    """Each figure with its 95 % interval; it has failed when all of that is outside of the gate's threshold."""
    info, tested = read_json(folder / "model.json", "register"), read_json(folder / "metrics.json", "register")["test"]
    scores = np.array([list(sample["scores"].values()) for sample, _ in labelled], np.float32)  # as they were given
    told = [list(truth.values()) for _, truth in labelled]
    truth: Array = np.array([info["classes"].index(each) for (each,) in told] if info["classes"] else told)
    measure, rng = project.model.metrics, np.random.default_rng(project.params.seed)
    picks = (rng.integers(len(truth), size=len(truth)) for _ in range(RESAMPLES))
    bounds = pd.DataFrame([measure(truth[pick], scores[pick]) for pick in picks]).quantile([0.025, 0.975])
    for figure, now in measure(truth, scores).items():
        (low, high), asked = bounds[figure], project.params.gate.thresholds.get(figure, Threshold())
        failed = high < (-np.inf if asked.min is None else asked.min) or low > (
            np.inf if asked.max is None else asked.max
        )
        yield {
            "figure": figure,
            "now": now,
            "interval": [low, high],
            "tested": tested.get(figure),
            "failed": bool(failed),
        }


def _render(name: str, found: Found) -> str:
    drifts = ([d["column"], "**yes**" if d["drifted"] else "no", d["psi"], d["limit"], d["p"]] for d in found["drifts"])
    quality = (
        [
            q["figure"],
            q["now"],
            "{:.4g} to {:.4g}".format(*q["interval"]),
            q["tested"],
            "**no**" if q["failed"] else "yes",
        ]
        for q in found["quality"]
    )
    parts = [
        f"# Monitoring: {name}",
        f"Version `{found['version']}`, {found['rows']} rows since {found['since']}: **{found['verdict']}**.",
        f"## Drift (from {MIN_ROWS} rows on)",
        table(("column", "drifted", "size (PSI)", "allowed", "p by chance"), drifts),
        *(["![The most changed columns](monitor.png)"] if found["drifts"] else []),
        f"## Quality (from {MIN_LABELS} labels on; there are {found['labels']})",
        table(("figure", "now", "95 % interval", "on the test rows", "within the gate"), quality),
    ]
    return "\n\n".join(parts) + "\n"


def _draw(drifts: Sequence[Drift], known: Mapping[str, Summary], columns: Columns, path: Path) -> None:
    height = -(-len(drifts) // 2)
    figure = Figure((8, 2.4 * height), dpi=DOTS, layout="constrained")
    panels = figure.subplots(height, 2, squeeze=False).ravel()
    for axes, drift in zip(panels, drifts, strict=False):
        (_panel_counts if known[drift.column]["type"] == "category" else _panel_values)(
            axes, known[drift.column], columns[drift.column]
        )
        word, weight = ("drifted", "bold") if drift.drifted else ("as before", "normal")
        axes.set_title(f"{drift.column[:40]}: {word}", fontsize=9, fontweight=weight)
        axes.set_ylabel("share of rows", fontsize=8)
        axes.locator_params(axis="y", nbins=4)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[len(drifts) :]:
        axes.remove()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False, fontsize=8)
    figure.savefig(path, metadata={"Software": None})


def _panel_counts(axes: Axes, known: Summary, column: Sequence[Any]) -> None:
    labels, before, after = bins(known, column)
    places = np.arange(len(labels))
    axes.bar(places - 0.2, before / before.sum(), 0.4, color=OTHER, label="before")
    axes.bar(places + 0.2, after / after.sum(), 0.4, color=OURS, label="now")
    axes.set_xticks(places, [label[:12] or "missing" for label in labels], rotation=30 if len(labels) > 4 else 0)


def _panel_values(axes: Axes, known: Summary, column: Sequence[Any]) -> None:
    both = ordered(known, column)
    seen = [values[np.isfinite(values)] for values in both]
    edges = np.histogram_bin_edges(np.concatenate(seen).astype(float), PANEL_BINS).tolist()
    shares = [np.full(len(values), 1 / len(whole)) for values, whole in zip(seen, both, strict=True)]
    axes.hist(seen[0], edges, weights=shares[0], color=OTHER, label="before")
    axes.hist(seen[1], edges, weights=shares[1], color=OURS, histtype="step", linewidth=1.5, label="now")
    missing = [1 - len(values) / len(whole) for values, whole in zip(seen, both, strict=True)]
    if any(missing):
        axes.set_xlabel(f"missing: {missing[0]:.1%} before, {missing[1]:.1%} now", fontsize=8)
