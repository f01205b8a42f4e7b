"""Runs a GitHub workflow on this machine with act, and says which jobs and steps ran and how they ended.

act leaves with 0 when a job never ran, so its exit code proves nothing: only its log of steps does.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proof import tools
from tests.proof.linters import WORKFLOW
from tests.proof.machine import Machine, plain
from tests.support import git, run

USES = re.compile(r"uses: ([\w./-]+)@(\S+)")
REPOSITORY, FORK = "my-org/my-model", "stranger/my-model"


@dataclass
class Job:
    """How a job ended, "success" or "failure", how each of its steps did, in order, by name, and what they printed."""

    result: str = "never ran"
    steps: dict[str, str] = field(default_factory=dict)
    printed: str = ""


def run_workflow(
    project: Path, event: str, on: Machine, *, head: str = REPOSITORY, label: str = "ubuntu-latest"
) -> dict[str, Job]:
    """Run the workflow of a committed project, in a clean clone, as `event` starts it; gives the jobs that ran.

    `head` is the repository that a pull request comes from. Only jobs that ask for a machine with `label` get one.
    """
    clone = on.folder / "clone"
    git(on.folder, "clone", "--quiet", str(project), str(clone))
    # act reads the repository's name from the address that it was cloned from.
    git(clone, "remote", "set-url", "origin", f"https://github.com/{REPOSITORY}.git")
    command = [tools.program("act"), event, "--workflows", str(WORKFLOW), "--json", "--no-cache-server"]
    command += ["--eventpath", str(_payload(event, head, on.folder)), "--platform", f"{label}=-self-hosted"]
    stub = _stub(on.folder)
    for action, ref in USES.findall((clone / WORKFLOW).read_text("utf-8")):
        command += ["--local-repository", f"{action}@{ref}={stub}"]
    return _read(run(command, clone, on.env, expect=None))


def _payload(event: str, head: str, folder: Path) -> Path:
    """What GitHub sends with the event, as far as the workflow reads it."""
    payload: dict[str, Any] = {"repository": {"full_name": REPOSITORY, "default_branch": "main"}}
    if event == "pull_request":
        ends = {"head": {"ref": "topic", "repo": {"full_name": head}}, "base": {"ref": "main"}}
        payload["pull_request"] = {"number": 7, **ends}
    file = folder / "event.json"
    file.write_text(json.dumps(payload))
    return file


def _stub(folder: Path) -> Path:
    """An action that does nothing: act checks out by itself, and a fresh machine has no cache."""
    stub = folder / "stub"
    stub.mkdir()
    (stub / "action.yml").write_text(
        "name: stub\nruns: {using: composite, steps: [{run: 'true', shell: sh}]}\n"
    )
    return stub


def _read(log: str) -> dict[str, Job]:
    """The jobs and steps of act's log, which has one JSON object a line."""
    jobs: dict[str, Job] = {}
    for line in log.splitlines():
        entry = json.loads(line) if line.startswith('{"') else {}
        if "jobID" not in entry:
            continue
        job = jobs.setdefault(entry["jobID"], Job())
        job.result = entry.get("jobResult", job.result)
        job.printed += plain(entry["msg"]) if entry.get("raw_output") else ""
        if entry.get("stage") == "Main" and "stepResult" in entry and len(entry["stepID"]) == 1:
            job.steps[entry["step"]] = entry["stepResult"]
    return jobs
