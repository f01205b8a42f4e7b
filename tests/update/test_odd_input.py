"""What looks like bad input and is none: the update is done, and can be taken back."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.support import git
from tests.unit.conftest import machine  # noqa: F401 (a fixture)
from tests.update import steps
from tests.update.small import Small, files_of, goldenpath, lines, look, put
from tests.update.steps import edit, updated

WORKS: dict[str, steps.Step] = {
    "detached HEAD": steps.detached,
    "shallow project": steps.shallow,
    "linked work tree": steps.work_tree,
    "folder of a repository": steps.below,
    "two answers files": steps.two_projects,
    "names that no text has": steps.not_utf8,
    "waiver that is over": steps.waived,
    "remote template": steps.remote,
    "damaged cache": steps.damaged_cache,
    "names that differ by case": edit("new/FILE.txt", "mine\n"),
    "links that the template does not touch": edit("mine/link", "x"),
}


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return steps.master(tmp_path_factory.mktemp("master"))


@pytest.fixture
def small(master: Small, tmp_path: Path) -> Small:
    (tmp_path / "pair").mkdir()
    return master.copied(tmp_path / "pair")


@pytest.mark.parametrize("name", WORKS)
def test_what_looks_odd_and_works(name: str, small: Small) -> None:
    WORKS[name](small)
    before = look(small.project)
    assert goldenpath("status", small.project).code == 4
    done = goldenpath("update", small.project)
    assert (done.code, done.err) == (0, "")
    assert (small.project / "a.txt").read_text() == lines("a", first="theirs")
    assert (small.project / "new/file.txt").read_text() == "new\n"
    assert {path: file for path, file in files_of(small.project).items() if path.startswith("mine/")} == {
        path: file for path, file in before.files.items() if path.startswith("mine/")
    }
    assert goldenpath("update", "--abort", small.project).code == 0
    assert look(small.project) == before


def test_a_folder_whose_name_is_no_text(master: Small, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    small = Small(master.template, Path(shutil.copytree(master.project, folder / "project")))
    assert goldenpath("update", "--json", small.project).code == 0
    assert (small.project / "new/file.txt").read_text() == "new\n"
    assert goldenpath("update", "--abort", small.project).code == 0


def test_a_waiver_that_is_over_is_named(small: Small) -> None:
    steps.waived(small)
    assert "A waiver is over since 2020-01-01: a.txt" in goldenpath("update", small.project).out


def test_a_binary_file_that_both_edited(small: Small) -> None:
    small.edit({"data.bin": b"\0mine"})
    before = look(small.project)
    assert goldenpath("update", small.project).code == 3
    assert (small.project / "data.bin").read_bytes() == b"\0mine"
    assert git(small.project, "cat-file", "blob", ":3:data.bin") == "\0\3"
    assert goldenpath("status", small.project).code == 3
    assert goldenpath("update", "--abort", small.project).code == 0
    assert look(small.project) == before


@pytest.mark.life
def test_a_huge_file_that_both_edited(small: Small) -> None:
    """50 MB, changed at one line."""
    middle = b"".join(b"line %d of a big file\n" % number for number in range(2_200_000))
    small.release({"project/big.txt": b"theirs\n" + middle}, "v1.2.0")
    small.edit({"big.txt": b"mine\n" + middle})
    began = time.monotonic()
    assert goldenpath("update", small.project).code == 3
    assert time.monotonic() - began < 60
    assert goldenpath("update", "--abort", small.project).code == 0
    assert (small.project / "big.txt").read_bytes() == b"mine\n" + middle


RESCUED = "refs/goldenpath/rescued"


def test_edits_made_since_an_update_are_kept_when_it_is_taken_back(small: Small) -> None:
    before = look(small.project)
    updated()(small)
    put(small.project, {"a.txt": "mine since\n", "mine/more.txt": "not the update's\n"})
    done = goldenpath("update", "--abort", small.project)
    assert (done.code, done.err) == (0, "")
    assert f"git checkout {RESCUED} -- a.txt" in done.out
    assert git(small.project, "show", f"{RESCUED}:a.txt") == "mine since\n"
    assert (small.project / "mine/more.txt").read_text() == "not the update's\n"
    (small.project / "mine/more.txt").unlink()
    assert look(small.project) == before


def test_what_was_kept_before_stays_within_reach(small: Small) -> None:
    for text in ("first\n", "second\n"):
        updated()(small)
        put(small.project, {"a.txt": text})
        assert goldenpath("update", "--abort", small.project).code == 0
    kept = git(small.project, "log", "--format=%H", RESCUED, "--", "a.txt").split()
    assert {git(small.project, "show", f"{commit}:a.txt") for commit in kept} >= {"first\n", "second\n"}


def test_a_folder_that_became_a_link_outside(small: Small) -> None:
    """The way back must not reach through it: what lies there is not the project's."""
    updated()(small)
    outside = (small.project / "new").rename(small.project.with_name("outside"))
    (small.project / "new").symlink_to(outside)
    seen = files_of(outside)
    assert goldenpath("update", "--abort", small.project).code == 0
    assert files_of(outside) == seen


def test_a_link_in_the_place_of_a_folder_that_goes_back(small: Small) -> None:
    small.edit({"kept/b.txt": "mine\n"})
    small.release({"project/kept/a.txt": "a\n"}, "v1.2.0")
    updated("Updated")(small)
    small.release({"project/kept/a.txt": "b\n"}, "v1.3.0")
    updated()(small)
    outside = (small.project / "kept").rename(small.project.with_name("outside"))
    (small.project / "kept").symlink_to(outside)
    seen = files_of(outside)
    done = goldenpath("update", "--abort", small.project)
    assert (done.code, "File exists" in done.err) == (1, True), done.err
    assert files_of(outside) == seen
    (small.project / "kept").unlink()
    assert goldenpath("update", "--abort", small.project).code == 0
    assert (small.project / "kept/a.txt").read_text() == "a\n"
