"""Both commands on copies of one project, and what each of them leaves behind."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import copier

from goldenpath.main import main
from tests.conformance.history import History
from tests.conformance.manners import Manner
from tests.conformance.repository import Index, Tree, index, read, unmerged
from tests.support import git, gits_own


@dataclass(frozen=True)
class State:
    """A repository: all its files, tracked or not, the index, and what is git's own: HEAD, configuration, hooks."""

    files: Tree
    index: Index
    own: Mapping[str, bytes]

    @property
    def unmerged(self) -> Index:
        """What `git ls-files -u` lists."""
        return unmerged(self.index)


def state(repository: Path, manner: Manner) -> State:
    """Read a repository: without what tasks leave beside, and with modes as git has them."""
    entries = index(repository)
    modes = (
        {}
        if manner.keeps_modes
        else {path: mode for (path, stage), (_, mode) in entries.items() if not stage}
    )
    files = {path: replace(file, mode=modes.get(path, file.mode)) for path, file in read(repository).items()}
    beside = manner.beside and f"/{manner.beside}"
    kept = {path: file for path, file in files.items() if not (beside and beside in f"/{path}")}
    return State(kept, entries, gits_own(repository))


@dataclass(frozen=True)
class Run:
    """How a command ended, and the JSON that it printed; `error` holds what else it said."""

    code: int
    report: dict[str, Any]
    error: str = ""


def by_copier(one: History, project: Path) -> str:
    """Run `copier update`; return why it failed, or nothing."""
    name = one.template.answers_file
    try:
        with _silence():
            copier.run_update(
                project,
                data=dict(one.data),
                answers_file=None if name == ".copier-answers.yml" else name,
                vcs_ref=one.ref,
                defaults=True,
                overwrite=True,
                quiet=True,
                unsafe=True,
            )
    except Exception as error:  # noqa: BLE001 - whatever it is, the history is told apart
        return f"{type(error).__name__}: {error}"
    return ""


def by_us(one: History, project: Path, *options: str) -> Run:
    """Run `goldenpath update --json` in this process, as a script does that has no terminal."""
    code, printed, said = _called(arguments(one, project, *options))
    try:
        report = json.loads(printed)
    except ValueError:
        return Run(code, {}, printed + said)
    return Run(code, report, said)


def planned(command: list[str]) -> str:
    """What a call prints in this process, byte for byte."""
    return _called(command)[1]


def _called(command: list[str]) -> tuple[int, str, str]:
    with _silence() as (printed, said):
        try:
            code = main(command)
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, printed.getvalue(), said.getvalue()


def arguments(one: History, project: Path, *options: str) -> list[str]:
    """The call of `goldenpath update --json` that a history asks for."""
    words = ["update", str(project), "--json", *options]
    if one.template.manner.needs_trust:
        words += ["--trust"]
    if one.ref:
        words += ["--to", one.ref]
    if one.template.answers_file != ".copier-answers.yml" and not one.template.manner.moved_to:
        words += ["--answers-file", one.template.answers_file]
    return words + [word for name, value in one.data.items() for word in ("--data", f"{name}={value}")]


def planned_plainly(one: History, project: Path, policy: str) -> Run:
    """The dry run in the plain lane: a process of its own, for versions that were opened keep their lane."""
    command = [sys.executable, "-m", "goldenpath", *arguments(one, project, "--policy", policy, "--dry-run")]
    environment = os.environ | {"GOLDENPATH_LANE": "plain"}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return Run(done.returncode, json.loads(done.stdout or "{}"), done.stderr)


@contextmanager
def _silence() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """Without a terminal, and with what is printed caught."""
    with (
        Path(os.devnull).open() as nothing,
        redirect_stdout(io.StringIO()) as printed,
        redirect_stderr(io.StringIO()) as said,
        patch("sys.stdin", nothing),
    ):
        yield printed, said


def damage(repository: Path) -> str:
    """What git itself finds wrong with a repository, nothing if all is well."""
    try:
        git(repository, "fsck", "--strict", "--no-dangling")
    except AssertionError as error:
        return str(error)
    return ""


def copy(repository: Path, dest: Path) -> Path:
    """A copy of a repository as it is on disk, untracked files and modes included."""
    shutil.copytree(repository, dest, symlinks=True)
    return dest
