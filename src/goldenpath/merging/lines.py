"""Three-way merge of texts, by libgit2: the same algorithms and marks as git's own."""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pygit2
from pygit2.enums import FileMode, MergeFileFlag, MergeFlag

OURS, BASE, THEIRS = "before updating", "last update", "after updating"
"""What stands behind the marks of a conflict: the same words as Copier's, which other tools look for."""

_LOOKED_AT = 8000  # bytes in which git looks for a zero to tell binary from text
_LABELS = {b"<<<<<<<": OURS.encode(), b"|||||||": BASE.encode(), b">>>>>>>": THEIRS.encode()}
_CONFLICT = re.compile(rb"^<{7} .*?^={7}\r?$.*?^>{7} ", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Merged:
    """A merged text; where both sides changed one place, both stand in it between marks and `conflict` is true."""

    text: bytes
    conflict: bool


class _Memory(pygit2.OdbBackend):
    """Objects of git that live as long as one merge."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[bytes, tuple[int, bytes]] = {}

    def read_cb(self, oid: pygit2.Oid) -> tuple[int, bytes]:
        return self.objects[oid.raw]

    def read_header_cb(self, oid: pygit2.Oid) -> tuple[int, int]:
        kind, data = self.objects[oid.raw]
        return kind, len(data)

    def read_prefix_cb(self, oid: pygit2.Oid) -> tuple[int, bytes, pygit2.Oid]:
        return *self.objects[oid.raw], oid

    def exists_cb(self, oid: pygit2.Oid) -> bool:
        return oid.raw in self.objects

    def write_cb(self, oid: pygit2.Oid, data: bytes, kind: int) -> None:
        self.objects[oid.raw] = kind, bytes(data)

    def refresh_cb(self) -> None:
        """Nothing else writes here."""


class _Scratch(threading.local):
    """A repository without a disk, one per thread."""

    def __init__(self) -> None:
        self.memory = _Memory()
        database = pygit2.Odb()
        database.add_backend(self.memory, 1)
        self.repository = pygit2.Repository()
        self.repository.set_odb(database)

    def tree(self, files: Mapping[str, bytes]) -> Any:
        """Return the id of a flat tree."""
        builder = self.repository.TreeBuilder()
        for name, content in files.items():
            builder.insert(name, self.repository.create_blob(content), FileMode.BLOB)
        return builder.write()


_scratch = _Scratch()


def is_binary(content: bytes) -> bool:
    """Tell what git takes for binary."""
    return b"\0" in content[:_LOOKED_AT]


def has_conflict(content: bytes) -> bool:
    """Tell whether the marks of an unresolved conflict stand in a text, whoever made them."""
    return b"<<<<<<< " in content and _CONFLICT.search(content) is not None


def merge_lines(base: bytes, ours: bytes, theirs: bytes, *, show_base: bool) -> Merged:
    """Merge two texts that come from one; marks have the base between them if `show_base`."""
    flags = MergeFileFlag.SIMPLIFY_ALNUM | MergeFileFlag.ACCEPT_CONFLICTS
    if show_base:
        flags |= MergeFileFlag.STYLE_DIFF3
    name = _unused([base, ours, theirs])
    scratch = _scratch
    old, mine, new = (scratch.tree({name: text}) for text in (base, ours, theirs))
    index = scratch.repository.merge_trees(old, mine, new, flags=MergeFlag(0), file_flags=flags)
    _, text = scratch.memory.objects[index[name].id.raw]
    scratch.memory.objects.clear()
    # libgit2 labels the marks with the name of the file, but leaves the label out where a side is empty.
    label = b" " + name.encode()
    mark = re.compile(
        rb"^(<{7}|\|{7}|>{7})"
        + (label if base and ours and theirs else b"(?:" + label + b")?")
        + rb"(?=\r?$)",
        re.MULTILINE,
    )
    if label not in text:
        return Merged(text, conflict=False)
    return Merged(mark.sub(lambda found: found[1] + b" " + _LABELS[found[1]], text), conflict=True)


def _unused(texts: Iterable[bytes]) -> str:
    name = "goldenpath"
    while any(name.encode() in text for text in texts):
        name += "-"
    return name
