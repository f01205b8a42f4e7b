"""A machine of a CI system: a plain copy of the template in git, and an environment in which nobody has run anything."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import commit_all, environment, generate

# What GitHub's command says when it is asked who has approved a run.
ANSWERS = {"gh": '[ "$1" != api ] || [ -e "{folder}/../nobody" ] || echo eve\n[ "$1 $2" != "pr view" ]\n'}
# What stands for `make` where only the CI file itself is in question.
STUB = "%:\n\t@echo made $@\n"


def committed(folder: Path, *, stub: bool = False, **answers: Any) -> Path:
    """A new repository with one commit, as a user pushes it. With `stub`, its targets only say their names."""
    project = generate(folder / "project", **answers)
    if stub:
        (project / "Makefile").write_text(STUB)
    commit_all(project, "start")
    return project


@dataclass(frozen=True)
class Machine:
    """Where jobs run: `env` is all they know of; `calls` is what was asked of container engines and gh, a line a call."""

    folder: Path
    env: dict[str, str]

    @property
    def calls(self) -> list[str]:
        """Arguments of the engine's calls so far."""
        record = self.folder / "engine.log"
        return record.read_text().splitlines() if record.exists() else []


def machine(folder: Path) -> Machine:
    """A machine without uv, as hosted ones are, and with an engine that records what it is asked and builds nothing.

    There is no Docker daemon where these tests run; tests/image builds for real, with buildah.
    """
    env = environment(folder / "home")
    parts = [part for part in env["PATH"].split(os.pathsep) if not Path(part, "uv").exists()]
    engines = folder / "engines"
    engines.mkdir()
    for name in ("docker", "buildah", "gh"):
        script = engines / name
        script.write_text(
            f'#!/bin/sh\necho "{name} $*" >> "{folder}/engine.log"\n{ANSWERS.get(name, "").format(folder=folder)}'
        )
        script.chmod(0o755)
    env["PATH"] = os.pathsep.join([str(engines), *parts])
    (folder / "tmp").mkdir()
    env["TMPDIR"] = str(folder / "tmp")  # what runs on one machine is not seen from another
    if absent := [name for name in ("git", "make", "python3") if not shutil.which(name, path=env["PATH"])]:
        raise RuntimeError(
            f"{', '.join(absent)} and uv are in one folder, so uv cannot be hidden from the jobs"
        )
    return Machine(folder, env)


def plain(text: str) -> str:
    """What a program prints, without the colours that it adds for a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
