"""The step `train`: fit the candidates, choose the best, export it with its lineage.

Owned by the template: do not edit.
"""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .artifact import fit, require_export, write_model
from .config import PARAMS, ModelParams, Objective
from .data import has_own_load
from .errors import ProjectError, asking
from .evaluation import parity_error, score
from .extras import extra
from .figures import of_one_class
from .files import read_json, write_json
from .inference import Scorer, as_probabilities
from .lineage import inputs_lineage, require_rows, settings
from .project import Project


def train(project: Project) -> dict[str, Any]:
    """Fit all candidates, choose the best on the validation rows, export it and the baseline.

    A run that was interrupted goes on after the last candidate it had finished, and ends with the
    same bytes.
    """
    require_rows(project)
    data = project.dataset("train")
    validation = project.dataset("validation")
    summary = read_json(project.build / "data" / "summary.json", "data")
    lineage = inputs_lineage(project, summary["sha256"])
    unfinished = project.build / "unfinished"
    kept = unfinished / _inputs_key(lineage)
    model = project.model
    with asking(model.candidates):
        candidates = model.candidates()
        for name, candidate in candidates.items():
            require_export(name, candidate)
    with asking(model.baseline):
        simplest = model.baseline()
        require_export("baseline", simplest)
    fitted = {}
    with asking(model.candidates):
        for name, candidate in candidates.items():
            fitted[name] = fit(name, candidate, data, validation, kept / "candidates")
    with asking(model.baseline):
        baseline = fit("baseline", simplest, data, validation, kept)
    rows = validation.frame()
    truth = validation.truth(rows)
    measured = {}
    for name, one in fitted.items():
        scores = as_probabilities(one.scores) if data.classes else one.scores
        with asking(model.metrics):
            measured[name] = dict(model.metrics(truth, scores))
    chosen = best(measured, project.params.objective)
    for folder, one in (("model", fitted[chosen]), ("baseline", baseline)):
        place = project.build / folder
        write_model(
            place,
            project.name,
            one.exported,
            data,
            lineage,
            form=project.params.data,
            own_load=has_own_load(type(model)),
        )
    _write_reference(project)
    limits = [*_undecided(project), *_kept_by_the_model(project)]
    for limit in limits:
        print(f"note: {limit}", file=sys.stderr)
    scorer = Scorer(project.build / "model")
    served = score(scorer, validation.columns(rows), raw=True)
    training = {
        "chosen": chosen,
        "candidates": measured,
        "parity_error": parity_error(fitted[chosen].scores, served),
        "assumed": assumed(project.params, data.classes),
        "limits": limits,
        "rows": summary["rows"],
        "params": settings(project),
    }
    write_json(project.build / "training.json", training)
    shutil.rmtree(unfinished)
    return training


def assumed(params: ModelParams, classes: Sequence[str]) -> dict[str, str]:
    """What params.yaml leaves open, and how it is taken: for gate and report to tell."""
    found = {
        "direction": params.objective.assumption,
        "positive class": _assumed_class(params, classes),
    }
    return {name: text for name, text in found.items() if text}


def _assumed_class(params: ModelParams, classes: Sequence[str]) -> str:
    """Which of two classes the figures that decide are taken to be about, if nothing says it."""
    deciding = [params.objective.metric, *params.gate.thresholds]
    figures = ", ".join(of_one_class(deciding))
    if not figures or params.positive is not None or len(classes) != 2:
        return ""
    other, last = classes
    return (
        f"{figures} of the class {last}, the last by alphabet, as nothing says which class is "
        f'meant: write `positive: "{last}"` or "{other}"'
    )


def _undecided(project: Project) -> Iterator[str]:
    """The columns that the schema leaves out for now."""
    columns = project.model.schema.columns
    waiting = [
        f"{name} ({column.decide})"
        for name, column in columns.items()
        if column.decide is not None and name not in project.params.target
    ]
    if waiting:
        yield (
            f"left out, as {project.params.schema_file} has `decide` for them: {', '.join(waiting)}"
        )


def _kept_by_the_model(project: Project) -> Iterator[str]:
    """What of the schema's personal columns is readable in a model's files."""
    params = project.params
    columns = project.model.schema.columns
    features = project.model.columns
    place = params.schema_file
    for name, column in columns.items():
        if not column.personal or column.type not in ("category", "text"):
            continue
        if name in params.target:
            yield f"{name} is personal, and the model answers with its values: they are its classes"
        elif name in features:
            yield (
                f"{name} is personal, and the model may hold its words and values: "
                f"write `feature: false` for it in {place}, or number its values in `load`"
            )


def _inputs_key(lineage: Mapping[str, Any]) -> str:
    """A name for the folder of what is fitted of these inputs, which other inputs do not give."""
    hashes = [value[:12] for key, value in lineage.items() if key.endswith("_sha256")]
    return "-".join(hashes)


def _write_reference(project: Project) -> None:
    keep = extra("reference")
    if keep:
        keep(project)


def best(measured: Mapping[str, Mapping[str, float]], objective: Objective) -> str:
    """The name of the candidate whose figures are best.

    ProjectError when none has the figure asked for.
    """
    metric = objective.metric
    values = {}
    for name, figures in measured.items():
        if metric in figures:
            values[name] = figures[metric]
    if not values:
        names = set().union(*measured.values())
        listed = ", ".join(sorted(names))
        raise ProjectError(
            f"{PARAMS}: objective: no candidate has the figure {metric}; they have {listed}"
        )
    choose = max if objective.direction == "maximize" else min
    return choose(values, key=values.__getitem__)
