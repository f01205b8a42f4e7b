"""The steps of the pipeline, each from files to files: data, train, evaluate, report, gate.

Owned by the template: do not edit. dvc.yaml runs them as stages; `make smoke` runs them all in one process.
"""

import inspect
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pandas as pd

from .artifact import fit, inputs_lineage, write_model
from .config import PARAMS, ModelParams, ProjectError, layer, read_json, read_params, write_json
from .data import class_names, fingerprint, read_rows, split_rows
from .evaluation import add_champion, best, latency, parity_error, score, slice_metrics
from .gate import Finding, decide
from .inference import Scorer
from .interface import Dataset, Model
from .report import Card, render_report, render_summary
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
    named |= params.data.checks.max_age_days.keys()
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
    """Read, validate and split the rows; data.verdict says whether the last registered version was made of the same.

    The sample holds what `load` gave, so it is read as it stands; it is not held to an age.
    """
    schema, settings = project.model.schema, project.params.data
    batches = read_rows(settings.sample, schema) if sample else project.model.load(settings.source)
    rows = schema.validate_rows(pd.concat(batches, ignore_index=True), project.model.checks())
    parts = split_rows(rows, project.params)
    facts = _check_data(project, rows, parts, None if sample else datetime.now(UTC))
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
        **facts,
    }
    write_json(folder / "summary.json", summary)
    _note_registered(project, summary["sha256"], None if sample else layer("registry"))
    return summary


def _note_registered(project: Project, sha256: str, registry: Any) -> None:
    """Whether the data are those of the last version, and which is the champion: both decide what has to run again."""
    verdict, champion = registry.compared(project.name, sha256) if registry else ("new", "none")
    project.reports.mkdir(parents=True, exist_ok=True)
    (project.reports / "data.verdict").write_text(verdict + "\n", encoding="utf-8")
    (project.build / "champion").write_text(champion + "\n", encoding="utf-8")


def _check_data(
    project: Project, rows: pd.DataFrame, parts: Mapping[str, pd.DataFrame], now: datetime | None
) -> dict[str, Any]:
    """What is known of the rows beyond schema.yaml; ProjectError when params.yaml asks for more than they have."""
    settings, checks = project.params.data, layer("checks")
    if checks:
        return dict(checks.check_data(rows, parts, project.params, project.model.schema, now))
    if "checks" in settings.model_fields_set:
        raise ProjectError(f"{PARAMS}: data.checks: made without them; answer files to `registry` of the template")
    return {}


def train(project: Project) -> dict[str, Any]:
    """Fit the baseline and all candidates, choose the best on the validation rows, export it and the baseline.

    A run that was interrupted goes on after the last candidate it had finished, and ends with the same bytes.
    """
    data, validation = project.dataset("train"), project.dataset("validation")
    summary = read_json(project.build / "data" / "summary.json", "data")
    code = Path(inspect.getfile(type(project.model))).parent.rglob("*.py")
    lineage = inputs_lineage(summary["sha256"], [*code, PARAMS, Path(project.params.schema_file)])
    unfinished = project.build / "unfinished"
    kept = unfinished / "-".join(lineage[f"{part}_sha256"][:12] for part in ("data", "sources", "lock"))
    candidates = project.model.candidates().items()
    fitted = {name: fit(name, each, data, validation, kept / "candidates") for name, each in candidates}
    baseline = fit("baseline", project.model.baseline(), data, validation, kept)
    rows = validation.frame()
    truth = validation.truth(rows)
    measured = {name: dict(project.model.metrics(truth, one.scores)) for name, one in fitted.items()}
    chosen = best(measured, project.params.objective)
    for folder, one in (("model", fitted[chosen]), ("baseline", baseline)):
        write_model(project.build / folder, project.name, one.exported, data, lineage)
    if monitor := layer("monitor"):
        write_json(project.build / "model" / "reference.json", monitor.reference(project))
    error = parity_error(fitted[chosen].scores, score(Scorer(project.build / "model"), validation.columns(rows)))
    training = {"chosen": chosen, "candidates": measured, "parity_error": error, "rows": summary["rows"]}
    write_json(project.build / "training.json", training)
    shutil.rmtree(unfinished)
    return training


