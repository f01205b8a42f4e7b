"""Reads CircleCI's files as CircleCI does before anything runs: parameters, expressions, commands, executors, workflows.

Gives the jobs of each workflow with all of that worked in, or says what is wrong. An unknown key, name or expression is an
error. circleci_run.py runs what comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.proof.circleci_language import ConfigError, arguments, filled, holds, keys, listed, load, passes
from tests.proof.flows import FLOWS
from tests.template.agreement import called

FILES = (".circleci/config.yml", ".circleci/release.yml")
TOP = {"version", "setup", "parameters", "executors", "commands", "jobs", "workflows"}
EXECUTOR = {"docker", "machine", "resource_class", "environment", "working_directory", "shell"}
JOB = EXECUTOR | {"description", "executor", "parameters", "steps", "parallelism"}
CALLED = {"name", "requires", "context", "filters", "type", "matrix", "serial-group"}
STEPS: Mapping[str, set[str]] = {
    "run": {"name", "command", "environment", "when", "no_output_timeout", "shell", "working_directory"},
    "checkout": {"method", "path"},
    "persist_to_workspace": {"root", "paths"},
    "attach_workspace": {"at"},
    "store_artifacts": {"path", "destination"},
}
STATES = {"success", "failed", "canceled", "not_run", "unauthorized"}


@dataclass(frozen=True)
class Job:
    """A job of a workflow, ready to run; `kind` is "approval" where a person is waited for."""

    name: str
    base: str
    kind: str = "build"
    steps: Sequence[tuple[str, Mapping[str, Any]]] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    executor: Mapping[str, Any] = field(default_factory=dict)
    requires: Mapping[str, frozenset[str]] = field(default_factory=dict)
    contexts: Sequence[str] = ()
    serial: str = ""


@dataclass(frozen=True)
class Config:
    """A file whose expressions are filled in for one pipeline: `values` are that pipeline's."""

    raw: Mapping[str, Any]
    values: Mapping[str, Any]

    @classmethod
    def of(cls, text: str | bytes, values: Mapping[str, Any], given: Mapping[str, Any]) -> Config:
        """The file, with parameters of the pipeline."""
        raw = keys("file", load(text), TOP)
        if str(raw.get("version")) != "2.1":
            raise ConfigError("version is not 2.1")
        found = arguments("pipeline", raw.get("parameters"), given)
        pipeline = {f"pipeline.{name}": value for name, value in values.items()}
        return cls(raw, pipeline | {f"pipeline.parameters.{name}": value for name, value in found.items()})

    def workflows(self) -> dict[str, list[Job]]:
        """The workflows whose conditions hold, each with its jobs in an order in which they can run."""
        every = self.raw.get("workflows") or {}
        found = {}
        for name, workflow in every.items():
            flow = filled(keys(name, workflow, {"when", "unless", "jobs"}), self.values)
            jobs = self._ordered(name, flow["jobs"])
            if holds(flow.get("when", True)) and not holds(flow.get("unless", False)) and jobs:
                found[name] = jobs
        if self.raw.get("setup") and len(found) > 1:
            raise ConfigError(f"a setup file runs one workflow, not {sorted(found)}")
        return found

    def _ordered(self, where: str, entries: Sequence[Any]) -> list[Job]:
        calls: dict[str, tuple[str, dict[str, Any]]] = {}
        for entry in entries:
            base, call = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
            for name, arguments_ in _matrix(base, dict(call or {})):
                if name in calls:
                    raise ConfigError(f"{where}: two jobs are called {name}")
                calls[name] = (base, arguments_)
        made = {name: self._job(name, base, call) for name, (base, call) in calls.items()}
        branch, tag = self.values["pipeline.git.branch"], self.values["pipeline.git.tag"]
        kept = {name: passes(call.get("filters", {}), branch, tag) for name, (_, call) in calls.items()}
        order: list[Job] = []
        while left := [name for name in made if name not in {job.name for job in order}]:
            for name in left:
                if unknown := set(made[name].requires) - set(made):
                    raise ConfigError(f"{where}: {name} requires unknown job {sorted(unknown)}")
            ready = [name for name in left if not set(made[name].requires) & set(left)]
            if not ready:
                raise ConfigError(f"{where}: a cycle of {left}")
            order.append(made[ready[0]])
            kept[ready[0]] &= all(kept[each] for each in made[ready[0]].requires)
        return [job for job in order if kept[job.name]]

    def _job(self, name: str, base: str, call: Mapping[str, Any]) -> Job:
        common = {
            "requires": dict(map(_required, call.get("requires", []))),
            "serial": call.get("serial-group", ""),
        }
        if call.get("type") == "approval":
            keys(name, call, CALLED)
            return Job(name, base, "approval", **common)
        jobs = self.raw.get("jobs") or {}
        if base not in jobs:
            raise ConfigError(f"unknown job {base}")
        raw = keys(base, jobs[base], JOB)
        given = {key: part for key, part in call.items() if key not in CALLED}
        scope = self._scope(base, raw, given)
        steps = tuple(self._steps(base, raw["steps"], scope))
        environment = {key: str(part) for key, part in filled(raw.get("environment", {}), scope).items()}
        contexts = tuple(listed(call.get("context", [])))
        return Job(
            name, base, "build", steps, environment, self._executor(base, raw), contexts=contexts, **common
        )

    def _scope(self, where: str, raw: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        found = arguments(where, raw.get("parameters"), given)
        return {**self.values, **{f"parameters.{name}": value for name, value in found.items()}}

    def _executor(self, where: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        name = raw.get("executor")
        known = self.raw.get("executors") or {}
        if name is not None and name not in known:
            raise ConfigError(f"{where}: unknown executor {name}")
        found = keys(f"executor of {where}", known[name], EXECUTOR) if name else raw
        if not {"docker", "machine"} & set(found):
            raise ConfigError(f"{where}: no executor")
        return found

    def _steps(
        self, where: str, raw: Any, scope: Mapping[str, Any]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for step in raw:
            name, part = (step, {}) if isinstance(step, str) else next(iter(step.items()))
            commands = self.raw.get("commands") or {}
            if name in commands:
                command = keys(name, commands[name], {"description", "parameters", "steps"})
                yield from self._steps(
                    name, command["steps"], self._scope(name, command, filled(part, scope))
                )
            elif name in STEPS:
                given = filled({"command": part} if name == "run" and isinstance(part, str) else part, scope)
                yield name, keys(f"{where}, {name}", given, STEPS[name])
            else:
                raise ConfigError(f"{where}: unknown step {name}")


def _required(entry: Any) -> tuple[str, frozenset[str]]:
    if isinstance(entry, str):
        return entry, frozenset({"success"})
    ((name, states),) = entry.items()
    found = STATES if states == "terminal" else set(listed(states))
    if found - STATES:
        raise ConfigError(f"{name}: unknown state {sorted(found - STATES)}")
    return name, frozenset(found)


def _matrix(base: str, call: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """One call for each combination of a matrix of parameters, named as CircleCI names it."""
    combinations: list[dict[str, Any]] = [{}]
    for name, values in call.pop("matrix", {}).get("parameters", {}).items():
        combinations = [{**each, name: value} for each in combinations for value in values]
    for each in combinations:
        yield call.get("name") or "-".join([base, *map(str, each.values())]), {**call, **each}


def commands(config: Mapping[str, Any], job: str) -> list[str]:
    """The command lines of a job as they are written."""
    steps = [step for step in config["jobs"][job]["steps"] if isinstance(step, dict) and "run" in step]
    return [part if isinstance(part := step["run"], str) else part["command"] for step in steps]


def calls(files: Mapping[str, bytes]) -> dict[str, dict[str, list[str]]]:
    """The targets that each job of each flow calls: flow → job → targets, in order; what a `trap` calls comes last.

    All jobs stand in one file, and those after an approval in a second one; which flow a job belongs to, its name says.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for path in FILES:
        config = load(files.get(path, b""))
        for job in config.get("jobs", {}):
            lines = [line for text in commands(config, job) for line in text.splitlines()]
            targets = called(
                "\n".join(sorted(lines, key=lambda line: "trap " in line)).replace('"', " ").replace("'", " ")
            )
            flow = next((flow for flow, jobs in FLOWS.items() if job in jobs), "no flow")
            found.setdefault(flow, {})[job] = targets
    return found
