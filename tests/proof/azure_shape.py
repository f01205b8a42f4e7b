"""What Azure Pipelines, or the rules of this template, ask of a compiled pipeline: keys, names, graph, pools, times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.proof.azure_expressions import PipelineError

Node = dict[str, Any]
COMMON = {"displayName", "name", "condition", "env"}
STEPS: Mapping[str, set[str]] = {
    "bash": COMMON,
    "checkout": {"clean", "fetchDepth", "fetchTags", "persistCredentials"},
    "publish": {"artifact", "condition", "displayName"},
    "download": {"artifact", "condition", "displayName"},
    "task": {"displayName", "condition", "inputs"},
}
# The only task: what else a task of the store does, a line of bash does too.
VALIDATION = {"notifyUsers", "approvers", "allowApproversToApproveTheirOwnRuns", "instructions", "onTimeout"}
JOB = {"displayName", "dependsOn", "condition", "timeoutInMinutes", "variables", "pool", "strategy"}
STAGE = {"stage", "displayName", "dependsOn", "condition", "variables", "jobs"}
ROOT = {"trigger", "pr", "schedules", "resources", "variables", "pool", "lockBehavior", "stages", "jobs"}
IMAGES = {"ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
CRON = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
OUTPUT = re.compile(r"(?<!\w)(dependencies|stageDependencies\.\w+)\.(\w+)\.outputs\['([^']*)'\]")
RESULT = re.compile(r"(?<!\w)dependencies\.(\w+)")


def shaped(pipeline: Node) -> list[Node]:
    """The stages of a compiled pipeline, after all checks. PipelineError names the first thing that is wrong."""
    keys(pipeline, ROOT, "pipeline")
    _triggers(pipeline)
    pool(pipeline.get("pool"))
    if ("stages" in pipeline) == ("jobs" in pipeline):
        raise PipelineError("a pipeline has stages or jobs")
    stages: list[Node] = pipeline.get("stages") or [{"stage": "__default", "jobs": pipeline["jobs"]}]
    before: list[str] = []
    for stage in stages:
        keys(stage, STAGE, "stage")
        stage["dependsOn"] = _listed(stage.get("dependsOn", before[-1:]))
        for job in stage.get("jobs") or _wrong(f"stage {stage.get('stage')} has no jobs"):
            _job(job)
        ordered(stage["jobs"])
        before.append(stage["stage"])
    ordered(stages)
    _outputs(stages)
    if pipeline.get("lockBehavior") != "sequential" and any("deployment" in job for job in _jobs(stages)):
        raise PipelineError("deployments without lockBehavior: two could run at once")
    return stages


def _jobs(stages: Sequence[Node]) -> Iterator[Node]:
    for stage in stages:
        yield from stage["jobs"]


def keys(node: Node, known: set[str], what: str) -> None:
    """PipelineError for a key that is not known there."""
    if unknown := node.keys() - known:
        raise PipelineError(f"{what}: unknown key {', '.join(sorted(unknown))}")


def name(node: Node) -> str:
    """What a stage or a job is called."""
    return str(node.get("stage") or node.get("job") or node.get("deployment"))


def steps(job: Node) -> list[Node]:
    """The steps of a job, also where it is a deployment."""
    if "deployment" in job:
        return list(job["strategy"]["runOnce"]["deploy"]["steps"])
    return list(job["steps"])


def ordered(nodes: Sequence[Node]) -> list[Node]:
    """Stages or jobs so that each comes after what it depends on. PipelineError for a name that is not there, or a cycle."""
    names = [name(node) for node in nodes]
    if twice := {one for one in names if names.count(one) > 1}:
        raise PipelineError(f"{twice} stands twice")
    for node in nodes:
        if unknown := set(node["dependsOn"]) - set(names):
            raise PipelineError(f"{name(node)} depends on unknown {', '.join(sorted(unknown))}")
    found: list[Node] = []
    while left := [node for node in nodes if node not in found]:
        ready = [node for node in left if set(node["dependsOn"]) <= {name(done) for done in found}]
        if not ready:
            raise PipelineError(f"{[name(node) for node in left]} wait for each other: a cycle")
        found += ready
    return found


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _wrong(words: str) -> list[Node]:
    raise PipelineError(words)


def _job(job: Node) -> None:
    kind = "deployment" if "deployment" in job else "job"
    keys(job, JOB | ({"deployment", "environment"} if kind == "deployment" else {"job", "steps"}), "job")
    label = job.get(kind) or ""
    if not NAME.fullmatch(label):
        raise PipelineError(f"a job cannot be called '{label}'")
    job["dependsOn"] = _listed(job.get("dependsOn", []))
    if not job.get("timeoutInMinutes", "").isdigit():
        raise PipelineError(f"{label} has no timeoutInMinutes")
    server = pool(job.get("pool"))
    strategy = job.get("strategy", {})
    if kind == "deployment":
        keys(strategy, {"runOnce"}, label)
        keys(strategy["runOnce"], {"deploy"}, label)
        keys(strategy["runOnce"]["deploy"], {"steps"}, label)
        if not isinstance(job.get("environment"), str):
            raise PipelineError(f"{label} has no environment")
    else:
        keys(strategy, {"matrix", "maxParallel"}, label)
    if not steps(job):
        raise PipelineError(f"{label} has no steps")
    for step in steps(job):
        _step(step, label, server=server)
        if "persistCredentials" in step and kind != "deployment":
            raise PipelineError(f"{label}: only deployments push")


def _step(step: Node, job: str, *, server: bool) -> None:
    kind = next(iter(step))
    if kind not in STEPS:
        raise PipelineError(f"{job}: unknown step {kind}")
    keys(step, STEPS[kind] | {kind}, f"{job}: {kind}")
    if (kind == "task") != server:
        raise PipelineError(f"{job}: {kind} on {'the server' if server else 'an agent'}")
    if kind == "task":
        if step["task"] != "ManualValidation@1":
            raise PipelineError(f"{job}: unknown task {step['task']}")
        keys(step.get("inputs", {}), VALIDATION, f"{job}: ManualValidation")
        if step["inputs"].get("onTimeout") != "reject":
            raise PipelineError(f"{job}: silence must not be a yes")
    if "name" in step and not NAME.fullmatch(step["name"]):
        raise PipelineError(f"{job}: a step cannot be called '{step['name']}'")
    if kind == "checkout" and step["checkout"] not in {"self", "none"}:
        raise PipelineError(f"{job}: checkout of {step['checkout']}")
    if step.get("checkout") == "self" and step.get("clean") != "true":
        raise PipelineError(f"{job}: an own agent keeps what was there before: clean is missing")


def pool(node: Any) -> bool:
    """Check where a job runs; true for the server. PipelineError for a key or an image that is unknown."""
    if node is None or node == "server":
        return node is not None
    if not isinstance(node, dict):
        raise PipelineError(f"pool {node}")
    keys(node, {"vmImage"} if "vmImage" in node else {"name", "demands"}, "pool")
    if node.get("vmImage", "ubuntu-latest") not in IMAGES:
        raise PipelineError(f"pool: there is no image {node['vmImage']}")
    if "vmImage" not in node and not node.get("name"):
        raise PipelineError("pool without a name")
    return False


def _triggers(pipeline: Node) -> None:
    for event in ("trigger", "pr"):
        if event not in pipeline and not (event == "pr" and pipeline.get("trigger") == "none"):
            raise PipelineError(f"without {event}, every branch starts this pipeline")
        if isinstance(node := pipeline.get(event, "none"), dict):
            keys(node, {"branches", "tags", "paths", "autoCancel", "batch"}, event)
            for part in ("branches", "tags", "paths"):
                keys(node.get(part, {}), {"include", "exclude"}, f"{event}: {part}")
        elif node != "none":
            raise PipelineError(f"{event}: {node}")
    for schedule in pipeline.get("schedules", []):
        keys(schedule, {"cron", "displayName", "branches", "always"}, "schedule")
        cron(schedule["cron"])
    resources = pipeline.get("resources", {})
    keys(resources, {"pipelines", "webhooks"}, "resources")
    for one in resources.get("pipelines", []):
        keys(one, {"pipeline", "source", "trigger"}, "pipeline resource")
        keys(one["trigger"], {"branches", "tags"}, "trigger of a pipeline resource")
    for one in resources.get("webhooks", []):
        keys(one, {"webhook", "connection"}, "webhook")


def cron(text: str) -> None:
    """PipelineError for a time that never comes, as far as five fields of numbers and stars tell."""
    fields = text.split()
    if len(fields) != len(CRON):
        raise PipelineError(f"cron '{text}' has {len(fields)} fields, not 5")
    for field, (least, most) in zip(fields, CRON, strict=True):
        numbers = [] if field == "*" else re.split(r"[,-]", field)
        if not all(number.isdigit() and least <= int(number) <= most for number in numbers):
            raise PipelineError(f"cron '{text}': {field} is not between {least} and {most}")


def _outputs(stages: Sequence[Node]) -> None:
    """Each output that is read must be one that a step before it sets. Azure takes any other for an empty text."""
    for stage in stages:
        _references(stage.get("condition", ""), stage, stages)
        for job in stage["jobs"]:
            for text in _texts(job):
                _references(text, job, stage["jobs"], stages)


def _references(text: str, reader: Node, nodes: Sequence[Node], stages: Sequence[Node] = ()) -> None:
    for owner in RESULT.findall(text):
        if owner not in reader["dependsOn"]:
            raise PipelineError(f"{name(reader)} reads {owner} and does not depend on it")
    for context, first, path in OUTPUT.findall(text):
        found, owner, rest = nodes, first, path
        if context != "dependencies":
            found = next(stage["jobs"] for stage in stages if name(stage) == context.split(".")[1])
        elif "stage" in nodes[0]:
            found = next(stage["jobs"] for stage in nodes if name(stage) == owner)
            owner, _, rest = path.partition(".")
        step, _, variable = rest.partition(".")
        scripts = [
            one["bash"]
            for job in found
            if name(job) == owner
            for one in steps(job)
            if one.get("name") == step
        ]
        if not any(f"variable={variable};isOutput=true]" in script for script in scripts):
            raise PipelineError(f"{name(reader)} reads {path} of {owner}, which nothing sets")


def _texts(job: Node) -> Iterator[str]:
    yield job.get("condition", "")
    matrix = job.get("strategy", {}).get("matrix", "")
    yield matrix if isinstance(matrix, str) else ""
    yield from (value for value in job.get("variables", {}).values() if isinstance(value, str))
