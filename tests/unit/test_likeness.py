"""What counts as the same file under another name, and what only as one of the same kind."""

from __future__ import annotations

import pytest

from goldenpath.merging.likeness import HALF, MOST, Heir, heir
from goldenpath.tree import FILE, LINK, File


def text(*parts: str) -> File:
    """A file of named parts, ten lines each."""
    return File(FILE, "".join(f"{part} {number}\n" for part in parts for number in range(10)).encode())


KIND = ("name", "on", "jobs")  # what all files of one kind have
OLD = text(*KIND, "lint", "more")


def test_a_file_that_only_changed_a_little_is_sure() -> None:
    after = {"new.yml": text(*KIND, "lint", "other"), "far.yml": text("far")}
    assert heir("old.yml", {"old.yml": OLD}, after, MOST) == Heir("new.yml", sure=True)


@pytest.mark.parametrize("gone", [True, False], ids=["went", "stays"])
def test_a_new_file_that_is_as_like_another_old_one_is_not(gone: bool) -> None:
    new = text(*KIND, "docs", "page")
    before = {"old.yml": OLD, "test.yml": text(*KIND, "test", "unit")}
    after = {"new.yml": new} | ({} if gone else {"test.yml": before["test.yml"]})
    assert heir("old.yml", before, after, MOST) == Heir("new.yml", sure=False)


def test_one_of_two_likely_ones_is_not() -> None:
    after = {"one.yml": text(*KIND, "lint", "one"), "two.yml": text(*KIND, "lint", "two")}
    assert heir("old.yml", {"old.yml": OLD}, after, MOST) == Heir("one.yml", sure=False)
    assert heir("old.yml", {"old.yml": OLD}, after | {"three.yml": OLD}, MOST) == Heir("three.yml", sure=True)
    assert heir("old.yml", {"old.yml": OLD}, {"one.yml": OLD, "two.yml": OLD}, MOST) == Heir(
        "one.yml", sure=False
    )


def test_what_is_not_like_enough_is_none() -> None:
    half = {"new.yml": text(*KIND, "docs", "page", "deploy")}
    assert heir("old.yml", {"old.yml": OLD}, half, MOST) is None
    assert heir("old.yml", {"old.yml": OLD}, half, HALF) == Heir("new.yml", sure=True)
    reordered = {"new.yml": File(FILE, b"".join(reversed(OLD.content.splitlines(keepends=True))))}
    assert heir("old.yml", {"old.yml": OLD}, reordered, HALF) is None


def test_files_without_lines_are_like_nothing_but_themselves() -> None:
    empty, binary, link = File(FILE, b""), File(FILE, b"a\n" * 50 + b"\0"), File(LINK, b"there")
    for file in (empty, link):
        assert heir("a", {"a": file}, {"b": file}, HALF) is None
    assert heir("a", {"a": binary}, {"b": File(FILE, b"a\n" * 50 + b"\0\1")}, HALF) is None
    assert heir("a", {"a": binary}, {"b": binary}, HALF) == Heir("b", sure=True)
    blank = File(FILE, b"\n" * 30 + b"one\n")
    assert heir("a", {"a": blank}, {"b": File(FILE, b"\n" * 30 + b"two\n")}, HALF) is None
