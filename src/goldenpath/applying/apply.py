"""Carry a plan out so that nothing is lost: whatever stops it, the project can go back to exactly what it was.

Before the work tree changes, every file of the old and of the new state is an object of git, and a state file in the
git folder lists them. New files are then written beside their places, and renamed into them one after the other. A
process that dies in between leaves the state file, from which `roll_back` restores the old state.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import pygit2
from pygit2.enums import FileMode

from goldenpath import tree
from goldenpath.applying import disk
from goldenpath.errors import GoldenpathError
from goldenpath.plan import Plan
from goldenpath.project import Project, state
from goldenpath.project.files import keeps_modes
from goldenpath.project.state import APPLIED, APPLYING, Stored, Unfinished
from goldenpath.tree import LINK, File

RESCUED = "refs/goldenpath/rescued"
"""Where `roll_back` keeps files that were neither in the old nor in the new state: somebody's later edits."""

_IN_THE_WAY = (FileExistsError, IsADirectoryError, NotADirectoryError)


def carry_out(project: Project, plan: Plan, commit: Callable[[], None] | None = None) -> None:
    """Write what `plan` says into the work tree; conflicts also into git's index, as a merge does.

    `commit` is what ends the update, for one that is not left to its user to commit.

    Raises:
        GoldenpathError: It could not be done; the project is as it was.
    """
    if not plan.writes:
        return
    # The tree is clean: what an earlier update would go back to is of no use any more.
    state.finish(project)
    try:
        _carry_out(project, plan)
        if commit:
            commit()
            state.finish(project)
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
        head=state.head(project),
        old=str(plan.old),
        new=str(plan.new),
        paths={
            each.path: (_store(project, each.before), _store(project, each.after)) for each in plan.writes
        },
        rescued=[],
        prefix=project.prefix,
        answers=[project.answers_file, *_moved_to(project, plan)],
    )
    sides = {
        each.path: [side and _entry(project, each.path, side) for side in each.sides or ()]
        for each in plan.conflicts
    }
    _check_still(project, plan)
    state.save(project, begun)
    disk.write(project, {each.path: each.after for each in plan.writes})
    disk.mark(project, sides, {} if keeps_modes(project) else _modes(plan))
    state.save(project, replace(begun, phase=APPLIED))


def _modes(plan: Plan) -> dict[str, int]:
    return {each.path: each.after.mode for each in plan.writes if each.after and each.after.mode != LINK}


def _moved_to(project: Project, plan: Plan) -> list[str]:
    """Return the path that the answers file moves to, if it does."""
    return [each.path for each in plan.writes if each.source == project.answers_file]


def _check_still(project: Project, plan: Plan) -> None:
    """Refuse to write over what somebody has changed since it was planned, unseen by git or not.

    Raises:
        GoldenpathError: It names the file.
    """
    for each in plan.writes:
        if not tree.same(disk.read(project, each.path), each.before):
            raise GoldenpathError(
                f"'{each.path}' is not what git has, or was changed in the meantime. Nothing was changed.",
                "Commit it or put it away, and try again.",
            )


def _undo(project: Project) -> bool:
    """Tell whether the project is as it was before an update that failed."""
    try:
        if state.path(project):
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
    found = state.pending(project)
    if found is None:
        _refuse(project)
    if found.head != state.head(project):
        raise GoldenpathError(
            "A commit was made in the middle of an update, and there are changes besides.",
            "Look at git status, commit or stash what is there, and type: goldenpath update",
        )
    disk.sweep(project, found.paths)
    rescued = _rescue(project, found)
    begun = replace(found, phase=APPLYING, rescued=rescued)
    if begun != found:
        state.save(project, begun)
    disk.write(project, {path: _load(project, before) for path, (before, _) in found.paths.items()})
    disk.reset(project, list(found.paths))
    state.finish(project)
    return rescued


def _refuse(project: Project) -> NoReturn:
    """Say why there is nothing to go back to."""
    found = state.last(project)
    if found is None:
        raise GoldenpathError("There is no update to undo.")
    if _comes_after(project, found.head):
        raise GoldenpathError(
            "The last update is committed already.",
            "Type: git revert HEAD, or git reset --hard to a commit before it.",
        )
    raise GoldenpathError(
        f"The last update began from the commit {found.head[:12]}, which this branch does not have.",
        "Go back to the branch that it began on: git switch BRANCH",
    )


def _comes_after(project: Project, commit: str) -> bool:
    try:
        return bool(project.repository.descendant_of(state.head(project), commit))
    except (ValueError, KeyError, pygit2.GitError):  # of a branch without commits, or a commit that is gone
        return False


def _store(project: Project, file: File | None) -> Stored:
    return None if file is None else [file.mode, str(project.repository.create_blob(file.content))]


def _load(project: Project, stored: Stored) -> File | None:
    return None if stored is None else File(stored[0], project.repository[stored[1]].data)


def _entry(project: Project, path: str, file: File) -> pygit2.IndexEntry:
    blob = project.repository.create_blob(file.content)
    return pygit2.IndexEntry(project.prefix + path, blob, FileMode(file.mode))


def _rescue(project: Project, found: Unfinished) -> list[str]:
    """Keep content that is in neither state as a commit of its own, before it is written over."""
    lost: dict[str, File] = {}
    for path, stored in found.paths.items():
        file = disk.read(project, path)
        known = [each for each in (_load(project, each) for each in stored) if each]
        if not keeps_modes(project):
            known = [replace(each, mode=file.mode) for each in known if file]
        if file is not None and not any(tree.same(file, each) for each in known):
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
        message = "Files that were edited after an update that was rolled back\n"
        # What was kept earlier stays within reach.
        parents = [found.head, *([before.target] if before else [])]
        content = index.write_tree(project.repository)
        commit = project.repository.create_commit(None, who, who, message, content, parents)
        references.create(RESCUED, commit, force=True)
    return sorted({*found.rescued, *lost})
