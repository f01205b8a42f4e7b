"""A story starts with an empty template and no project; nothing of this machine's user is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from goldenpath import engine
from tests.update.story import Story


@pytest.fixture
def story(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Story]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(tmp_path / "settings.yml"))
    (tmp_path / "settings.yml").write_text("{}\n")
    template = tmp_path / "template"
    template.mkdir()
    yield Story(template, tmp_path / "project", capsys)
    engine.forget()
