"""One run of an Azure pipeline: stages and jobs in their order, conditions, matrices, and people who are asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proof import azure_shape as shape
from tests.proof.azure_agent import GOOD, Agent, Done
from tests.proof.azure_expressions import PipelineError, Scope, as_text, evaluate, truth
from tests.proof.azure_template import Files, compiled
from tests.proof.azure_variables import Lookup, Variables

RUNTIME = re.compile(r"\$\[(.*)\]", re.DOTALL)
WAITING = "Waiting"
Node = dict[str, Any]


@dataclass
class Run:
    """A run, and what it has done so far. `answer` is what a person says: approved, rejected, or nothing yet."""

    name: str
    path: str
    files: Files
    reason: str
    ref: str
    origin: Path
    folder: Path
    env: Mapping[str, str]
    variables: Mapping[str, str]
    secrets: Mapping[str, str]
    environments: frozenset[str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, Path] = field(default_factory=dict)
    answer: str = ""
    done: dict[tuple[str, str], Done] = field(default_factory=dict)  # (stage, job)
    stages: dict[str, str] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Compile the file; PipelineError where Azure would refuse it."""
        early = {
            "Build.Reason": self.reason,
            "Build.SourceBranch": self.ref,
            "Build.SourceBranchName": self.ref.rsplit("/", 1)[-1],
            "Build.DefinitionName": self.name,
        }
        self.pipeline = compiled(self.files, self.path, early, self.parameters, self.payload)
        self.graph = shape.shaped(self.pipeline)
        self.system = early | dict(self.variables)
        self.artifacts.mkdir(parents=True)

    @property
    def artifacts(self) -> Path:
        """The folder of this run's artefacts, one folder each."""
        return self.folder / "artifacts"

    @property
    def result(self) -> str:
        """Succeeded, Failed, Skipped, or Waiting for a person."""
        results = set(self.stages.values())
        return next(
            (one for one in (WAITING, "Failed", "Canceled", "Succeeded") if one in results), "Skipped"
        )

    @property
    def jobs(self) -> dict[str, str]:
        """How each job ended that was not skipped; of a matrix, each of its jobs."""
        return {job: done.result for (_, job), done in self.done.items() if done.result != "Skipped"}

    @property
    def printed(self) -> str:
        """What all jobs printed."""
        return "".join(done.printed for done in self.done.values())

    def proceed(self) -> Run:
        """Run what can run: all of it, or up to where a person is asked; then again once `answer` is set."""
        for stage in shape.ordered(self.graph):
            label = stage["stage"]
            if self.stages.get(label, WAITING) != WAITING:
                continue
            before = _ancestors(stage, self.graph)
            if WAITING in (self.stages[one] for one in before):
                self.stages[label] = WAITING
                continue
            self.stages[label] = self._stage(stage, before)
        return self

    def _stage(self, stage: Node, before: Sequence[str]) -> str:
        results = {one: self.stages[one] for one in before}
        outputs = {
            one: {
                f"{job}.{key}": value
                for (owner, job), done in self.done.items()
                if owner == one
                for key, value in done.outputs.items()
            }
            for one in before
        }
        variables = Variables(self.system, self.secrets)
        scope = self._scope(variables, stage, results, outputs)
        self._define(variables, scope, self.pipeline)
        if not truth(evaluate(stage.get("condition", "succeeded()"), scope)):
            return "Skipped"
        found: dict[str, str] = {}
        for job in shape.ordered(stage["jobs"]):
            found[shape.name(job)] = self._job(stage, job, found)
        states = set(found.values())
        return next((one for one in (WAITING, "Failed", "Succeeded") if one in states), "Skipped")

    def _job(self, stage: Node, job: Node, found: dict[str, str]) -> str:
        label, owner = shape.name(job), stage["stage"]
        before = _ancestors(job, stage["jobs"])
        if WAITING in (found[one] for one in before):
            return WAITING
        ended = [done.result for (at, one), done in self.done.items() if at == owner and _of(one, label)]
        if ended and ended != [WAITING]:
            return "Failed" if "Failed" in ended else ended[0]
        outputs = {one: self.done[owner, one].outputs for one in before if (owner, one) in self.done}
        variables = Variables(self.system, self.secrets)
        scope = self._scope(variables, job, {one: found[one] for one in before}, outputs)
        scope = Scope({**scope.values, "stageDependencies": self._earlier(stage)}, scope.status)
        self._define(variables, scope, self.pipeline, stage, job)
        if not truth(evaluate(job.get("condition", "succeeded()"), scope)):
            self.done[owner, label] = Done("Skipped")
            return "Skipped"
        if shape.pool(job.get("pool")):
            self.done[owner, label] = Done({"approved": "Succeeded", "": WAITING}.get(self.answer, "Failed"))
            return self.done[owner, label].result
        results = set()
        for instance, more in self._instances(job, scope).items():
            own = variables.with_more(more)
            full = f"{label} {instance}".strip()
            self.done[owner, full] = self._run(job, own, f"{owner}-{full}")
            results.add(self.done[owner, full].result)
        return "Failed" if "Failed" in results else "Succeeded"

    def _earlier(self, stage: Node) -> Node:
        """What a job may read of the stages that its own depends on."""
        found: Node = {one: {} for one in stage["dependsOn"]}
        for (owner, job), done in self.done.items():
            if owner in found:
                found[owner][job] = {"result": done.result, "outputs": done.outputs}
        return found

    def _define(self, variables: Variables, scope: Scope, *levels: Node) -> None:
        for level in levels:
            for name, value in level.get("variables", {}).items():
                match = RUNTIME.fullmatch(value)
                variables.set(name, as_text(evaluate(match[1], scope)) if match else value)

    def _instances(self, job: Node, scope: Scope) -> dict[str, dict[str, str]]:
        """The jobs that a matrix makes, by name, with the variables of each."""
        matrix = job.get("strategy", {}).get("matrix")
        if matrix is None:
            return {"": {}}
        if isinstance(matrix, str):
            match = RUNTIME.fullmatch(matrix)
            if not match:
                raise PipelineError(f"matrix {matrix}")
            matrix = json.loads(as_text(evaluate(match[1], scope)) or "null")
        if not isinstance(matrix, dict) or not matrix:
            raise PipelineError(f"{shape.name(job)}: a matrix of {matrix}")
        for name, values in matrix.items():
            if not re.fullmatch(r"\w+", name) or not all(isinstance(value, str) for value in values.values()):
                raise PipelineError(f"a matrix cannot have {name}: {values}")
        return matrix

    def _run(self, job: Node, variables: Variables, place: str) -> Done:
        if (environment := job.get("environment")) and environment not in self.environments:
            return Done("Failed", printed=f"there is no environment {environment}\n")
        steps = shape.steps(job)
        if not any("checkout" in step for step in steps) and "deployment" not in job:
            steps = [{"checkout": "self"}, *steps]
        variables.set("System.JobAttempt", "1")
        agent = Agent(
            self.folder / re.sub(r"\W", "-", place),
            self.env,
            self.origin,
            self.ref,
            variables,
            self.artifacts,
            self.resources,
            int(job["timeoutInMinutes"]),
        )
        done = agent.run(steps)
        self.tags |= done.tags
        return done

    def _scope(
        self, variables: Variables, node: Node, results: dict[str, str], outputs: dict[str, dict[str, str]]
    ) -> Scope:
        """What the condition of a stage or a job may use; the status functions look at all that came before it."""
        dependencies = {
            one: {"result": results[one], "outputs": outputs.get(one, {})} for one in node["dependsOn"]
        }

        def status(name: str, arguments: Sequence[str]) -> bool:
            seen = [results[one] for one in arguments] if arguments else list(results.values())
            answers: dict[str, Callable[[], bool]] = {
                "succeeded": lambda: all(one in GOOD for one in seen),
                "failed": lambda: "Failed" in seen,
                "succeededOrFailed": lambda: not {"Skipped", "Canceled"} & set(seen),
                "always": lambda: True,
                "canceled": lambda: False,
            }
            return answers[name]()

        return Scope({"variables": Lookup(variables), "dependencies": dependencies}, status)


def _of(instance: str, job: str) -> bool:
    return instance == job or instance.startswith(f"{job} ")


def _ancestors(node: Node, nodes: Sequence[Node]) -> list[str]:
    """All that comes before a stage or a job, directly or not."""
    by_name = {shape.name(one): one for one in nodes}
    found: list[str] = []
    waiting = list(node["dependsOn"])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.append(one)
            waiting += by_name[one]["dependsOn"]
    return found
