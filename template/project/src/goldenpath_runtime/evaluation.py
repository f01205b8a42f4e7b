"""The step `evaluate`: the figures of exported models: metrics, slices, parity and latency.

Owned by the template: do not edit.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .config import ModelParams
from .errors import ProjectError, asking
from .extras import extra
from .figures import SIGN, usual_direction
from .files import read_json, write_json
from .inference import InvalidRowsError, Scorer
from .lineage import require_rows
from .project import Project

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Columns = Mapping[str, Array]
Call = Callable[[], object]
Figures = Mapping[str, float]
Measure = Callable[[Array, Array], Figures]


def evaluate(project: Project, sample: bool = False) -> dict[str, Any]:
    """Measure the exported model, the baseline and the champion on the test rows.

    This measures what is served, not what was fitted. The champion is measured on the rows that it
    has not seen either. The figures of a sample are not held against it: it is in the store, and a
    smoke run needs none.
    """
    require_rows(project)
    training = read_json(project.build / "training.json", "train")
    data = project.dataset("test")
    rows = data.frame()
    truth = data.truth(rows)
    columns = data.columns(rows)
    scorers = {}
    scores = {}
    for name in ("model", "baseline"):
        scorers[name] = Scorer(project.build / name)
        scores[name] = score(scorers[name], columns)
    measure = project.model.metrics
    with asking(measure):
        measured = {name: dict(measure(truth, given)) for name, given in scores.items()}
    find = cache(_finder(project, sample))
    champion = add_champion(find, columns, scorers, scores)
    unseen = np.zeros(len(truth), bool)
    if champion and "problem" not in champion:
        try:
            unseen = extra("rows that a version has not seen")(project, find())
        except ValueError as error:
            champion["problem"] = str(error)
    if champion:
        champion |= _compare(truth, scores, unseen, measure)
    served = scores["model"]

    def measure_slice(mask: Mask) -> Mapping[str, float]:
        return measure(truth[mask], served[mask])

    policy = project.params.gate.slices
    known = project.model.schema.columns
    hidden = [name for name in policy.columns if known[name].personal]
    with asking(project.model.business):
        business = dict(project.model.business(rows, truth, served))
    figures = {
        **training,
        **_provenance(project, scorers["model"]),
        "test": measured["model"],
        "baseline": measured["baseline"],
        "champion": champion,
        "disagreement": disagreement(measured["model"], measured["baseline"], project.params),
        "slices": list(slice_metrics(rows, policy.columns, measure_slice, hidden)),
        "business": business,
        "latency": latency(scorers, columns),
    }
    examine = extra("rows that were seen")
    if examine:
        figures["seen"] = examine(
            project.dataset("train"),
            data,
            project.params.objective.metric,
            measure_slice,
        )
    analysis = extra("analysis of the figures")
    if analysis:
        subject = analysis.Subject(
            scorers["model"], columns, truth, scores, measure, project.params, unseen
        )
        resamples = analysis.FEW if sample else analysis.RESAMPLES
        figures |= analysis.analyse(subject, resamples)
    write_json(project.reports / "metrics.json", figures)
    return figures


def disagreement(model: Figures, baseline: Figures, params: ModelParams) -> str:
    """The usual figures beside the objective in which the baseline is better, as a sentence.

    Those that are shown alike are no worse; "" where there is none.
    """
    objective = params.objective.metric
    better = []
    for name, value in model.items():
        if name == objective:
            continue
        sign = SIGN[usual_direction(name, params.target)]
        ours = float(f"{value:.4g}")
        its = float(f"{baseline.get(name, value):.4g}")
        if sign * (its - ours) > 0:
            better.append(f"{name} ({its:.4g} against {ours:.4g})")
    if not better:
        return ""
    return f"the baseline is better in {', '.join(better)}; the objective is {objective}"


def _compare(
    truth: Array, scores: dict[str, Array], unseen: Mask, measure: Measure
) -> dict[str, Any]:
    """The figures of the champion and of the model on the rows that neither has seen.

    A champion that has seen all of them, or is not to be compared, is left out of the scores.
    """
    figures: dict[str, Any] = {"rows": int(unseen.sum()), "metrics": {}, "model": {}}
    if not unseen.any():
        scores.pop("champion", None)
        return figures
    for name, place in (("champion", "metrics"), ("model", "model")):
        figures[place] = dict(measure(truth[unseen], scores[name][unseen]))
    return figures


def _finder(project: Project, sample: bool) -> Callable[[], Path | None]:
    """What finds the folder of the champion, if there may be one."""
    versions = None if sample else extra("versions")
    if versions is None:
        return lambda: None
    return partial(versions.champion_folder, project.name)


def _provenance(project: Project, scorer: Scorer) -> dict[str, Any]:
    """How the model came about, by the steps before."""
    path = project.build / "model" / "model.onnx"
    return {
        "version": scorer.info["version"],
        "trained_at": scorer.info["lineage"]["trained_at"],
        "size_mb": path.stat().st_size / 1e6,
        "data": read_json(project.build / "data" / "summary.json", "data"),
        "objective": project.params.objective.model_dump(),
    }


def slice_metrics(
    rows: pd.DataFrame,
    columns: Sequence[str],
    measure: Callable[[Mask], Mapping[str, float]],
    hidden: Collection[str] = (),
) -> Iterator[dict[str, Any]]:
    """The figures of each group of rows that share a value of one column.

    `measure` takes a mask of the rows. The values of `hidden` columns are numbered, not named.
    """
    for column in columns:
        known = rows[column].notna()
        values = rows[column].astype(object).where(known, "missing")
        for number, value in enumerate(sorted(values.unique(), key=str), 1):
            mask = (values == value).to_numpy(bool)
            yield {
                "column": column,
                "value": f"personal {number}" if column in hidden else str(value),
                "rows": int(mask.sum()),
                "metrics": dict(measure(mask)),
            }


def parity_error(expected: Array, served: Array) -> float:
    """Largest difference of two sets of scores, relative to the largest score above one."""
    if expected.shape != served.shape:
        return float("inf")
    difference = np.abs(expected - served).max()
    largest = max(1.0, np.abs(expected).max())
    return float(difference / largest)


def score(scorer: Scorer, columns: Columns, raw: bool = False) -> Array:
    """The scores of the project's own rows, as they are answered or as the graph gives them.

    ProjectError when the model does not take these rows.
    """
    give = scorer.raw_score if raw else scorer.score
    try:
        return give(columns)
    except InvalidRowsError as error:
        raise ProjectError(
            f"the exported model does not take the project's own rows:\n{error}"
        ) from None


def add_champion(
    find: Callable[[], Path | None],
    columns: Columns,
    scorers: dict[str, Scorer],
    scores: dict[str, Array],
) -> dict[str, Any] | None:
    """Score the rows with the champion as well, if there is one.

    Returns its version, and the problem where it cannot be compared.
    """
    try:
        folder = find()
    except ProjectError as error:
        return {"version": "that nobody knows", "problem": str(error)}
    if folder is None:
        return None
    try:
        champion = Scorer(folder)
        order = _order(champion.names, scorers["model"].names)
        scores["champion"] = champion.score(columns)[:, order]
    except (OSError, ValueError) as error:
        first_line = str(error).splitlines()[0]
        return {"version": folder.name, "problem": first_line}
    scorers["champion"] = champion
    return {"version": folder.name}


def _order(theirs: Sequence[str], ours: Sequence[str]) -> list[int]:
    """Where our classes or targets stand among another model's; ValueError when it has others."""
    if sorted(theirs) != sorted(ours):
        raise ValueError(f"it answers {', '.join(theirs)}, not {', '.join(ours)}")
    return [theirs.index(name) for name in ours]


def latency(scorers: Mapping[str, Scorer], columns: Columns) -> dict[str, float]:
    """Median milliseconds of each model for one row; `slowdown` compares model and baseline."""
    row = {column: values[:1] for column, values in columns.items()}
    calls: dict[str, Call] = {}
    for name, scorer in scorers.items():
        inputs = scorer.prepare(row)
        calls[name] = partial(scorer.run, inputs)
    seconds = latencies(calls)
    figures = {f"{name}_ms": value * 1e3 for name, value in seconds.items()}
    figures["slowdown"] = seconds["model"] / seconds["baseline"]
    return figures


def latencies(calls: Mapping[str, Call], rounds: int = 200) -> dict[str, float]:
    """Median seconds of each call.

    The calls take turns, so that a busy machine slows all of them alike.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds = _seconds(call)
            taken[name].append(seconds)
    return {name: median(values) for name, values in taken.items()}


def _seconds(call: Call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
