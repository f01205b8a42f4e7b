"""The usual figures of a classification or a regression, by scikit-learn.

Owned by the template: do not edit.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics

Array = npt.NDArray[Any]


def standard_metrics(task: str, truth: Array, scores: Array) -> dict[str, float]:
    """The usual figures of a task; one that these rows cannot give is left out."""
    measure = _regression if task == "regression" else _classification
    figures = {}
    for name, value in measure(truth, scores).items():
        if np.isfinite(value):
            figures[name] = float(value)
    return figures


def _regression(truth: Array, scores: Array) -> dict[str, float]:
    figures = {
        "r2": np.nan,
        "rmse": metrics.root_mean_squared_error(truth, scores),
        "mae": metrics.mean_absolute_error(truth, scores),
    }
    if len(truth) > 1:
        figures["r2"] = metrics.r2_score(truth, scores)
    return figures


def _classification(truth: Array, scores: Array) -> dict[str, float]:
    classes = scores.shape[1]
    labels = list(range(classes))
    predicted = scores.argmax(1)
    figures = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "f1_macro": metrics.f1_score(truth, predicted, average="macro", zero_division=0.0),
        "log_loss": np.nan,
    }
    are_shares = scores.min() >= 0 and scores.max() <= 1
    if are_shares:
        figures["log_loss"] = metrics.log_loss(truth, scores, labels=labels)
    if len(np.unique(truth)) != classes:
        return figures
    if classes > 2 and not np.allclose(scores.sum(1), 1):
        return figures  # one class against the others is for probabilities
    if classes == 2:
        figures |= _of_the_second(truth == 1, predicted == 1)
    ranked = scores[:, 1] if classes == 2 else scores
    figures["roc_auc"] = metrics.roc_auc_score(truth, ranked, multi_class="ovr")
    figures["average_precision"] = metrics.average_precision_score(truth, ranked)
    return figures


def _of_the_second(truth: Array, predicted: Array) -> dict[str, float]:
    """How well the second of two classes is found; 0 where it is never predicted."""
    right = (truth & predicted).sum()
    found = predicted.sum()
    existing = truth.sum()
    return {
        "precision": right / max(found, 1),
        "recall": right / existing,
        "f1": 2 * right / (found + existing),
    }
