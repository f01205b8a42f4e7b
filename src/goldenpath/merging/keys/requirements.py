"""Files of requirements, as pip reads them: one a line, which a backslash makes go on in the next."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_NAME = re.compile(r"(?:^|[-_.])(?:requirements|constraints)(?:[-_.]|$)")
_LOGICAL = re.compile(r"(?:[^\n]*\\\r?\n)*[^\n]*\n?")
_CONTINUED = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"(?:^|[ \t])#[^\n]*")
_HASH = re.compile(r"[ \t]*(?:\\\r?\n)?[ \t]*--hash[= ]")


class Statement(NamedTuple):
    """What one line asks for, at `start` of the text; `hashes` is the place of the hashes that follow.

    `requirement` is empty if it is an option, an address, a path, or nothing.
    """

    start: int
    stop: int
    text: str
    requirement: str
    hashes: tuple[int, int] | None

    @property
    def key(self) -> str:
        """What tells it from the others: the package, else the line itself."""
        return _package(self.requirement) or self.said

    @property
    def marker(self) -> str:
        """In which environments it is asked for."""
        return _marker(self.requirement)

    @property
    def said(self) -> str:
        """The line without comment, in one form."""
        words = " ".join(_COMMENT.sub("", _CONTINUED.sub(" ", self.text)).split())
        if not self.requirement:
            return words
        return _normal(self.requirement) + words.removeprefix(" ".join(self.requirement.split()))


def is_requirements(path: str) -> bool:
    """Tell files of requirements and constraints by their names."""
    file = PurePosixPath(path.lower())
    if file.suffix not in {".txt", ".in"}:
        return False
    return bool(_NAME.search(file.stem)) or file.parent.name in {"requirements", "constraints"}


def statements(text: str) -> Iterator[Statement]:
    """All lines that say something."""
    for found in _LOGICAL.finditer(text):
        line = found[0]
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        start = found.start() + len(line) - len(line.lstrip())
        stop = found.start() + len(line.rstrip())
        hashed = _HASH.search(line)
        end = hashed.start() if hashed else None
        words = _COMMENT.sub("", line[:end]).strip().removesuffix("\\").strip()
        requirement = words if _package(words) else ""
        hashes = (found.start() + hashed.start(), stop) if hashed else None
        yield Statement(start, stop, line, requirement, hashes)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _normal(text: str) -> str:
    found = Requirement(text)
    found.name = canonicalize_name(found.name)
    return str(found)


def _package(text: str) -> str | None:
    found = _parsed(text)
    return canonicalize_name(found.name) if found else None


def _marker(text: str) -> str:
    found = _parsed(text)
    return str(found.marker or "") if found else ""
