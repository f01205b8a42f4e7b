"""The work tree of a project: files as git would keep them, new content put in place by renames; and git's index."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import pygit2
from pygit2.enums import FileMode, FilterMode

from goldenpath import git, paths, tree
from goldenpath.git import blob_id
from goldenpath.project import Project
from goldenpath.project.files import as_kept, filtered
from goldenpath.tree import EXECUTABLE, LINK, File

_STAGED = ".goldenpath-new-"
_AT_ONCE = 500  # paths in one command line


def write(project: Project, files: Mapping[str, File | None]) -> None:
    """Bring files to their content, `None` for absent.

    What needs room on the disk comes first, under other names: a full disk is found before anything is lost.

    Raises:
        GoldenpathError: A path leads out of the project, or into git's own folder.
    """
    for path in files:
        paths.check(path, "This update")
    wanted = {path: file for path, file in files.items() if not _is_already(project, path, file)}
    staged = {path: _stage(project, path, file) for path, file in wanted.items() if file is not None}
    for path in (path for path, file in files.items() if file is None):
        if path in wanted:
            (project.root / path).unlink()
        _prune(project, path)
    for path, source in staged.items():
        _make_way(project, path)
        source.replace(project.root / path)


def _is_already(project: Project, path: str, file: File | None) -> bool:
    found = read(project, path)
    return found == file if file is None or found is None else tree.same(found, file)


def read(project: Project, path: str) -> File | None:
    """Return a file of the work tree as git would keep it, None where there is none."""
    target = project.root / path
    if target.parent != _folders(project, path)[0] or not (target.is_symlink() or target.is_file()):
        return None
    return as_kept(project, path)


def _folders(project: Project, path: str) -> list[Path]:
    """Return the folders around a file that there are, the project's own last.

    What lies behind a symbolic link is not in the project: it is neither read nor written.
    """
    found = [project.root]
    for part in PurePosixPath(path).parts[:-1]:
        folder = found[0] / part
        if folder.is_symlink() or not folder.is_dir():
            break
        found.insert(0, folder)
    return found


def _make_way(project: Project, path: str) -> None:
    folder = _folders(project, path)[0]
    for part in (project.root / path).parent.relative_to(folder).parts:
        folder /= part
        folder.mkdir()


def _name(path: str) -> str:
    return _STAGED + blob_id(os.fsencode(path))[:12]


def _stage(project: Project, path: str, file: File) -> Path:
    # In a folder that exists: another that the path needs may be a file still.
    target = project.root / path
    staged = _folders(project, path)[0] / _name(path)
    staged.unlink(missing_ok=True)
    if file.mode != LINK:
        file = File(file.mode, filtered(project, path, file.content, FilterMode.TO_WORKTREE))
    tree.write_file(file, staged)
    if file.mode != LINK and target.is_file() and not target.is_symlink():
        # A file keeps the permissions that its user gave it.
        kept = target.stat().st_mode & 0o666
        staged.chmod(kept | ((kept & 0o444) >> 2 if file.mode == EXECUTABLE else 0))
    return staged


def _prune(project: Project, path: str) -> None:
    with suppress(OSError):
        for folder in _folders(project, path)[:-1]:
            folder.rmdir()


def sweep(project: Project, paths: Iterable[str]) -> None:
    """Remove what a `write` of these paths, and a `mark`, left behind when they were cut off."""
    for path in paths:
        for folder in _folders(project, path):
            (folder / _name(path)).unlink(missing_ok=True)
    staged, lock = _index_files(project)
    with suppress(FileNotFoundError):
        if staged.samefile(lock):
            lock.unlink()
    _discard(staged)


def mark(project: Project, sides: Mapping[str, Sequence[Any]], modes: Mapping[str, int]) -> None:
    """Put into git's index what git does not take from the work tree.

    That is the three sides of each conflict, as entries, where git and editors look for them; and where git does not
    ask the disk which files are executable, the modes of those that it knows, as changes to commit.

    Raises:
        FileExistsError: Another git command holds the index.
    """
    staged_modes = list(_restaged(project, modes))
    if not sides and not staged_modes:
        return
    staged, lock = _index_files(project)
    place = lock.with_suffix("")
    _discard(staged)
    staged.write_bytes(place.read_bytes())
    index = pygit2.Index(str(staged))
    for entry in staged_modes:
        index.add(entry)
    for entries in sides.values():
        index.add_conflict(*entries)
    index.write()
    try:
        # One step, and known as ours by `sweep`: a lock that nobody removes would stop every git command.
        os.link(staged, lock)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        with lock.open("xb") as file:
            file.write(staged.read_bytes())
    lock.replace(place)
    staged.unlink()


def _restaged(project: Project, modes: Mapping[str, int]) -> Iterator[Any]:
    """Yield the index's entries of those files that it knows with another mode, as they are to be."""
    known = project.repository.index
    known.read()
    for path, mode in modes.items():
        name = project.prefix + path
        if name in known and int(known[name].mode) not in {mode, LINK}:
            yield pygit2.IndexEntry(name, known[name].id, FileMode(mode))


def reset(project: Project, paths: Sequence[str]) -> None:
    """Make the index of these paths that of the last commit."""
    top = Path(project.repository.workdir)
    # Where nothing is to be done, a full disk must not stop it.
    if git.attempt(top, "diff-index", "--cached", "--quiet", "HEAD", "--").returncode == 0:
        return
    for start in range(0, len(paths), _AT_ONCE):
        some = (project.prefix + path for path in paths[start : start + _AT_ONCE])
        git.run(top, "--literal-pathspecs", "reset", "--quiet", "--", *some)


def _discard(index: Path) -> None:
    for path in (index, index.with_suffix(".lock")):
        path.unlink(missing_ok=True)


def _index_files(project: Project) -> tuple[Path, Path]:
    """Return the places of an index in the making, and of git's lock on the one in use."""
    folder = Path(project.repository.path)
    return folder / "goldenpath" / "index", folder / "index.lock"
