"""The projects of a repository: the one that a command means, or all at and below a folder."""

import shlex
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from goldenpath import project
from goldenpath.errors import GoldenpathError, UsageError
from goldenpath.project import ANSWERS, Found, Project, discovery, some, state
from goldenpath.project.discovery import Place
from goldenpath.project.state import APPLYING, Unfinished


@dataclass(frozen=True)
class Member:
    """A project at or below a folder: at which `place`, and `found` there, or why it cannot be opened."""

    place: Place
    root: Path
    found: Project | GoldenpathError


def open_project(folder: Path, answers_file: str | None = None) -> Project:
    """Find the project in `folder`, also where the last update took its answers file away, and has not put it back.

    Raises:
        GoldenpathError: There is none, or more than one, or its answers cannot be read.
    """
    root, prefix, repository = project.work_tree(folder)
    for begun, found in _moving(root, prefix, repository):
        if begun.prefix == prefix and _is_meant(begun, root, answers_file):
            return replace(found, found=Found.NAMED) if answers_file else found
    if answers_file or (root / ANSWERS).is_file():
        return project.open_project(folder, answers_file)
    return project.open_project(folder, _only(root), Found.ALONE)


def members(folder: Path) -> list[Member]:
    """Return every project at and below a folder, in order. One git process finds them, however many there are.

    Raises:
        GoldenpathError: There is no such folder, or it is in no work tree.
    """
    root, prefix, repository = project.work_tree(folder)
    gone: dict[Place, Project] = {}
    places = set(listed(root))
    for begun, found in _moving(root, prefix, repository):
        if begun.phase == APPLYING:
            below = (begun.prefix or "").removeprefix(prefix).rstrip("/")
            places -= {Place(below, name) for name in begun.answers}
            gone[Place(below, found.answers_file)] = found
    beside = Counter(place.folder for place in (*places, *gone))
    return [
        Member(place, root / place.folder, gone.get(place) or _opened(root, place, beside[place.folder]))
        for place in sorted({*places, *gone})
    ]


def _opened(root: Path, place: Place, beside: int) -> Project | GoldenpathError:
    how = Found.BESIDE if beside > 1 else Found.ALONE
    try:
        return project.open_project(root / place.folder, place.name, how)
    except GoldenpathError as error:
        return error


def listed(root: Path) -> list[Place]:
    """Return where the answers files at and below a folder are, in order."""
    places = {_settled(root, place) for place in discovery.search(root)}
    # By this name it counts even where git ignores it.
    own = {Place("", ANSWERS)} if (root / ANSWERS).is_file() else set()
    return sorted(places | own)


def _settled(root: Path, place: Place) -> Place:
    if place.usual:
        return place
    # Whose such a file is, only a render tells; what renders is slow to import.
    settled: Place = import_module("goldenpath.planning.relocation").settled(root, place)
    return settled


def _only(root: Path) -> str | None:
    """Return the one answers file of a folder that has not the usual one, None where there is none at or below it."""
    places = listed(root)
    own = [place.name for place in places if not place.folder]
    if len(own) > 1:
        raise UsageError(
            f"'{root}' has several answers files: {some(own)}.",
            f"Name one of them, for example: --answers-file {shlex.quote(own[0])}",
        )
    if places and not own:
        below = list(dict.fromkeys(place.folder for place in places))
        raise GoldenpathError(
            f"'{root}' has no {ANSWERS}: no template was applied to this folder itself.",
            f"Below it there are projects: {some(below)}. Name one of them, or type: goldenpath update --all",
        )
    return own[0] if own else None


def _moving(root: Path, prefix: str, repository: Any) -> Iterator[tuple[Unfinished, Project]]:
    """Those at and below a folder whose last update, which moves the answers file, is not committed; as they were before it."""
    for begun in state.everything(repository, moves=True):
        if not (begun.prefix or "").startswith(prefix):
            continue
        # One that is long settled may name what is no more.
        with suppress(GoldenpathError):
            found = reopened(begun, root / (begun.prefix or "").removeprefix(prefix), repository)
            if state.pending(found):
                yield begun, found


def _is_meant(begun: Unfinished, root: Path, answers_file: str | None) -> bool:
    if answers_file is None:
        return begun.phase == APPLYING
    return answers_file in begun.answers and not (root / answers_file).is_file()


def reopened(begun: Unfinished, root: Path, repository: Any) -> Project:
    """Return a project with the answers that it had before an update.

    Raises:
        GoldenpathError: They cannot be read.
    """
    name = begun.answers[0]
    before = begun.paths[name][0] if name in begun.paths else None
    try:
        content = repository[before[1]].data if before else (root / name).read_bytes()
    except (KeyError, OSError) as error:
        raise GoldenpathError(
            f"The answers before the last update of '{root}' are gone.", "Look at git status."
        ) from error
    return Project(root, begun.prefix or "", name, project.read_answers(content, name), repository)
