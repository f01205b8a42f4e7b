"""The controller of our small Jenkins: it has the jobs of jobs.groovy, starts their builds as its triggers say, one after the other."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proof.jenkins import FILES, JOBS, ask, defined, parameters, triggers
from tests.proof.machine import machine
from tests.support import git

NAMED_IN_WEBHOOKS = re.compile(r"^\$\.(\w+)$")


@dataclass(frozen=True)
class Built:
    """A build: SUCCESS, FAILURE, ABORTED, or PAUSED where it waits for a person; and all that happened in it."""

    job: str
    result: str
    error: str
    given: Mapping[str, str]
    log: list[dict[str, Any]]

    def noted(self, what: str) -> list[dict[str, Any]]:
        """What happened of one kind: sh, stage, skipped, build, bound, archive, container, input."""
        return [entry for entry in self.log if entry["what"] == what]

    @property
    def stages(self) -> list[str]:
        """The jobs that ran, in order, without their inner stages."""
        return list(
            dict.fromkeys(re.sub(r"^checks/", "", entry["stage"]).split("/")[0] for entry in self.noted("sh"))
        )

    @property
    def archived(self) -> list[str]:
        """The files that were kept."""
        return [path for entry in self.noted("archive") for path in entry["files"]]

    @property
    def bound(self) -> set[str]:
        """The credentials that were handed out."""
        return {entry["id"] for entry in self.noted("bound")}


@dataclass
class Controller:
    """A Jenkins with one repository. `variables` are the properties of its folder, `approver` whom a build may ask.

    `origin` is what jobs clone and push to, where that is not the repository itself.
    """

    project: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, Any] = field(default_factory=lambda: {"git": {"user": "bot", "password": "x"}})
    approver: dict[str, Any] | None = None
    builds: list[Built] = field(default_factory=list)
    good: dict[str, str] = field(default_factory=dict)
    origin: Path | None = None

    def __post_init__(self) -> None:
        """Have the machine and the jobs ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.machine = machine(self.folder)
        self.jobs = defined(self.project) if (self.project / JOBS).exists() else {"check": {}}
        train = self.jobs.get("train")
        self.branch: str = train["definition"]["cpsScm"]["scm"]["git"]["branch"] if train else "main"

    def push(self, branch: str = "main") -> list[Built]:
        """A push to a branch; nothing where the strategies of the multibranch job do not build it by themselves."""
        source = self._strategies("buildNamedBranches", {"filters": {"exact": {"name": "main"}}})
        if not source or source["filters"]["exact"]["name"] != branch:
            return []
        return self._run("check", "BranchEventCause", branch, env={"BRANCH_NAME": branch})

    def tag(self, name: str) -> list[Built]:
        """A new tag."""
        if self._strategies("buildTags", {}) is None:
            return []
        return self._run("check", "BranchEventCause", name, env={"BRANCH_NAME": name, "TAG_NAME": name})

    def pull_request(
        self, branch: str, target: str = "main", *, fork: bool = False, started: bool = False
    ) -> list[Built]:
        """A pull request; one from a fork has to be started by somebody, unless the strategy trusts strangers."""
        source = self._strategies("buildChangeRequests", {"ignoreUntrustedChanges": True})
        if source is None or (fork and source["ignoreUntrustedChanges"] and not started):
            return []
        env = {"BRANCH_NAME": "PR-7", "CHANGE_ID": "7", "CHANGE_TARGET": target, "CHANGE_BRANCH": branch}
        env |= {"CHANGE_FORK": "stranger"} if fork else {}
        return self._run("check", "UserIdCause" if started else "BranchEventCause", branch, env=env)

    def clock(self, job: str) -> list[Built]:
        """The schedule of a job; for check, of the default branch. Nothing where it has none."""
        if job == "check":
            return self._run(job, "TimerTrigger", env={"BRANCH_NAME": self.branch})
        return self._run(job, "TimerTrigger") if "cron" in triggers(self.jobs[job]) else []

    def webhook(self, job: str, body: Mapping[str, Any]) -> list[Built]:
        """A call of the generic webhook with the right token."""
        hook = triggers(self.jobs[job])["genericTrigger"]
        assert hook["tokenCredentialId"]
        given = {}
        variables = hook["genericVariables"]["genericVariable"]
        for variable in variables if isinstance(variables, list) else [variables]:
            named = NAMED_IN_WEBHOOKS.match(variable["value"])
            assert named
            value = str(body.get(named[1], variable.get("defaultValue", "")))
            given[variable["key"]] = re.sub(variable.get("regexpFilter", "(?!)"), "", value)
        text = re.sub(r"\$(\w+)", lambda match: given.get(match[1], match[0]), hook["regexpFilterText"])
        if not re.search(hook["regexpFilterExpression"], text):
            return []
        return self._run(job, "GenericCause", given=given)

    def hand(self, job: str, **given: str) -> list[Built]:
        """A person starts a job, with parameters that its form has."""
        assert set(given) <= set(parameters(self.jobs[job])), "the form has no such parameter"
        return self._run(job, "UserIdCause", given=given)

    def _strategies(self, name: str, without_jobs: dict[str, Any]) -> dict[str, Any] | None:
        sources = self.jobs["check"].get("branchSources")
        found: dict[str, Any] | None = (
            sources["branchSource"]["buildStrategies"].get(name) if sources else without_jobs
        )
        return found

    def _run(
        self,
        job: str,
        cause: str,
        ref: str = "",
        given: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> list[Built]:
        """A build, and those that it starts; returns them all."""
        commit = git(self.origin or self.project, "rev-parse", f"{ref or self.branch}^{{commit}}").strip()
        given = given or {}
        folder = self.folder / f"build-{len(self.builds)}"
        folder.mkdir()
        known = parameters(self.jobs[job])
        place = env["BRANCH_NAME"] if env else job
        situation = {
            "file": str(_checked_out(self.project, commit, FILES[job], folder)),
            "project": str(self.origin or self.project),
            "folder": str(folder),
            "commit": commit,
            "previous": self.good.get(f"{job}/{place}"),
            "machine": self.machine.env,
            "env": {"JOB_NAME": job, **(env or {})},
            "parameters": known | {name: value for name, value in given.items() if name in known},
            "variables": self.variables,
            "credentials": self.credentials,
            "approver": self.approver,
            "cause": cause,
            "person": "eve",
        }
        answer = ask(situation)
        built = Built(job, answer["result"], str(answer["error"] or ""), given, answer["log"])
        self.builds.append(built)
        if built.result == "SUCCESS":
            self.good[f"{job}/{place}"] = commit
        started = [built]
        for entry in built.noted("build"):
            name = entry["job"].removeprefix("../")
            assert not entry["wait"], "a build that waits for another holds two"
            unknown = set(entry["parameters"]) - set(parameters(self.jobs[name]))
            assert not unknown, f"{name} would ignore {unknown}"
            started += self._run(name, "BuildUpstreamCause", given=entry["parameters"])
        return started

    def log(self) -> str:
        """What the last build printed and noted, for a failing test."""
        if not self.builds:
            return "no build"
        last = self.folder / f"build-{len(self.builds) - 1}" / "errors.log"
        printed = last.read_text("utf-8", errors="replace") if last.exists() else ""
        return json.dumps(self.builds[-1].log, indent=1) + self.builds[-1].error + printed


def _checked_out(project: Path, commit: str, path: str, folder: Path) -> Path:
    """The pipeline as it is in that commit."""
    file = folder / (re.sub(r"\W", "_", path) + ".groovy")
    file.write_text(git(project, "show", f"{commit}:{path}"))
    return file
