"""A story starts with an empty template and no project; nothing of this machine's user is known."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from goldenpath import engine
from tests.questionnaire import ROOT
from tests.releases import NEWEST, UNRELEASED, releases, require
from tests.support import commit_all, git
from tests.update.small import MANY, Small, lines, start
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


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository with a tag for every release, and the state of the work tree as the newest one."""
    folder = tmp_path_factory.mktemp("history") / "template"
    git(ROOT, "clone", "--quiet", "--no-hardlinks", "--no-tags", str(ROOT), str(folder))
    for release in releases():
        require(release)
        git(folder, "tag", release.tag, release.commit)
    present = _present_files()
    for path in git(folder, "ls-files", "-z").split("\0"):
        if path and path not in present:
            (folder / path).unlink()
    for path in present:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path, follow_symlinks=False)
    commit_all(folder, "The newest version")
    if not releases():
        git(folder, "tag", UNRELEASED.tag)
        commit_all(folder, "Nothing new")
    git(folder, "tag", NEWEST)
    return folder


def _present_files() -> set[str]:
    """The files of the work tree that are or may be committed."""
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    return {path for path in listed if path and (ROOT / path).is_file()}


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Many files that change, one that goes, one that comes, and a big one at the end."""
    small = start(
        tmp_path_factory.mktemp("master"),
        {
            **{f"project/wide/{number}.txt": f"{number}\n" * 40 for number in range(MANY)},
            "project/clash.txt": lines(),
            "project/gone.txt": lines("gone"),
            "project/locked/a.txt": lines("a"),
        },
    )
    small.edit({"clash.txt": lines(first="mine")})
    changed = {f"project/wide/{number}.txt": f"{number}\n" * 40 + "more\n" for number in range(MANY)}
    small.release(
        {
            **changed,
            "project/clash.txt": lines(first="theirs"),
            "project/gone.txt": None,
            "project/new/er.txt": "new\n",
            "project/locked/a.txt": lines("a", first="theirs"),
            "project/zzz.txt.jinja": "{{ 'a line of 16 b\n' * 32768 }}",
        }
    )
    return small


@pytest.fixture
def small(master: Small, tmp_path: Path) -> Small:
    (tmp_path / "pair").mkdir()
    return master.copied(tmp_path / "pair")
