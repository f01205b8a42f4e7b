"""The steps of a job of CircleCI, run on this machine: commands, checkout, workspace, artifacts, and a halt."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proof.circleci import Job
from tests.support import git


@dataclass
class Done:
    """How a job ended, what it printed, and what it kept."""

    status: str
    printed: str = ""
    halted: bool = False
    artifacts: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Steps:
    """The steps of `job` in the folder `work`; `layers` is the workspace, and grows; `commit` is checked out."""

    job: Job
    project: Path
    address: str
    commit: str
    branch: str
    layers: list[Path]
    env: dict[str, str]
    work: Path
    halt: Path
    done: Done = field(default_factory=lambda: Done("success"))

    def all(self) -> None:
        """Run the steps; what keeps artifacts also runs after a failure, nothing runs after a halt."""
        for name, step in self.job.steps:
            failed = self.done.status == "failed"
            moment = step.get("when", "always" if name == "store_artifacts" else "on_success")
            if moment == ("on_success" if failed else "on_fail"):
                continue
            if not getattr(self, name)(step):
                self.done.status = "failed"
            if self.halt.exists():
                self.done.halted = True
                return

    def run(self, step: Mapping[str, Any]) -> bool:
        """A command, as bash runs it there."""
        env = self.env | {key: str(value) for key, value in step.get("environment", {}).items()}
        shell = str(step.get("shell", "/bin/bash -eo pipefail")).split()
        output = self.work.parent / "printed"
        with output.open("w") as file:  # no pipe: what a step leaves running would keep it open
            command = [*shell, "-c", step["command"]]
            devices: dict[str, Any] = {
                "stdin": subprocess.DEVNULL,
                "stdout": file,
                "stderr": subprocess.STDOUT,
            }
            done = subprocess.run(command, cwd=self.work, env=env, check=False, **devices)
        self.done.printed += f"$ {step['command'].rstrip()}\n{output.read_text('utf-8', errors='replace')}"
        return done.returncode == 0

    def checkout(self, _: Mapping[str, Any]) -> bool:
        """A clone, on the branch of the pipeline."""
        git(self.work, "clone", "--quiet", "--no-hardlinks", str(self.project), ".")
        if self.address:
            git(self.work, "remote", "set-url", "origin", self.address)
        if not self.branch:
            git(self.work, "checkout", "--quiet", "--detach", self.commit)
        else:
            git(self.work, "checkout", "--quiet", "-B", self.branch, self.commit)
        return True

    def persist_to_workspace(self, step: Mapping[str, Any]) -> bool:
        """Keep files for the jobs that require this one."""
        root, layer = self.work / step["root"], self.work.parent / f"layer-{len(self.layers)}"
        for pattern in step["paths"]:
            found = list(root.glob(pattern))
            if not found:
                self.done.printed += f"nothing matches {pattern}\n"
                return False
            for path in found:
                target = layer / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if path.is_dir() else shutil.copy)(path, target)
        self.layers.append(layer)
        return True

    def attach_workspace(self, step: Mapping[str, Any]) -> bool:
        """Get what the jobs before have kept; an error where they have kept nothing."""
        for layer in self.layers:
            shutil.copytree(layer, self.work / step["at"], dirs_exist_ok=True)
        return bool(self.layers)

    def store_artifacts(self, step: Mapping[str, Any]) -> bool:
        """Keep files for people."""
        path = self.work / step["path"]
        files = (
            [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path][: path.exists()]
        )
        self.done.artifacts |= {each.relative_to(self.work).as_posix(): each.read_bytes() for each in files}
        return True
