"""Tests of the batch command."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from goldenpath_runtime import ProjectError
from goldenpath_runtime.batch.score import score_file
from goldenpath_runtime.inference import Scorer
from goldenpath_runtime.pipeline import Project

NUMBER = {"type": "number", "nullable": False, "min": None, "max": None, "values": None}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_file_gets_the_answers_of_the_model(
    project: Project, rows: list[dict[str, Any]], tmp_path: Path, kind: str
) -> None:
    scorer = Scorer(project.build / "model")
    source, target = tmp_path / f"rows.{kind}", tmp_path / f"scores.{kind}"
    frame = project.dataset("test").frame()
    frame.to_csv(source, index=False) if kind == "csv" else frame.to_parquet(source, index=False)
    assert score_file(scorer, source, target) == len(rows)
    written = pd.read_csv(target) if kind == "csv" else pd.read_parquet(target)
    answers = written.iloc[:, -len(scorer.names) :].to_numpy(np.float64)
    np.testing.assert_allclose(answers, scorer.score_rows(rows), rtol=1e-5, atol=1e-5)


def test_file_and_service_agree_on_what_is_missing(
    project: Project, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Words that are no value to the pipeline are none in a file, and none in a request."""
    scorer = Scorer(project.build / "model")
    names = [name for name, rule in scorer.columns.items() if rule["nullable"] and "NA" in rule["missing"]]
    gaps = [rows[0] | dict.fromkeys(names, gap) for gap in ("NA", "", "null")]
    source, target = tmp_path / "rows.csv", tmp_path / "scores.csv"
    pd.DataFrame(gaps).to_csv(source, index=False)
    assert score_file(scorer, source, target) == 3
    answers = pd.read_csv(target).iloc[:, -len(scorer.names) :].to_numpy(np.float64)
    np.testing.assert_allclose(answers, scorer.score_rows([rows[0] | dict.fromkeys(names)] * 3), rtol=1e-5, atol=1e-5)
    for name in names:
        if scorer.columns[name]["type"] in ("category", "text"):
            scorer.score_rows([rows[0] | {name: "NA"}])


def test_nothing_is_written_when_a_row_cannot_be_scored(
    project: Project, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    source, target = tmp_path / "rows.csv", tmp_path / "scores.csv"
    pd.DataFrame(rows).iloc[:, 1:].to_csv(source, index=False)
    with pytest.raises(ProjectError, match="column"):
        score_file(Scorer(project.build / "model"), source, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv"]


@pytest.mark.parametrize("taken", [["predicted"], ["predicted", "predicted_"], ["PROBABILITY", "VALUE"]])
def test_a_column_may_be_called_as_an_answer(
    project: Project, rows: list[dict[str, Any]], tmp_path: Path, taken: list[str]
) -> None:
    scorer = Scorer(project.build / "model")
    plain, source, target = (tmp_path / f"{name}.csv" for name in ("plain", "rows", "scores"))
    pd.DataFrame(rows).to_csv(plain, index=False)
    score_file(scorer, plain, target)
    answers = pd.read_csv(target).iloc[:, len(rows[0]) :]
    known = {"PROBABILITY": f"probability_{scorer.names[0]}", "VALUE": f"predicted_{scorer.names[0]}"}
    scorer.columns = {**scorer.columns, **{known.get(name, name): NUMBER for name in taken}}
    pd.DataFrame(rows).assign(**{known.get(name, name): 1.5 for name in taken}).to_csv(source, index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scorer, "score", lambda columns: Scorer(project.build / "model").score(columns))
        score_file(scorer, source, target)
    written = pd.read_csv(target)
    assert written.columns.is_unique
    assert written.shape[1] == len(rows[0]) + len(taken) + answers.shape[1]
    np.testing.assert_array_equal(written.iloc[:, -answers.shape[1] :].to_numpy(), answers.to_numpy())


def test_unknown_and_missing_files_are_named(project: Project, tmp_path: Path) -> None:
    scorer = Scorer(project.build / "model")
    (tmp_path / "rows.xls").touch()
    with pytest.raises(ProjectError, match="neither"):
        score_file(scorer, tmp_path / "rows.xls", tmp_path / "scores.csv")
    with pytest.raises(ProjectError, match="not found"):
        score_file(scorer, tmp_path / "rows.csv", tmp_path / "scores.csv")


@pytest.mark.parametrize("value", [[], [1.0, 2.0], ["a", "b"], {"a": 1}, b"a"])
def test_columns_of_lists_are_refused_by_their_name(
    project: Project, rows: list[dict[str, Any]], tmp_path: Path, value: object
) -> None:
    scorer = Scorer(project.build / "model")
    source, target = tmp_path / "rows.parquet", tmp_path / "scores.parquet"
    for name in scorer.columns:
        pd.DataFrame([row | {name: value} for row in rows]).to_parquet(source)
        with pytest.raises(ProjectError, match=re.escape(f"row 1, column {name}: must be ")):
            score_file(scorer, source, target)
    assert not target.exists()
