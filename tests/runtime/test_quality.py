"""Tests that the checks of the data and the analysis of the model work on yours."""

import json
import re
import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from goldenpath_runtime import ProjectError, pipeline
from goldenpath_runtime.config import Checks
from goldenpath_runtime import report
from goldenpath_runtime.files import read_json
from goldenpath_runtime.interface import Dataset
from goldenpath_runtime.quality import analysis, checks, plots, seen
from goldenpath_runtime.schema import Column, Schema
from goldenpath_runtime.store import versions

NOW = datetime(2026, 1, 31, tzinfo=UTC)
LAX = {"max_duplicates": 1.0, "max_leakage": 1.0, "min_class_share": 0.0}


def check(project: pipeline.Project, changed: Mapping[str, pd.DataFrame], **policy: object) -> None:
    """Check the parts of the sample, some of them changed, for nothing but what is given."""
    parts = {name: project.dataset(name).frame() for name in ("train", "validation", "test")} | dict(changed)
    data = project.params.data.model_copy(update={"checks": Checks.model_validate(LAX | policy)})
    params = project.params.model_copy(update={"data": data})
    checks.check_data(pd.concat(parts.values()), parts, params, project.model.schema, NOW)


def test_copies_are_refused(project: pipeline.Project) -> None:
    train = project.dataset("train").frame()
    check(project, {"train": train}, max_duplicates=0.6)
    with pytest.raises(ProjectError, match="max_duplicates"):
        check(project, {"train": pd.concat([train] * 5)}, max_duplicates=0.6)


def test_rows_that_are_also_trained_on_are_refused(project: pipeline.Project) -> None:
    rows = pd.concat([project.dataset(name).frame() for name in ("validation", "test")])
    with pytest.raises(ProjectError, match="max_leakage"):
        check(project, {"train": rows}, max_leakage=0.9)


def test_rare_classes_are_refused(project: pipeline.Project) -> None:
    has_classes = project.params.task == "classification"
    with pytest.raises(ProjectError, match="min_class_share") if has_classes else nullcontext():
        check(project, {}, min_class_share=0.9)


def test_banned_columns_are_refused(project: pipeline.Project) -> None:
    name = next(iter(project.model.columns))
    with pytest.raises(ProjectError, match=re.escape(f"{name} is banned")):
        check(project, {}, banned=[name])


def test_old_rows_are_refused(project: pipeline.Project) -> None:
    dated = {"train": project.dataset("train").frame().assign(when=pd.Timestamp("2026-01-01", tz="UTC"))}
    check(project, dated, max_age_days={"when": 30})
    with pytest.raises(ProjectError, match="newest when"):
        check(project, dated, max_age_days={"when": 29})
    with pytest.raises(ProjectError, match="no time"):
        check(project, {"train": dated["train"].assign(when="yesterday")}, max_age_days={"when": 29})


