"""The steps of the pipeline, each from files to files: data, train, evaluate, report, gate.

Owned by the template: do not edit. dvc.yaml runs them as stages; `make smoke` runs them all in one process.
"""

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .artifact import inputs_lineage, write_model
from .config import PARAMS, ModelParams, ProjectError, read_params
from .data import class_names, fingerprint, read_rows, split_rows
from .evaluation import Array, latencies, parity_error, slice_metrics
from .gate import Finding, decide
from .inference import InvalidRowsError, Scorer
from .interface import Candidate, Dataset, Model
from .report import render_report
from .schema import read_schema

Figures = Mapping[str, Any]
GROUP = "goldenpath.models"
HARD_RULES = ("parity",)  # what must hold even on the small sample of a smoke run


@dataclass(frozen=True)
class Project:
    """One model of the project: its settings, its code and the folders its steps write to."""

    name: str
    params: ModelParams
    model: Model
    root: Path = Path()

    @property
    def build(self) -> Path:
        """Data and models; made anew by the pipeline, not in git."""
        return self.root / "build" / self.name

    @property
    def reports(self) -> Path:
        """Figures, decisions and the report."""
        return self.root / "reports" / self.name

    def dataset(self, part: str) -> Dataset:
        """The validated rows of one part of the split: train, validation or test."""
        summary = read_json(self.build / "data" / "summary.json", "data")
        path = self.build / "data" / f"{part}.parquet"
        return Dataset(path, self.model.columns, self.params.target, tuple(summary["classes"]))


def open_project(name: str | None) -> Project:
    """The model of that name as params.yaml describes it, with the code that its entry point names."""
    name, params = read_params().model(name)
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    entry = found.get(name) or found.get("default")
    if entry is None:
        raise ProjectError(f'pyproject.toml: name your code under [project.entry-points."{GROUP}"], then make setup')
    schema = read_schema(params.schema_file)
    named = {*params.target, *params.gate.slices.columns, *filter(None, [params.split.column])}
    if unknown := sorted(named - schema.columns.keys()):
        raise ProjectError(f"{PARAMS} names {', '.join(unknown)}, which {params.schema_file} does not list")
    if params.task == "regression" and not all(schema.columns[target].is_number for target in params.target):
        raise ProjectError(f"{PARAMS}: a regression has numbers for targets, and {params.schema_file} says otherwise")
    return Project(name, params, entry.load()(params, schema))


def make_sample(project: Project) -> Path:
    """A small part of the real rows, spread over the source and over the classes, for `make smoke`; its path."""
    settings = project.params.data
    rows = pd.concat(project.model.load(settings.source), ignore_index=True)
    share = min(1.0, settings.sample_rows / len(rows))
    groups = rows.groupby(project.params.target[0]) if project.params.task == "classification" else [("", rows)]
    parts = [part.sample(min(len(part), max(5, round(len(part) * share))), random_state=0) for _, part in groups]
    path = Path(settings.sample)
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.concat(parts).sort_index().to_csv(path, index=False)
    return path


def prepare_data(project: Project, sample: bool = False) -> dict[str, Any]:
    """Read, validate and split the rows. The sample holds what `load` gave, so it is read as it stands."""
    schema, settings = project.model.schema, project.params.data
    batches = read_rows(settings.sample, schema) if sample else project.model.load(settings.source)
    rows = schema.validate_rows(pd.concat(batches, ignore_index=True), project.model.checks())
    parts = split_rows(rows, project.params)
    labels = parts["train"][project.params.target[0]].drop_duplicates().sort_values()
    folder = project.build / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        part.to_parquet(folder / f"{name}.parquet", index=False)
    summary = {
        "rows": {name: len(part) for name, part in parts.items()},
        "without_target": len(rows) - sum(map(len, parts.values())),
        "classes": list(class_names(labels)) if project.params.task == "classification" else [],
        "sha256": fingerprint(rows),
    }
    write_json(folder / "summary.json", summary)
    return summary


def train(project: Project) -> dict[str, Any]:
    """Fit the baseline and all candidates, choose the best on the validation rows, export it and the baseline."""
    data, validation = project.dataset("train"), project.dataset("validation")
    candidates = dict(project.model.candidates())
    measured = {name: _fit(project, name, candidate, data, validation) for name, candidate in candidates.items()}
    chosen = _best(measured, project.params)
    baseline = project.model.baseline()
    baseline.fit(data)
    summary = read_json(project.build / "data" / "summary.json", "data")
    code = Path(inspect.getfile(type(project.model))).parent.rglob("*.py")
    lineage = inputs_lineage(summary["sha256"], [*code, PARAMS, Path(project.params.schema_file)])
    for folder, candidate in (("model", candidates[chosen]), ("baseline", baseline)):
        write_model(project.build / folder, project.name, candidate.export(data.features), data, lineage)
    rows = validation.frame()
    served = _score(Scorer(project.build / "model"), validation.columns(rows))
    error = parity_error(candidates[chosen].predict(validation.inputs(rows)), served)
    training = {"chosen": chosen, "candidates": measured, "parity_error": error, "rows": summary["rows"]}
    write_json(project.build / "training.json", training)
    return training


