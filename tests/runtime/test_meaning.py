"""Tests that a figure is taken for what it means: which way is better, for which class, and where it says nothing."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sklearn.metrics import average_precision_score

from goldenpath_runtime import ProjectError, pipeline
from goldenpath_runtime.__main__ import main
from goldenpath_runtime.config import ModelParams, Objective
from goldenpath_runtime.evaluation import add_champion, disagreement
from goldenpath_runtime.files import parse, read_json
from goldenpath_runtime.gate import check_gate
from goldenpath_runtime.inference import Scorer
from goldenpath_runtime.train import best

WORSE, BETTER = "1.9 of it", "0.2 of it"
LESS_IS_BETTER = ("rmse", "mae", "mse", "mape", "log_loss", "brier", "error", "RMSE", "rmse_mass")
MORE_IS_BETTER = ("accuracy", "f1", "f1_macro", "roc_auc", "r2", "average_precision", "precision", "recall", "r2_mass")


def params(**changed: object) -> ModelParams:
    """The settings of a model with nothing but what there has to be, and these."""
    least = {
        "task": "regression",
        "target": ["mass", "size"],
        "data": {"source": "a.csv"},
        "objective": {"metric": "r2"},
    }
    return parse(ModelParams, least | changed, "params.yaml")


def objective(**given: str) -> Objective:
    return params(objective=given).objective


@pytest.mark.parametrize("metric", LESS_IS_BETTER)
def test_of_an_error_the_least_is_best(metric: str) -> None:
    measured = {WORSE: {metric: 1.9}, BETTER: {metric: 0.2}}
    assert best(measured, objective(metric=metric)) == BETTER
    assert objective(metric=metric) == objective(metric=metric, direction="minimize")
    with pytest.raises(ProjectError, match=f"{metric}, direction: minimize"):
        objective(metric=metric, direction="maximize")


@pytest.mark.parametrize("metric", MORE_IS_BETTER)
def test_of_a_score_the_most_is_best(metric: str) -> None:
    assert best({WORSE: {metric: 0.2}, BETTER: {metric: 0.9}}, objective(metric=metric)) == BETTER
    with pytest.raises(ProjectError, match=f"params.yaml: objective: .*{metric}, direction: maximize"):
        objective(metric=metric, direction="minimize")


@pytest.mark.parametrize("metric", ["profit", "error_free", "rmse_gain", "accuracy_gap"])
def test_a_figure_that_nobody_knows_goes_either_way(metric: str) -> None:
    assert objective(metric=metric).direction == "maximize"
    assert objective(metric=metric, direction="minimize").direction == "minimize"


def changed(project: pipeline.Project, root: Path, **settings: object) -> pipeline.Project:
    """The project with other settings, in a folder of its own."""
    return replace(project, params=project.params.model_copy(update=settings), root=root)


def figure(project: pipeline.Project, monkeypatch: pytest.MonkeyPatch, **own: float) -> None:
    """Let the team's model have figures of its own."""
    measure = type(project.model).metrics

    def metrics(*given: Any) -> dict[str, float]:
        return {**measure(*given), **own}

    monkeypatch.setattr(type(project.model), "metrics", metrics)


def told(project: pipeline.Project) -> tuple[list[str], str]:
    """What the gate finds, and what the report says of the limits."""
    report = (project.reports / "report.md").read_text(encoding="utf-8")
    return list(map(str, check_gate(project))), report.partition("## Limits")[2].partition("\n## ")[0]


def test_a_direction_that_nobody_gave_is_told(
    project: pipeline.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure(project, monkeypatch, profit=7.0)
    line = "objective: {metric: profit, direction: maximize}"
    stated = changed(project, tmp_path / "stated", objective=objective(metric="profit", direction="maximize"))
    pipeline.run_all(stated, sample=True)
    findings, limits = told(stated)
    assert line not in "".join([*findings, limits])
    silent = changed(project, tmp_path / "silent", objective=objective(metric="profit"))
    pipeline.run_all(silent, sample=True)
    findings, limits = told(silent)
    (found,) = (finding for finding in findings if line in finding)
    assert found.startswith("ok  ")
    assert line in limits


def test_training_tells_what_it_took_for_granted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"chosen": "a", "candidates": {"a": {}}, "assumed": {"direction": "more is taken for better"}}
    monkeypatch.setattr("goldenpath_runtime.train.train", lambda _: found)
    assert main(["train"]) == 0
    assert "note: params.yaml: more is taken for better\n" in capsys.readouterr().out


