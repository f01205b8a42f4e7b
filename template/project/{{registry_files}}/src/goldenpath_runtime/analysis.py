"""How sure the figures are, whether the scores mean what they say, and what the model looks at; with plots of these.

Owned by the template: do not edit. `analyse` gives figures, `plot` draws them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .config import ModelParams
from .evaluation import Array
from .inference import Scorer

RESAMPLES, FEW = 200, 20  # of the rows, for an interval; few for a sample, whose figures nobody judges
MOST_DRAWN, MOST_SHUFFLED = 5_000, 2_000  # rows
BINS, TIMES, MOST_SHOWN = 10, 3, 15
WIDTH, DOTS = 6, 150  # inches, dots per inch
OURS, OTHER = "#1f5fa8", "#c2c7cc"


@dataclass(frozen=True)
class Subject:
    """What is examined: the model with the test rows, their truth, and the scores of each model that is compared."""

    scorer: Scorer
    columns: Mapping[str, Array]
    truth: Array
    scores: Mapping[str, Array]
    measure: Callable[[Array, Array], Mapping[str, float]]
    params: ModelParams


def analyse(subject: Subject, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Intervals of all figures of all models (95 %); calibration and importance of the columns."""
    truth, ours = subject.truth, subject.scores["model"]
    return {
        "intervals": {name: _interval(subject, scores, resamples) for name, scores in subject.scores.items()},
        "calibration": {n: _calibration(*pair) for n, pair in _pairs(truth, ours, subject.scorer).items()},
        "importance": _importance(subject),
    }


def _interval(subject: Subject, scores: Array, resamples: int) -> dict[str, list[float]]:
    rows, rng = len(scores), np.random.default_rng(subject.params.seed)
    drawn = min(rows, MOST_DRAWN)
    value = pd.Series(subject.measure(subject.truth, scores))
    picks = (rng.integers(rows, size=drawn) for _ in range(resamples))
    samples = pd.DataFrame([subject.measure(subject.truth[pick], scores[pick]) for pick in picks])
    # Fewer rows than there are spread wider, by the root of how many fewer.
    bounds = (samples.quantile([0.025, 0.975]) - value) * (drawn / rows) ** 0.5 + value
    return {str(name): bounds[name].tolist() for name in value.index if bounds[name].notna().all()}


def _pairs(truth: Array, scores: Array, scorer: Scorer) -> dict[str, tuple[Array, Array]]:
    """What was predicted and what came: of each target, of the second of two classes, or of the class chosen."""
    if not scorer.info["classes"]:
        return {name: (scores[:, i], truth[:, i]) for i, name in enumerate(scorer.names)}
    if scores.shape[1] == 2:
        return {f"share of {scorer.names[1]}": (scores[:, 1], truth == 1)}
    return {"share of right answers": (scores.max(1), truth == scores.argmax(1))}


def _calibration(predicted: Array, observed: Array) -> dict[str, Any]:
    """Means in bins of equally many rows, in the order of the prediction, and their mean distance."""
    order = np.array_split(np.argsort(predicted, kind="stable"), max(1, min(BINS, len(predicted) // BINS)))
    bins = [{"predicted": predicted[i].mean(), "observed": observed[i].mean(), "rows": len(i)} for i in order]
    return {"error": sum(b["rows"] * abs(b["predicted"] - b["observed"]) for b in bins) / len(predicted), "bins": bins}


def _importance(subject: Subject) -> dict[str, float]:
    """By how much the objective gets worse when a column is shuffled, the most important first."""
    rng, objective = np.random.default_rng(subject.params.seed), subject.params.objective
    rows = rng.permutation(len(subject.truth))[:MOST_SHUFFLED]
    columns = {name: values[rows] for name, values in subject.columns.items()}

    def value(changed: Mapping[str, Array]) -> float:
        scores = subject.scorer.score({**columns, **changed})
        return subject.measure(subject.truth[rows], scores).get(objective.metric, np.nan)

    sign, whole = (1 if objective.direction == "maximize" else -1), value({})
    found = {
        name: sign * (whole - np.mean([value({name: rng.permutation(values)}) for _ in range(TIMES)]))
        for name, values in columns.items()
    }
    return {name: float(loss) for name, loss in sorted(found.items(), key=lambda item: -item[1]) if np.isfinite(loss)}


def plot(figures: Mapping[str, Any], folder: Path) -> list[str]:
    """Draw the figures of metrics.json into PNG files in the folder; their names. Equal figures give equal files."""
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
            each.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)
    figure.savefig(path, metadata={"Software": None})


def _candidates(figures: Mapping[str, Any], path: Path) -> None:
    metric, direction = figures["objective"]["metric"], figures["objective"]["direction"]
    champion = (figures["champion"] or {}).get("metrics", {})
    models = {"baseline": figures["baseline"], "champion": champion, "model": figures["test"]}
    with _drawing(path, "The model against the others", 2.4) as (axes,):
        for name, measured in models.items():
            if metric in measured:
                low, high = figures["intervals"][name].get(metric, [measured[metric]] * 2)
                axes.plot([low, high], [name, name], color=OURS if name == "model" else OTHER, linewidth=6)
                axes.plot(measured[metric], name, "o", color="black")
                axes.annotate(f"{measured[metric]:.4g}", (measured[metric], name), (0, 8), textcoords="offset points")
        better = "more" if direction == "maximize" else "less"
        axes.set_xlabel(f"{metric} on the test rows ({better} is better), with its 95 % interval")
        axes.margins(y=0.4)


def _calibrations(figures: Mapping[str, Any], path: Path) -> None:
    with _drawing(path, "Does what is predicted come?", 3.6, len(figures["calibration"])) as panels:
        for axes, (name, found) in zip(panels, figures["calibration"].items(), strict=True):
            predicted, observed = ([each[side] for each in found["bins"]] for side in ("predicted", "observed"))
            ends = [min(predicted + observed), max(predicted + observed)]
            axes.plot(ends, ends, "--", color=OTHER, label="as predicted")
            axes.plot(predicted, observed, "o-", color=OURS, label="groups of rows")
            axes.set(xlabel=f"predicted {name}", ylabel=f"observed {name}")


def _importances(figures: Mapping[str, Any], path: Path) -> None:
    shown = dict(list(figures["importance"].items())[:MOST_SHOWN])
    with _drawing(path, "What the model looks at", 1.2 + 0.28 * len(shown)) as (axes,):
        axes.barh([name[:30] for name in reversed(shown)], list(reversed(shown.values())), color=OURS)
        axes.set_xlabel(f"by how much {figures['objective']['metric']} gets worse when the column is shuffled")
