"""The files of a template as its renderer meets them, and what among them only Copier itself can render."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from copier._jinja_ext import YieldExtension
from copier._template import Template
from jinja2 import Environment, TemplateError, nodes

from goldenpath.git import blob_id
from goldenpath.tree import EXECUTABLE, FILE, GIT, LINK, File, LaterFile

_SUBMODULE = 0o160000


@dataclass(frozen=True)
class Source:
    """One file of the template.

    `path` is below the folder that is rendered, `full` below the template; `key` is git's id of the content, which
    for a link is its target. `jinja` says whether it is rendered or copied.
    """

    path: Path
    full: Path
    content: bytes
    mode: int
    jinja: bool
    key: str

    @cached_property
    def file(self) -> File:
        """The file that a project gets where it is copied."""
        return LaterFile(self.mode, self.key, lambda: self.content)


def read(template: Template, root: Path) -> tuple[Source, ...]:
    """Return the files below `root`, the part of the template that is rendered, in order of their paths."""
    found = (path for path in sorted(_walk(template, root)) if path.is_symlink() or not path.is_dir())
    return tuple(_source(template, root, path) for path in found)


def _source(template: Template, root: Path, path: Path) -> Source:
    full = path.relative_to(template.local_abspath)
    jinja = path.name.endswith(template.templates_suffix)
    if path.is_symlink() and template.preserve_symlinks:
        target = os.fsencode(path.readlink())
        return Source(path.relative_to(root), full, target, LINK, jinja, blob_id(target))
    content = path.read_bytes()
    listed = template.git_index_modes.get(PurePosixPath(full.as_posix()), path.stat().st_mode)
    mode = EXECUTABLE if listed & 0o111 else FILE
    # Where every file is a Jinja file, Copier copies those that are no text.
    jinja = jinja and (bool(template.templates_suffix) or _is_text(content))
    return Source(path.relative_to(root), full, content, mode, jinja, blob_id(content))


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _walk(template: Template, root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        if Path(folder) == template.local_abspath and GIT in folders:
            folders.remove(GIT)
        yield from (Path(folder, name) for name in (*folders, *names))


def beyond(template: Template, environment: Environment, root: Path) -> str | None:
    """Return what the files below `root` have that the fast lane does not know, None where there is nothing."""
    if any(_overlaps(root, template.local_abspath / path) for path in _submodules(template)):
        return "a submodule"
    for path in sorted(_walk(template, root)):
        if path.is_symlink() and not template.preserve_symlinks and not _is_plain_link(template, path):
            return f"the link {path.relative_to(template.local_abspath).as_posix()}"
        if _loops(environment, path.name):
            return f"a loop over file names: {path.relative_to(template.local_abspath).as_posix()}"
    return None


def _submodules(template: Template) -> Iterator[PurePosixPath]:
    return (path for path, mode in template.git_index_modes.items() if mode == _SUBMODULE)


def _overlaps(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _is_plain_link(template: Template, path: Path) -> bool:
    """Whether a link can be read as the file of the template that it leads to."""
    return path.is_file() and path.resolve().is_relative_to(template.local_abspath)


def _loops(environment: Environment, name: str) -> bool:
    if "yield" not in name:
        return False
    try:
        parsed = environment.parse(name)
    except TemplateError:
        return False  # the renderer says what is wrong with it
    calls = parsed.find_all(nodes.ExtensionAttribute)
    return any(call.identifier == YieldExtension.identifier for call in calls)
