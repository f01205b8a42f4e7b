"""Runs a GitLab pipeline on this machine with gitlab-ci-local, and says which jobs ran and how they ended."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.proof import tools
from tests.proof.machine import Machine, plain
from tests.support import git, run

VERDICT = re.compile(r"^ (PASS|FAIL) +(\S+)", re.MULTILINE)


def clone(project: Path, on: Machine) -> Path:
    """A clean clone that knows, as a runner's does, which branch is the default."""
    folder = on.folder / "clone"
    git(on.folder, "clone", "--quiet", str(project), str(folder))
    git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return folder


def planned(project: Path, source: str, on: Machine, **variables: str) -> set[str]:
    """The jobs that GitLab's rules choose for a pipeline from `source`: "push", "schedule" and so on."""
    words = _gitlab(project, source, on, variables, "--list-json")
    start = re.search(r"^\[", words, re.MULTILINE)
    assert start, words
    jobs, _ = json.JSONDecoder().raw_decode(words[start.start() :])
    return {job["name"] for job in jobs if job["when"] != "never"}


def run_pipeline(project: Path, source: str, on: Machine, **variables: str) -> tuple[dict[str, str], str]:
    """Run such a pipeline: each job's name with "PASS" or "FAIL", and the log."""
    log = _gitlab(project, source, on, variables, "--shell-isolation")
    return {job: verdict for verdict, job in VERDICT.findall(log)}, log


def commands(log: str, job: str) -> list[str]:
    """The lines of a job's script that were started, in order."""
    return re.findall(rf"^{re.escape(job)} +\$ (.+?) *$", log, re.MULTILINE)


def _gitlab(project: Path, source: str, on: Machine, variables: dict[str, str], mode: str) -> str:
    """What gitlab-ci-local says, without colours and whatever its exit code."""
    tools.require("rsync")
    command = [tools.program("node"), tools.program("gitlab-ci-local"), mode, "--force-shell-executor"]
    command += ["--ignore-predefined-vars", ",".join(["CI_PIPELINE_SOURCE", *variables])]
    for name, value in {"CI_PIPELINE_SOURCE": source, **variables}.items():
        command += ["--variable", f"{name}={value}"]
    return plain(run(command, project, on.env, expect=None))
