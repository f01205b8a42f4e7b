"""Trees to and from the disk. How a write that breaks leaves nothing is in `test_new`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from goldenpath import tree
from goldenpath.errors import GoldenpathError
from goldenpath.tree import EXECUTABLE, FILE, File, Tree

SAMPLE = Tree({"a/b.txt": File(FILE, b"\xff\r\n"), "run": File(EXECUTABLE, b""), "z": File(FILE, b"z")})


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    tree.write(SAMPLE, tmp_path)
    (tmp_path / "empty/folder").mkdir(parents=True)
    assert tree.read(tmp_path) == SAMPLE
    assert list(tree.read(tmp_path).files) == ["a/b.txt", "run", "z"]
    assert SAMPLE.size == 4


def test_links_are_read_as_links(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    assert tree.read(tmp_path).files == {"link": tree.File(tree.LINK, b"folder")}


def test_pipes_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(GoldenpathError, match="'pipe' is not a plain file"):
        tree.read(tmp_path)


def test_a_link_to_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "demo").symlink_to(tmp_path / "nowhere")
    with pytest.raises(GoldenpathError, match="is a file"):
        tree.check_destination(tmp_path / "demo")


def test_a_good_destination_is_left_as_it_was(tmp_path: Path) -> None:
    work = tmp_path / "work"
    tree.check_destination(work)
    tree.check_destination(work / "new")
    assert list(work.iterdir()) == []
