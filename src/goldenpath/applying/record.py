"""The commit of an update, made of git's objects: it needs no work tree, and a branch appears in one step or not at all.

As the first commit of a new project it is signed by nobody, runs none of the user's hooks and works without a name:
those are for commits that a user makes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import FileMode

from goldenpath import git
from goldenpath.errors import GoldenpathError, UsageError
from goldenpath.plan import Kind, Plan
from goldenpath.project import Project
from goldenpath.tree import File

_NOWHERE = "0" * 40
_IGNORED = "git ignores it, so it is not on the branch"


@dataclass(frozen=True)
class Commit:
    """A commit that is on no branch yet, and the files that it changes; None for one that goes."""

    id: str
    parent: str
    files: Mapping[str, File | None]


def check_new(project: Project, name: str) -> None:
    """Refuse a branch that cannot be made.

    Raises:
        UsageError: git takes no such name.
        GoldenpathError: There is one of that name, or one that is in the way of it.
    """
    git.check_branch(name, "Type for example --branch template-update")
    if git.attempt(project.root, "check-ref-format", "--branch", name).stdout.strip() != name:
        raise UsageError(f"'{name}' is not a name for a branch.", "Type for example --branch template-update")
    listed = git.run(project.root, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads")
    for branch in listed.splitlines():
        if branch == name or branch.startswith(f"{name}/") or name.startswith(f"{branch}/"):
            where = "" if branch == name else f", which is in the way of '{name}'"
            raise GoldenpathError(
                f"There is a branch '{branch}' already{where}.",
                f"Take another name, or delete it: git branch -D {branch}",
            )


def without_ignored(project: Project, plan: Plan, parent: str) -> Plan:
    """Return what of a plan can be on a branch: files that git ignores are on the disk only."""
    kept = _committed(project, plan, parent)
    changes = [
        each
        if each.kind == Kind.KEEP or each.path in kept
        else replace(each, kind=Kind.KEEP, after=each.before, why=_IGNORED, sides=None)
        for each in plan.changes
    ]
    return replace(plan, changes=changes)


def make(project: Project, plan: Plan, parent: str) -> Commit | None:
    """Make a commit of what a plan writes, on no branch yet; None where git would have nothing to commit.

    Raises:
        GoldenpathError: git refuses.
    """
    kept = _committed(project, plan, parent)
    if not kept:
        return None
    content = _index(project, parent, kept).write_tree(project.repository)
    arguments = ("commit-tree", str(content), "-p", parent, "--no-gpg-sign", "-F", "-")
    settings = ("-c", "i18n.commitEncoding=utf-8", *git.own_way(project.root))
    made = git.run(project.root, *settings, *arguments, text=message(plan)).strip()
    return Commit(made, parent, kept)


def message(plan: Plan) -> str:
    """Return what the commit of a plan says."""
    same = plan.old.commit == plan.new.commit
    first = (
        f"Change the answers to template version {plan.new}"
        if same
        else f"Update from template version {plan.old} to {plan.new}"
    )
    names = [each.path if each.path.isprintable() else repr(each.path) for each in plan.conflicts]
    return "\n".join([first, *(["", "Conflicts, to be settled:", ""] if names else []), *names]) + "\n"


def on_new_branch(project: Project, commit: Commit, name: str) -> None:
    """Make a branch of a commit, which must not be there yet.

    Raises:
        GoldenpathError: git refuses.
    """
    _move(project, f"refs/heads/{name}", commit.id, _NOWHERE)


def on_current_branch(project: Project, commit: Commit) -> None:
    """Put a commit onto the branch that is checked out, whose work tree has its files.

    The index comes first: whatever ends this in between leaves an update that only needs to be committed.

    Raises:
        GoldenpathError: git refuses, or the branch has moved.
    """
    top = Path(project.repository.workdir)
    entries = [f"{_entry(file)}\t{project.prefix}{path}\0" for path, file in _in_order(commit.files)]
    git.run(top, *git.own_way(top), "update-index", "-z", "--index-info", text="".join(entries))
    # So that git need not look at the files again to see that they are these; others may differ.
    git.attempt(top, *git.own_way(top), "update-index", "-q", "--refresh")
    try:
        _move(project, "HEAD", commit.id, commit.parent)
    except KeyboardInterrupt:
        # Once it has moved, the update is done.
        if git.run(top, "rev-parse", "HEAD").strip() != commit.id:
            raise


def _entry(file: File | None) -> str:
    return f"{file.mode:o} {git.blob_id(file.content)}" if file else f"0 {_NOWHERE}"


def _move(project: Project, reference: str, new: str, old: str) -> None:
    settings = git.own_way(project.root)
    git.run(project.root, *settings, "update-ref", "-m", "goldenpath update", reference, new, old)


def _in_order(files: Mapping[str, File | None]) -> list[tuple[str, File | None]]:
    """Return files with those first that go: one may become a folder."""
    return sorted(files.items(), key=lambda each: each[1] is not None)


def _committed(project: Project, plan: Plan, parent: str) -> dict[str, File | None]:
    """Return what a commit of a plan changes, by path: neither what git does not know nor what it ignores."""
    wanted = {each.path: each.after for each in plan.writes}
    index = _index(project, parent, {})
    known = {path for path in wanted if project.prefix + path in index}
    new = sorted(path for path, file in wanted.items() if file and path not in known)
    ignored = _ignored(project, _index(project, parent, wanted), new) if new else set()
    return {path: file for path, file in wanted.items() if path in known or (file and path not in ignored)}


def _index(project: Project, parent: str, files: Mapping[str, File | None]) -> Any:
    """Return the files of a commit with some of the project's changed."""
    index = pygit2.Index()
    index.read_tree(project.repository[parent].peel(pygit2.Tree))
    for path, file in _in_order(files):
        place = project.prefix + path
        if file:
            blob = project.repository.create_blob(file.content)
            index.add(pygit2.IndexEntry(place, blob, FileMode(file.mode)))
        elif place in index:
            index.remove(place)
    return index


def _ignored(project: Project, index: Any, paths: list[str]) -> set[str]:
    """Return which paths git would ignore once the update is done."""
    sources = {
        entry.path: project.repository[entry.id].data
        for entry in index
        if entry.path.rpartition("/")[2] == ".gitignore" and entry.mode != FileMode.LINK
    }
    asked = (project.prefix + path for path in paths)
    found = git.ignored(sources, asked, Path(project.repository.path))
    return {path.removeprefix(project.prefix) for path in found}
