"""Azure's agent: runs the steps of one job in a clone and a HOME of its own, and ends what they left running."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.keeper import end_processes
from tests.proof.azure_expressions import PipelineError, Scope, evaluate, truth
from tests.proof.azure_variables import MACRO, Lookup, Variables
from tests.support import git

COMMAND = re.compile(r"##vso\[([\w.]+)([^\]]*)\](.*)")
ARTIFACT = re.compile(r"[^\\/\":<>|*?]+")
GOOD = ("Succeeded", "SucceededWithIssues")


@dataclass
class Done:
    """A job as it ended: its result, its steps by what they are called, what they printed, the outputs they set."""

    result: str = "Succeeded"
    steps: list[tuple[str, str]] = field(default_factory=list)
    printed: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summaries: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    leftovers: set[str] = field(default_factory=set)  # macros that named no variable


@dataclass
class Agent:
    """Where one job runs. `origin`, `ref` is what it checks out; artefacts are folders below `artifacts`, by name."""

    folder: Path
    env: Mapping[str, str]
    origin: Path
    ref: str
    variables: Variables
    artifacts: Path
    resources: Mapping[str, Path]
    minutes: int
    done: Done = field(default_factory=Done)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def sources(self) -> Path:
        """The working directory of all steps."""
        return self.folder / "s"

    def run(self, steps: list[dict[str, Any]]) -> Done:
        """Run all steps; PipelineError for what Azure would not know."""
        for name in ("s", "temp", "home"):
            (self.folder / name).mkdir(parents=True)
        places = {
            "Agent.TempDirectory": "temp",
            "Pipeline.Workspace": "",
            "Build.SourcesDirectory": "s",
            "System.DefaultWorkingDirectory": "s",
        }
        for name, place in places.items():
            self.variables.set(name, str(self.folder / place))
        try:
            for step in steps:
                self._step(step)
        finally:
            end_processes(f"AGENT_JOB={self.token}")
        return self.done

    def _step(self, step: dict[str, Any]) -> None:
        kind = next(iter(step))
        label = self._expand(step.get("displayName") or step.get("name") or f"{kind} {step[kind]}")
        scope = Scope({"variables": Lookup(self.variables)}, self._status)
        if not truth(evaluate(step.get("condition", "succeeded()"), scope)):
            self.done.steps.append((label, "Skipped"))
            return
        good = {
            "bash": self._bash,
            "checkout": self._checkout,
            "publish": self._publish,
            "download": self._download,
        }
        result = "Succeeded" if good[kind](step) else "Failed"
        self.done.steps.append((label, result))
        if result == "Failed":
            self.done.result = "Failed"

    def _status(self, name: str, arguments: Any) -> bool:
        if arguments:
            raise PipelineError(f"{name}() of a step takes nothing")
        succeeded = self.done.result in GOOD
        known = {
            "succeeded": succeeded,
            "failed": not succeeded,
            "succeededOrFailed": True,
            "always": True,
            "canceled": False,
        }
        return known[name]

    def _expand(self, text: str) -> str:
        found = self.variables.expand(text)
        self.done.leftovers |= set(MACRO.findall(found))
        return found

    def _bash(self, step: dict[str, Any]) -> bool:
        """Without -e and pipefail, as Azure does: only the last command's exit code counts."""
        script = self.folder / "temp" / f"{uuid.uuid4()}.sh"
        script.write_text(self._expand(step["bash"]))
        asked = {name: self._expand(value) for name, value in step.get("env", {}).items()}
        env = {**self.env, "HOME": str(self.folder / "home"), **self.variables.environment(), **asked}
        env |= {"TF_BUILD": "True", "AGENT_JOB": self.token}
        process = subprocess.run(
            ["bash", "--noprofile", "--norc", str(script)],
            cwd=self.sources,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=(log := (self.folder / "temp" / "log").open("w+b")),
            stderr=subprocess.STDOUT,
            timeout=self.minutes * 60,
            check=False,
            start_new_session=True,
        )
        log.seek(0)
        printed = log.read().decode(errors="replace")
        log.close()
        self.done.printed += printed
        for command, settings, value in COMMAND.findall(printed):
            pairs = dict(pair.strip().split("=", 1) for pair in settings.split(";") if pair.strip())
            self._command(command, pairs, value, step.get("name", ""))
        return process.returncode == 0

    def _command(self, command: str, pairs: dict[str, str], value: str, step: str) -> None:
        if command == "task.uploadsummary":
            self.done.summaries.append(Path(value).read_text("utf-8"))
        elif command == "build.addbuildtag":
            self.done.tags.add(value)
        elif command == "task.setvariable" and pairs.get("isOutput", "").lower() == "true":
            if not step:
                raise PipelineError(f"an output {pairs['variable']} of a step without a name")
            self.done.outputs[f"{step}.{pairs['variable']}"] = value
            self.variables.set(f"{step}.{pairs['variable']}", value)
        elif command == "task.setvariable" and pairs.keys() == {"variable"}:
            self.variables.set(pairs["variable"], value)
        else:
            raise PipelineError(f"unknown command ##vso[{command} {pairs}]")

    def _checkout(self, step: dict[str, Any]) -> bool:
        """A shallow clone with no branch; only with persistCredentials it can push."""
        if step["checkout"] == "none":
            return True
        depth, tags = step.get("fetchDepth", "1"), step.get("fetchTags", "false") == "true"
        git(self.sources, "init", "--quiet")
        git(self.sources, "remote", "add", "origin", self.origin.as_uri())
        if step.get("persistCredentials", "false") != "true":
            git(self.sources, "remote", "set-url", "--push", "origin", "/no/credentials")
        limit = [] if depth == "0" else [f"--depth={depth}"]
        git(self.sources, "fetch", "--quiet", *limit, "--tags" if tags else "--no-tags", "origin", self.ref)
        git(self.sources, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        return True

    def _publish(self, step: dict[str, Any]) -> bool:
        source, name = self.sources / self._expand(step["publish"]), self._expand(step.get("artifact", ""))
        target = self.artifacts / name
        if not ARTIFACT.fullmatch(name) or target.exists() or not source.exists():
            self.done.printed += f"##[error] artefact {name} of {source.name} cannot be published\n"
            return False
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            target.mkdir()
            shutil.copy(source, target)
        return True

    def _download(self, step: dict[str, Any]) -> bool:
        alias, name = step["download"], self._expand(step.get("artifact", ""))
        if alias not in self.resources or not (source := self.resources[alias] / name).is_dir():
            self.done.printed += f"##[error] there is no artefact {name} of {alias}\n"
            return False
        shutil.copytree(source, self.folder / alias / name)
        return True
