"""What a project would be if nobody had edited what its template wrote."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from pathspec import GitIgnoreSpec
from pygit2.enums import FilterMode

from goldenpath.engine import COPY, UPDATE, Answered, Version, chosen, emptied, open_version
from goldenpath.errors import GoldenpathError
from goldenpath.git import blob_id
from goldenpath.project import Project
from goldenpath.project.drift import Chosen, Pure
from goldenpath.project.files import Files, filtered, has_filters
from goldenpath.tree import LINK, File, LaterFile, Tree


def normalised(project: Project, files: Files, *trees: Tree) -> list[Mapping[str, File]]:
    """Return the files of rendered trees as git would keep them in this project: ends of lines, filters."""
    if not has_filters(project, files):
        return [tree.files for tree in trees]
    return [{path: _filtered(project, path, file) for path, file in tree.files.items()} for tree in trees]


def _filtered(project: Project, path: str, file: File) -> File:
    key = file.__dict__.get("key")
    make = partial(_clean, project, path, file)
    return LaterFile(file.mode, key and (path, key), make) if file.mode != LINK else file


def _clean(project: Project, path: str, file: File) -> bytes:
    return filtered(project, path, file.content, FilterMode.TO_ODB)


def owners(answered: Answered) -> Any:
    """Return what tells whose a path is, None for templates that do not say."""
    listed = {
        kind: answered.values.get(f"{kind}s" if kind == "seed" else kind) for kind in ("seed", "shared")
    }
    if not isinstance(listed["seed"], list):
        return lambda _: None
    specs = {kind: GitIgnoreSpec.from_lines(map(str, lines or [])) for kind, lines in listed.items()}
    return lambda path: next((kind for kind, spec in specs.items() if spec.match_file(path)), "owned")


def untouched(
    project: Project, files: Files, version: Version
) -> tuple[Mapping[str, File], Mapping[str, File]]:
    """Return what the project would be if nobody had edited it: without what a template writes once, and with it."""
    answered = _answered(project, version)
    trees = (version.render(answered, operation) for operation in (UPDATE, COPY))
    pure, whole = normalised(project, files, *trees)
    return pure, whole


def pure_files(
    project: Project, files: Files, version: Version
) -> tuple[dict[str, Pure], dict[str, Chosen], bool]:
    """Return the former by git's ids, which answers are its own, and whether all hangs on version and answers alone."""
    answered = _answered(project, version)
    (found,) = normalised(project, files, version.render(answered, UPDATE))
    owner = owners(answered)
    known = {path: Pure(file.mode, blob_id(file.content), owner(path)) for path, file in found.items()}
    return known, chosen(version.questions, answered), version.is_settled(answered)


def _emptied(project: Project, version: Version) -> dict[str, Any]:
    commit = version.source.commit(project.commit)
    with suppress(GoldenpathError):
        old = open_version(version.source, commit, trust=version.trusted, skip_tasks=True)
        replayed = old.replay(project.root, project.answers, project.answers_file)
        return emptied(version, project.root, project.answers, {}, replayed)
    return {}


def _answered(project: Project, version: Version) -> Answered:
    if version.commit == version.source.commit(project.commit):
        return version.replay(project.root, project.answers, project.answers_file)
    # Another version may not take an answer any more: then as after an update that accepts its default.
    last = {**project.answers, **_emptied(project, version)}
    return version.answer(project.root, last, {}, project.answers_file, defaults=True)
