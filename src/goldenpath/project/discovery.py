"""Which files of a repository are answers files. They are told by what they say: a template may name its as it likes."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from goldenpath import git

_LARGEST = 64 * 1024  # bytes of an answers file
_KEYS = ("_commit", "_src_path")
_LINES = [re.compile(rb"^[\"']?%s[\"']?[ \t]*:" % key.encode(), re.MULTILINE) for key in _KEYS]
_NAMES = ("*.yml", "*.yaml")
_USUAL = re.compile(r"\.copier-answers.*\.ya?ml")
# Environments of others that somebody forgot to ignore: large, and no place of ours.
_ELSEWHERE = ("--exclude=.venv/", "--exclude=node_modules/")


@dataclass(frozen=True, order=True)
class Place:
    """An answers file: `folder` is that of its project, below the folder that was searched, `name` the path below it."""

    folder: str
    name: str

    @property
    def usual(self) -> bool:
        """Whether its path alone tells which folder's project it is of."""
        parts = PurePosixPath(self.name).parts
        return len(parts) > 1 or bool(_USUAL.fullmatch(parts[-1])) or not self.folder

    @property
    def path(self) -> str:
        """The path below the folder that was searched."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


def search(root: Path) -> list[Place]:
    """Return every answers file at or below `root`, in order. What git ignores is left out, and so are other repositories.

    One git process lists the files, however many projects there are.
    """
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", *_ELSEWHERE, "--", *_NAMES)
    listed = set(filter(None, git.run(root, *listing).split("\0")))
    return sorted(place_of(path) for path in listed if _is_one(root / path))


def place_of(path: str) -> Place:
    """Return whose an answers file is: its folder's, or that of the folder around settings folders (`.config`, `.github`)."""
    parts = PurePosixPath(path).parts
    end = len(parts) - 1
    while end and parts[end - 1].startswith("."):
        end -= 1
    return Place("/".join(parts[:end]), "/".join(parts[end:]))


def is_answers(content: bytes) -> bool:
    """Tell whether this is an answers file: it says which template at which version, broken or not."""
    if len(content) > _LARGEST or not all(key.encode() in content for key in _KEYS):
        return False
    return all(line.search(content) for line in _LINES) or _in_braces(content)


def _is_one(path: Path) -> bool:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
            return False
        # A broken one has its name still.
        return bool(_USUAL.fullmatch(path.name)) or is_answers(path.read_bytes())
    except OSError:
        return False


def _in_braces(content: bytes) -> bool:
    """YAML may be JSON, too."""
    if not content.lstrip().startswith(b"{"):
        return False
    try:
        found: Any = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and all(key in found for key in _KEYS)
