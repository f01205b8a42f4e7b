"""Tests that the pipeline holds its promises for your model."""

import re
import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from goldenpath_runtime import ProjectError, pipeline
from goldenpath_runtime.__main__ import main
from goldenpath_runtime.config import Params, read_params
from goldenpath_runtime.data import read_rows
from goldenpath_runtime.evaluation import parity_error
from goldenpath_runtime.files import read_json
from goldenpath_runtime.gate import Finding, decide
from goldenpath_runtime.inference import InvalidRowsError, Scorer
from goldenpath_runtime.prepare import split_rows, validate_rows
from goldenpath_runtime.schema import Column, pseudonyms, read_schema


def judge(project: pipeline.Project, days: float = 0, **changed: object) -> dict[str, bool]:
    """The gate's findings for the measured model so many days later, with some of its figures changed."""
    figures = read_json(project.reports / "metrics.json", "evaluate") | changed
    now = datetime.fromisoformat(figures["trained_at"]) + timedelta(days=days)
    findings: list[Finding] = decide(figures, project.params.gate, project.params.objective, now)
    return {finding.rule: finding.passed for finding in findings}


def worse(project: pipeline.Project, value: float) -> float:
    """A value of the objective that is worse by far."""
    return value - 10 * abs(value) if project.params.objective.direction == "maximize" else value + 10 * abs(value)


def test_pipeline_writes_report_and_verdict(project: pipeline.Project) -> None:
    assert "# Model card" in (project.reports / "report.md").read_text(encoding="utf-8")
    assert len((project.reports / "summary.md").read_text(encoding="utf-8").splitlines()) <= 15
    assert (project.reports / "gate.verdict").read_text(encoding="utf-8").strip() in ("pass", "fail")
    assert (project.reports / "data.verdict").read_text(encoding="utf-8").strip() == "new"


def test_training_twice_gives_the_same_bytes(project: pipeline.Project) -> None:
    path = project.build / "model" / "model.onnx"
    first = path.read_bytes()
    pipeline.train(project)
    assert path.read_bytes() == first


@dataclass
class Killed:
    """Stands for a candidate in whose fitting the process is killed, or whose fitting is not to be begun again."""

    how: type[BaseException]

    def fit(self, _: object) -> None:
        raise self.how

    predict = export = fit