def evaluate(project: Project, sample: bool = False) -> dict[str, Any]:
    """Measure the exported model, the baseline and the champion on the test rows: what is served, not what was fitted.

    The figures of a sample are not held against the champion: it is in the store, and a smoke run needs none.
    """
    data = project.dataset("test")
    rows = data.frame()
    truth, columns = data.truth(rows), data.columns(rows)
    scorers = {name: Scorer(project.build / name) for name in ("model", "baseline")}
    scores = {name: score(scorer, columns) for name, scorer in scorers.items()}
    registry = None if sample else layer("registry")
    find = partial(registry.champion_folder, project.name) if registry else lambda: None
    champion = add_champion(find, columns, scorers, scores)
    measure, info, policy = project.model.metrics, scorers["model"].info, project.params.gate
    measured = {name: dict(measure(truth, given)) for name, given in scores.items()}
    figures = {
        **read_json(project.build / "training.json", "train"),
        "params": project.params.model_dump(mode="json", by_alias=True),
        "version": info["version"],
        "trained_at": info["lineage"]["trained_at"],
        "size_mb": (project.build / "model" / "model.onnx").stat().st_size / 1e6,
        "data": read_json(project.build / "data" / "summary.json", "data"),
        "objective": project.params.objective.model_dump(),
        "test": measured["model"],
        "baseline": measured["baseline"],
        "champion": champion and {**champion, "metrics": measured.get("champion", {})},
        "slices": list(slice_metrics(rows, policy.slices.columns, lambda m: measure(truth[m], scores["model"][m]))),
        "business": dict(project.model.business(rows, truth, scores["model"])),
        "latency": latency(scorers, columns),
    }
    if analysis := layer("analysis"):
        subject = analysis.Subject(scorers["model"], columns, truth, scores, measure, project.params)
        figures |= analysis.analyse(subject, analysis.FEW if sample else analysis.RESAMPLES)
    write_json(project.reports / "metrics.json", figures)
    return figures


def check_gate(project: Project) -> list[Finding]:
    """Decide on the measured model; writes gate.json and the one word pass or fail to gate.verdict."""
    findings = _decide(project, read_json(project.reports / "metrics.json", "evaluate"))
    write_json(project.reports / "gate.json", [finding._asdict() for finding in findings])
    verdict = "pass" if all(finding.passed for finding in findings) else "fail"
    (project.reports / "gate.verdict").write_text(verdict + "\n", encoding="utf-8")
    return findings


def _decide(project: Project, figures: Figures) -> list[Finding]:
    return decide(figures, project.params.gate, project.params.objective, datetime.now(UTC))


def write_report(project: Project) -> Path:
    """Write report.md, the model card that a person reads before the model is used, with its plots; its path.

    summary.md beside it is its short form, for a pull request.
    """
    figures = read_json(project.reports / "metrics.json", "evaluate")
    info = read_json(project.build / "model" / "model.json", "train")
    described = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"].get("description", "")
    analysis = layer("analysis")
    plots = analysis.plot(figures, project.reports) if analysis else ()
    card = Card(project.params, info, figures, _decide(project, figures), described, plots)
    path = project.reports / "report.md"
    path.write_text(render_report(card), encoding="utf-8")
    path.with_name("summary.md").write_text(render_summary(card), encoding="utf-8")
    return path


def run_all(project: Project, sample: bool = False) -> list[Finding]:
    """All steps in this process; the gate's findings, on the small sample only those that hold for any data."""
    prepare_data(project, sample)
    train(project)
    evaluate(project, sample)
    write_report(project)
    findings = check_gate(project)
    return [f for f in findings if f.rule in HARD_RULES] if sample else findings
