"""What is known of the last update of a project: from its first step until a commit comes after it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from goldenpath import git
from goldenpath.errors import GoldenpathError
from goldenpath.git import blob_id
from goldenpath.project import Project

APPLYING, APPLIED = "applying", "applied"

_FORMAT = 1

Stored = list[Any] | None
"""A file as [mode, id of its blob], None for no file."""


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
    paths: Mapping[str, tuple[Stored, Stored]]
    rescued: list[str]


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Keep other updates of this repository out.

    Raises:
        GoldenpathError: Another one is running, or the repository cannot be written.
    """
    place = folder(project)
    try:
        place.mkdir(exist_ok=True)
        lock = FileLock(place / "lock", timeout=0)
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
    source = path(project)
    if not source.is_file():
        return None
    try:
        content = json.loads(source.read_text("utf-8"))
        found = Unfinished(**{name: content[name] for name in Unfinished.__annotations__})
    except (ValueError, KeyError, TypeError) as error:
        raise GoldenpathError(
            f"The state of the last update is damaged: {source}", "Look at git status, then delete that file."
        ) from error
    moved = found.head != head(project)
    if moved and (found.phase == APPLIED or not git.changes(project.root)):
        return None
    return found


def finish(project: Project) -> None:
    """Forget an update that is settled and committed."""
    path(project).unlink(missing_ok=True)


def folder(project: Project) -> Path:
    """Return where the state is, below the git folder."""
    return Path(project.repository.path, "goldenpath")


def path(project: Project) -> Path:
    """Return the state file of a project, whether or not there is one."""
    return folder(project) / (f"update-{blob_id(project.prefix.encode())[:12]}.json")


def head(project: Project) -> str:
    """Return the last commit."""
    return str(project.repository.head.target)


def save(project: Project, begun: Unfinished) -> None:
    """Write the state file, whole or not at all, and on the disk when this returns."""
    target = path(project)
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
