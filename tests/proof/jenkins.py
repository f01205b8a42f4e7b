"""A small Jenkins: an interpreter of ours runs the pipelines in Groovy 2.4, the line that Jenkins has, in real clones.

jenkins/*.groovy know the declarative syntax, the steps and Job DSL, as far as this project uses them; what they do not
know is a mistake. They were held against the examples and the broken examples of Jenkins' own pipeline plug-in.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.proof.flows import FLOWS
from tests.proof.linters import Verdict
from tests.proof.tools import cache_folder, judge, program, require
from tests.template.agreement import called

FILES = {
    "check": "Jenkinsfile",
    "train": "ci/jenkins/train.Jenkinsfile",
    "deliver": "ci/jenkins/deliver.Jenkinsfile",
    "watch": "ci/jenkins/watch.Jenkinsfile",
}
JOBS = "ci/jenkins/jobs.groovy"
SEED = {"GIT_URL": "https://git.example.com/my-org/my-model.git"}
SOURCES = Path(__file__).parent / "jenkins"
WORDS = re.compile(r"^ *(?://.*)|stage\('([^']+)'\)|'([^'\n]*\bmake [^'\n]*)'", re.MULTILINE)
FIELDS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "day of the week": (0, 7)}


def calls(files: Mapping[str, bytes]) -> dict[str, dict[str, list[str]]]:
    """For each flow that is here, the targets of each job in the order in which they stand; "" collects the homeless."""
    found: dict[str, dict[str, list[str]]] = {}
    for flow, path in FILES.items():
        if path not in files:
            continue
        jobs: dict[str, list[str]] = {}
        job = ""
        for stage, line in WORDS.findall(files[path].decode()):
            job = stage if stage in FLOWS[flow] else job
            if line:
                jobs.setdefault(job, []).extend(called(line))
        found[flow] = jobs
    return found


def ask(question: Mapping[str, Any]) -> Any:
    """Ask the interpreter; the first question starts it."""
    server = _server()
    assert server.stdin
    assert server.stdout
    server.stdin.write(json.dumps(question) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


@cache
def _server() -> subprocess.Popen[str]:
    require("groovy")
    home = Path(os.path.realpath(str(shutil.which("java")))).parent.parent
    sources = sorted(SOURCES.glob("*.groovy"))
    version = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    classes = cache_folder() / f"jenkins-{version}"
    if not classes.exists():
        scratch = Path(f"{classes}-{os.getpid()}")
        command = ["groovyc", "-d", str(scratch), *map(str, sources)]
        subprocess.run(command, check=True, env=os.environ | {"JAVA_HOME": str(home)})
        with suppress(OSError):  # somebody else was faster
            scratch.rename(classes)
    path = os.pathsep.join([str(classes), "/usr/share/groovy/lib/*"])
    command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-cp", path, "Server"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(_end, server)
    return server


def _end(server: subprocess.Popen[str]) -> None:
    server.kill()
    server.communicate()


def cron(spec: str) -> list[str]:
    """What Jenkins would refuse of a schedule; H stands for a number that Jenkins chooses."""
    if re.fullmatch(r"@(yearly|annually|monthly|weekly|daily|midnight|hourly)", spec):
        return []
    values = spec.split()
    if len(values) != len(FIELDS):
        return [f"'{spec}' has {len(values)} fields, not {len(FIELDS)}"]
    part = re.compile(r"(?:\*|H(?:\((\d+)-(\d+)\))?|(\d+)(?:-(\d+))?)(?:/(\d+))?")
    complaints = []
    for (field, (low, high)), value in zip(FIELDS.items(), values, strict=True):
        for each in value.split(","):
            match = part.fullmatch(each)
            numbers = [int(group) for group in (match.groups()[:4] if match else ()) if group]
            if (
                not match
                or numbers != sorted(numbers)
                or any(not low <= number <= high for number in numbers)
            ):
                complaints.append(f"'{spec}': {field} {each}")
            elif match[5] and not 1 <= int(match[5]) <= high:
                complaints.append(f"'{spec}': {field} {each}: a step over the end")
    return complaints


def defined(repository: Path) -> dict[str, Any]:
    """The jobs of jobs.groovy, by name, each a tree of nested mappings; raises ValueError for what Job DSL would refuse."""
    answer = ask({"jobs": str(repository / JOBS), "variables": SEED})
    if answer["error"]:
        raise ValueError(answer["error"])
    return {name: {"kind": kind, **_mapping(tree)} for kind, name, tree in answer["jobs"]}


def _mapping(tree: list[Any]) -> dict[str, Any]:
    """Calls of one name become a list."""
    found: dict[str, Any] = {}
    for word, values, below in tree:
        value = _mapping(below) if below else values[0] if len(values) == 1 else values
        found.setdefault(word, []).append(value)
    return {word: values[0] if len(values) == 1 else values for word, values in found.items()}


def parameters(job: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a job with their defaults: of a choice, the first."""
    found = {}
    for kind, all_of_them in job.get("parameters", {}).items():
        for name, default, *_ in all_of_them if isinstance(all_of_them[0], list) else [all_of_them]:
            found[name] = default[0] if kind == "choiceParam" else default
    return found


