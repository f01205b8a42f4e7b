"""Tests that a model is held against the champion on rows that neither has seen, or that it is told why not."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from goldenpath_runtime import pipeline
from goldenpath_runtime.config import Gate, ModelParams, Objective
from goldenpath_runtime.files import parse, read_json, write_json
from goldenpath_runtime.gate import judge, not_compared
from goldenpath_runtime.interface import Model
from goldenpath_runtime.project import Project
from goldenpath_runtime.quality import analysis
from goldenpath_runtime.report import write_report
from goldenpath_runtime.schema import Column, Schema
from goldenpath_runtime.split import split_rows
from goldenpath_runtime.store import versions
from goldenpath_runtime.store.reference import SEEN, seen, unseen

COLUMNS = {
    "number": Column(type="integer", feature=False),
    "x": Column(type="number", nullable=True),
    "count": Column(type="integer", nullable=True),
    "kind": Column(type="category", nullable=True),
    "patient": Column(type="text", feature=False),
    "day": Column(type="time"),
    "y": Column(type="number"),
}
SPLITS: dict[str, dict[str, Any]] = {
    "seed": {"by": "seed"},
    "group": {"by": "group", "column": "patient"},
    "time": {"by": "time", "column": "day"},
    "time with groups": {"by": "time", "column": "day", "group": "patient"},
    "other shares": {"by": "seed", "test": 0.4},
}


def visits(rows: int, first: int = 0, coarse: bool = False) -> pd.DataFrame:
    """Visits of patients from one day on, five a patient, with values missing; coarse ones are equal by chance."""
    rng = np.random.default_rng(first)
    number = np.arange(first, first + rows)
    frame = pd.DataFrame({"number": number, "x": rng.normal(size=rows), "count": rng.integers(0, 10**9, rows)})
    if coarse:
        frame["x"] = rng.integers(0, 6, rows)
        frame["count"] = 1
    frame["kind"] = rng.choice(["a", "b", "", "NA"], rows)
    frame["patient"] = [f"p{each // 5}" for each in number]
    frame["day"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(number, unit="h")
    frame["y"] = rng.normal(size=rows)
    if not coarse:
        frame.loc[frame["number"] % 7 == 0, "x"] = np.nan
    return frame


def made(
    folder: Path, rows: pd.DataFrame, columns: dict[str, Column] = COLUMNS, seed: int = 0, **split: Any
) -> Project:
    """A model of these rows, as far as its rows go, and what it notes of them."""
    given = {
        "task": "regression",
        "target": "y",
        "data": {"source": "rows.csv"},
        "objective": {"metric": "rmse"},
        "seed": seed,
        "split": split,
    }
    schema = Schema(columns=columns)
    project = Project("visits", parse(ModelParams, given, "here"), folder)
    project.__dict__["model"] = Model(project.params, schema)
    data = project.build / "data"
    data.mkdir(parents=True)
    parts = split_rows(schema.coerce(rows), project.params, project.model.columns)
    for name, part in parts.items():
        part.to_parquet(data / f"{name}.parquet", index=False)
    write_json(data / "summary.json", {"classes": []})
    write_json(project.build / "model" / SEEN, seen(project))
    return project


def numbers(project: Project, *parts: str) -> set[int]:
    """The rows of these parts."""
    return {number for part in parts for number in project.dataset(part).frame()["number"]}


def new_to_both(project: Project, champion: Project) -> set[int]:
    """The test rows that the champion is found not to have seen."""
    mask = unseen(project, champion.build / "model")
    return set(project.dataset("test").frame()["number"][mask])


@pytest.mark.parametrize("name", SPLITS)
@pytest.mark.parametrize("coarse", [False, True])
def test_a_row_that_keeps_its_part_is_new_to_both(name: str, coarse: bool, tmp_path: Path) -> None:
    champion = made(tmp_path / "champion", visits(600, coarse=coarse), **SPLITS[name])
    same = made(tmp_path / "same", visits(600, coarse=coarse), **SPLITS[name])
    assert new_to_both(same, champion) == numbers(same, "test")
    more = pd.concat([visits(600, coarse=coarse), visits(300, 600, coarse)])
    grown = made(tmp_path / "grown", more, **SPLITS[name])
    assert new_to_both(grown, champion) == numbers(grown, "test")
    assert new_to_both(grown, champion) - numbers(same, "train", "validation", "test")


@pytest.mark.parametrize("name", SPLITS)
@pytest.mark.parametrize("now", ["seed", "time"])
def test_a_row_that_the_champion_was_fitted_to_is_left_out(name: str, now: str, tmp_path: Path) -> None:
    """With another seed or another split it is in the test of now, and without a hash of rows nobody would notice."""
    champion = made(tmp_path / "champion", visits(600), seed=3, **SPLITS[name])
    more = pd.concat([visits(600), visits(300, 600)])
    project = made(tmp_path / "now", more, **SPLITS[now])
    fitted = numbers(champion, "train", "validation")
    test = numbers(project, "test")
    if now == "seed":
        assert fitted & test
    assert new_to_both(project, champion) == test - fitted


def test_rows_that_take_the_place_of_others_are_new(tmp_path: Path) -> None:
    champion = made(tmp_path / "champion", visits(600), by="seed")
    replaced = made(tmp_path / "replaced", pd.concat([visits(600).iloc[:300], visits(600, 600)]), seed=1, by="seed")
    assert new_to_both(replaced, champion) == numbers(replaced, "test") - numbers(champion, "train", "validation")
    assert new_to_both(replaced, champion) >= {each for each in numbers(replaced, "test") if each >= 600}


@pytest.mark.parametrize("name", ["seed", "other shares"])
def test_a_copy_of_a_row_that_was_seen_is_seen(name: str, tmp_path: Path) -> None:
    """What differs in no feature, whatever its number or target."""
    rows = visits(300)
    copies = rows.assign(number=rows["number"] + 1000, y=1.0)
    champion = made(tmp_path / "champion", rows, seed=2, **SPLITS[name])
    project = made(tmp_path / "now", pd.concat([rows, copies]), by="seed")
    fitted = numbers(champion, "train", "validation")
    expected = {each for each in numbers(project, "test") if each % 1000 not in fitted}
    assert new_to_both(project, champion) == expected
    assert expected
    coarse = visits(600, coarse=True)
    champion = made(tmp_path / "coarse", coarse, seed=2, by="seed")
    project = made(tmp_path / "coarse now", coarse, by="seed")
    assert not new_to_both(project, champion) & numbers(champion, "train", "validation")


def test_of_a_group_one_row_that_was_seen_is_enough(tmp_path: Path) -> None:
    champion = made(tmp_path / "champion", visits(600), by="seed")
    more = pd.concat([visits(600), visits(300, 600)])
    for name in ("group", "time with groups"):
        project = made(tmp_path / name, more, **SPLITS[name])
        patients = {each // 5 for each in numbers(champion, "train", "validation")}
        expected = {each for each in numbers(project, "test") if each // 5 not in patients}
        assert new_to_both(project, champion) == expected
        assert expected


def test_rows_are_told_apart_by_what_the_champion_knew(tmp_path: Path) -> None:
    champion = made(tmp_path / "champion", visits(600), by="seed")
    added = {**COLUMNS, "number": Column(type="integer")}
    project = made(tmp_path / "added", visits(600), added, by="seed")
    expected = numbers(project, "test") - numbers(champion, "train", "validation")
    assert new_to_both(project, champion) == expected
    other = made(tmp_path / "other", visits(600), {**COLUMNS, "count": Column(type="number", nullable=True)})
    with pytest.raises(ValueError, match="told by count, gone or of another type"):
        new_to_both(other, champion)
    fewer = {name: column for name, column in COLUMNS.items() if name != "kind"}
    with pytest.raises(ValueError, match="told by kind, gone or of another type"):
        new_to_both(made(tmp_path / "fewer", visits(600), fewer), champion)


def test_of_an_older_version_nobody_knows(tmp_path: Path) -> None:
    champion = made(tmp_path / "champion", visits(600), by="seed")
    (champion.build / "model" / SEEN).unlink()
    with pytest.raises(ValueError, match="before versions noted which rows they have seen"):
        new_to_both(made(tmp_path / "now", visits(600), by="seed"), champion)


def test_what_is_noted_is_small_and_the_same_each_time(tmp_path: Path) -> None:
    first = made(tmp_path / "first", visits(10_000), by="seed").build / "model" / SEEN
    again = made(tmp_path / "again", visits(10_000), by="seed").build / "model" / SEEN
    assert first.read_bytes() == again.read_bytes()
    assert first.stat().st_size < 6 * 10_000


def told(project: Project) -> tuple[bool, str, str]:
    """Whether the gate lets the champion's rule pass, what it says, and the Limits of the report."""
    figures = pipeline.evaluate(project)
    (finding,) = (each for each in judge(project, figures) if each.rule == "champion")
    limits = write_report(project).read_text(encoding="utf-8").partition("## Limits")[2].partition("##")[0]
    return finding.passed, finding.reason, limits


