"""Tests that the checks of the data and the analysis of the model work on yours."""

import json
import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from goldenpath_runtime import ProjectError, pipeline
from goldenpath_runtime.config import Checks
from goldenpath_runtime.quality import analysis, checks
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
    with pytest.raises(ProjectError, match=f"{name} is banned"):
        check(project, {}, banned=[name])


def test_old_rows_are_refused(project: pipeline.Project) -> None:
    dated = {"train": project.dataset("train").frame().assign(when=pd.Timestamp("2026-01-01", tz="UTC"))}
    check(project, dated, max_age_days={"when": 30})
    with pytest.raises(ProjectError, match="newest when"):
        check(project, dated, max_age_days={"when": 29})
    with pytest.raises(ProjectError, match="no time"):
        check(project, {"train": dated["train"].assign(when="yesterday")}, max_age_days={"when": 29})


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
