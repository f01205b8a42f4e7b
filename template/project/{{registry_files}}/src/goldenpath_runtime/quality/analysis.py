"""How sure the figures are, whether the scores mean what they say, and what the model looks at.

Owned by the template: do not edit. Plots.py draws these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from goldenpath_runtime.config import ModelParams
from goldenpath_runtime.evaluation import Array
from goldenpath_runtime.figures import SIGN
from goldenpath_runtime.inference import Scorer

RESAMPLES = 200  # of the rows, for an interval
FEW = 20  # for a sample, whose figures nobody judges
MOST_DRAWN = 5_000  # rows
MOST_SHUFFLED = 2_000  # rows
BINS = 10
TIMES = 3  # that each column is shuffled


@dataclass(frozen=True)
class Subject:
    """What is examined.

    The model with the test rows, their truth, and the scores of each model that is compared.
    """

    scorer: Scorer
    columns: Mapping[str, Array]
    truth: Array
    scores: Mapping[str, Array]
    measure: Callable[[Array, Array], Mapping[str, float]]
    params: ModelParams
    unseen: Array  # which rows the champion is compared on


def analyse(subject: Subject, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Intervals of all figures of all models (95 %); calibration and importance of the columns.

    `gain` is the interval of what the model gains over the baseline by the objective: both are
    measured on the same rows each time.
    """
    samples = {}
    intervals = {}
    for name in subject.scores:
        truth, scores = _judged(subject, name)
        samples[name] = _samples(subject, truth, scores, resamples)
        intervals[name] = _bounds(samples[name], len(truth))
    gains = samples["model"] - samples["baseline"]
    sign = SIGN[subject.params.objective.direction]
    gain = _bounds(sign * gains, len(subject.truth))
    calibration = {}
    for name, (predicted, observed) in _pairs(subject).items():
        calibration[name] = _calibration(predicted, observed)
    return {
        "intervals": intervals,
        "gain": gain.get(subject.params.objective.metric),
        "calibration": calibration,
        "importance": _importance(subject),
    }


def _judged(subject: Subject, name: str) -> tuple[Array, Array]:
    """Truth and scores of the rows on which a model is measured: the champion on unseen ones."""
    truth = subject.truth
    scores = subject.scores[name]
    if name == "champion":
        return truth[subject.unseen], scores[subject.unseen]
    return truth, scores


def _samples(subject: Subject, truth: Array, scores: Array, resamples: int) -> pd.DataFrame:
    """A model's figures: first on all rows, then on rows drawn again and again.

    The drawn rows are the same for each model that is measured on as many.
    """
    rng = np.random.default_rng(subject.params.seed)
    rows = len(scores)
    drawn = min(rows, MOST_DRAWN)
    pick = np.arange(rows)
    samples = []
    for _ in range(resamples + 1):
        sample = subject.measure(truth[pick], scores[pick])
        samples.append(dict(sample))
        pick = rng.integers(rows, size=drawn)
    return pd.DataFrame(samples)


def _bounds(samples: pd.DataFrame, rows: int) -> dict[str, list[float]]:
    """The bounds of each figure that is known of all rows."""
    values = samples.iloc[0]
    bounds = samples.iloc[1:].quantile([0.025, 0.975])
    spread = bounds - values
    # Fewer rows than there are spread wider, by the root of how many fewer.
    narrower = (min(rows, MOST_DRAWN) / rows) ** 0.5
    bounds = spread * narrower + values
    found = {}
    for name in bounds:
        bound = bounds[name]
        if bound.notna().all():
            found[str(name)] = bound.tolist()
    return found


def _pairs(subject: Subject) -> dict[str, tuple[Array, Array]]:
    """What was predicted and what came.

    Of each target, of the second of two classes, or of the class chosen.
    """
    truth = subject.truth
    scores = subject.scores["model"]
    scorer = subject.scorer
    names = scorer.names
    if not scorer.info["classes"]:
        return {name: (scores[:, i], truth[:, i]) for i, name in enumerate(names)}
    if scores.shape[1] == 2:
        second = scores[:, 1]
        return {f"share of {names[1]}": (second, truth == 1)}
    sureness = scores.max(1)
    chosen = scores.argmax(1)
    right = truth == chosen
    return {"share of right answers": (sureness, right)}


def _calibration(predicted: Array, observed: Array) -> dict[str, Any]:
    """Means in bins of equally many rows, ordered by the prediction, and their mean distance."""
    rows = len(predicted)
    number = max(1, min(BINS, rows // BINS))
    order = np.argsort(predicted, kind="stable")
    groups = np.array_split(order, number)
    bins = []
    distances = []
    for group in groups:
        size = len(group)
        expected = predicted[group].mean()
        came = observed[group].mean()
        distance = abs(expected - came)
        distances.append(size * distance)
        found = {
            "predicted": expected,
            "observed": came,
            "rows": size,
        }
        bins.append(found)
    error = sum(distances) / rows
    return {"error": error, "bins": bins}


def _importance(subject: Subject) -> dict[str, float]:
    """By how much the objective gets worse when a column is shuffled, the most important first."""
    rng = np.random.default_rng(subject.params.seed)
    order = rng.permutation(len(subject.truth))
    rows = order[:MOST_SHUFFLED]
    truth = subject.truth[rows]
    columns = {name: values[rows] for name, values in subject.columns.items()}
    sign = SIGN[subject.params.objective.direction]
    whole = _objective(subject, truth, columns)
    losses = {}
    for name, values in columns.items():
        found = []
        for _ in range(TIMES):
            shuffled = rng.permutation(values)
            figure = _objective(subject, truth, {**columns, name: shuffled})
            found.append(figure)
        worse = whole - np.mean(found)
        losses[name] = sign * worse
    ranked = sorted(losses.items(), key=lambda item: -item[1])
    return {name: float(loss) for name, loss in ranked if np.isfinite(loss)}


def _objective(subject: Subject, truth: Array, columns: Mapping[str, Array]) -> float:
    """The figure by which models are compared, on some of the rows."""
    scores = subject.scorer.score(columns)
    figures = subject.measure(truth, scores)
    metric = subject.params.objective.metric
    return figures.get(metric, np.nan)
