"""The files of a project: as committed, as they are on the disk, and as git changes them on the way between."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import FilterMode, ObjectType

from goldenpath import git, tree
from goldenpath.project import Project
from goldenpath.tree import LINK, File, LaterFile

_GITLINK = 0o160000


class Files(Mapping[str, File]):
    """The committed files of a project, read when somebody looks at one."""

    def __init__(self, repository: Any, folder: Any) -> None:
        self._repository = repository
        self._found: dict[str, File] = {}
        self.submodules: list[str] = []
        if folder is not None:
            self._add(folder, "")

    def _add(self, folder: Any, prefix: str) -> None:
        for entry in folder:
            path = prefix + entry.name
            if entry.type == ObjectType.TREE:
                self._add(entry, f"{path}/")
            elif entry.filemode == _GITLINK:
                self.submodules.append(path)
            else:
                self._found[path] = LaterFile(int(entry.filemode), entry.id, self._reader(entry.id))

    def _reader(self, oid: Any) -> Any:
        return lambda: self._repository.read(oid)[1]

    def __getitem__(self, path: str) -> File:
        return self._found[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(self, path: str, file: File) -> None:
        """Take in a file that is on the disk only."""
        self._found[path] = file


def committed(project: Project) -> Files:
    """Return the files of the last commit, below the project's folder."""
    head = project.repository.head.peel(pygit2.Tree)
    try:
        folder = head[project.prefix.rstrip("/")] if project.prefix else head
    except KeyError:
        folder = None
    return Files(project.repository, folder)


def on_disk(project: Project) -> Files:
    """Return the files of the project as they are now, committed or not; ignored ones are left out."""
    listed = git.run(project.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
    files = Files(project.repository, None)
    for path in sorted(set(filter(None, listed.split("\0")))):
        target = project.root / path
        if target.is_symlink() or target.is_file():
            files.add(path, _as_kept(project, path))
    return files


def _as_kept(project: Project, path: str) -> File:
    file = tree.read_file(project.root / path)
    return (
        file
        if file.mode == LINK
        else File(file.mode, filtered(project, path, file.content, FilterMode.TO_ODB))
    )


def unmerged(project: Project) -> list[str]:
    """Return the paths that git's index has in conflict, below the project's folder."""
    conflicts = project.repository.index.conflicts or ()
    paths = {next(side.path for side in sides if side) for sides in conflicts}
    return sorted(path.removeprefix(project.prefix) for path in paths if path.startswith(project.prefix))


def with_ignored(project: Project, files: Files, paths: set[str]) -> Files:
    """Take those of the template's `paths` in that are on disk but not committed, because git ignores them."""
    for path in sorted(paths - files.keys()):
        target = project.root / path
        if not foreign(project, files, path) and (target.is_symlink() or target.is_file()):
            files.add(path, _as_kept(project, path))
    return files


def foreign(project: Project, files: Files, path: str) -> str | None:
    """Return the submodule or symbolic link that a path leads into, None where it stays in the project's own folders."""
    for module in files.submodules:
        if path == module or path.startswith(f"{module}/"):
            return f"{module}' is a submodule"
    folder = project.root
    for part in Path(path).parts[:-1]:
        folder /= part
        if folder.is_symlink():
            return f"{folder.relative_to(project.root).as_posix()}' is a symbolic link"
    return None


def filtered(project: Project, path: str, content: bytes, mode: FilterMode) -> bytes:
    """Return `content` as git keeps it (`FilterMode.TO_ODB`) or as the work tree has it (`TO_WORKTREE`)."""
    if b"\0" in content:
        # libgit2 hands over what comes before the first zero only; and git changes no binary file either.
        return content
    filters = project.repository.load_filter_list(os.fsencode(project.prefix + path), mode)
    return bytes(filters.apply_to_buffer(content)) if filters and len(filters) else content


def foreign_filter(project: Project, path: str) -> str | None:
    """Return the name of the program that git has change a file on its way (LFS, git-crypt), None where there is none."""
    name = project.repository.get_attr(os.fsencode(project.prefix + path), "filter")
    if not isinstance(name, str) or f"filter.{name}.clean" not in project.repository.config:
        return None
    return name


_ATTRIBUTES = re.compile(r"(^|/)\.gitattributes$")


def has_filters(project: Project, files: Files) -> bool:
    """Tell whether git may change files on their way to or from the work tree: ends of lines, own filters."""
    config = project.repository.config
    convert = "core.autocrlf" in config and config["core.autocrlf"] != "false"
    own = Path(project.repository.path, "info", "attributes").is_file() or "core.attributesFile" in config
    return bool(convert or own or any(_ATTRIBUTES.search(path) for path in files)) or (
        bool(project.prefix) and (Path(project.repository.workdir) / ".gitattributes").is_file()
    )
