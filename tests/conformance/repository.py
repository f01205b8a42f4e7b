"""Trees as plain values, and the git repositories made from them without one git process."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import CheckoutStrategy, FileMode

PLAIN, EXECUTABLE = 0o100644, 0o100755
SOMEBODY = pygit2.Signature("Somebody", "somebody@example.com", 1_700_000_000, 0)


@dataclass(frozen=True)
class File:
    """The bytes of a file, and its mode as git has it."""

    data: bytes
    mode: int = PLAIN

    @property
    def binary(self) -> bool:
        """What git takes for binary: a zero byte near the beginning."""
        return b"\0" in self.data[:8000]

    @property
    def lines(self) -> list[str]:
        """The text as lines with their ends, split at line feeds only; other bytes survive."""
        return re.findall(r"[^\n]*\n|[^\n]+", self.data.decode("utf-8", "surrogateescape"))

    @property
    def id(self) -> str:
        """The name of the content in git."""
        return str(pygit2.hash(self.data))


def text(lines: list[str], mode: int = PLAIN) -> File:
    """The inverse of `File.lines`."""
    return File("".join(lines).encode("utf-8", "surrogateescape"), mode)


Tree = Mapping[str, File]


def read(folder: Path) -> dict[str, File]:
    """Every file below a folder, git's own left out; links are told by their target."""
    found = {}
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = [name for name in folders if name != ".git"]
        for name in [*names, *links]:
            path = Path(parent, name)
            data = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
            found[path.relative_to(folder).as_posix()] = File(data, _mode(path))
    return dict(sorted(found.items()))


def _mode(path: Path) -> int:
    return int(FileMode.LINK) if path.is_symlink() else EXECUTABLE if path.stat().st_mode & 0o100 else PLAIN


def write(tree: Tree, folder: Path) -> None:
    """Put files into a folder, over what is there."""
    for name, file in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        path.chmod(0o755 if file.mode == EXECUTABLE else 0o644)


def start(folder: Path, versions: Mapping[str, Tree]) -> None:
    """A repository with one commit per version, tagged with its name; the last one is checked out."""
    repo = pygit2.init_repository(folder, initial_head="main")
    parents: list[pygit2.Oid] = []
    for name, tree in versions.items():
        index = pygit2.Index()
        for path, file in tree.items():
            index.add(pygit2.IndexEntry(path, repo.create_blob(file.data), FileMode(file.mode)))
        made = repo.create_commit("HEAD", SOMEBODY, SOMEBODY, name, index.write_tree(repo), parents)
        repo.create_reference(f"refs/tags/{name}", made)
        parents = [made]
    repo.checkout_head(strategy=CheckoutStrategy.FORCE)  # type: ignore[no-untyped-call]


Index = dict[tuple[str, int], tuple[str, int]]


def index(folder: Path) -> Index:
    """The index of a repository: (path, stage) → (id of the blob, mode)."""
    found = pygit2.Repository(folder).index
    entries = {(entry.path, 0): (str(entry.id), int(entry.mode)) for entry in found}
    for sides in found.conflicts or ():
        for stage, side in enumerate(sides, 1):
            if side:
                entries.pop((side.path, 0), None)
                entries[side.path, stage] = (str(side.id), int(side.mode))
    return entries


def unmerged(entries: Index) -> Index:
    """What `git ls-files -u` lists."""
    return {key: value for key, value in entries.items() if key[1]}


def blob(folder: Path, name: str) -> bytes:
    """The content that git keeps under this name."""
    found = pygit2.Repository(folder)[name]
    assert isinstance(found, pygit2.Blob)
    return found.data
