"""How sure the figures are, whether the scores mean what they say, and what the model looks at.

Owned by the template: do not edit. Plots.py draws these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .config import ModelParams
from .evaluation import Array
from .inference import Scorer

RESAMPLES, FEW = (
    200,
    20,
)  # of the rows, for an interval; few for a sample, whose figures nobody judges
MOST_DRAWN, MOST_SHUFFLED = 5_000, 2_000  # rows
BINS, TIMES = 10, 3


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


def analyse(subject: Subject, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Intervals of all figures of all models (95 %); calibration and importance of the columns."""
    truth, ours = subject.truth, subject.scores["model"]
    return {
        "intervals": {
            name: _interval(subject, scores, resamples) for name, scores in subject.scores.items()
        },
        "calibration": {
            n: _calibration(*pair) for n, pair in _pairs(truth, ours, subject.scorer).items()
        },
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
    """What was predicted and what came.

    Of each target, of the second of two classes, or of the class chosen.
    """
    if not scorer.info["classes"]:
        return {name: (scores[:, i], truth[:, i]) for i, name in enumerate(scorer.names)}
    if scores.shape[1] == 2:
        return {f"share of {scorer.names[1]}": (scores[:, 1], truth == 1)}
    return {"share of right answers": (scores.max(1), truth == scores.argmax(1))}


def _calibration(predicted: Array, observed: Array) -> dict[str, Any]:
    """Means in bins of equally many rows, ordered by the prediction, and their mean distance."""
    order = np.array_split(
        np.argsort(predicted, kind="stable"), max(1, min(BINS, len(predicted) // BINS))
    )
    bins = [
        {"predicted": predicted[i].mean(), "observed": observed[i].mean(), "rows": len(i)}
        for i in order
    ]
    return {
        "error": sum(b["rows"] * abs(b["predicted"] - b["observed"]) for b in bins)
        / len(predicted),
        "bins": bins,
    }


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
        name: sign
        * (whole - np.mean([value({name: rng.permutation(values)}) for _ in range(TIMES)]))
        for name, values in columns.items()
    }
    return {
        name: float(loss)
        for name, loss in sorted(found.items(), key=lambda item: -item[1])
        if np.isfinite(loss)
    }