def test_figures_are_of_the_positive_class_and_the_champion_may_have_another(
    project: pipeline.Project, tmp_path: Path
) -> None:
    first, *others = project.dataset("test").classes or [""]
    if len(others) != 1:
        pytest.skip("no two classes")
    named = changed(project, tmp_path, positive=first)
    pipeline.run_all(named, sample=True)
    data = named.dataset("test")
    assert data.classes == (*others, first)
    rows = data.frame()
    scorer = Scorer(named.build / "model")
    scores = scorer.score(data.columns(rows))
    assert scorer.answers(scores)[0]["probabilities"].keys() == {first, *others}
    measured = read_json(named.reports / "metrics.json", "evaluate")["test"]
    expected = average_precision_score(rows[project.params.target[0]].astype(str) == first, scores[:, 1])
    assert measured["average_precision"] == pytest.approx(expected)
    scorers, found = {"model": Scorer(project.build / "model")}, {}
    assert add_champion(lambda: named.build / "model", data.columns(rows), scorers, found) == {"version": "model"}
    np.testing.assert_array_equal(found["champion"], scores[:, ::-1])


@pytest.mark.parametrize(
    ("model", "baseline", "said"),
    [
        (
            {"r2": 0.9, "mae": 3.0, "rmse_mass": 1.0},
            {"r2": 0.8, "mae": 2.0, "rmse_mass": 0.5},
            "the baseline is better in mae (2 against 3), rmse_mass (0.5 against 1); the objective is r2",
        ),
        (
            {"r2": 0.9, "accuracy": 0.8955},
            {"r2": 0.8, "accuracy": 0.9254},
            "the baseline is better in accuracy (0.9254 against 0.8955); the objective is r2",
        ),
        ({"r2": 0.9, "mae": 1.0, "accuracy": 0.9}, {"r2": 0.8, "mae": 2.0, "accuracy": 0.9}, ""),
        ({"r2": 0.7}, {"r2": 0.8}, ""),
        ({"r2": 0.9, "profit": 1.0, "f1": 0.5}, {"r2": 0.8, "profit": 2.0}, ""),
        ({"r2": 0.9, "mae": 1.00002}, {"r2": 0.8, "mae": 1.00001}, ""),
        ({"r2": 0.9, "mae": np.nan}, {"r2": 0.8, "mae": 1.0}, ""),
    ],
    ids=[
        "of which less is better",
        "of which more is better",
        "no worse",
        "the objective",
        "not known",
        "as shown",
        "not a number",
    ],
)
def test_figures_that_disagree_with_the_objective(
    model: dict[str, float], baseline: dict[str, float], said: str
) -> None:
    assert disagreement(model, baseline, params()) == said


@pytest.mark.parametrize(("ours", "its"), [(0.5, 0.9), (0.9, 0.5)])
def test_gate_and_report_tell_figures_that_disagree(
    ours: float, its: float, project: pipeline.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = changed(project, shutil.copytree(project.root, tmp_path / "copy"))
    usual = ("mae", "rmse") if project.params.task == "regression" else ("accuracy", "f1_macro")
    metric = next(name for name in usual if name != project.params.objective.metric)
    values = iter([{metric: ours}, {metric: its}])  # the model is measured first, then the baseline
    measure = type(copy.model).metrics

    def metrics(*given: Any) -> dict[str, float]:
        return {**measure(*given), **next(values, {})}

    monkeypatch.setattr(type(copy.model), "metrics", metrics)
    pipeline.evaluate(copy, sample=True)
    pipeline.write_report(copy)
    findings, limits = told(copy)
    line = f"{metric} ({its} against {ours})"
    is_worse = ours > its if metric in LESS_IS_BETTER else ours < its
    assert (line in limits) is is_worse
    assert any(found.startswith("ok   other figures: ") and line in found for found in findings) is is_worse


def test_a_regression_has_no_positive_class() -> None:
    with pytest.raises(ProjectError, match="positive: .*no classes"):
        params(objective={"metric": "rmse"}, positive="large")


@pytest.mark.parametrize(("given", "name"), [(1, "1"), (0.5, "0.5"), (2.0, "2"), (False, "False"), ("yes", "yes")])
def test_a_class_is_written_as_its_rows_have_it(given: object, name: str) -> None:
    found = params(task="classification", target="mass", objective={"metric": "f1"}, positive=given)
    assert found.positive == name
