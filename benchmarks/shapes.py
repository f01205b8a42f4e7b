"""Templates and projects of any size, for the figures of updates: the same files for Copier and for cookiecutter."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import FileMode

from goldenpath import engine, git
from goldenpath.project import ANSWERS
from goldenpath.tree import File

QUESTIONS = """\
_subdirectory: project
_envops: {keep_trailing_newline: true, undefined: jinja2.StrictUndefined}
name: {type: str, default: demo}
owner: {type: str, default: platform}
python: {type: str, choices: ["3.11", "3.12", "3.13"], default: "3.12"}
ci: {type: str, choices: [github, gitlab], default: github}
license: {type: str, choices: [mit, apache, none], default: mit}
public: {type: bool, default: false}
replicas: {type: int, ask: false, default: 2}
region: {type: str, ask: false, default: eu}
package: {type: str, when: false, default: "{{ name | replace('-', '_') }}"}
title: {type: str, when: false, default: "{{ name | title }}"}
ci_github: {type: str, when: false, default: "{{ '.' if ci == 'github' }}"}
ci_gitlab: {type: str, when: false, default: "{{ '.' if ci == 'gitlab' }}"}
"""
TEMPLATED = 3  # every so many files is a Jinja template
OLD, NEW = "v1.0.0", "v2.0.0"

_USER = {
    "GIT_AUTHOR_NAME": "x",
    "GIT_AUTHOR_EMAIL": "x@x",
    "GIT_COMMITTER_NAME": "x",
    "GIT_COMMITTER_EMAIL": "x@x",
}


def template(folder: Path, files: int, changed: int, *, cookiecutter: bool = False) -> Path:
    """Write a template of so many files with two versions, of which so many differ; a repository with two tags."""
    root = folder / ("{{cookiecutter.name}}" if cookiecutter else "project")
    root.mkdir(parents=True)
    variable = "{{ cookiecutter.name }}" if cookiecutter else "{{ name }}"
    if cookiecutter:
        (folder / "cookiecutter.json").write_text(json.dumps({"name": "demo"}))
    else:
        (folder / "copier.yml").write_text(QUESTIONS)
        (root / "{{_copier_conf.answers_file}}.jinja").write_text("{{ _copier_answers|to_nice_yaml -}}\n")
    for version, tag in enumerate((OLD, NEW)):
        for number in range(files):
            text = _text(
                number, variable if number % TEMPLATED == 0 else "none", version * (number < changed)
            )
            suffix = "" if cookiecutter or number % TEMPLATED else ".jinja"
            target = root / f"part{number % 7}" / f"file{number}.txt{suffix}"
            target.parent.mkdir(exist_ok=True)
            target.write_text(text)
        commit(folder, tag)
    return folder


def _text(number: int, name: str, version: int) -> str:
    lines = [f"file {number}, line {line}" for line in range(40)]
    lines[5] = f"for {name}"
    lines[10] = f"version {version}"
    return "\n".join(lines) + "\n"


def commit(folder: Path, tag: str = "") -> None:
    """Commit everything below a folder, which becomes a repository."""
    if not (folder / ".git").exists():
        git.run(folder, "init", "--quiet", "--initial-branch=main")
    git.run(folder, "add", "--all")
    git.run(folder, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "--message=x")
    if tag:
        git.run(folder, "tag", tag)


def edited(folder: Path, every: int = 9) -> None:
    """Change a line in every so many files, away from what the template changes."""
    for path in sorted(folder.rglob("file*.txt"))[::every]:
        path.write_text(path.read_text("utf-8").replace("line 30", "line 30 of mine"), "utf-8")


def projects(folder: Path, source: Path, count: int) -> list[Path]:
    """Make so many projects of the old version, each with a name and edits of its own, as repositories without files.

    Planning reads the last commit only, so nothing needs to be checked out but the answers.
    """
    opened = engine.source(str(source), folder)
    version = engine.open_version(opened, opened.commit(OLD), trust=False)
    made = []
    for number in range(count):
        root = folder / f"model-{number}"
        repository = pygit2.init_repository(str(root))
        given = {"_src_path": str(source), "_commit": OLD, "name": root.name}
        answered = version.replay(root, given, ANSWERS)
        _commit(repository, version.render(answered, "copy").files)
        made.append(root)
    return made


def _commit(repository: Any, files: Mapping[str, File]) -> None:
    index = repository.index
    for position, (path, file) in enumerate(files.items()):
        content = file.content.replace(b"line 30", b"line 30 of mine") if position % 9 == 1 else file.content
        index.add(pygit2.IndexEntry(path, repository.create_blob(content), FileMode(file.mode)))
    who = pygit2.Signature("x", "x@x")
    repository.create_commit("HEAD", who, who, "Generated", index.write_tree(), [])
    Path(repository.workdir, ANSWERS).write_bytes(files[ANSWERS].content)


def run(command: list[str], env: Mapping[str, str], folder: Path) -> None:
    """Run a contender, silently; it must succeed."""
    subprocess.run(
        command, cwd=folder, env={**env, **_USER}, check=True, stdin=subprocess.DEVNULL, capture_output=True
    )
