"""What judges CircleCI's files without running a flow: its schema, its parser, shellcheck, our interpreter, our own rules."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.proof.circleci import FILES, Config, Job, calls, commands
from tests.proof.circleci_language import ConfigError, load
from tests.proof.flows import FLOWS
from tests.proof.linters import Verdict
from tests.proof.tools import judge, program
from tests.support import read_tree
from tests.template.agreement import called

PINNED = re.compile(r"\S+:\S+@sha256:[0-9a-f]{64}")
SECRET = re.compile(r"TOKEN|PASSWORD|SECRET|_KEY$")
LONG = {"image": "30m", "pipeline": "3h", "publish": "30m", "train": "3h", "accept": "1h", "rollout": "1h"}
FAILING = {
    "pipeline",
    "gate",
    "accept",
    "rollout",
    "monitor",
}  # their reports are kept above all when they fail
THIN = re.compile(
    r"(make|sh ci/prepare\.sh|python3 ci/continue\.py|mkdir|touch|mv|echo|export|if|BY=|xargs|GOLDENPATH_\w+=|')"
)
# How pipelines begin: source, branch, tag, parameters.
BEGINNINGS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("webhook", "main", "", {}),
    ("webhook", "topic", "", {}),
    ("webhook", "", "v1", {}),
    ("scheduled_pipeline", "main", "", {}),
    *(("api", "main", "", {"flow": flow}) for flow in ("check", "train", "deliver", "rollback", "watch")),
)


def paths(repository: Path) -> list[Path]:
    """The files that are there."""
    return [repository / path for path in FILES if (repository / path).exists()]


def schema(repository: Path) -> Verdict:
    """The published schema of CircleCI."""
    return judge("check-jsonschema", "--builtin-schema", "vendor.circle-ci", *paths(repository))


def parser(repository: Path) -> Verdict:
    """CircleCI's own parser. It knows neither filters nor conditions, nor machines without an image."""
    modules = Path(program("gitlab-ci-local")).parent.parent
    script = Path(__file__).with_name("circleci_parser.cjs")
    return judge("env", f"NODE_PATH={modules}", program("node"), script, *paths(repository))


