"""What git is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from goldenpath import git
from goldenpath.errors import GoldenpathError, UsageError
from tests import support


def test_a_work_tree_is_found_from_within(tmp_path: Path) -> None:
    assert git.work_tree(tmp_path) is None
    support.git(tmp_path, "init", "--quiet")
    (tmp_path / "a/b").mkdir(parents=True)
    assert git.work_tree(tmp_path / "a/b") == tmp_path.resolve()
    assert git.work_tree(tmp_path / "not/yet/there") == tmp_path.resolve()


@pytest.mark.parametrize("name", ["main", "release/1.0", "trunk-2"])
def test_branch_names(name: str) -> None:
    git.check_branch(name)


@pytest.mark.parametrize("name", ["a..b", "a b", "a.lock", "", "-a", "a/", "@{-1}"])
def test_branch_names_that_are_none(name: str) -> None:
    with pytest.raises(UsageError, match="is not a branch name"):
        git.check_branch(name)


def test_a_step_that_git_refuses_is_told(tmp_path: Path) -> None:
    with pytest.raises(GoldenpathError, match=r"(?s)git failed: .*nothing to commit") as caught:
        git.start(tmp_path / "work", "main", "Start")
    assert "--no-git" in caught.value.hint


@pytest.mark.parametrize("missing", ["name", "email"])
def test_half_an_identity_is_none(tmp_path: Path, machine: Path, missing: str) -> None:
    user = {"name": "Ada", "email": "ada@example.com"}
    del user[missing]
    (machine / ".gitconfig").write_text(
        "[user]\n" + "".join(f" {key} = {value}\n" for key, value in user.items())
    )
    (tmp_path / "work/a").write_text("a")
    git.start(tmp_path / "work", "main", "Start")
    author = support.git(tmp_path / "work", "log", "--format=%ae").strip()
    assert author == "goldenpath@localhost"
