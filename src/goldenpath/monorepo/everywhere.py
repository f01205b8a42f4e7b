"""`goldenpath update --all`: the projects of a repository in turn, each with a plan of its own, and the way back."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from goldenpath import project
from goldenpath.applying import apply, locks
from goldenpath.errors import GoldenpathError
from goldenpath.monorepo import projects
from goldenpath.monorepo.projects import Member
from goldenpath.monorepo.several import Row, each
from goldenpath.project import Project, state
from goldenpath.project.discovery import Place
from goldenpath.project.state import APPLYING
from goldenpath.showing.outcome import Outcome


def back(folder: Path) -> str:
    """Return what to type to roll back what a run of `--all` in a folder did."""
    return "goldenpath update --abort --all" + ("" if folder == Path() else f" {shlex.quote(str(folder))}")


@dataclass(frozen=True)
class TakenBack:
    """A project that is at its version `old` again; `rescued` are edits made since, kept in the commit `kept`."""

    root: Path
    old: str
    rescued: list[str]
    kept: str
    exit_code: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return what was done as JSON values."""
        return {"aborted": True, "rescued": self.rescued, "exit_code": self.exit_code}

    def text(self) -> str:
        """Return what was done in words, with the way to what was kept."""
        done = f"Rolled back: {self.root.name} is at {self.old} again."
        if not self.rescued:
            return done
        command = shlex.join(["git", "-C", str(self.root), "checkout", self.kept, "--", *self.rescued])
        return f"{done}\nEdits made since are kept; type: {command}"


def update(folder: Path, plan: Callable[[Project], Outcome], *, write: bool) -> list[Row[Outcome]]:
    """Plan every project at and below a folder and, to `write`, carry each plan out before the next one is made.

    What one of them leaves uncommitted does not stop the next, for each plan is made from the last commit.

    Raises:
        GoldenpathError: There is no project, or something was not committed at the start.
    """
    members = projects.members(folder)
    if not members:
        project.open_project(folder)
    known = [member.found for member in members if isinstance(member.found, Project)]
    if not (known and write):
        _check_ready(folder, known)
        return each(members, lambda found, _: plan(found))
    with locks.locked(known[0]):
        cut_off = [found for found in known if _is_cut_off(found)]
        for found in cut_off:
            apply.roll_back(found)
        members = projects.members(folder) if cut_off else members
        _check_ready(folder, known)
        return each(members, lambda found, _: _carried_out(found, plan(found)))


def _carried_out(found: Project, planned: Outcome) -> Outcome:
    apply.carry_out(found, planned.plan)
    return planned


def _is_cut_off(found: Project) -> bool:
    last = state.pending(found)
    return last is not None and last.phase == APPLYING


def _check_ready(folder: Path, known: list[Project]) -> None:
    if any(map(_is_cut_off, known)):
        raise GoldenpathError("An earlier update was cut off.", f"Type: {back(folder)}")
    for found in known[:1]:
        try:
            project.check_ready(replace(found, root=folder.resolve()))
        except GoldenpathError as error:
            if not any(map(state.pending, known)):
                raise
            raise GoldenpathError(
                f"An update is not committed yet. {error.message}", f"Commit it, or type: {back(folder)}"
            ) from error


def abort(folder: Path) -> list[Row[TakenBack]]:
    """Roll back the last update of every project at and below a folder, those that no commit has come after.

    Raises:
        GoldenpathError: There is none.
    """
    root, prefix, repository = project.work_tree(folder)
    members = []
    for begun in reversed(state.everything(repository)):
        if begun.prefix is not None and begun.prefix.startswith(prefix):
            below = begun.prefix.removeprefix(prefix).rstrip("/")
            found = projects.reopened(begun, root / below, repository)
            if state.pending(found):
                members.append(Member(Place(below, found.answers_file), found.root, found))
    if not members:
        raise GoldenpathError("There is no update to undo.")
    with locks.locked(found):
        return each(members, lambda found, _: _taken_back(found))


def _taken_back(found: Project) -> TakenBack:
    last = state.pending(found)
    rescued = apply.roll_back(found)
    kept = found.repository.references.get(apply.RESCUED)
    return TakenBack(
        found.root, last.old if last else "", rescued, str(kept.target) if kept and rescued else ""
    )
