"""The files of a project: as committed, as they are on the disk, and as git changes them on the way between."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import FilterMode

from goldenpath import git, paths, tree
from goldenpath.project import Project
from goldenpath.tree import LINK, File, LaterFile

_ATTRIBUTES = ".gitattributes"
_CLEAN = re.compile(r"filter\..*\.clean", re.DOTALL)
_GITLINK, _TREE = 0o160000, 0o040000


class Files(Mapping[str, File]):
    """The committed files of a project, read when somebody looks at one."""

    def __init__(self, repository: Any, folder: Any) -> None:
        self._repository = repository
        self._found: dict[str, File | tuple[int, Any]] = {}
        self.submodules: list[str] = []
        if folder is not None:
            self._add(folder, "")

    def _add(self, folder: Any, prefix: str) -> None:
        for entry in folder:
            mode, path = int(entry.filemode), prefix + entry.name
            if mode == _TREE:
                self._add(entry, f"{path}/")
            elif mode == _GITLINK:
                self.submodules.append(path)
            else:
                self._found[path] = mode, entry.id

    def __getitem__(self, path: str) -> File:
        found = self._found[path]
        if isinstance(found, tuple):
            mode, oid = found
            found = LaterFile(mode, str(oid), lambda: bytes(self._repository.read(oid)[1]))
            self._found[path] = found
        return found

    def __contains__(self, path: object) -> bool:
        return path in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def peek(self, path: str) -> File | None:
        """Return a file without keeping its content, None where it is not here.

        For those who look at every file: a project may have more than fits into memory.
        """
        found = self._found[path]
        if not isinstance(found, tuple):
            return found
        mode, oid = found
        try:
            return File(mode, bytes(self._repository.read(oid)[1]))
        except (KeyError, pygit2.GitError):  # a partial clone has not every file
            return None

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
            files.add(path, as_kept(project, path))
    return files


def as_kept(project: Project, path: str) -> File:
    """Return a file of the work tree as git would keep it."""
    file = tree.read_file(project.root / path)
    if file.mode == LINK:
        return file
    # Of a file that git does not know, an ignored one, the disk alone says it.
    known = None if keeps_modes(project) else _mode_in_index(project, path)
    return File(known or file.mode, filtered(project, path, file.content, FilterMode.TO_ODB))


def keeps_modes(project: Project) -> bool:
    """Tell whether git takes from the disk which files are executable; where not, its index alone says so."""
    config = project.repository.config
    return "core.fileMode" not in config or bool(config.get_bool("core.fileMode"))


def _mode_in_index(project: Project, path: str) -> int | None:
    index = project.repository.index
    index.read(force=False)
    name = project.prefix + path
    try:
        entry = index.conflicts[name][1] if index.conflicts and name in index.conflicts else index[name]
    except KeyError:
        return None
    return tree.EXECUTABLE if entry and int(entry.mode) == tree.EXECUTABLE else tree.FILE


def unmerged(project: Project) -> list[str]:
    """Return the paths that git's index has in conflict, below the project's folder."""
    conflicts = project.repository.index.conflicts or ()
    paths = {next(side.path for side in sides if side) for sides in conflicts}
    return sorted(path.removeprefix(project.prefix) for path in paths if path.startswith(project.prefix))


def with_ignored(project: Project, files: Files, wanted: set[str]) -> Files:
    """Take those of the template's paths that are `wanted` in that are on disk but not committed, because git ignores them."""
    ways = Ways(project, files)
    for path in sorted(path for path in wanted if path not in files and paths.refusal(path) is None):
        target = project.root / path
        if not ways.foreign(path) and (target.is_symlink() or target.is_file()):
            files.add(path, as_kept(project, path))
    return files


def above(path: str) -> Iterator[str]:
    """Yield the folders around a file, the innermost first."""
    while path := path.rpartition("/")[0]:
        yield path


class Ways:
    """The folders on the way to some files of a project; each is looked at once."""

    def __init__(self, project: Project, files: Files) -> None:
        self._project = project
        self._modules = files.submodules
        self._modes: dict[str, int] = {}

    def foreign(self, path: str) -> str | None:
        """Return the submodule or symbolic link that a path leads into, None where it stays in the project's own folders."""
        for module in self._modules:
            if path == module or path.startswith(f"{module}/"):
                return f"{module}' is a submodule"
        end = path.find("/")
        while end >= 0:
            if stat.S_ISLNK(self._mode(path[:end])):
                return f"{path[:end]}' is a symbolic link"
            end = path.find("/", end + 1)
        return None

    def is_file(self, path: str) -> bool:
        """Tell whether there is a file on the disk, or a link to one."""
        mode = self._mode(path)
        return stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and (self._project.root / path).is_file())

    def _mode(self, path: str) -> int:
        if path not in self._modes:
            try:
                self._modes[path] = os.lstat(f"{self._project.root}/{path}").st_mode
            except (OSError, ValueError):  # a name that no disk takes is of nothing
                self._modes[path] = 0
        return self._modes[path]


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


def has_own_filters(project: Project) -> bool:
    """Tell whether git knows any program that changes files on their way, whichever files that may be."""
    return any(_CLEAN.fullmatch(entry.name) for entry in project.repository.config)


def has_filters(project: Project, files: Files) -> bool:
    """Tell whether git may change files on their way to or from the work tree: ends of lines, own filters."""
    config = project.repository.config
    convert = "core.autocrlf" in config and config["core.autocrlf"] != "false"
    own = Path(project.repository.path, "info", "attributes").is_file() or "core.attributesFile" in config
    return bool(
        convert or own or any(path == _ATTRIBUTES or path.endswith(f"/{_ATTRIBUTES}") for path in files)
    ) or (bool(project.prefix) and (Path(project.repository.workdir) / ".gitattributes").is_file())
