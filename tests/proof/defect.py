"""A defect that is seeded into a rendered file, and who must find it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Defect(NamedTuple):
    """The first `old` in a rendered file becomes `new`; `judge` must then complain with one of `words`, parted by `|`."""

    what: str
    path: str
    old: str
    new: str
    judge: str
    words: str


def seed(project: Path, defect: Defect) -> None:
    """Break a file; the defect must fit it."""
    text = (project / defect.path).read_text("utf-8")
    assert defect.old in text, "the defect no longer fits the file"
    (project / defect.path).write_text(text.replace(defect.old, defect.new, 1), "utf-8")
