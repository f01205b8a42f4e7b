"""What is known of the last update of a project: from its first step until a commit comes after it.

Each answers file has a state of its own: two templates in one folder do not take each other back.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from goldenpath import git
from goldenpath.errors import GoldenpathError
from goldenpath.git import blob_id
from goldenpath.project import Project

APPLYING, APPLIED = "applying", "applied"

_FORMAT = 1
_DIGITS = 12  # of a hash, in a name

Stored = list[Any] | None
"""A file as [mode, id of its blob], None for no file."""


@dataclass(frozen=True)
class Unfinished:
    """An update that was begun: all of it done (`APPLIED`), or not (`APPLYING`).

    `head` is the commit that it began from, `paths` has each file before and after it. `rescued` are the files
    that a way back, itself cut off, has kept already. `prefix` is the project's folder below the top of the work
    tree, `answers` are the paths of its answers file: one, or the one before and the one after a move. Those that
    0.4 wrote have neither.
    """

    phase: str
    head: str
    old: str
    new: str
    paths: Mapping[str, tuple[Stored, Stored]]
    rescued: list[str]
    prefix: str | None = None
    answers: list[str] = field(default_factory=list)


def pending(project: Project) -> Unfinished | None:
    """Return the update that the last `carry_out` began, unless a commit has come after it.

    Raises:
        GoldenpathError: Its state file is damaged.
    """
    found = last(project)
    if found is None:
        return None
    moved = found.head != head(project)
    if moved and (found.phase == APPLIED or not git.changes(project.root)):
        return None
    return found


def last(project: Project) -> Unfinished | None:
    """Return the update that the last `carry_out` began, whatever came after it.

    Raises:
        GoldenpathError: Its state file is damaged.
    """
    source = path(project)
    return _read(source) if source else None


def everything(repository: Any, *, moves: bool = False) -> list[Unfinished]:
    """Return the last update of every project in a repository, in order; `moves`: of those whose answers file moved.

    Raises:
        GoldenpathError: A state file is damaged.
    """
    found = map(_read, folder(repository).glob("update-*-*.json" if moves else "update-*.json"))
    return sorted(found, key=lambda each: (each.prefix or "", each.answers))


def _read(source: Path) -> Unfinished:
    try:
        content = json.loads(source.read_text("utf-8"))
        fields = Unfinished.__annotations__.keys() & content.keys()
        return Unfinished(**{name: content[name] for name in fields})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GoldenpathError(
            f"The state of the last update is damaged: {source}", "Look at git status, then delete that file."
        ) from error


def finish(project: Project) -> None:
    """Forget an update that is settled and committed, or rolled back."""
    while source := path(project):
        source.unlink()


def folder(repository: Any) -> Path:
    """Return where the state of all projects of a repository is, below the git folder."""
    return Path(repository.path, "goldenpath")


def path(project: Project) -> Path | None:
    """Return the state file of a project, if there is one."""
    place = folder(project.repository)
    key = _key(project.prefix, project.answers_file)
    # After a move it has the names of both places.
    found = [place / f"update-{key}.json", *sorted(place.glob(f"update-*{key}*.json"))]
    return next((each for each in found if each.is_file()), _of_old(project, place))


def _of_old(project: Project, place: Path) -> Path | None:
    """Return a state file of 0.4, which had one for all templates of a folder, if it is about this one."""
    source = place / f"update-{blob_id(project.prefix.encode())[:_DIGITS]}.json"
    if not source.is_file():
        return None
    written = _read(source).paths
    others = any(".copier-answers" in each for each in written)
    return source if project.answers_file in written or not others else None


def _key(prefix: str, answers_file: str) -> str:
    return blob_id(f"{prefix}\0{answers_file}".encode("utf-8", "surrogateescape"))[:_DIGITS]


def head(project: Project) -> str:
    """Return the last commit, nothing on a branch that has none."""
    return "" if project.repository.head_is_unborn else str(project.repository.head.target)


def save(project: Project, begun: Unfinished) -> None:
    """Write the state file, whole or not at all, and on the disk when this returns."""
    keys = "-".join(_key(begun.prefix or "", each) for each in begun.answers)
    target = path(project) or folder(project.repository) / f"update-{keys}.json"
    target.parent.mkdir(exist_ok=True)
    staged = target.with_suffix(".new")
    try:
        with staged.open("w", encoding="utf-8") as file:
            json.dump({"format": _FORMAT, **asdict(begun)}, file)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)
