"""Carry a plan out so that nothing is lost: whatever stops it, the project can go back to exactly what it was.

Before the work tree changes, every file of the old and of the new state is an object of git, and a state file in the
git folder lists them. New files are then written beside their places, and renamed into them one after the other. A
process that dies in between leaves the state file, from which `roll_back` restores the old state.
"""

from dataclasses import replace

import pygit2
from pygit2.enums import FileMode

from goldenpath import disk, state, tree
from goldenpath.errors import GoldenpathError
from goldenpath.plan import Plan
from goldenpath.project import Project
from goldenpath.state import APPLIED, APPLYING, Stored, Unfinished
from goldenpath.tree import File

RESCUED = "refs/goldenpath/rescued"
"""Where `roll_back` keeps files that were neither in the old nor in the new state: somebody's later edits."""

_IN_THE_WAY = (FileExistsError, IsADirectoryError, NotADirectoryError)


def carry_out(project: Project, plan: Plan) -> None:
    """Write what `plan` says into the work tree; conflicts also into git's index, as a merge does.

    Raises:
        GoldenpathError: It could not be done; the project is as it was.
    """
    if not plan.writes:
        return
    # The tree is clean: what an earlier update would go back to is of no use any more.
    state.finish(project)
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
        head=state.head(project),
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
    _check_still(project, plan)
    state.save(project, begun)
    disk.write(project, {each.path: each.after for each in plan.writes})
    disk.mark(project, sides)
    state.save(project, replace(begun, phase=APPLIED))


def _check_still(project: Project, plan: Plan) -> None:
    """Refuse to write over what somebody has changed since it was planned, unseen by git or not.

    Raises:
        GoldenpathError: It names the file.
    """
    for each in plan.writes:
        if not tree.same(disk.on_disk(project, each.path), each.before):
            raise GoldenpathError(
                f"'{each.path}' is not what git has, or was changed in the meantime. Nothing was changed.",
                "Commit it or put it away, and try again.",
            )


def _undo(project: Project) -> bool:
    """Tell whether the project is as it was before an update that failed."""
    try:
        if state.path(project).is_file():
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
        committed = state.path(project).is_file()
        raise GoldenpathError(
            "The last update is committed already." if committed else "There is no update to undo.",
            "Type: git revert HEAD, or git reset --hard to a commit before it." if committed else "",
        )
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
    state.path(project).unlink()
    return rescued


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
