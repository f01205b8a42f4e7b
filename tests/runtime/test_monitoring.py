"""Tests of sampling, drift, retraining's reasons and the pipeline's own figures."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from goldenpath_runtime.__main__ import main
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.inference import Scorer
from goldenpath_runtime.pipeline import Project, open_project
from goldenpath_runtime.prepare import prepare_data
from goldenpath_runtime.store.labels import read_labels
from goldenpath_runtime.store.ledger import Store, append
from goldenpath_runtime.store.register import register_model
from goldenpath_runtime.store.samples import Sampler
from goldenpath_runtime.watch.health import figures
from goldenpath_runtime.watch.monitor import examine


def sample(project: Project, url: str, order: Any) -> tuple[list[float], dict[str, Any]]:
    """Keep these of the model's own rows as if they had been answered; what was lost, and model.json."""
    scorer, data = Scorer(project.build / "model"), project.dataset("test")
    parts = [project.dataset(part).frame() for part in ("test", "validation", "train")]
    columns = data.columns(pd.concat(parts, ignore_index=True))
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*(c.tolist() for c in columns.values()), strict=True)]
    scores = scorer.score(data.columns(pd.concat(parts[:2], ignore_index=True)))
    lost: list[float] = []
    sampler = Sampler(url, scorer.info, lost.append)
    sampler.keep({"x-request-id": "test"}, [rows[i % len(rows)] for i in order], scores[np.array(order) % len(scores)])
    sampler.close()
    return lost, scorer.info


def test_own_rows_are_no_drift_few_say_nothing_and_one_row_again_and_again_is(project: Project, tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    version = register_model(store, project, force="a test")
    with pytest.raises(ProjectError, match="no champion"):
        examine(store, project)
    append(store, project.name, "promote", env="production", version=version)
    order = np.random.default_rng(0).permutation(100_000)
    for rows, verdict in ((order[:10], "too-little-data"), (order[:900], "stable"), ([0] * 900, "drift")):
        since = datetime.now(UTC).isoformat()
        assert not sample(project, str(tmp_path), rows)[0]
        assert examine(store, project, since=since) == verdict
        assert (project.reports / "monitor.verdict").read_text(encoding="utf-8") == f"{verdict}\n"


def test_labels_give_a_quality(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDENPATH_STORE", str(tmp_path))
    store = Store(str(tmp_path))
    version = register_model(store, project, force="a test")
    info, labels = sample(project, str(tmp_path), range(60))[1], tmp_path / "labels.csv"
    told = [{target: (info["classes"] or [1.0, 2.0])[i % 2] for target in info["targets"]} for i in range(60)]
    pd.DataFrame([{"id": f"test/{i}", **truth} for i, truth in enumerate(told)]).to_csv(labels, index=False)
    assert main(["labels", "--model", project.name, str(labels)]) == 0
    examine(store, project, version)
    found = json.loads((project.reports / "monitor.json").read_text(encoding="utf-8"))
    assert found["labels"] == 60
    assert found["quality"]
    pd.DataFrame([{"id": "test/0"}]).to_csv(labels, index=False)
    assert main(["labels", "--model", project.name, str(labels)]) == 1


def test_labels_are_read_like_rows(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id is text, whatever it looks like; a file in another format is refused with the line to type."""
    monkeypatch.setenv("GOLDENPATH_STORE", str(tmp_path))
    store, words = Store(str(tmp_path)), ["labels", "--model", project.name, str(tmp_path / "labels.csv")]
    version = register_model(store, project, force="a test")
    append(store, project.name, "promote", env="production", version=version)
    info = json.loads((project.build / "model" / "model.json").read_text(encoding="utf-8"))
    truth = dict.fromkeys(info["targets"], info["classes"][0] if info["classes"] else 1.5)
    ids = ["007", "NA", "1e3", "x/0"]
    rows = pd.DataFrame([{"id": key, **truth} for key in ids])
    rows.to_csv(words[-1], index=False)
    assert main(words) == 0
    assert dict(read_labels(store, project.name)) == dict.fromkeys(ids, truth)
    rows.to_csv(words[-1], index=False, sep=";")
    assert main(words) == 1
    assert 'write `separator: ";"` under data in params.yaml' in capsys.readouterr().err


def test_a_store_that_is_down_costs_samples_only(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert sample(project, str(tmp_path / "file"), [0, 1])[0] == [2]


def test_health_counts_what_the_ledger_says() -> None:
    events = ["register a", "promote a", "register b", "rollout b", "promote b", "rollback a", "abort c", "retrain d"]
    entries = [dict(zip(("event", "version"), event.split(), strict=True)) for event in events]
    more = [{"at": f"2026-01-01T0{hour}:00:00+00:00", "env": "production", "reason": "ci"} for hour in range(8)]
    found = figures([a | b for a, b in zip(entries, more, strict=True)], datetime(2026, 1, 2, tzinfo=UTC))
    counted = [found[name] for name in ("promotions", "changes", "change_failure_rate", "lead_time_hours", "champion")]
    assert counted == [2, 3, 2 / 3, 1.5, "a"]
    assert [found["time_to_restore_hours"], found["last_retrain_reason"]] == [1, "ci"]


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        ("params.yaml", "", "monitor: {MODEL: {dayz: 7}}\n", "monitor.MODEL.dayz: unknown key; did you mean days?"),
        ("params.yaml", "", "monitor: {MODEL: {max_psi: big}}\n", "params.yaml: monitor.MODEL.max_psi: "),
        ("params.yaml", "", "monitor: {MODELS: {days: 7}}\n", "'MODELS'; there are: MODEL; did you mean MODEL?"),
        (
            "environments/production.yaml",
            "release:",
            "relase:",
            "production.yaml: relase: unknown key; did you mean release?",
        ),
        (
            "environments/production.yaml",
            "release: approval",
            "release: asked",
            "release: Input should be 'approval' or",
        ),
        (
            "environments/production.yaml",
            "[5, 25, 50]",
            "[5, 250]",
            "rollout.steps.1: Input should be less than or equal to 100",
        ),
        (
            "params.yaml",
            "thresholds:",
            "thresholds:\n        nothing_like_it: {min: 0}",
            "give no nothing_like_it; they give ",
        ),
        ("environments/other.yaml", "", "acept: {}\n", "other.yaml: acept: unknown key; did you mean accept?"),
    ],
)
@pytest.mark.parametrize("small", [True, False])
def test_a_wrong_setting_is_found_before_anything_is_trained(  # noqa: PLR0913
    path: str,
    old: str,
    new: str,
    says: str,
    small: bool,
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("data", "environments"):
        shutil.copytree(name, tmp_path / name)
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    new, says = (text.replace("MODEL", project.name) for text in (new, says))
    text = Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""
    assert old in text
    Path(path).write_text(text.replace(old, new) if old else text + new, encoding="utf-8")
    with pytest.raises(ProjectError) as found:
        prepare_data(replace(open_project(project.name), root=tmp_path), sample=small)
    assert says in str(found.value)
    assert not Path("build").exists()
