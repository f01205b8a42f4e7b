"""A project made by Copier from one version of a template, and edited copies of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.conformance.repository import File, Tree, read, write
from tests.public.edits import EDITS, Work
from tests.public.machine import Machine
from tests.public.templates import Pair, Template

NAME = "my-project"  # of every copy's folder: some templates look at it
HOOK = File(b"#!/bin/sh\n# ours\n", 0o100755)


class UnusableError(Exception):
    """No project can be made of a version, by Copier itself."""


@dataclass(frozen=True)
class Project:
    """A committed project, and where its answers are."""

    folder: Path
    answers: str
    files: Tree


def make(machine: Machine, template: Template, pair: Pair, source: Path, folder: Path) -> Project:
    """Make a project of the old version of a pair and commit it.

    Raises:
        UnusableError: Copier cannot.
    """
    folder.mkdir(parents=True)
    data = folder / "data.yml"
    data.write_text(yaml.safe_dump(dict(template.data)))
    trust = ["--trust"] if template.trust else []
    command = ["copier", "copy", "--quiet", "--defaults", *trust, "--vcs-ref", pair.old]
    done = machine.run([*command, "--data-file", str(data), str(source), str(folder / NAME)], folder)
    if done.code:
        raise UnusableError(f"copier copy of {pair.old}: {last_line(done.err)}")
    project = folder / NAME
    told = re.compile(rb'_src_path"?: *"?' + re.escape(str(source)).encode() + rb'["\n]')
    found = [path for path, file in read(project).items() if told.search(file.data)]
    if not found:
        raise UnusableError(f"{pair.old} writes no answers file: nothing can update its projects")
    commit(machine, project, "As generated")
    hook = project / ".git" / "hooks" / "post-merge"
    write({hook.name: HOOK}, hook.parent)
    return Project(project, found[0], tracked(machine, project))


def commit(machine: Machine, project: Path, message: str) -> None:
    """Commit all there is, in a repository that is made if there is none."""
    if not (project / ".git").exists():
        machine.git(project, "init", "--quiet")
    machine.git(project, "add", "--all")
    machine.git(project, "commit", "--quiet", "--no-verify", "--allow-empty", "--message", message)


def tracked(machine: Machine, project: Path) -> Tree:
    """The files that git has."""
    names = set(machine.git(project, "ls-files", "-z").split("\0"))
    return {path: file for path, file in read(project).items() if path in names}


def edited(machine: Machine, made: Project, edits: tuple[str, ...], theirs: Tree, folder: Path) -> Work:
    """Do these edits to a copy of a project in `folder`, each in a commit of its own."""
    work = Work(made.files, theirs, {made.answers}, dict(made.files))
    shutil.copytree(made.folder, folder, symlinks=True)
    for name in edits:
        before = dict(work.files)
        EDITS[name](work)
        for path in before.keys() - work.files.keys():
            (folder / path).unlink()
        new = {path: file for path, file in work.files.items() if before.get(path) != file}
        write(new, folder)
        if new:
            machine.git(folder, "add", "--force", "--", *new)
        commit(machine, folder, f"What we did: {name}")
    exclude = folder / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("".join(f"/{path}\n" for path in work.ignored))
    write(work.ignored, folder)
    return work


def last_line(said: str) -> str:
    """What a command said last, which with most of them tells what went wrong."""
    return next(reversed([*_spoken(said)]), "")[:300]


def _spoken(said: str) -> Iterator[str]:
    return (line.strip() for line in said.splitlines() if line.strip())
