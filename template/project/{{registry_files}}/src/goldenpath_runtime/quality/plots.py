"""The plots of the report: the model against the others, its calibration, and what it looks at.

Owned by the template: do not edit. Draws the figures of metrics.json (analysis.py), so it needs
matplotlib alone.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MOST_SHOWN = 15
WIDTH = 6  # inches
DOTS = 150  # per inch
OURS = "#1f5fa8"
OTHER = "#c2c7cc"


def plot(figures: Mapping[str, Any], folder: Path) -> list[str]:
    """Draw the figures of metrics.json into PNG files in the folder; their names.

    Equal figures give equal files.
    """
    drawings = {
        "candidates": _candidates,
        "calibration": _calibrations,
        "importance": _importances,
    }
    for name, draw in drawings.items():
        draw(figures, folder / f"{name}.png")
    return [f"{name}.png" for name in drawings]


@contextmanager
def _drawing(path: Path, title: str, height: float, panels: int = 1) -> Iterator[list[Axes]]:
    """Panels one below the other, to be drawn in; the file is written when that is done.

    A name is drawn as it is: `$` begins no formula, and a letter that the font lacks is a box.
    """
    size = (WIDTH, height * panels)
    with rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = Figure(size, dpi=DOTS, layout="constrained")
        column = figure.subplots(panels, 1, squeeze=False)[:, 0]
        axes = column.tolist()
        yield axes
        handles, _ = axes[0].get_legend_handles_labels()
        axes[0].set_title(title, loc="left", pad=24 if handles else 6)
        for each in axes:
            each.spines[["top", "right"]].set_visible(False)
            if handles:
                _legend(each)
        figure.savefig(path, metadata={"Software": None})


def _legend(axes: Axes) -> None:
    """Between title and panel, where it covers nothing."""
    axes.legend(
        frameon=False,
        ncols=2,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0,
    )


def _candidates(figures: Mapping[str, Any], path: Path) -> None:
    """The metric of the model, the champion and the baseline, each with its interval."""
    objective = figures["objective"]
    metric = objective["metric"]
    champion = figures["champion"] or {}
    models = {
        "baseline": figures["baseline"],
        "champion": champion.get("metrics", {}),
        "model": figures["test"],
    }
    with _drawing(path, "The model against the others", 2.4) as (axes,):
        for name, measured in models.items():
            if metric not in measured:
                continue
            value = measured[metric]
            interval = figures["intervals"][name].get(metric, [value, value])
            _candidate(axes, name, value, interval)
        better = "more" if objective["direction"] == "maximize" else "less"
        axes.set_xlabel(f"{metric} on the test rows ({better} is better), with its 95 % interval")
        axes.margins(y=0.4)


def _candidate(axes: Axes, name: str, value: float, interval: Sequence[float]) -> None:
    color = OURS if name == "model" else OTHER
    axes.plot(interval, [name, name], color=color, linewidth=6)
    axes.plot(value, name, "o", color="black")
    axes.annotate(
        f"{value:.4g}",
        xy=(value, name),
        xytext=(0, 8),
        textcoords="offset points",
    )


def _calibrations(figures: Mapping[str, Any], path: Path) -> None:
    """A panel for each class or target: what came, by what was predicted."""
    calibration = figures["calibration"]
    with _drawing(path, "Does what is predicted come?", 3.6, len(calibration)) as panels:
        for axes, (name, found) in zip(panels, calibration.items(), strict=True):
            _calibration(axes, name, found["bins"])


def _calibration(axes: Axes, name: str, bins: Sequence[Mapping[str, float]]) -> None:
    predicted = [each["predicted"] for each in bins]
    observed = [each["observed"] for each in bins]
    both = predicted + observed
    ends = [min(both), max(both)]
    axes.plot(ends, ends, "--", color=OTHER, label="as predicted")
    axes.plot(predicted, observed, "o-", color=OURS, label="groups of rows")
    axes.set(xlabel=f"predicted {name}", ylabel=f"observed {name}")


def _importances(figures: Mapping[str, Any], path: Path) -> None:
    """A bar for each of the columns that matter most, the most important one on top."""
    metric = figures["objective"]["metric"]
    shown = list(figures["importance"].items())[:MOST_SHOWN]
    shown.reverse()
    names = [name[:30] for name, _ in shown]
    losses = [loss for _, loss in shown]
    height = 1.2 + 0.28 * len(shown)
    with _drawing(path, "What the model looks at", height) as (axes,):
        axes.barh(range(len(names)), losses, tick_label=names, color=OURS)
        axes.set_xlabel(f"by how much {metric} gets worse when the column is shuffled")
