"""Figures about a model: metrics, slices, parity and latency. Pure functions of arrays and callables.

Owned by the template: do not edit.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import metrics

Array = npt.NDArray[Any]


def standard_metrics(task: str, truth: Array, scores: Array) -> dict[str, float]:
    """The usual figures of a classification or a regression; one that these rows cannot give is left out."""
    if task == "regression":
        values = {
            "r2": metrics.r2_score(truth, scores) if len(truth) > 1 else np.nan,
            "rmse": metrics.root_mean_squared_error(truth, scores),
            "mae": metrics.mean_absolute_error(truth, scores),
        }
    else:
        values = _classification(truth, scores)
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}


def _classification(truth: Array, scores: Array) -> dict[str, float]:
    labels = range(scores.shape[1])
    values = {
        "accuracy": metrics.accuracy_score(truth, scores.argmax(1)),
        "f1_macro": metrics.f1_score(truth, scores.argmax(1), average="macro", zero_division=0.0),
        "log_loss": metrics.log_loss(truth, scores, labels=list(labels)),
    }
    if len(np.unique(truth)) == scores.shape[1]:
        binary = scores.shape[1] == 2
        values["roc_auc"] = metrics.roc_auc_score(truth, scores[:, 1] if binary else scores, multi_class="ovr")
        values["average_precision"] = metrics.average_precision_score(truth, scores[:, 1] if binary else scores)
    return values


def slice_metrics(
    rows: pd.DataFrame, columns: Sequence[str], measure: Callable[[npt.NDArray[np.bool_]], Mapping[str, float]]
) -> Iterator[dict[str, Any]]:
    """The figures of each group of rows that share a value of one column; `measure` takes a mask of the rows."""
    for column in columns:
        values = rows[column].astype(object).where(rows[column].notna(), "missing")
        for value in sorted(values.unique(), key=str):
            mask = (values == value).to_numpy(bool)
            yield {"column": column, "value": str(value), "rows": int(mask.sum()), "metrics": dict(measure(mask))}


def parity_error(expected: Array, served: Array) -> float:
    """Largest difference of two sets of scores, relative to the largest score when that is above one."""
    if expected.shape != served.shape:
        return float("inf")
    return float(np.abs(expected - served).max() / max(1.0, np.abs(expected).max()))


def latencies(calls: Mapping[str, Callable[[], object]], rounds: int = 200) -> dict[str, float]:
    """Median seconds of each call, taken in turn so that a busy machine slows all of them alike."""
    seen: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seen[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in seen.items()}