def _fit(project: Project, name: str, candidate: Candidate, data: Dataset, validation: Dataset) -> dict[str, float]:
    candidate.fit(data)
    rows = validation.frame()
    scores, shape = candidate.predict(validation.inputs(rows)), (len(rows), len(data.classes or data.target))
    if scores.shape != shape or not np.isfinite(scores).all():
        given = f"of shape {scores.shape}" if scores.shape != shape else "of which some are not finite"
        raise ProjectError(
            f"model.py: candidate {name} gives scores {given}; a {project.params.task} of these data has {shape}, "
            "a row each and a column for each class or target"
        )
    return dict(project.model.metrics(validation.truth(rows), scores))


def _score(scorer: Scorer, columns: Mapping[str, Array]) -> Array:
    try:
        return scorer.score(columns)
    except InvalidRowsError as error:
        raise ProjectError(f"the exported model does not take the project's own rows:\n{error}") from None


def _best(measured: Mapping[str, Mapping[str, float]], params: ModelParams) -> str:
    metric, direction = params.objective.metric, params.objective.direction
    known = {name: figures[metric] for name, figures in measured.items() if metric in figures}
    if not known:
        figures = sorted(set().union(*measured.values()))
        raise ProjectError(f"{PARAMS}: objective: no candidate has the figure {metric}; they have {', '.join(figures)}")
    return (max if direction == "maximize" else min)(known, key=known.__getitem__)


def evaluate(project: Project) -> dict[str, Any]:
    """Measure the exported model and baseline on the test rows: what will be served, not what was fitted."""
    training = read_json(project.build / "training.json", "train")
    data = project.dataset("test")
    rows = data.frame()
    truth, columns = data.truth(rows), data.columns(rows)
    scorers = {name: Scorer(project.build / name) for name in ("model", "baseline")}
    scores = {name: _score(scorer, columns) for name, scorer in scorers.items()}
    measure = project.model.metrics
    first = {name: scorer.prepare({n: c[:1] for n, c in columns.items()}) for name, scorer in scorers.items()}
    seconds = latencies({name: partial(scorer.run, first[name]) for name, scorer in scorers.items()})
    slices = project.params.gate.slices.columns
    figures = {
        **training,
        "version": scorers["model"].info["version"],
        "objective": project.params.objective.model_dump(),
        "test": dict(measure(truth, scores["model"])),
        "baseline": dict(measure(truth, scores["baseline"])),
        "slices": list(slice_metrics(rows, slices, lambda mask: measure(truth[mask], scores["model"][mask]))),
        "business": dict(project.model.business(rows, truth, scores["model"])),
        "latency": {
            "model_ms": seconds["model"] * 1e3,
            "baseline_ms": seconds["baseline"] * 1e3,
            "slowdown": seconds["model"] / seconds["baseline"],
        },
    }
    write_json(project.reports / "metrics.json", figures)
    return figures


def check_gate(project: Project) -> list[Finding]:
    """Decide on the measured model; writes gate.json and the one word pass or fail to gate.verdict."""
    figures = read_json(project.reports / "metrics.json", "evaluate")
    findings = decide(figures, project.params.gate, project.params.objective)
    write_json(project.reports / "gate.json", [finding._asdict() for finding in findings])
    verdict = "pass" if all(finding.passed for finding in findings) else "fail"
    (project.reports / "gate.verdict").write_text(verdict + "\n", encoding="utf-8")
    return findings


def write_report(project: Project) -> Path:
    """Write report.md, the model card that a person reads before the model is used; its path."""
    figures = read_json(project.reports / "metrics.json", "evaluate")
    findings = decide(figures, project.params.gate, project.params.objective)
    info = read_json(project.build / "model" / "model.json", "train")
    path = project.reports / "report.md"
    path.write_text(render_report(project.params, info, figures, findings), encoding="utf-8")
    return path


def run_all(project: Project, sample: bool = False) -> list[Finding]:
    """All steps in this process; the gate's findings, on the small sample only those that hold for any data."""
    prepare_data(project, sample)
    train(project)
    evaluate(project)
    write_report(project)
    findings = check_gate(project)
    return [f for f in findings if f.rule in HARD_RULES] if sample else findings


def read_json(path: Path, made_by: str) -> Any:
    """What a step wrote; ProjectError names the step that has to run first."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(f"{path} is not there yet: run make {made_by} first") from None


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, default=float) + "\n", encoding="utf-8")
