"""Delivery: what is judged, who is champion, and that the ledger loses nothing.

The processes themselves are not started here: `make deploy accept` does that.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from goldenpath_runtime.deliver.environments import Desired, Rollout, read_environment, set_version
from goldenpath_runtime.deploy.rollout import compare, judge
from goldenpath_runtime.deploy.router import differ
from goldenpath_runtime.store.ledger import Store, append, ledger
from goldenpath_runtime.store.versions import champions

GOOD: Mapping[str, Any] = {"requests": 200, "errors": 0, "refused": 0, "p50_ms": 1.0, "p99_ms": 5.0}


@pytest.mark.parametrize(
    ("worse", "seen", "rule"),
    [
        ({}, {}, None),
        ({"errors": 10}, {}, "errors"),
        ({"refused": 10}, {}, "refusals"),
        ({"p50_ms": 9.0}, {}, "slowdown"),
        ({"p99_ms": 2000.0}, {}, "time"),
        ({}, {"disagreed": 60}, "other answers"),
    ],
)
def test_a_version_that_does_worse_is_noticed(worse: dict[str, Any], seen: dict[str, Any], rule: str | None) -> None:
    figures = {"versions": {"new": {**GOOD, **worse}, "old": GOOD}, "compared": 200, "disagreed": 0, **seen}
    change: Any = SimpleNamespace(new="new", old="old", policy=Rollout())
    failed = [finding.rule for finding in judge(figures, {}, change) if not finding.passed]
    assert failed == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("new", "old", "word"),
    [
        ([0.0, 1.0] * 50, [0.0, 1.0] * 50, "no-difference"),
        ([0.0] * 100, [0.0, 1.0] * 50, "better"),
        ([0.0, 1.0] * 50, [0.0] * 100, "worse"),
        ([0.0] * 10, [1.0] * 100, "too-little-data"),
    ],
)
def test_quality_is_compared_by_a_test(new: list[float], old: list[float], word: str) -> None:
    assert compare(new, old, 0.05)[0] == word


def test_answers_differ_by_label_or_by_a_tenth() -> None:
    assert differ({"label": "a"}, {"label": "b"})
    assert differ({"values": {"y": 1.0}}, {"values": {"y": 1.2}})
    assert not differ({"values": {"y": 1.0}}, {"values": {"y": 1.05}})


def test_a_rollback_takes_back_what_came_after() -> None:
    entries = [{"event": "promote", "env": "production", "version": version} for version in ("a", "b", "b", "c")]
    assert champions(entries) == ["a", "b", "c"]
    assert champions([*entries, {"event": "rollback", "env": "production", "version": "b"}]) == ["a", "b"]


def test_writers_at_once_lose_no_entry(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: append(store, "model", "test", i=i), range(40)))
    entries = ledger(store, "model")
    assert [entry["number"] for entry in entries] == list(range(1, 41))
    assert {entry["i"] for entry in entries} == set(range(40))


def test_promoting_keeps_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Path("environments/production.yaml").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    path = Path("environments/production.yaml")
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    set_version("production", "model", Desired(version="v", sha256="s"), "Promote")
    assert read_environment("production").models["model"].version == "v"
    assert path.read_text(encoding="utf-8").startswith(text.splitlines()[0])
