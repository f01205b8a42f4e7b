"""The plots of the report: the model against the others, its calibration, and what it looks at.

Owned by the template: do not edit. Draws the figures of metrics.json (analysis.py), so it needs
matplotlib alone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

MOST_SHOWN = 15
WIDTH, DOTS = 6, 150  # inches, dots per inch
OURS, OTHER = "#1f5fa8", "#c2c7cc"


def plot(figures: Mapping[str, Any], folder: Path) -> list[str]:
    """Draw the figures of metrics.json into PNG files in the folder; their names.

    Equal figures give equal files.
    """
    drawings = {"candidates": _candidates, "calibration": _calibrations, "importance": _importances}
    for name, draw in drawings.items():
        draw(figures, folder / f"{name}.png")
    return [f"{name}.png" for name in drawings]


@contextmanager
def _drawing(path: Path, title: str, height: float, panels: int = 1) -> Iterator[list[Axes]]:
    figure = Figure((WIDTH, height * panels), dpi=DOTS, layout="constrained")
    axes = figure.subplots(panels, 1, squeeze=False)[:, 0].tolist()
    yield axes
    has_legend = bool(axes[0].get_legend_handles_labels()[0])
    axes[0].set_title(title, loc="left", pad=24 if has_legend else 6)
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
        if has_legend:  # between title and panel, where it covers nothing
            each.legend(
                frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0
            )
    figure.savefig(path, metadata={"Software": None})


def _candidates(figures: Mapping[str, Any], path: Path) -> None:
    metric, direction = figures["objective"]["metric"], figures["objective"]["direction"]
    champion = (figures["champion"] or {}).get("metrics", {})
    models = {"baseline": figures["baseline"], "champion": champion, "model": figures["test"]}
    with _drawing(path, "The model against the others", 2.4) as (axes,):
        for name, measured in models.items():
            if metric in measured:
                low, high = figures["intervals"][name].get(metric, [measured[metric]] * 2)
                axes.plot(
                    [low, high], [name, name], color=OURS if name == "model" else OTHER, linewidth=6
                )
                axes.plot(measured[metric], name, "o", color="black")
                axes.annotate(
                    f"{measured[metric]:.4g}",
                    (measured[metric], name),
                    (0, 8),
                    textcoords="offset points",
                )
        better = "more" if direction == "maximize" else "less"
        axes.set_xlabel(f"{metric} on the test rows ({better} is better), with its 95 % interval")
        axes.margins(y=0.4)


def _calibrations(figures: Mapping[str, Any], path: Path) -> None:
    with _drawing(path, "Does what is predicted come?", 3.6, len(figures["calibration"])) as panels:
        for axes, (name, found) in zip(panels, figures["calibration"].items(), strict=True):
            predicted, observed = (
                [each[side] for each in found["bins"]] for side in ("predicted", "observed")
            )
            ends = [min(predicted + observed), max(predicted + observed)]
            axes.plot(ends, ends, "--", color=OTHER, label="as predicted")
            axes.plot(predicted, observed, "o-", color=OURS, label="groups of rows")
            axes.set(xlabel=f"predicted {name}", ylabel=f"observed {name}")


def _importances(figures: Mapping[str, Any], path: Path) -> None:
    shown = dict(list(figures["importance"].items())[:MOST_SHOWN])
    with _drawing(path, "What the model looks at", 1.2 + 0.28 * len(shown)) as (axes,):
        axes.barh(
            [name[:30] for name in reversed(shown)], list(reversed(shown.values())), color=OURS
        )
        axes.set_xlabel(
            f"by how much {figures['objective']['metric']} gets worse when the column is shuffled"
        )