def triggers(job: Mapping[str, Any]) -> dict[str, Any]:
    """Its triggers besides people and other jobs."""
    found: dict[str, Any] = job.get("properties", {}).get("pipelineTriggers", {}).get("triggers", {})
    return found


def declarative(repository: Path) -> Verdict:
    """Jenkins' own rules for a declarative pipeline, and no text that Groovy puts together in a shell."""
    here = [path for path in FILES.values() if (repository / path).exists()]
    words = [f"{path}: {word}" for path in here for word in ask({"judge": str(repository / path)})]
    return not words, "\n".join(words)


def jobs(repository: Path) -> Verdict:
    """The jobs as code fit the pipelines: files, parameters, schedules, filters."""
    try:
        found = defined(repository)
    except ValueError as error:
        return False, str(error)
    words = []
    if set(found) != set(FILES):
        words.append(f"the jobs are {', '.join(found)}")
    for name, job in found.items():
        multibranch = job["kind"] == "multibranchPipelineJob"
        path = _at(job, "factory.workflowBranchProjectFactory" if multibranch else "definition.cpsScm")[
            "scriptPath"
        ]
        if path != FILES.get(name):
            words.append(f"{name}: {path} is not its pipeline")
            continue
        text = (repository / path).read_text("utf-8")
        used, declared = set(re.findall(r"\bparams\.([A-Z_]+)", text)), set(parameters(job))
        words += [f"{name}: {one} is used and not declared" for one in sorted(used - declared)]
        for trigger, value in triggers(job).items():
            words += [f"{name}: {word}" for word in (cron(value["spec"]) if trigger == "cron" else [])]
        for target, given in re.findall(r"build job: '(?:\.\./)?(\w+)'([^\]]*)", text):
            names = set(re.findall(r"name: '(\w+)'", given))
            known = set(parameters(found[target])) if target in found else names
            words += [f"{name}: there is no job {target}"] * (target not in found)
            words += [f"{name}: {target} has no parameter {one}" for one in sorted(names - known)]
    return not words, "\n".join(words)


def policy(repository: Path) -> Verdict:
    """What Jenkins would take and we do not: no end, builds on top of each other, unpinned images, held agents."""
    words = []
    for path in FILES.values():
        if not (repository / path).exists():
            continue
        text = (repository / path).read_text("utf-8")
        top = text[text.index("pipeline {") :]
        options = re.search(r"^  options \{\n(.*?)^  \}", top, re.MULTILINE | re.DOTALL)
        wanted = ("timeout", "disableConcurrentBuilds", "buildDiscarder")
        words += [f"{path}: no {one}" for one in wanted if not options or f"{one}(" not in options[1]]
        if not re.search(r"^  agent none$", top, re.MULTILINE):
            words.append(f"{path}: an agent is held for the whole of it")
        images = re.findall(r"(?:def IMAGE =|\bimage|docker\.image\() '([^']*)'", text)
        words += [
            f"{path}: {image} is not pinned"
            for image in images
            if not re.search(r"@sha256:[0-9a-f]{64}$", image)
        ]
        for spec in re.findall(r"\bcron\((?:.*\? )?'([^']*)'", text):
            words += [f"{path}: {word}" for word in cron(spec)]
        left = text.count("sh 'sh ci/prepare.sh'") - len(
            re.findall(r"sh '(?:find \. -mindepth 1 -delete|chown -R )", text)
        )
        words += [f"{path}: what root writes in a container stays behind"] * (left != 0)
        if "submitterParameter" not in text and "input {" in text:
            words.append(f"{path}: nobody knows who approved")
    return not words, "\n".join(words)


def groovy_lint(repository: Path, *paths: str) -> Verdict:
    """A third party's reading of all files, or of these, as Groovy 4 and by the rules of CodeNarc; slow."""
    with TemporaryDirectory() as folder:
        for path in paths or (*FILES.values(), JOBS):
            if (repository / path).exists():
                name = f"{Path(path).name.removesuffix('.groovy').replace('.', '_')}.groovy"
                shutil.copy(repository / path, Path(folder, name))
        command = [
            program("node"),
            program("npm-groovy-lint"),
            "--noserver",
            "--failon",
            "info",
            "--output",
            "txt",
        ]
        return judge(
            *command, "--config", SOURCES / "groovylint.json", "--path", folder, "--files", "**/*.groovy"
        )


def _at(value: Mapping[str, Any], path: str) -> Any:
    found: Any = value
    for key in path.split("."):
        found = found[key]
    return found
