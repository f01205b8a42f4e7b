"""An organization in Azure DevOps, as far as pipelines go: what starts them, what they start, and what they call.

Pipelines run one after the other on this machine, by azure_run.py; `az` is a stand-in that notes what it was asked.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proof import azure_shape as shape
from tests.proof.azure_expressions import PipelineError
from tests.proof.azure_filters import matches, pushed
from tests.proof.azure_run import Run
from tests.proof.azure_template import Files, compiled, load
from tests.support import environment, git, read_tree
from tests.template.agreement import called

PATHS = {
    "check": "azure-pipelines.yml",
    **{flow: f".azuredevops/{flow}.yml" for flow in ("train", "deliver", "watch", "webhook")},
}
# Notes its arguments; refuses without a token, and where Azure would not know the pipeline.
AZ = """#!/bin/sh
[ -n "$AZURE_DEVOPS_EXT_PAT" ] || { echo "az: no token" >&2; exit 1; }
python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@" >> "FOLDER/az.log"
"""
SYSTEM = {
    "System.CollectionUri": "https://dev.azure.com/my-org/",
    "System.TeamProject": "my project",
    "System.TeamProjectId": "1f0c9c55-0000-4000-8000-000000000001",
    "Build.Repository.ID": "1f0c9c55-0000-4000-8000-000000000002",
    "Build.RequestedFor": "Ann",
}


@dataclass
class Organization:
    """One repository, one pipeline for each of its files, and what is set in the forge."""

    project: Path
    folder: Path
    name: str = "my-model"
    branch: str = "main"
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    environments: frozenset[str] = frozenset({"production"})
    env: dict[str, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    scheduled: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Set up the machine on which all jobs run."""
        self.env = self.env or environment(self.folder / "machine")
        tools = self.folder / "tools"
        tools.mkdir(parents=True)
        (tools / "az").write_text(AZ.replace("FOLDER", str(self.folder)))
        (tools / "az").chmod(0o755)
        self.env["PATH"] = f"{tools}{os.pathsep}{self.env['PATH']}"

    @property
    def asked(self) -> list[list[str]]:
        """What `az` was asked so far."""
        log = self.folder / "az.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def push(self, ref: str = "") -> list[Run]:
        """Somebody pushes the last commit of the project to a branch (the default one) or as a tag."""
        ref = ref or f"refs/heads/{self.branch}"
        changed = git(self.project, "show", "--name-only", "--format=", "HEAD").split()
        flows = [
            flow for flow in self._flows() if pushed(self._root(flow).get("trigger", "none"), ref, changed)
        ]
        return [run for flow in flows for run in self.start(flow, "IndividualCI", ref)]

    def pull_request(self, *, fork: bool = False) -> list[Run]:
        """Somebody asks to merge the branch `topic`; what runs is the merge, and a fork gets no secret."""
        ref = "refs/pull/7/merge"
        git(self.project, "checkout", "--quiet", "--detach", self.branch)
        git(self.project, "merge", "--quiet", "--no-ff", "-m", "merge", "topic")
        git(self.project, "update-ref", ref, "HEAD")
        git(self.project, "checkout", "--quiet", self.branch)
        flows = [
            flow for flow in self._flows() if matches(self._root(flow).get("pr", "none"), self.branch, [])
        ]
        more = {"System.PullRequest.IsFork": str(fork), "System.PullRequest.PullRequestId": "7"}
        return [run for flow in flows for run in self.start(flow, "PullRequest", ref, more, fork=fork)]

    def week(self, flow: str) -> list[Run]:
        """The time of a flow's schedule comes: without `always`, only where something was pushed since."""
        commit, found = git(self.project, "rev-parse", self.branch).strip(), []
        for schedule in self._root(flow).get("schedules", []):
            always = schedule.get("always", "false") == "true"
            if matches(schedule, self.branch, []) and (always or self.scheduled.get(flow) != commit):
                more = {"Build.CronSchedule.DisplayName": schedule["displayName"]}
                found += self.start(flow, "Schedule", f"refs/heads/{self.branch}", more)
        self.scheduled[flow] = commit
        return found

    def webhook(self, **payload: str) -> list[Run]:
        """Another system posts this payload to the address of the service connection."""
        found = []
        for flow in self._flows():
            for hook in self._root(flow).get("resources", {}).get("webhooks", []):
                if hook["connection"] != f"{self.name}-webhook":
                    raise PipelineError(f"there is no service connection {hook['connection']}")
                found += self.start(flow, "ResourceTrigger", payload={hook["webhook"]: payload})
        return found

    def start(
        self,
        flow: str,
        reason: str = "Manual",
        ref: str = "",
        more: Mapping[str, str] | None = None,
        *,
        fork: bool = False,
        payload: Mapping[str, Any] | None = None,
        resources: Mapping[str, Path] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> list[Run]:
        """Start a pipeline, by hand where nothing else is said; gives that run and all that it caused."""
        files = read_tree(self.project)
        number = str(len(self.runs) + 1)
        run = Run(
            name=f"{self.name}-{flow}",
            path=PATHS[flow],
            files=files,
            reason=reason,
            ref=ref or f"refs/heads/{self.branch}",
            origin=self.project,
            folder=self.folder / f"run-{number}",
            env=self.env,
            variables={**SYSTEM, "Build.BuildId": number, **self.variables, **(more or {})},
            secrets={"System.AccessToken": f"job-{number}", **({} if fork else self.secrets)},
            environments=self.environments,
            parameters=parameters or {},
            payload=payload or {},
            resources=resources or {},
        )
        self.runs.append(run)
        return [run, *self.proceed(run)]

    def proceed(self, run: Run) -> list[Run]:
        """Let a run go on, and start what it asks for or what waits for its end."""
        known = len(self.asked)
        run.proceed()
        found: list[Run] = []
        for words in self.asked[known:]:
            if words[:2] == ["pipelines", "run"]:
                found += self._ordered(words)
        if run.result == "Succeeded":
            found += self._completed(run)
        return found

    def _ordered(self, words: list[str]) -> list[Run]:
        """What `az pipelines run` starts."""
        options: dict[str, list[str]] = {}
        for word in words[2:]:
            if word.startswith("--"):
                options[word] = []
            else:
                options[next(reversed(options))].append(word)
        place = [SYSTEM["System.CollectionUri"]], [SYSTEM["System.TeamProject"]]
        if (options.pop("--organization"), options.pop("--project")) != place:
            raise PipelineError(f"az: another organization or project: {words}")
        flow = options["--name"][0].removeprefix(f"{self.name}-")
        if flow not in self._flows() or options.keys() != {"--name", "--parameters", "--output"}:
            raise PipelineError(f"az: {words}")
        parameters = dict(pair.split("=", 1) for pair in options["--parameters"])
        return self.start(flow, parameters=parameters)

    def _completed(self, run: Run) -> list[Run]:
        """What waits for a pipeline to succeed, on this branch and with these tags."""
        found = []
        for flow in self._flows():
            for one in self._root(flow).get("resources", {}).get("pipelines", []):
                trigger, branch = one["trigger"], run.ref.removeprefix("refs/heads/")
                fits = matches(trigger, branch, []) and set(trigger.get("tags", [])) <= run.tags
                if one["source"] == run.name and fits:
                    places = {one["pipeline"]: run.artifacts}
                    found += self.start(flow, "ResourceTrigger", run.ref, resources=places)
                elif one["source"].removeprefix(f"{self.name}-") not in self._flows():
                    raise PipelineError(f"there is no pipeline {one['source']}")
        return found

    def _flows(self) -> list[str]:
        return [flow for flow, path in PATHS.items() if (self.project / path).exists()]

    def _root(self, flow: str) -> dict[str, Any]:
        return load(read_tree(self.project), PATHS[flow])


def variants(files: Files) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each flow with its compiled pipeline, in every form that it can take."""
    for flow, path in PATHS.items():
        if path not in files:
            continue
        for reason in ("IndividualCI", "PullRequest", "Schedule", "Manual", "ResourceTrigger"):
            actions = ("deliver", "rollback") if flow == "deliver" else ("",)
            for action in actions:
                given = {"action": action} if action else {}
                yield flow, compiled(files, path, {"Build.Reason": reason}, given)


def calls(files: Files) -> dict[str, dict[str, list[str]]]:
    """For each flow, the make targets of each job that calls any, in order. PipelineError where two forms of it differ."""
    found: dict[str, dict[str, list[str]]] = {}
    for flow, pipeline in variants(files):
        for stage in shape.shaped(pipeline):
            for job in stage["jobs"]:
                scripts = "\n".join(step.get("bash", "") for step in shape.steps(job))
                targets = called(re.sub(r"##vso\S*", "", scripts))
                if not targets:
                    continue
                known = found.setdefault(flow, {}).setdefault(shape.name(job), targets)
                if known != targets:
                    raise PipelineError(f"{flow}: {shape.name(job)} calls {known} or {targets}")
    return found