@pytest.fixture
def compared(
    project: pipeline.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[pipeline.Project, Path]:
    """A model, and the folder of a champion that is the same model; few rows are enough to compare them."""
    gate = project.params.gate.model_copy(update={"min_compared": 2})
    params = project.params.model_copy(update={"gate": gate})
    copy = replace(project, root=shutil.copytree(project.root, tmp_path / "copy"), params=params)
    folder = shutil.copytree(project.build / "model", tmp_path / "champion")
    monkeypatch.setattr(versions, "champion_folder", lambda _: folder)
    monkeypatch.setattr(analysis, "RESAMPLES", analysis.FEW)
    return copy, folder


def test_gate_and_report_say_on_how_many_rows(compared: tuple[pipeline.Project, Path]) -> None:
    project, folder = compared
    rows = len(project.dataset("test").frame())
    passed, reason, limits = told(project)
    assert passed
    assert f"on {rows} rows that neither has seen" in reason
    assert f"rests on {rows} of {rows} test rows" in limits
    note = read_json(folder / SEEN, "train")
    half = seen(train_on_tested(project, each=2))
    write_json(folder / SEEN, {**note, "rows": half["rows"]})
    passed, reason, limits = told(project)
    kept = int(unseen(project, folder).sum())
    assert 0 < kept < rows
    assert passed
    assert f"on {kept} rows that neither has seen" in reason
    assert f"rests on {kept} of {rows} test rows" in limits
    figures = read_json(project.reports / "metrics.json", "evaluate")
    assert figures["champion"]["metrics"] == figures["champion"]["model"]
    assert figures["intervals"]["champion"] != figures["intervals"]["model"]
    assert f"champion champion, {kept} rows" in (project.reports / "report.md").read_text(encoding="utf-8")


def train_on_tested(project: pipeline.Project, each: int) -> pipeline.Project:
    """The same model as if it had been trained on each second (or each) test row; the first of a class is left."""
    root = project.root.with_name("trained on the test")
    other = replace(project, root=shutil.copytree(project.root, root))
    data = other.build / "data"
    trained, tested = (pd.read_parquet(data / f"{part}.parquet") for part in ("train", "test"))
    kinds = tested[project.params.target[0]]
    if project.params.task == "regression":
        kinds = kinds.isna()  # all alike
    places = tested.groupby(kinds).cumcount()
    more = tested[places % each == each - 1]
    pd.concat([trained, more]).to_parquet(data / "train.parquet", index=False)
    return other


def test_gate_and_report_say_why_nothing_is_compared(compared: tuple[pipeline.Project, Path]) -> None:
    project, folder = compared
    note = (folder / SEEN).read_text(encoding="utf-8")
    all_seen = seen(train_on_tested(project, each=1))
    cases = {
        "made before versions noted": None,
        "0 test rows are such that neither has seen, required ≥ 2": {**json.loads(note), "rows": all_seen["rows"]},
        "told by nothing, gone": {**json.loads(note), "columns": {"nothing": "number"}},
    }
    for why, content in cases.items():
        (folder / SEEN).unlink(missing_ok=True)
        if content:
            write_json(folder / SEEN, content)
        passed, reason, limits = told(project)
        assert passed
        assert reason.startswith("not compared with champion: ")
        assert why in reason
        assert "Not compared with the champion champion: " in limits
        assert why in limits


def test_the_gate_judges_by_the_rows_that_neither_has_seen() -> None:
    policy = Gate()
    champion: dict[str, Any] = {"version": "1", "metrics": {"f": 0.9}, "model": {"f": 0.8}, "rows": 20}
    assert not_compared(champion, policy, "f") == ""
    assert "19 test rows" in not_compared(champion | {"rows": 19}, policy, "f")
    assert "not defined" in not_compared(champion | {"metrics": {}}, policy, "f")
    assert "not defined" in not_compared(champion | {"metrics": {"f": float("nan")}}, policy, "f")
    assert Objective(metric="f").direction == "maximize"


@pytest.mark.parametrize(
    ("model", "passes"),
    [({"f": 0.9}, True), ({"f": 0.8}, False), ({}, False), ({"f": float("nan")}, False)],
)
def test_a_worse_model_is_blocked_whatever_it_is_on_other_rows(
    project: pipeline.Project, model: dict[str, float], passes: bool
) -> None:
    figures = read_json(project.reports / "metrics.json", "evaluate")
    figures["test"] = {"f": 1.0}
    figures["champion"] = {"version": "1", "metrics": {"f": 0.9}, "model": model, "rows": 20}
    objective = Objective(metric="f", direction="maximize")
    judged = replace(project, params=project.params.model_copy(update={"objective": objective}))
    assert {each.rule: each.passed for each in judge(judged, figures)}["champion"] is passes
