"""Carry a plan out so that nothing is lost: whatever stops it, the project can go back to exactly what it was.

Before the work tree changes, every file of the old and of the new state is an object of git, and a state file in the
git folder lists them. New files are then written beside their places, and renamed into them one after the other. A
process that dies in between leaves the state file, from which `roll_back` restores the old state.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pygit2
from filelock import FileLock, Timeout
from pygit2.enums import FileMode

from goldenpath import disk, tree
from goldenpath.errors import GoldenpathError
from goldenpath.git import blob_id
from goldenpath.plan import Plan
from goldenpath.project import Project
from goldenpath.tree import File

APPLYING, APPLIED = "applying", "applied"
RESCUED = "refs/goldenpath/rescued"
"""Where `roll_back` keeps files that were neither in the old nor in the new state: somebody's later edits."""

_FORMAT = 1

_IN_THE_WAY = (FileExistsError, IsADirectoryError, NotADirectoryError)

_Stored = list[Any] | None  # [mode, id of the blob], None for no file


@dataclass(frozen=True)
class Unfinished:
    """An update that was begun: all of it done (`APPLIED`), or not (`APPLYING`).

    `head` is the commit that it began from, `paths` has each file before and after it. `rescued` are the files
    that a way back, itself cut off, has kept already.
    """

    phase: str
    head: str
    old: str
    new: str
    paths: Mapping[str, tuple[_Stored, _Stored]]
    rescued: list[str]


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Keep other updates of this repository out.

    Raises:
        GoldenpathError: Another one is running, or the repository cannot be written.
    """
    folder = _folder(project)
    try:
        folder.mkdir(exist_ok=True)
        lock = FileLock(folder / "lock", timeout=0)
        with lock:
            yield
    except Timeout as error:
        what = f"Another update of '{project.root}' is running."
        raise GoldenpathError(what, "Wait until it has ended.") from error
    except PermissionError as error:
        raise GoldenpathError(f"'{error.filename}' cannot be written: {error.strerror}.") from error


def pending(project: Project) -> Unfinished | None:
    """Return the update that the last `carry_out` began, unless a commit has come after it.

    Raises:
        GoldenpathError: Its state file is damaged.
    """
    path = _state(project)
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text("utf-8"))
        found = Unfinished(**{name: content[name] for name in Unfinished.__annotations__})
    except (ValueError, KeyError, TypeError) as error:
        raise GoldenpathError(
            f"The state of the last update is damaged: {path}", "Look at git status, then delete that file."
        ) from error
    if found.phase == APPLIED and found.head != _head(project):
        return None
    return found


def carry_out(project: Project, plan: Plan) -> None:
    """Write what `plan` says into the work tree; conflicts also into git's index, as a merge does.

    Raises:
        GoldenpathError: It could not be done; the project is as it was.
    """
    if not plan.writes:
        return
    # The tree is clean: what an earlier update would go back to is of no use any more.
    finish(project)
    try:
        _carry_out(project, plan)
    except BaseException as error:
        what = f"The update cannot be written: {_reason(error)}."
        if not _undo(project):
            raise GoldenpathError(what, "When that is mended, type: goldenpath update --abort") from error
        if not isinstance(error, (OSError, pygit2.GitError, MemoryError)):
            raise
        hint = "It is in the way: move it, and try again." if isinstance(error, _IN_THE_WAY) else ""
        raise GoldenpathError(f"{what} Nothing was changed.", hint) from error


def _carry_out(project: Project, plan: Plan) -> None:
    begun = Unfinished(
        phase=APPLYING,
        head=_head(project),
        old=str(plan.old),
        new=str(plan.new),
        paths={
            each.path: (_store(project, each.before), _store(project, each.after)) for each in plan.writes
        },
        rescued=[],
    )
    sides = {
        each.path: [side and _entry(project, each.path, side) for side in each.sides or ()]
        for each in plan.conflicts
    }
    _save(project, begun)
    disk.write(project, {each.path: each.after for each in plan.writes})
    disk.mark(project, sides)
    _save(project, replace(begun, phase=APPLIED))


def _undo(project: Project) -> bool:
    """Tell whether the project is as it was before an update that failed."""
    try:
        if _state(project).is_file():
            roll_back(project)
    except (OSError, pygit2.GitError, MemoryError, GoldenpathError):
        return False
    return True


def _reason(error: BaseException) -> str:
    if not isinstance(error, OSError):
        return str(error) or type(error).__name__
    # Of a rename that fails, the second name is the one that its user knows.
    name = error.filename2 or error.filename
    return f"{error.strerror or error}" + (f" ({name})" if name else "")


def roll_back(project: Project) -> list[str]:
    """Restore what was before the last update; return the files whose content was neither, kept in `RESCUED`.

    Raises:
        GoldenpathError: There is no update to undo, or a commit came after it.
    """
    found = pending(project)
    if found is None:
        committed = _state(project).is_file()
        raise GoldenpathError(
            "The last update is committed already." if committed else "There is no update to undo.",
            "Type: git revert HEAD, or git reset --hard to a commit before it." if committed else "",
        )
    if found.head != _head(project):
        raise GoldenpathError(
            "A commit was made in the middle of an update.", f"Type: git reset --hard {found.head[:12]}"
        )
    disk.sweep(project, found.paths)
    rescued = _rescue(project, found)
    begun = replace(found, phase=APPLYING, rescued=rescued)
    if begun != found:
        _save(project, begun)
    disk.write(project, {path: _load(project, before) for path, (before, _) in found.paths.items()})
    disk.reset(project, list(found.paths))
    _state(project).unlink()
    return rescued


def finish(project: Project) -> None:
    """Forget an update that is settled and committed."""
    _state(project).unlink(missing_ok=True)


def _folder(project: Project) -> Path:
    return Path(project.repository.path, "goldenpath")


def _state(project: Project) -> Path:
    return _folder(project) / (f"update-{blob_id(project.prefix.encode())[:12]}.json")


def _head(project: Project) -> str:
    return str(project.repository.head.target)


def _save(project: Project, state: Unfinished) -> None:
    path = _state(project)
    path.parent.mkdir(exist_ok=True)
    staged = path.with_suffix(".new")
    try:
        with staged.open("w", encoding="utf-8") as file:
            json.dump({"format": _FORMAT, **asdict(state)}, file)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def _store(project: Project, file: File | None) -> _Stored:
    return None if file is None else [file.mode, str(project.repository.create_blob(file.content))]


def _load(project: Project, stored: _Stored) -> File | None:
    return None if stored is None else File(stored[0], project.repository[stored[1]].data)


def _entry(project: Project, path: str, file: File) -> pygit2.IndexEntry:
    blob = project.repository.create_blob(file.content)
    return pygit2.IndexEntry(project.prefix + path, blob, FileMode(file.mode))


def _rescue(project: Project, found: Unfinished) -> list[str]:
    """Keep content that is in neither state as a commit of its own, before it is written over."""
    lost: dict[str, File] = {}
    for path, stored in found.paths.items():
        file = disk.on_disk(project, path)
        if file is not None and not any(tree.same(file, _load(project, each)) for each in stored):
            lost[path] = file
    if lost:
        references = project.repository.references
        before = references.get(RESCUED)
        index = pygit2.Index()
        if before and found.rescued:
            index.read_tree(before.peel(pygit2.Tree))
        for path, file in lost.items():
            index.add(_entry(project, path, file))
        who = pygit2.Signature("goldenpath", "goldenpath@localhost")
        message = "Files that were edited after an update that was taken back\n"
        # What was kept earlier stays within reach.
        parents = [project.repository.head.target, *([before.target] if before else [])]
        content = index.write_tree(project.repository)
        commit = project.repository.create_commit(None, who, who, message, content, parents)
        references.create(RESCUED, commit, force=True)
    return sorted({*found.rescued, *lost})
