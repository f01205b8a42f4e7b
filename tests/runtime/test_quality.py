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
from goldenpath_runtime.files import read_json
from goldenpath_runtime.interface import Dataset
from goldenpath_runtime.quality import analysis, checks, plots, seen
from goldenpath_runtime.schema import Column
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
