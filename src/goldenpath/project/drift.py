"""What a project has otherwise than its template: files, and answers."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from goldenpath.git import blob_id
from goldenpath.project import WAIVERS, Project
from goldenpath.project.files import Files, with_ignored
from goldenpath.tree import File


class Pure(NamedTuple):
    """One file as nobody has edited it: its mode, git's id of its content, and whose it is, None if nobody says."""

    mode: int
    id: str
    owner: str | None


class Chosen(NamedTuple):
    """An answer of a project's own, and the value that the version has where there is none."""

    answer: Any
    release: Any


class Told(NamedTuple):
    """What differs, as far as that can be told: files, answers, and what was left out."""

    files: dict[str, str]
    answers: dict[str, Chosen]
    notes: list[str]


def differing(project: Project, files: Files, pure: Mapping[str, Pure]) -> dict[str, str]:
    """Return the template's own files that a project has otherwise: path → "edited", or "missing".

    Files that the template shares with its users are theirs to edit, and what is waived is meant.
    """
    files = with_ignored(project, files, set(pure))
    waived = _waived(files)
    return {
        path: "missing" if path not in files else "edited"
        for path, each in pure.items()
        if path != project.answers_file
        and each.owner != "shared"
        and waived(path) is None
        and not _is(files.get(path), each)
    }


def _is(file: File | None, pure: Pure) -> bool:
    return file is not None and file.mode == pure.mode and blob_id(file.content) == pure.id


def _waived(files: Files) -> Callable[[str], str | None]:
    if WAIVERS not in files:
        return lambda _: None
    # Few projects have any, and the libraries that read them are slow to import.
    waivers = import_module("goldenpath.project.waivers")
    found: Callable[[str], str | None] = waivers.lookup(waivers.read(files[WAIVERS]))
    return found