def looked_at(rows: pd.DataFrame, folder: Path, *, classes: tuple[str, ...] = ("0", "1")) -> dict[str, Any]:
    """What is found of these rows after a shuffle, as splits were before there were groups."""
    rows = rows.sample(frac=1, random_state=0)
    features = {str(name): Column(type="number") for name in rows if str(name).startswith("x")}
    parts = []
    for name, part in (("train", rows.iloc[: len(rows) * 3 // 4]), ("test", rows.iloc[len(rows) * 3 // 4 :])):
        part.to_parquet(folder / name, index=False)
        parts.append(Dataset(folder / name, features, ("y",), classes))
    return seen.examine(parts[0], parts[1], "accuracy", lambda mask: {"accuracy": float(mask.mean())})


def visits(noise: float) -> pd.DataFrame:
    """Sixty patients with ten visits each, whose target is one of the patient and nothing else."""
    rng, patient = np.random.default_rng(0), np.repeat(np.arange(60), 10)
    values = rng.normal(size=(60, 5))[patient] + noise * rng.normal(size=(600, 5))
    rows = pd.DataFrame(values, columns=[f"x{i}" for i in range(5)])
    return rows.assign(patient=[f"p{i}" for i in patient], y=rng.integers(0, 2, 60)[patient])


def test_near_copies_are_named_beside_what_chance_explains(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    alone = pd.DataFrame(rng.normal(size=(600, 5)), columns=[f"x{i}" for i in range(5)])
    alone["y"] = rng.integers(0, 2, 600)
    assert looked_at(alone, tmp_path)["limits"] == []
    copied = pd.concat([alone, alone.iloc[:370].assign(y=rng.integers(0, 2, 370))])
    (said,) = looked_at(copied, tmp_path)["limits"]
    assert re.search(
        r"^6\d\.\d% of the test rows are near copies .* \(0\.0% by chance\); on the other 90 rows accuracy is", said
    )
    near = looked_at(visits(0.01).drop(columns="patient"), tmp_path)["near_copies"]
    assert near["share"] > 0.9
    assert near["by_chance"] < 0.05
    coarse = alone.round(0).clip(-1, 1).drop(columns=["x3", "x4"])
    found = looked_at(coarse, tmp_path)
    assert found["near_copies"]["share"] == 1
    assert found["limits"] == []


ALIKE = {
    "a line": lambda z, noise: {"x0": z, "x1": 3 * z + noise / 10},
    "against each other": lambda z, noise: {"x0": z, "x1": -z + noise / 20},
    "one of the other": lambda z, noise: {"x0": np.exp(z), "x1": np.exp(2 * z + noise / 10)},
    "five answers of five": lambda z, noise: {
        f"x{i}": (z + np.roll(noise, i) / 2).round().clip(-2, 2) for i in range(5)
    },
    "a kind and its size": lambda z, noise: {"x0": np.where(z > 0, "b", "a"), "x1": z, "x2": z + noise / 10},
}


@pytest.mark.parametrize("name", ALIKE)
def test_rows_of_columns_that_depend_on_each_other_are_no_copies(name: str) -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(ALIKE[name](rng.normal(size=900), rng.normal(size=900)))
    near, by_chance = seen.near_copies(rows.iloc[:600], rows.iloc[600:])
    assert near.mean() > 0.4
    assert by_chance == pytest.approx(near.mean(), abs=seen.MORE / 2)


def test_copies_among_rows_of_columns_that_depend_on_each_other_are_found() -> None:
    rng = np.random.default_rng(0)
    size = rng.normal(size=(500, 1)) + rng.normal(size=(500, 6)) / 2
    rows = pd.DataFrame(size, columns=[f"x{i}" for i in range(6)])
    near, by_chance = seen.near_copies(rows, rows.iloc[:150] + 0.001)
    assert near.mean() > 0.9
    assert by_chance < 0.1


def days(rows: int) -> pd.Series:
    return pd.Series(pd.date_range("2026-01-01", periods=rows, tz="UTC"))


@pytest.mark.parametrize("classes", [("0", "1"), ()])
def test_a_target_that_goes_on_in_time_is_named(classes: tuple[str, ...], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    walk = rng.normal(size=600).cumsum()
    rows = pd.DataFrame({"x0": rng.normal(size=600), "when": days(600), "y": walk})
    if classes:
        rows["y"] = (np.sin(np.arange(600) / 20) > 0).astype(int)
    found = looked_at(rows, tmp_path, classes=classes)
    (said,) = found["limits"]
    assert "no newer than rows that were trained on, of which the nearest in when tell 9" in said
    assert "For new ones the figures may not hold" in said
    assert "write `split: {by: time, column: when}` in params.yaml" in said
    for other in (
        rows.assign(when=rows["when"].sample(frac=1, random_state=1).to_numpy()),
        rows.assign(when=pd.NaT),
        rows.assign(y=rows["y"].sample(frac=1, random_state=1).to_numpy()),
    ):
        dated = other.assign(when=pd.to_datetime(other["when"], utc=True))
        assert looked_at(dated, tmp_path, classes=classes)["limits"] == []


def test_few_rows_of_noise_go_on_in_nothing(tmp_path: Path) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = pd.DataFrame({"x0": rng.normal(size=160), "when": days(160), "y": rng.integers(0, 2, 160)})
        assert looked_at(rows, tmp_path)["limits"] == [], seed


def test_a_test_of_newer_rows_alone_is_not_named(tmp_path: Path) -> None:
    rows = pd.DataFrame({"x0": range(40), "when": days(40), "y": [0] * 30 + [1] * 10})
    parts = []
    for name, part in (("train", rows.iloc[:30]), ("test", rows.iloc[30:])):
        part.to_parquet(tmp_path / name, index=False)
        parts.append(Dataset(tmp_path / name, {"x0": Column(type="number")}, ("y",), ("0", "1")))
    found = seen.examine(parts[0], parts[1], "accuracy", lambda mask: {})
    assert [(group["by"], group["share"]) for group in found["groups"]] == [("time", 0.0)]
    assert found["limits"] == []


def notes(project: pipeline.Project, later: Mapping[str, object] | None = None, **columns: object) -> str:
    """The limits of three hundred rows of two targets with these columns; in the test rows with the later ones."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"x": rng.normal(size=300), "y": rng.normal(size=300)})
    rows["kind"] = np.where(rng.random(300) < 0.3, "a", "b")
    for name, make in columns.items():
        rows[name] = make(rows) if callable(make) else make
    parts = {"train": rows[:180], "validation": rows[180:240], "test": rows[240:].assign(**(later or {}))}
    columns = {name: Column(type="number" if rows[name].dtype == float else "text") for name in rows}
    target = ["kind"] if project.params.task == "classification" else ["y"]
    hidden = {"kind", "y"} - set(target)
    schema = Schema(columns={name: column for name, column in columns.items() if name not in hidden})
    params = project.params.model_copy(update={"target": tuple(target), "data": project.params.data})
    parts = {name: part.reset_index(drop=True) for name, part in parts.items()}
    return " ".join(checks.check_data(rows, parts, params, schema, None)["limits"])


def test_a_column_that_tells_the_target_is_named(project: pipeline.Project) -> None:
    is_of_classes = project.params.task == "classification"
    target = "kind" if is_of_classes else "y"
    assert notes(project) == ""

    def number(rows: pd.DataFrame) -> pd.Series:
        return (rows["kind"] == "a").astype(float) if is_of_classes else rows["y"] ** 3

    def noisy(rows: pd.DataFrame) -> pd.Series:
        told = number(rows) if is_of_classes else rows["y"]
        return told + np.random.default_rng(1).normal(size=300) / 10

    for leak in (number, noisy):
        said = notes(project, z=leak)
        assert re.search(r"The column z alone tells (9[5-9]|100)\.\d% of ", said)
        assert f"of {target}: is it known when a prediction is requested?" in said
        assert said.count("The column") == 1

    def half(rows: pd.DataFrame) -> pd.Series:
        return number(rows).where(rows.index % 2 == 0, 0.5)

    assert notes(project, z=half) == ""
    if is_of_classes:
        assert "column z" in notes(project, z=lambda rows: rows["kind"] + "-1-" + rows.index.astype(str))
        assert notes(project, z="...") == ""


def test_what_the_test_rows_lack_is_named(project: pipeline.Project) -> None:
    if project.params.task == "classification":
        assert notes(project, {"kind": "b"}) == "No test row has kind = a: the figures say nothing of it."
    else:
        assert notes(project, {"y": 7.0}) == "All test rows have y = 7: any constant is as good."


def test_a_gain_that_may_be_chance_is_named(project: pipeline.Project) -> None:
    figures = read_json(project.reports / "metrics.json", "evaluate")
    low, high = figures["gain"]
    assert low <= high
    metric = project.params.objective.metric
    sign = 1 if project.params.objective.direction == "maximize" else -1
    gain = sign * (figures["test"][metric] - figures["baseline"][metric])
    spread = high - low
    assert low - spread - 1e-9 <= gain <= high + spread + 1e-9
    for bounds, is_named in (([-0.1, 0.2], True), ([0.0, 0.2], True), ([0.01, 0.2], False), ([], False)):
        limits = " ".join(report._limits(card(project, figures | {"gain": bounds})))
        assert ("The gain over the baseline may be chance" in limits) is is_named
    for rows, is_named in ((49, True), (50, False)):
        data = figures["data"] | {"rows": {"test": rows}}
        limits = " ".join(report._limits(card(project, figures | {"data": data})))
        assert (f"a single one is {1 / rows:.1%} of them" in limits) is is_named


def card(project: pipeline.Project, figures: Mapping[str, Any]) -> report.Card:
    return report.Card(project.params, {}, figures, ())


def test_groups_on_both_sides_are_named(tmp_path: Path) -> None:
    for rows, classes in ((visits(9), ("0", "1")), (visits(9).assign(y=lambda rows: rows["y"] * 2.5), ())):
        found = looked_at(rows, tmp_path, classes=classes)
        (said,) = found["limits"]
        assert "share their patient with rows that were trained on" in said
        assert "write `split: {by: group, column: patient}` in params.yaml" in said
        assert found["groups"][0]["told"] > 0.95
        shuffled = rows.assign(patient=rows["patient"].sample(frac=1, random_state=1).to_numpy())
        assert looked_at(shuffled, tmp_path, classes=classes)["limits"] == []
    numbered = visits(9).assign(patient=lambda rows: rows["patient"].str[1:].astype(int))
    assert len(looked_at(numbered, tmp_path)["limits"]) == 1
    apart = visits(9).assign(patient=[f"p{i}" for i in range(600)])
    assert looked_at(apart, tmp_path)["groups"] == [], "an id is no group"


def test_the_report_names_what_was_seen(project: pipeline.Project, tmp_path: Path) -> None:
    copy = replace(project, root=shutil.copytree(project.root, tmp_path / "copy"))
    data = copy.build / "data"
    shutil.copy(data / "train.parquet", data / "test.parquet")
    figures = pipeline.evaluate(copy, sample=True)
    assert figures["seen"]["near_copies"]["share"] == 1
    assert figures["seen"]["near_copies"]["unseen_rows"] == 0
    limits = pipeline.write_report(copy).read_text(encoding="utf-8").partition("## Limits")[2].partition("##")[0]
    assert "of the test rows are near copies of rows that were trained on" in limits


def test_the_champion_is_measured_beside_the_model(
    project: pipeline.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = replace(project, root=shutil.copytree(project.root, tmp_path / "copy"))
    folder = shutil.copytree(project.build / "model", tmp_path / "champion")
    monkeypatch.setattr(versions, "champion_folder", lambda _: folder)
    monkeypatch.setattr(analysis, "RESAMPLES", analysis.FEW)
    figures = pipeline.evaluate(copy)
    assert figures["champion"]["metrics"] == figures["test"]
    assert figures["intervals"]["champion"] == figures["intervals"]["model"]
    info = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps(info | {"targets": [], "classes": ["other"]}), encoding="utf-8")
    assert "other" in pipeline.evaluate(copy)["champion"]["problem"]


def test_the_report_shows_every_plot(project: pipeline.Project) -> None:
    text = (project.reports / "report.md").read_text(encoding="utf-8")
    plots = sorted(path.name for path in project.reports.glob("*.png"))
    assert plots == ["calibration.png", "candidates.png", "importance.png"]
    assert all(f"]({name})" in text for name in plots)


@pytest.mark.filterwarnings("error")
def test_plots_take_any_names(project: pipeline.Project, tmp_path: Path) -> None:
    figures = read_json(project.reports / "metrics.json", "evaluate")
    names = ["$\\frac$", "a $x$", "名前", "\\", "n" * 40 + "1", "n" * 40 + "2"]
    figures["importance"] = {name: 0.1 + i for i, name in enumerate(names)}
    bins = [{"predicted": 0.1, "observed": 0.2}, {"predicted": 0.9, "observed": 0.8}]
    figures["calibration"] = {name: {"bins": bins} for name in names}
    files = plots.plot(figures, tmp_path)
    assert all((tmp_path / name).stat().st_size > 1000 for name in files)
