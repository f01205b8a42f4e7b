"""Templates and projects of several shapes, for the figures of updates: the same files for Copier and for cookiecutter."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import FileMode

from benchmarks import texts
from goldenpath import engine, git
from goldenpath.project import ANSWERS
from goldenpath.tree import File
from tools import release

FILES, CHANGED = 85, 30
OLD, NEW = "v1.0.0", "v2.0.0"
OURS_OLD, OURS_NEW = "v0.3.0", "v999.0.0"

_USER = {
    "GIT_AUTHOR_NAME": "x",
    "GIT_AUTHOR_EMAIL": "x@x",
    "GIT_COMMITTER_NAME": "x",
    "GIT_COMMITTER_EMAIL": "x@x",
}

Edit = Callable[[int, str, bytes], bytes]


@dataclass(frozen=True)
class Shape:
    """A template with an old and a new version, what its projects answer, and what they edit.

    `name` is the question that tells projects apart. `edit` gives the project's own content of a file, from its
    number, path and rendered content. `changes` and `conflicts` are those that each plan must have, if that is known.
    """

    title: str
    template: Path
    edit: Edit
    name: str = "name"
    old: str = OLD
    new: str = NEW
    changes: int | None = None
    conflicts: int = 0


def plain(folder: Path, files: int = FILES, changed: int = CHANGED) -> Shape:
    """A template of so many files, a third of them Jinja, of which so many differ between its versions."""
    return Shape(
        f"{files} files, {changed} changed",
        template(folder, files, changed),
        _edited,
        changes=changed + 1,
    )


def _edited(position: int, _: str, content: bytes) -> bytes:
    return content.replace(b"line 30", b"line 30 of mine") if position % 9 == 1 else content


def tangled(folder: Path) -> Shape:
    """Many answers, TOML and YAML that both sides changed beside each other, and lines that both changed."""
    for version, tag in enumerate((OLD, NEW)):
        for path, text in texts.tangled(version).items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        commit(folder, tag)
    return Shape(
        "100 answers, 20 files merged by key, 10 conflicts",
        folder,
        lambda _, path, content: texts.tangled_edit(path, content.decode()).encode(),
        changes=texts.STRUCTURED + texts.DISPUTED + 1,
        conflicts=texts.DISPUTED,
    )


def ours(folder: Path) -> Shape:
    """This repository's own template: from an earlier release of it to what is committed now."""
    git.run(release.ROOT, "clone", "--quiet", "--no-hardlinks", "--no-tags", str(release.ROOT), str(folder))
    release.make_tags(folder)
    git.run(folder, "tag", OURS_NEW)
    return Shape(
        f"this repository's template, {OURS_OLD} to now",
        folder,
        lambda _, path, content: texts.typical_edit(path, content.decode()).encode(),
        name="project_name",
        old=OURS_OLD,
        new=OURS_NEW,
    )


def template(folder: Path, files: int, changed: int, *, cookiecutter: bool = False) -> Path:
    """Write a template of so many files with two versions, of which so many differ; a repository with two tags."""
    root = folder / ("{{cookiecutter.name}}" if cookiecutter else "project")
    root.mkdir(parents=True)
    if cookiecutter:
        (folder / "cookiecutter.json").write_text(json.dumps({"name": "demo"}))
    else:
        (folder / "copier.yml").write_text(texts.QUESTIONS)
        (root / texts.ANSWERS_NAME).write_text(texts.ANSWERS_TEXT)
    for version, tag in enumerate((OLD, NEW)):
        for number in range(files):
            name, text = texts.numbered(number, version * (number < changed), cookiecutter=cookiecutter)
            target = root / f"part{number % 7}" / name
            target.parent.mkdir(exist_ok=True)
            target.write_text(text)
        commit(folder, tag)
    return folder


def commit(folder: Path, tag: str = "") -> None:
    """Commit everything below a folder, which becomes a repository."""
    if not (folder / ".git").exists():
        git.run(folder, "init", "--quiet", "--initial-branch=main")
    git.run(folder, "add", "--all")
    git.run(folder, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "--message=x")
    if tag:
        git.run(folder, "tag", tag)


def edit(shape: Shape, folder: Path) -> None:
    """Make the project's own edits in a folder, and commit them."""
    found = sorted(each for each in folder.rglob("*") if each.is_file() and ".git" not in each.parts)
    for position, path in enumerate(found):
        before = path.read_bytes()
        after = shape.edit(position, path.relative_to(folder).as_posix(), before)
        if after != before:
            path.write_bytes(after)
    commit(folder)


def projects(folder: Path, shape: Shape, count: int) -> list[Path]:
    """Make so many projects of the old version, each with a name and edits of its own, as repositories without files.

    Planning reads the last commit only, so nothing needs to be checked out but the answers.
    """
    opened = engine.source(str(shape.template), folder)
    version = engine.open_version(opened, opened.commit(shape.old), trust=False)
    return [_project(folder / f"model-{number}", shape, version) for number in range(count)]


def _project(root: Path, shape: Shape, version: engine.Version) -> Path:
    repository = pygit2.init_repository(str(root))
    given = {"_src_path": str(shape.template), "_commit": shape.old, shape.name: root.name}
    answered = version.replay(root, given, ANSWERS)
    _commit(repository, version.render(answered, "copy").files, shape.edit)
    return root


def _commit(repository: Any, files: Mapping[str, File], own: Edit) -> None:
    index = repository.index
    for position, (path, file) in enumerate(files.items()):
        content = own(position, path, file.content)
        index.add(pygit2.IndexEntry(path, repository.create_blob(content), FileMode(file.mode)))
    who = pygit2.Signature("x", "x@x")
    repository.create_commit("HEAD", who, who, "Generated", index.write_tree(), [])
    Path(repository.workdir, ANSWERS).write_bytes(files[ANSWERS].content)


def run(command: list[str], env: Mapping[str, str], good: set[int], folder: Path) -> None:
    """Run a contender, silently; it must end with one of these codes."""
    done = subprocess.run(
        command, cwd=folder, env={**env, **_USER}, check=False, stdin=subprocess.DEVNULL, capture_output=True
    )
    if done.returncode not in good:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