def test_training_that_was_killed_goes_on_where_it_was(
    project: pipeline.Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.build / "model" / "model.onnx"
    first, candidates, baseline = path.read_bytes(), project.model.candidates(), project.model.baseline()
    monkeypatch.setattr(project.model, "baseline", lambda: Killed(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        pipeline.train(project)
    monkeypatch.setattr(project.model, "baseline", lambda: baseline)
    monkeypatch.setattr(project.model, "candidates", lambda: dict.fromkeys(candidates, Killed(AssertionError)))
    pipeline.train(project)
    assert path.read_bytes() == first
    with pytest.raises(AssertionError):  # what is finished is not taken for other data, or for ever
        pipeline.train(project)


def test_exported_model_agrees_with_the_trained_one(project: pipeline.Project) -> None:
    error = read_json(project.build / "training.json", "train")["parity_error"]
    assert error <= project.params.gate.max_parity_error
    assert not judge(project, parity_error=parity_error(np.zeros((2, 2)), np.full((2, 2), 0.01)))["parity"]


def test_gate_blocks_a_model_under_its_thresholds(project: pipeline.Project) -> None:
    assert not all(judge(project, test={}).values())


def test_gate_blocks_a_model_that_does_not_beat_the_baseline(project: pipeline.Project) -> None:
    metric = project.params.objective.metric
    assert judge(project, test={metric: 1.0}, baseline={metric: worse(project, 1.0)})["beats the baseline"]
    assert not judge(project, test={metric: worse(project, 1.0)}, baseline={metric: 1.0})["beats the baseline"]


def test_gate_blocks_a_model_that_fails_a_slice(project: pipeline.Project) -> None:
    metric = project.params.objective.metric
    part = {"column": "any", "value": "one", "rows": project.params.gate.slices.min_rows}
    good, bad = ({**part, "metrics": {metric: value}} for value in (1.0, worse(project, 1.0)))
    assert judge(project, test={metric: 1.0}, slices=[good])["slice any = one"]
    assert not judge(project, test={metric: 1.0}, slices=[bad])["slice any = one"]


def test_gate_blocks_a_slow_model(project: pipeline.Project) -> None:
    assert not judge(project, latency={"slowdown": project.params.gate.max_slowdown * 1.01})["latency"]


def test_gate_blocks_a_model_that_is_worse_than_the_champion(project: pipeline.Project) -> None:
    metric = project.params.objective.metric
    champion = {"version": "1", "metrics": {metric: 1.0}}
    assert judge(project, test={metric: 1.0}, champion=champion)["champion"]
    assert not judge(project, test={metric: worse(project, 1.0)}, champion=champion)["champion"]
    assert judge(project, test={metric: 1.0}, champion={"version": "1", "problem": "other columns"})["champion"]


def test_gate_blocks_a_large_and_a_stale_model(project: pipeline.Project) -> None:
    policy = project.params.gate
    assert not judge(project, size_mb=policy.max_size_mb * 1.01)["size"]
    assert judge(project, days=policy.max_age_days)["age"]
    assert not judge(project, days=policy.max_age_days + 0.1)["age"]


def test_a_changed_model_file_is_not_loaded(project: pipeline.Project) -> None:
    path = project.build / "model" / "model.onnx"
    content = path.read_bytes()
    path.write_bytes(content + b"\n")
    try:
        with pytest.raises(ValueError, match="not the file"):
            Scorer(path.parent)
    finally:
        path.write_bytes(content)


def test_rows_that_break_the_schema_stop_the_pipeline(project: pipeline.Project) -> None:
    schema = project.model.schema
    frame = project.dataset("train").frame()
    name = next(iter(project.model.columns))
    with pytest.raises(ProjectError, match=re.escape(name)):
        validate_rows(schema, frame.drop(columns=name))
    strict = schema.columns[name].model_copy(update={"nullable": False})
    changed = schema.model_copy(update={"columns": {**schema.columns, name: strict}})
    frame[name] = frame[name].astype(object)
    frame.loc[0, name] = None
    with pytest.raises(ProjectError, match=re.escape(name)):
        validate_rows(changed, frame)


@pytest.mark.parametrize(
    ("values", "rule", "expected"),
    [
        (["Ida", None, "Bo", "Ida"], {"type": "text"}, ["x 0", None, "x 1", "x 0"]),
        (["Rome", "Oslo"], {"type": "category", "values": ("a", "b")}, ["a", "b"]),
        ([7.5, np.nan, 8.5], {"type": "number"}, [0, None, 2]),
        ([7.5, 8.5], {"type": "number", "max": -3}, [-3, -3]),
        ([-7.5, -8.5], {"type": "number", "min": -9, "max": -3}, [-9, -3]),
        ([4, 5, 6, 7], {"type": "integer", "min": 0.5, "max": 3.5}, [1, 1, 2, 3]),
        ([True, False], {"type": "boolean"}, [True, False]),
        (["1999-03-02", ""], {"type": "time"}, ["2000-01-01 00:00:00+00:00", None]),
    ],
)
def test_made_up_values_are_valid_and_equal_for_equal_ones(
    values: list[Any], rule: dict[str, Any], expected: list[Any]
) -> None:
    made = pseudonyms(pd.Series(values, name="x"), Column(**rule))
    given = [None if pd.isna(value) else value for value in made]
    if rule["type"] == "time":
        given = [value and str(value) for value in given]
    assert given == expected


def test_rows_and_columns_give_the_same_scores(project: pipeline.Project, rows: list[dict[str, Any]]) -> None:
    scorer = Scorer(project.build / "model")
    together = scorer.score({name: [row[name] for row in rows] for name in scorer.columns})
    alone = np.concatenate([scorer.score_rows([row]) for row in rows])
    assert len(scorer.answers(together)) == len(rows)
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)


def test_scorer_refuses_what_the_schema_does_not_allow(project: pipeline.Project, rows: list[dict[str, Any]]) -> None:
    scorer = Scorer(project.build / "model")
    for name, rule in scorer.columns.items():
        wrong: object = 7 if rule["type"] in ("category", "text") else "seven"
        unfit: list[object] = [wrong, float("inf"), [], 10**400]
        for value in unfit:
            with pytest.raises(InvalidRowsError, match=re.escape(name)):
                scorer.score_rows([rows[0] | {name: value}])
    with pytest.raises(InvalidRowsError, match="unknown"):
        scorer.score_rows([rows[0] | {"unknown": 1}])


def test_params_say_what_is_wrong_with_them() -> None:
    name, params = next(iter(read_params().models.items()))
    with pytest.raises(ProjectError, match="MODEL="):
        Params(models={name: params, "other": params}).model(None)
    with pytest.raises(ProjectError, match="no model 'third'"):
        Params(models={name: params}).model("third")


def test_steps_name_the_step_that_is_missing(project: pipeline.Project) -> None:
    empty = replace(project, root=project.root / "empty")
    with pytest.raises(ProjectError, match="make evaluate"):
        pipeline.check_gate(empty)


def test_commands_run_the_steps(project: pipeline.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree("data", tmp_path / "data")
    settings = (
        Path("params.yaml").read_text(encoding="utf-8").replace(project.params.data.source, project.params.data.sample)
    )
    (tmp_path / "params.yaml").write_text(settings, encoding="utf-8")
    shutil.copy("pyproject.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOLDENPATH_STORE", "store")  # the project's own may be far away
    option = ["--model", project.name]
    assert [main([step, *option]) for step in ("sample", "data", "train", "evaluate", "report")] == [0] * 5
    verdict = "pass" if main(["gate", *option]) == 0 else "fail"
    assert Path("reports", project.name, "gate.verdict").read_text(encoding="utf-8").strip() == verdict
    assert main(["data", "--model", "unknown"]) == 1


@pytest.mark.parametrize(("kind", "missing"), [("csv", None), ("parquet", None), ("parquet", float("nan"))])
def test_rows_without_any_target_are_a_line(
    project: pipeline.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, missing: float | None
) -> None:
    target = project.params.target[0]
    rows = project.dataset("train").frame().assign(**{target: missing})
    source = tmp_path / f"rows.{kind}"
    rows.to_csv(source, index=False) if kind == "csv" else rows.to_parquet(source)
    data = project.params.data.model_copy(update={"source": str(source), "sample": str(tmp_path / "sample.csv")})
    empty = replace(project, params=project.params.model_copy(update={"data": data}), root=tmp_path)
    schema = empty.model.schema
    column = schema.columns[target].model_copy(update={"nullable": True})
    monkeypatch.setattr(
        empty.model, "schema", schema.model_copy(update={"columns": {**schema.columns, target: column}})
    )
    says = re.escape(f"0 rows with a target are too few to split; params.yaml takes {target} for it")
    with pytest.raises(ProjectError, match=says):
        pipeline.prepare_data(empty)
    with pytest.raises(ProjectError, match=re.escape(f"no row has a {target}, the target of params.yaml")):
        pipeline.make_sample(empty)
    rows.drop(columns=target).to_parquet(source.with_suffix(".parquet"))
    with pytest.raises(ProjectError, match=re.escape(target)):
        pipeline.make_sample(empty)
    assert not (tmp_path / "sample.csv").exists()


def test_drafted_schema_accepts_the_rows_it_is_drafted_from(
    project: pipeline.Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", project.params.data.sample]) == 0
    path = tmp_path / "schema.yaml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    rows = pd.concat(read_rows(project.params.data.sample), ignore_index=True)
    assert len(validate_rows(read_schema(path), rows)) == len(rows)


def test_split_by_time_tests_on_the_newest_rows(project: pipeline.Project) -> None:
    frame = project.dataset("train").frame()
    frame["when"] = pd.date_range("2026-01-01", periods=len(frame), freq="h")[::-1]
    split = project.params.split.model_copy(update={"by": "time", "column": "when"})
    parts = split_rows(frame, project.params.model_copy(update={"split": split}))
    assert parts["train"]["when"].max() < parts["validation"]["when"].min()
    assert parts["validation"]["when"].max() < parts["test"]["when"].min()
    with pytest.raises(ProjectError, match="column"):
        split_rows(frame.drop(columns="when"), project.params.model_copy(update={"split": split}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: {a: {thresold: 1}}", "did you mean thresholds"),
        ("models: {}", "models"),
        ("models: [", "not valid YAML"),
        ("{}", "models"),
    ],
)
def test_mistakes_in_params_are_explained(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match=message):
        read_params(path)