def shell(repository: Path) -> Verdict:
    """shellcheck, for the lines of every job and command, as bash, and for what xargs gives to sh."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = []
        for path in paths(repository):
            config = load(path.read_bytes())
            texts = {name: commands(config, name) for name in config["jobs"]}
            texts |= {
                name: commands({"jobs": config["commands"]}, name) for name in config.get("commands", {})
            }
            for name, lines in texts.items():
                for number, line in enumerate(lines):
                    text = re.sub(r"<< [\w.]+ >>", "word", line)
                    inner = re.search(r"sh -ec '(.*?)'", text, re.DOTALL)
                    for kind, body in {"bash": text, **({"sh": inner[1]} if inner else {})}.items():
                        scripts.append(Path(folder, f"{name}-{number}.{kind}"))
                        scripts[-1].write_text(
                            f"#!/bin/{kind}\n{'set -eo pipefail' if kind == 'bash' else 'set -e'}\n{body}\n"
                        )
        # Names of variables come from CircleCI; what stands between apostrophes is meant for the inner shell.
        return judge("shellcheck", "--exclude=SC2154,SC2016", *scripts)


def pipelines(repository: Path) -> Iterator[tuple[str, list[Job]]]:
    """The jobs of every pipeline that can begin, and of both that can go on."""
    text = (repository / FILES[0]).read_bytes()
    known = {"git.base_revision": "", "project.slug": "slug", "number": 1}
    flows = load(text)["parameters"]["flow"]["enum"]
    for source, branch, tag, parameters in BEGINNINGS:
        values = {**known, "trigger_source": source, "git.branch": branch, "git.tag": tag}
        if parameters.get("flow", "check") in flows:
            for name, jobs in Config.of(text, values, parameters).workflows().items():
                yield f"{name} of {branch or tag}", jobs
    if (repository / FILES[1]).exists():
        values = {**known, "trigger_source": "api", "git.branch": "main", "git.tag": ""}
        for release in ("approval", "automatic"):
            parameters = {"release": release, "released": "cat 1", "flow": "train"}
            for name, jobs in (
                Config.of((repository / FILES[1]).read_bytes(), values, parameters).workflows().items()
            ):
                yield name, jobs


def compiles(repository: Path) -> Verdict:
    """Keys, parameters, expressions, names, the graph: by our interpreter, for every way in which a pipeline begins."""
    try:
        return bool(list(pipelines(repository))), ""
    except (ConfigError, LookupError, AttributeError, yaml.YAMLError) as error:
        return False, f"{type(error).__name__}: {error}"


def parity(repository: Path) -> Verdict:
    """The targets of every job are those of the table."""
    found = calls(read_tree(repository))
    wanted = {flow: {job: list(targets) for job, targets in jobs.items()} for flow, jobs in FLOWS.items()}
    if not (repository / FILES[1]).exists():
        wanted = {"check": wanted["check"]}
    return found == wanted, f"{found}"


def policy(repository: Path) -> Verdict:
    """What no tool asks for: pins, contexts, locks, times, reports, thin lines, nothing from outside."""
    found = sorted({*_breaches(repository), *_declared(repository)})
    return not found, "\n".join(found)


def _breaches(repository: Path) -> Iterator[str]:
    for path in paths(repository):
        config = load(path.read_bytes())
        if {"orbs", "orb"} & set(config) or "://" in re.sub(
            r"https://iam.googleapis.com|api://AzureAD\w+", "", path.read_text("utf-8")
        ):
            yield f"{path.name}: something from elsewhere"
        if (
            not path.read_text("utf-8").startswith("# ")
            or "Owned by the template" not in path.read_text("utf-8")[:300]
        ):
            yield f"{path.name}: does not say whose it is"
        for name, job in config["jobs"].items():
            yield from _written(name, job, commands(config, name))
    for where, jobs in pipelines(repository):
        for done in jobs:
            yield from _called(where, done, jobs)


def _written(name: str, job: Mapping[str, Any], lines: list[str]) -> Iterator[str]:
    steps = [step for step in job["steps"] if isinstance(step, dict)]
    for step in steps:
        run = step.get("run")
        command = run if isinstance(run, str) else (run or {}).get("command", "")
        targets = called(command.replace("'", " "))
        for target in set(targets) & set(LONG):
            if not isinstance(run, dict) or run.get("no_output_timeout") != LONG[target]:
                yield f"{name}: ends after ten minutes of silence in {target} (no_output_timeout)"
    kept = {step["store_artifacts"]["path"] for step in steps if "store_artifacts" in step}
    words = set(called("\n".join(lines).replace("'", " ")))
    if words & FAILING and "reports" not in kept:
        yield f"{name}: its reports are lost (store_artifacts)"
    for line in (each.strip() for text in lines for each in text.splitlines()):
        if not re.match(rf"{THIN.pattern}|trap \"make ", line) and not line.startswith("build/"):
            yield f"{name}: more than a call: {line}"
    for variable, value in job.get("environment", {}).items():
        if SECRET.search(variable):
            yield f"{name}: {variable}={value} is a secret in a file"


def _called(where: str, job: Job, jobs: list[Job]) -> Iterator[str]:
    lines = "\n".join(step["command"] for name, step in job.steps if name == "run")
    targets = called(lines.replace("'", " "))
    yield from _contained(job, lines)
    if job.kind == "approval":
        if not any(job.name in each.requires for each in jobs):
            yield f"{where}: nobody waits for {job.name}"
        return
    if job.contexts and "topic" in where:
        yield f"{where}: {job.name} has a context, and runs for a branch that is not the default one"
    if ("sign-in" in targets) != ("GOLDENPATH_ID_TOKEN=$(circleci run oidc get" in lines):
        yield f"{job.name}: signs in without a token"
    if "sign-in" in targets and not any(each.endswith("-store") for each in job.contexts):
        yield f"{where}: {job.name} signs in without a context, so there is no token"
    if ("ENV=" in lines or "approve" in targets) != bool(job.serial):
        yield f"{where}: two of {job.name} could run at once (serial-group)"
    if "approve" in targets and not any(
        each.kind == "approval" and each.name in job.requires for each in jobs
    ):
        yield f"{where}: {job.name} asks nobody"


def _contained(job: Job, lines: str) -> Iterator[str]:
    for image in job.executor.get("docker", []):
        if not PINNED.fullmatch(image["image"]):
            yield f"{job.name}: image without digest: {image['image']}"
        if "sh ci/prepare.sh" not in lines.split("make ", maxsplit=1)[0]:
            yield f"{job.name}: calls make in a container that may have none (ci/prepare.sh)"


def _declared(repository: Path) -> Iterator[str]:
    """Contexts and schedules are what ci/settings.yml declares."""
    path = repository / "ci/settings.yml"
    if not path.exists():
        return
    settings = yaml.safe_load(path.read_text("utf-8"))
    used = {name for _, jobs in pipelines(repository) for job in jobs for name in job.contexts}
    if used != set(settings["environments"]):
        yield f"contexts: {sorted(used ^ set(settings['environments']))} is used and not declared, or declared and not used"
    declared = load((repository / FILES[0]).read_bytes())["parameters"]
    for name, schedule in settings["schedules"].items():
        if not re.fullmatch(
            r"([0-5]?\d) ([01]?\d|2[0-3]) (\*|[1-9]|[12]\d|3[01]) (\*|[1-9]|1[0-2]) (\*|[0-6])",
            schedule["cron"],
        ):
            yield f"schedule {name}: no time: {schedule['cron']}"
        for key, value in schedule.get("parameters", {}).items():
            if value not in declared.get(key, {}).get("enum", []):
                yield f"schedule {name}: no parameter {key}={value}"


JUDGES: Mapping[str, Callable[[Path], Verdict]] = {
    each.__name__: each for each in (schema, parser, shell, compiles, parity, policy)
}
