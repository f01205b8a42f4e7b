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
from pydantic import Field

from .config import (
    PARAMS,
    Frozen,
    Params,
    ProjectError,
    Threshold,
    command,
    parse,
    read_json,
    read_params,
    write_json,
    write_text,
)
from .drift import ALPHA, LARGE, Array, Drift, bins, compare, ordered
from .labels import read_labels
from .plots import DOTS, OTHER, OURS
from .project import Project, open_project
from .reference import SCORE, Summary
from .registry import champion, fetch, resolve
from .report import table
from .samples import Sample, read_samples
from .state import Store, append, open_store

CODES = {"stable": 0, "drift": 3, "too-little-data": 4}
RESAMPLES = 200
SHOWN, PANEL_BINS = 6, 20  # columns with a plot, and bars of a number's

Columns = Mapping[str, Sequence[Any]]
Found = dict[str, Any]


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


def read_monitoring(params: Params, model: str) -> Monitoring:
    """A model's limits.

    ProjectError names the key of params.yaml that is wrong, or that is of no model.
    """
    found = parse(Settings, {"monitor": params.monitor}, PARAMS).monitor
    if unknown := sorted(found.keys() - params.models.keys()):
        raise ProjectError(
            f"{PARAMS}: monitor: there is no model {unknown[0]!r}; there are: "
            f"{', '.join(params.models)}"
        )
    return found.get(model, Monitoring())


def monitor(argv: Sequence[str]) -> int:
    """The command: judge the champion, or another version; 0 stable, 3 drift, 4 too little data."""
    parser = command("monitor", several=True)
    parser.add_argument("--version", help="a registered version in place of the champion")
    parser.add_argument(
        "--since", help="an ISO time to start from; without it, `days` of params.yaml ago"
    )
    args = parser.parse_args(argv)
    names = read_params().select(args.model)
    verdicts = {
        examine(open_store(), open_project(name), args.version, args.since) for name in names
    }
    return next(
        (CODES[verdict] for verdict in ("drift", "too-little-data") if verdict in verdicts), 0
    )


def examine(
    store: Store, project: Project, version: str | None = None, since: str | None = None
) -> str:
    """Judge one version, write the report and an entry of the ledger; the verdict."""
    name, reports = project.name, project.reports
    limits = read_monitoring(read_params(), name)
    version = resolve(store, name, version) if version else champion(store, name)
    if version is None:
        write_text(reports / "monitor.verdict", "too-little-data\n")
        raise ProjectError(
            f"{name} has no champion yet: make promote, or name a version with VERSION="
        )
    since = since or (datetime.now(UTC) - timedelta(days=limits.days)).isoformat(timespec="seconds")
    folder = fetch(store, name, version)
    known = read_json(folder / "reference.json", "pipeline register")
    samples, truths = list(read_samples(store, name, version, since)), read_labels(store, name)
    columns = {column: [_value(sample, column) for sample in samples] for column in known}
    enough = len(samples) >= limits.min_rows
    drifts = compare(known, columns, limits.significance, limits.max_psi) if enough else []
    labelled = [(sample, truths[sample["id"]]) for sample in samples if sample["id"] in truths]
    quality = (
        list(_quality(project, folder, labelled)) if len(labelled) >= limits.min_labels else []
    )
    alarms = [each.column for each in drifts if each.drifted] + [
        each["figure"] for each in quality if each["failed"]
    ]
    verdict = "drift" if alarms else "stable" if drifts else "too-little-data"
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
    }
    write_json(reports / "monitor.json", found)
    write_text(reports / "monitor.md", _render(name, found, limits))
    (reports / "monitor.png").unlink(missing_ok=True)
    if drifts:
        _draw(drifts[:SHOWN], known, columns, reports / "monitor.png")
    write_text(reports / "monitor.verdict", f"{verdict}\n")
    append(store, name, "monitor", **facts)
    print(f"{name}: {version}: {verdict}, {len(samples)} rows: {reports / 'monitor.md'}")
    return verdict


def _value(sample: Sample, column: str) -> Any:
    return (
        sample["scores"][column.removeprefix(SCORE)]
        if column.startswith(SCORE)
        else sample["row"].get(column)
    )


def _quality(
    project: Project, folder: Path, labelled: Sequence[tuple[Sample, Mapping[str, Any]]]
) -> Iterator[Found]:
    """Each figure with its 95 % interval.

    It has failed when all of that is outside of the gate's threshold.
    """
    info = read_json(folder / "model.json", "register")
    tested = read_json(folder / "metrics.json", "register")["test"]
    given = [list(sample["scores"].values()) for sample, _ in labelled]
    scores = np.array(given, np.float32)
    told = [list(truth.values()) for _, truth in labelled]
    truth: Array = np.array(
        [info["classes"].index(each) for (each,) in told] if info["classes"] else told
    )
    measure, rng = project.model.metrics, np.random.default_rng(project.params.seed)
    picks = (rng.integers(len(truth), size=len(truth)) for _ in range(RESAMPLES))
    bounds = pd.DataFrame([measure(truth[pick], scores[pick]) for pick in picks]).quantile(
        [0.025, 0.975]
    )
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


def _render(name: str, found: Found, limits: Monitoring) -> str:
    drifts = (
        [d["column"], "**yes**" if d["drifted"] else "no", d["psi"], d["limit"], d["p"]]
        for d in found["drifts"]
    )
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
        f"Version `{found['version']}`, {found['rows']} rows since {found['since']}: "
        f"**{found['verdict']}**.",
        f"## Drift (from {limits.min_rows} rows on)",
        table(("column", "drifted", "size (PSI)", "allowed", "p by chance"), drifts),
        *(["![The most changed columns](monitor.png)"] if found["drifts"] else []),
        f"## Quality (from {limits.min_labels} labels on; there are {found['labels']})",
        table(("figure", "now", "95 % interval", "on the test rows", "within the gate"), quality),
    ]
    return "\n\n".join(parts) + "\n"


def _draw(
    drifts: Sequence[Drift], known: Mapping[str, Summary], columns: Columns, path: Path
) -> None:
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
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside upper right",
        ncols=2,
        frameon=False,
        fontsize=8,
    )
    figure.savefig(path, metadata={"Software": None})


def _panel_counts(axes: Axes, known: Summary, column: Sequence[Any]) -> None:
    labels, before, after = bins(known, column)
    places = np.arange(len(labels))
    axes.bar(places - 0.2, before / before.sum(), 0.4, color=OTHER, label="before")
    axes.bar(places + 0.2, after / after.sum(), 0.4, color=OURS, label="now")
    axes.set_xticks(
        places, [label[:12] or "missing" for label in labels], rotation=30 if len(labels) > 4 else 0
    )


def _panel_values(axes: Axes, known: Summary, column: Sequence[Any]) -> None:
    both = ordered(known, column)
    seen = [values[np.isfinite(values)] for values in both]
    edges = np.histogram_bin_edges(np.concatenate(seen).astype(float), PANEL_BINS).tolist()
    shares = [
        np.full(len(values), 1 / len(whole)) for values, whole in zip(seen, both, strict=True)
    ]
    axes.hist(seen[0], edges, weights=shares[0], color=OTHER, label="before")
    axes.hist(
        seen[1], edges, weights=shares[1], color=OURS, histtype="step", linewidth=1.5, label="now"
    )
    missing = [1 - len(values) / len(whole) for values, whole in zip(seen, both, strict=True)]
    if any(missing):
        axes.set_xlabel(f"missing: {missing[0]:.1%} before, {missing[1]:.1%} now", fontsize=8)
