"""Who judges GitLab's files: the published schema, shellcheck, gitlab-ci-local's parser, our own rules, the agreed table.

Each takes a repository with a stub for make, and gives whether it is content, and its words. A judge also reads the
child pipelines that ci/child.sh writes. Every scenario of gitlab_scenarios.py is a judge, too.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.proof import gitlab
from tests.proof.flows import FLOWS
from tests.proof.gitlab_play import play
from tests.proof.gitlab_scenarios import SCENARIOS, STORE
from tests.proof.linters import Verdict
from tests.proof.machine import machine
from tests.proof.stub import Stub
from tests.proof.tools import judge
from tests.support import git, read_tree
from tests.template.agreement import called

THIN = re.compile(
    r"(make |sh ci/(prepare|child)\.sh|GOLDENPATH_REASON=\w+ sh ci/child\.sh|trap \"make |if \[ |echo )"
)
TIME = re.compile(r"\d+ (minute|hour|day)s?")
SECRET = re.compile(r"TOKEN|PASSWORD|SECRET|_KEY$")
SET = {
    "FLOW",
    "RELEASE",
    "GOLDENPATH_STORE",
    "STORE_KEPT",
    "IMAGE_JOB",
}  # what rules may ask beside GitLab's own CI_...
FAILING = {
    "pipeline",
    "gate",
    "accept",
    "rollout",
    "monitor",
}  # what says no: its reports are kept then above all


def children(project: Path) -> dict[str, str]:
    """The pipelines that ci/child.sh writes: for models, for a release, for nothing to do."""
    folder = project / "reports"
    folder.mkdir(exist_ok=True)
    (folder / "release.verdict").write_text("approval\n")
    (folder / "release.version").write_text("1a2b\n")
    settings = {"FLOW": "train", "MODEL": "cat", **STORE}
    words = {
        "models": gitlab.written(project, "models", ["cat", "dog_eu"], **settings),
        "release": gitlab.written(project, "release", **settings),
        "nothing": gitlab.written(project, "nothing", **settings),
    }
    shutil.rmtree(folder)
    return {name: f"# {said}" if said.startswith("refused") else said for name, said in words.items()}


def files(project: Path) -> dict[str, str]:
    """All that GitLab reads, by name."""
    kept = {path: (project / path).read_text("utf-8") for path in gitlab.FILES.values()}
    return kept | {f"{name}.child.yml": words for name, words in children(project).items()}


def schema(on: Stub, folder: Path) -> Verdict:
    """The published schema of GitLab's files; it skips hidden jobs, so it also gets all jobs with what they extend."""
    folder.mkdir()
    whole = {
        name.lstrip("."): {key: part for key, part in job.items() if key != "extends"}
        for name, job in everything(on.project).items()
        if {"script", "trigger"} & set(job)
    }
    texts = files(on.project) | {"all.yml": json.dumps(whole)}
    paths = [folder / name.replace("/", "-") for name in texts]
    for path, words in zip(paths, texts.values(), strict=True):
        path.write_text(words)
    known = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    return judge("check-jsonschema", *known, *paths)


def shell(on: Stub, folder: Path) -> Verdict:
    """shellcheck, for the scripts in ci/ and for the lines of every job, as POSIX shell."""
    folder.mkdir()
    paths = sorted((on.project / "ci").glob("*.sh"))
    for name, job in everything(on.project).items():
        if commands := gitlab.lines(job):
            paths.append(folder / f"{name.strip('.')}.sh")
            paths[-1].write_text("\n".join(["#!/bin/sh", "set -eu", *commands, ""]))
    # Names of variables come from GitLab; the words that prepare.sh gets are meant to be several.
    return judge("shellcheck", "--shell=sh", "--exclude=SC2154,SC2046,SC2016", *paths)


def parser(on: Stub, folder: Path) -> Verdict:
    """gitlab-ci-local reads all of it, for a push and for each child pipeline: rules, stages, extends, needs."""
    folder.mkdir()
    on_machine = machine(folder)
    where = gitlab.clone(on.project, on_machine)
    git(where, "remote", "set-url", "origin", gitlab.ADDRESS)
    heard, content = "", True
    for name, words in {"": "", **children(on.project)}.items():
        (where / "child.yml").write_text(words)
        mode = ["--no-evaluate-rule-changes", *(["--file", "child.yml"] if name else [])]
        said = gitlab.ask(where, "push", on_machine, STORE, "--list-json", *mode)
        content, heard = content and '"name"' in said, heard + said
        if name != "release":  # what needs a person is invalid to it
            said = gitlab.ask(where, "push", on_machine, STORE, "--validate-dependency-chain", *mode)
            content, heard = content and "dependencies are valid" in said, heard + said
    return content, heard


def parity(on: Stub, folder: Path) -> Verdict:
    """The targets of every job are those of the table."""
    found = gitlab.calls(read_tree(on.project))
    wanted = {flow: {job: list(targets) for job, targets in jobs.items()} for flow, jobs in FLOWS.items()}
    return found == wanted, f"{folder.name}: {found}"


