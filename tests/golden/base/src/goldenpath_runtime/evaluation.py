"""What exported models answer, and the figures about that: metrics, slices, parity and latency.

Owned by the template: do not edit.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import metrics

from .config import PARAMS, Objective, ProjectError
from .inference import InvalidRowsError, Scorer

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


def best(measured: Mapping[str, Mapping[str, float]], objective: Objective) -> str:
    """The name of the candidate whose figures are best; ProjectError when none has the figure asked for."""
    known = {name: figures[objective.metric] for name, figures in measured.items() if objective.metric in figures}
    if not known:
        listed = ", ".join(sorted(set().union(*measured.values())))
        raise ProjectError(f"{PARAMS}: objective: no candidate has the figure {objective.metric}; they have {listed}")
    return (max if objective.direction == "maximize" else min)(known, key=known.__getitem__)


def parity_error(expected: Array, served: Array) -> float:
    """Largest difference of two sets of scores, relative to the largest score when that is above one."""
    if expected.shape != served.shape:
        return float("inf")
    return float(np.abs(expected - served).max() / max(1.0, np.abs(expected).max()))


def score(scorer: Scorer, columns: Mapping[str, Array]) -> Array:
    """The scores of the project's own rows; ProjectError when the exported model does not take them."""
    try:
        return scorer.score(columns)
    except InvalidRowsError as error:
        raise ProjectError(f"the exported model does not take the project's own rows:\n{error}") from None


def add_champion(
    find: Callable[[], Path | None], columns: Mapping[str, Array], scorers: dict[str, Scorer], scores: dict[str, Array]
) -> dict[str, Any] | None:
    """Score the rows with the champion as well, if there is one; its version, and the problem when it cannot be."""
    try:
        if (folder := find()) is None:
            return None
    except ProjectError as error:
        return {"version": "that nobody knows", "problem": str(error)}
    try:
        scorer = Scorer(folder)
        if scorer.names != scorers["model"].names:
            raise ValueError(f"it answers {', '.join(scorer.names)}, not {', '.join(scorers['model'].names)}")
        scores["champion"], scorers["champion"] = scorer.score(columns), scorer
    except (OSError, ValueError) as error:
        return {"version": folder.name, "problem": str(error).splitlines()[0]}
    return {"version": folder.name}


def latency(scorers: Mapping[str, Scorer], columns: Mapping[str, Array]) -> dict[str, float]:
    """Median milliseconds of each model for one row, and how many times the baseline's the model takes."""
    first = {name: scorer.prepare({n: c[:1] for n, c in columns.items()}) for name, scorer in scorers.items()}
    seconds = latencies({name: partial(scorer.run, first[name]) for name, scorer in scorers.items()})
    milliseconds = {f"{name}_ms": value * 1e3 for name, value in seconds.items()}
    return {**milliseconds, "slowdown": seconds["model"] / seconds["baseline"]}


def latencies(calls: Mapping[str, Callable[[], object]], rounds: int = 200) -> dict[str, float]:
    """Median seconds of each call, taken in turn so that a busy machine slows all of them alike."""
    seen: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seen[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in seen.items()}
