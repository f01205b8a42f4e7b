"""An update that ends between two of its steps: what is told of it, and the way back."""

from __future__ import annotations

import sys

import pytest

from tests.support import git
from tests.unit.conftest import machine  # noqa: F401 (a fixture)
from tests.update.small import MANY, Small, goldenpath, look
from tests.update.test_faults import check_unchanged, run

DYING = """
import os, sys
from pathlib import Path
from goldenpath.main import main

prefix, left, replace = sys.argv[1], int(sys.argv[2]), Path.replace

def dying(self, target):
    global left
    left -= self.name.startswith(prefix)
    if not left:
        os._exit(9)
    return replace(self, target)

Path.replace = dying
main(sys.argv[3:])
"""


def die(small: Small, prefix: str, number: int, *arguments: str) -> None:
    """Run a command that ends at once, before it puts a file in its place whose own name begins with `prefix`."""
    code, said = run([sys.executable, "-c", DYING, prefix, str(number), *arguments], cwd=small.project)
    assert code == 9, said


def test_a_lock_of_git_that_a_killed_update_left(small: Small) -> None:
    """Between two steps of marking conflicts git's lock is ours: nobody else would remove it."""
    before = look(small.project)
    die(small, "index.lock", 1, "update")
    assert (small.project / ".git/index.lock").is_file()
    assert goldenpath("status", small.project).code == 3
    assert goldenpath("update", "--abort", small.project).code == 0
    assert not (small.project / ".git/index.lock").exists()
    check_unchanged(small, before)


@pytest.mark.parametrize("number", [1, pytest.param(MANY, marks=pytest.mark.life)])
@pytest.mark.parametrize("back", [False, True])
def test_half_way_is_called_unfinished(number: int, back: bool, small: Small) -> None:
    before = look(small.project)
    if back:
        assert goldenpath("update", small.project).code == 3
    die(small, ".goldenpath-new-", number, "update", *(["--abort"] if back else []))
    said = goldenpath("status", "--json", small.project)
    assert (said.code, "was cut off" in str(said.json["unfinished"])) == (3, True), said.out
    assert goldenpath("update", "--abort", small.project).code == 0
    check_unchanged(small, before)


@pytest.mark.parametrize("text", [None, "second\n"])
def test_what_a_way_back_has_kept_when_it_is_cut_off_itself(text: str | None, small: Small) -> None:
    """It goes on with what was kept already, whatever was restored since."""
    assert goldenpath("update", small.project).code == 3
    (small.project / "clash.txt").write_text("first\n")
    die(small, ".goldenpath-new-", MANY // 2, "update", "--abort")
    if text:
        (small.project / "wide/1.txt").write_text(text)
    done = goldenpath("update", "--abort", small.project)
    assert (done.code, "clash.txt" in done.out) == (0, True), done.out
    assert git(small.project, "show", "refs/goldenpath/rescued:clash.txt") == "first\n"
    if text:
        assert git(small.project, "show", "refs/goldenpath/rescued:wide/1.txt") == text


def test_a_lock_of_git_that_is_not_ours_stays(small: Small) -> None:
    assert goldenpath("update", small.project).code == 3
    lock = small.project / ".git/index.lock"
    lock.write_text("")
    assert goldenpath("update", "--abort", small.project).code == 1
    assert lock.is_file()
    assert goldenpath("status", small.project).code == 3
    lock.unlink()
    assert goldenpath("update", "--abort", small.project).code == 0