def begins(on: Stub, folder: Path) -> Verdict:
    """`workflow`: a push of texts alone starts nothing, nor does one to a branch; all else does."""
    folder.mkdir()
    git(on.project, "branch", "--force", "topic")
    cases = {"main": ("README.md", False), "topic": ("params.yaml", False), "code": ("params.yaml", True)}
    found = []
    for name, (changed, expected) in cases.items():
        branch = name if name == "topic" else "main"
        git(on.project, "checkout", "--quiet", branch)
        (on.project / changed).write_text((on.project / changed).read_text("utf-8") + "\n")
        git(on.project, "commit", "--quiet", "--all", "-m", "a change")
        if gitlab.starts(on.project, folder / name, "push", branch=branch) is not expected:
            found.append(f"a push of {changed} to {branch} starts {'nothing' if expected else 'a pipeline'}")
    git(on.project, "checkout", "--quiet", "main")
    return not found, "\n".join(found)


def policy(on: Stub, folder: Path) -> Verdict:
    """What no tool asks for: pins, times, tokens, locks, reports, thin scripts, nothing from outside."""
    found = sorted(set(_breaches(on.project)))
    return not found, f"{folder.name}: " + "\n".join(found)


def everything(project: Path) -> dict[str, dict[str, Any]]:
    """All jobs of the repository, each with what it extends."""
    raw: dict[str, dict[str, Any]] = {}
    for words in files(project).values():
        raw |= gitlab.jobs(gitlab.load(words))
    return {name: _extended(name, raw) for name in raw}


def _extended(name: str, raw: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    job = raw.get(name, {})
    bases = job.get("extends", [])
    found: dict[str, Any] = {}
    for base in [bases] if isinstance(bases, str) else bases:
        found |= _extended(base, raw)
    variables = {**found.get("variables", {}), **job.get("variables", {})}
    return {**found, **job, "variables": variables}


def _breaches(project: Path) -> Iterator[str]:
    loaded = {path: gitlab.load(words) for path, words in files(project).items()}
    default = loaded[".gitlab-ci.yml"].get("default", {})
    for path, config in loaded.items():
        for part in config.get("include", []):
            if set(part) - {"local", "rules"}:
                yield f"{path}: includes from elsewhere: {part}"
        for job in (config.get("default", {}), *gitlab.jobs(config).values()):
            if not re.fullmatch(r"\S+:\S+@sha256:[0-9a-f]{64}", str(job.get("image", default["image"]))):
                yield f"{path}: image without digest: {job['image']}"
    for name, job in everything(project).items():
        if "trigger" in job:
            yield from _starting(name, job)
        elif called("\n".join(gitlab.lines(job))):
            yield from _working(name, job, default)
            yield from _keeping(name, job)
        yield from _asking(name, job)


def _asking(name: str, job: Mapping[str, Any]) -> Iterator[str]:
    for rule in job.get("rules", []):
        for variable in re.findall(r"\$(\w+)", str(rule.get("if", ""))):
            if not variable.startswith("CI_") and variable not in SET:
                yield f"{name}: a rule asks for ${variable}, which nobody sets"
        if rule.get("when") == "manual" and rule.get("allow_failure") is not False:
            yield f"{name}: goes on without the person it asks for"


def _starting(name: str, job: Mapping[str, Any]) -> Iterator[str]:
    if job["trigger"].get("strategy") != "depend":
        yield f"{name}: is green whatever comes of what it starts (strategy)"
    if job.get("inherit", {}).get("variables") != ["STORE_KEPT"]:
        yield f"{name}: hands on variables that go before those of the file (inherit)"
    for part in job["trigger"]["include"]:
        if part.get("job") not in job.get("needs", []):
            yield f"{name}: does not wait for the file that it starts"


def _working(name: str, job: Mapping[str, Any], default: Mapping[str, Any]) -> Iterator[str]:
    targets = called("\n".join(gitlab.lines(job)).replace('"', " "))
    if not TIME.fullmatch(str(job.get("timeout", "image" not in job and default.get("timeout")))):
        yield f"{name}: has no timeout"
    if ("sign-in" in targets) != ("id_tokens" in job):
        yield f"{name}: a token where it does not sign in, or none where it does (id_tokens)"
    if job.get("resource_group") != ("deliver" if "ENV=" in str(job) or "approve" in targets else None):
        yield f"{name}: two deliveries could run at once (resource_group)"
    if job.get("image") and job.get("interruptible") is not False:
        yield f"{name}: a push would end it in the middle (interruptible)"
    for line in gitlab.lines(job):
        if not THIN.match(line):
            yield f"{name}: more than a call: {line}"


def _keeping(name: str, job: Mapping[str, Any]) -> Iterator[str]:
    kept, targets = job.get("artifacts", {}), called("\n".join(gitlab.lines(job)))
    if FAILING & set(targets) and (kept.get("when") != "always" or "reports/" not in kept.get("paths", [])):
        yield f"{name}: its reports are lost when it fails (artifacts)"
    if kept and not TIME.fullmatch(str(kept.get("expire_in"))):
        yield f"{name}: when do its artifacts expire? (expire_in)"
    for variable, value in job["variables"].items():
        if SECRET.search(variable) and not str(value).startswith("$CI_"):
            yield f"{name}: {variable} is a secret in a file"


def _scene(name: str) -> Callable[[Stub, Path], Verdict]:
    def judged(on: Stub, folder: Path) -> Verdict:
        words = play(SCENARIOS[name], on, folder)
        return not words, words

    return judged


JUDGES: Mapping[str, Callable[[Stub, Path], Verdict]] = {
    **{judged.__name__: judged for judged in (schema, shell, parser, parity, begins, policy)},
    **{name: _scene(name) for name in SCENARIOS},
}
STATIC = ("schema", "shell", "parser", "parity", "begins", "policy")
