"""No file of a project is git's own, whatever a file system calls it, and none is outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from goldenpath import paths, project
from goldenpath.applying import disk
from goldenpath.errors import GoldenpathError
from goldenpath.plan import Change, Kind, Plan, State
from goldenpath.tree import FILE, File
from tests.support import commit_all, git

GITS_OWN = [
    ".git/config",
    ".git",
    "sub/.git/hooks/pre-commit",
    ".GIT/HEAD",
    ".Git",
    "git~1/config",
    "GIT~1/config",
    ".git./config",
    ".git /config",
    ".git . ./config",
    ".git::$INDEX_ALLOCATION/config",
    ".git:stream",
    "a\\.git\\config",
    ".git\\config",
    ".g\u200cit/config",
    ".gi\ufefft/hooks/post-checkout",
]
OUTSIDE = [
    "/etc/passwd",
    "../up",
    "a/../../up",
    "..",
    "C:/x",
    "c:x",
    "\\\\server\\share",
    "a\\..\\..\\up",
    "",
    "a//b",
    "./a",
    "a\0b",
]
FINE = [
    ".gitignore",
    ".gitattributes",
    ".github/workflows/check.yml",
    "a.git/x",
    ".gitx/config",
    "git/config",
    "git~2",
    "docs/..hidden",
    "...",
    "a b/c:d.txt",
    "Überblick/ß.md",
]


@pytest.mark.parametrize("path", [*GITS_OWN, *OUTSIDE])
def test_what_no_file_may_be_called(path: str) -> None:
    assert paths.refusal(path)


@pytest.mark.parametrize("path", FINE)
def test_what_a_file_may_be_called(path: str) -> None:
    assert paths.refusal(path) is None


def plan(folder: Path, change: Change) -> Plan:
    state = State("1.0.0", "v1.0.0")
    return Plan(folder, "a template", state, state, "safe", None, [change])


@pytest.mark.parametrize("path", [".git/config", "a/.GIT/x", "../up", "/abs"])
def test_no_plan_has_such_a_path(path: str, tmp_path: Path) -> None:
    file = File(FILE, b"x")
    for change in (
        Change(path, Kind.REMOVE, file, None, ""),
        Change("fine.txt", Kind.MOVE, None, file, "", source=path),
    ):
        with pytest.raises(GoldenpathError, match="no update may touch"):
            plan(tmp_path, change)
    assert plan(tmp_path, Change("fine.txt", Kind.ADD, None, file, "")).writes


@pytest.mark.parametrize("path", [".git/config", ".git/hooks/pre-commit", "../up", "a/.GIT/x"])
@pytest.mark.parametrize("file", [None, File(FILE, b"x")], ids=["remove", "write"])
def test_no_such_path_gets_to_the_disk(path: str, file: File | None, tmp_path: Path) -> None:
    """Also where somebody edited the state file that `--abort` reads."""
    place = tmp_path / "project"
    place.mkdir()
    (place / ".copier-answers.yml").write_text("_commit: v1.0.0\n_src_path: /t\n")
    commit_all(place, "All")
    before = (place / ".git/config").read_bytes()
    with pytest.raises(GoldenpathError, match="no update may touch"):
        disk.write(project.open_project(place), {"fine.txt": File(FILE, b"x"), path: file})
    assert (place / ".git/config").read_bytes() == before
    assert git(place, "status", "--porcelain") == ""
    assert not (tmp_path / "up").exists()
