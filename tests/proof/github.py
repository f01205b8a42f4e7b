"""Runs a repository's GitHub workflows on this machine with act, and says which jobs and steps ran and how they ended.

act leaves with 0 when a job never ran, so its exit code proves nothing: only its log of steps does.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tests.keeper import end_processes
from tests.proof import tools
from tests.proof.machine import Machine, machine, plain
from tests.support import Files, git, run
from tests.template.agreement import called

USES = re.compile(r"uses: ([\w-][\w./-]+)@(\S+)")
REPOSITORY, FORK = "my-org/my-model", "stranger/my-model"
FOLDER = ".github/workflows"
CHECK = f"{FOLDER}/check.yml"


@dataclass
class Job:
    """How a job ended, "success" or "failure", how each of its steps did, in order, by name, and what they printed."""

    result: str = "never ran"
    steps: dict[str, str] = field(default_factory=dict)
    printed: str = ""


@dataclass(frozen=True)
class Event:
    """What starts a workflow: its name, the payload, the variables that are set, and where a pull request comes from."""

    name: str
    workflow: str = "check"
    payload: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    head: str = REPOSITORY

    def body(self, before: str) -> dict[str, Any]:
        """What GitHub sends, as far as the workflows read it."""
        about = {"repository": {"full_name": REPOSITORY, "default_branch": "main"}}
        ends = {"head": {"ref": "topic", "repo": {"full_name": self.head}}, "base": {"ref": "main"}}
        request = {"pull_request": {"number": 7, **ends}} if self.name == "pull_request" else {}
        pushed = {"before": before, "ref": "refs/heads/main"} if self.name == "push" else {}
        return {**about, **request, **pushed, **self.payload}


def run_workflow(
    project: Path, event: Event | str, on: Machine, *, head: str = REPOSITORY, label: str = "ubuntu-latest"
) -> dict[str, Job]:
    """Run a workflow of a committed project, in a clean clone, and those that its jobs start; gives the jobs that ran.

    `head` is the repository that a pull request comes from. Only jobs that ask for a machine with `label` get one.
    """
    if isinstance(event, str):
        event = Event(event, head=head)
    jobs = _run(project, event, on, label)
    for number, line in enumerate(call for call in on.calls if call.startswith("gh workflow run ")):
        workflow, *words = line.removeprefix("gh workflow run ").split()
        inputs = dict(word.partition("=")[::2] for word in words if "=" in word)
        folder = on.folder / f"started-{number}"
        folder.mkdir()
        follower = replace(on, folder=folder, env=machine(folder).env)
        if (known := Path(on.env["HOME"]) / ".gitconfig").exists():
            shutil.copy(known, follower.env["HOME"])
        started = replace(
            event, name="workflow_dispatch", workflow=Path(workflow).stem, payload={"inputs": inputs}
        )
        found = run_workflow(project, started, follower, label=label)
        model = f" {inputs['model']}" if inputs.get("model") else ""
        jobs |= {name if " " in name else name + model: job for name, job in found.items()}
    return jobs


def _run(project: Path, event: Event, on: Machine, label: str) -> dict[str, Job]:
    """Run one workflow."""
    clone = on.folder / "clone"
    git(on.folder, "clone", "--quiet", str(project), str(clone))
    # act reads the repository's name from the address that it was cloned from.
    git(clone, "remote", "set-url", "origin", f"https://github.com/{REPOSITORY}.git")
    payload = on.folder / "event.json"
    payload.write_text(json.dumps(event.body(_before(clone))))
    file = f"{FOLDER}/{event.workflow}.yml"
    command = [tools.program("act"), event.name, "--workflows", file, "--json", "--no-cache-server"]
    command += ["--eventpath", str(payload), "--platform", f"{label}=-self-hosted"]
    for name, value in event.variables.items():
        command += ["--var", f"{name}={value}"]
    stub = _stub(on.folder)
    for action, ref in set(
        USES.findall("".join(path.read_text("utf-8") for path in (clone / FOLDER).glob("*.yml")))
    ):
        command += ["--local-repository", f"{action}@{ref}={stub}"]
    try:
        return _read(run(command, clone, on.env, expect=None))
    finally:
        end_processes(f"TMPDIR={on.env['TMPDIR']}")


def _before(clone: Path) -> str:
    """The commit before a push; zeros where the branch is new."""
    return (git(clone, "rev-list", "--max-count=2", "HEAD").split()[1:] or ["0" * 40])[0]


def _stub(folder: Path) -> Path:
    """An action that does nothing: act checks out by itself, and a fresh machine has no cache."""
    stub = folder / "action"
    stub.mkdir()
    (stub / "action.yml").write_text(
        "name: stub\nruns: {using: composite, steps: [{run: 'true', shell: sh}]}\n"
    )
    return stub


def _read(log: str) -> dict[str, Job]:
    """The jobs and steps of act's log, which has one JSON object a line; a job of a matrix is named with its model."""
    jobs: dict[str, Job] = {}
    for line in log.splitlines():
        entry = json.loads(line) if line.startswith('{"') else {}
        if "jobID" not in entry:
            continue
        job = jobs.setdefault(_name(entry), Job())
        job.result = entry.get("jobResult", job.result)
        job.printed += plain(entry["msg"]) if entry.get("raw_output") else ""
        if entry.get("stage") == "Main" and "stepResult" in entry and len(entry["stepID"]) == 1:
            job.steps[entry["step"]] = entry["stepResult"]
    return jobs


def _name(entry: Mapping[str, Any]) -> str:
    """`train` for a job, `train cat` for the one of a matrix that is about that model."""
    return " ".join([entry["jobID"], *filter(None, [(entry.get("matrix") or {}).get("model")])])


def calls(files: Files) -> dict[str, dict[str, list[str]]]:
    """For each workflow and job the make targets that it calls, in order; jobs that call none are left out."""
    found: dict[str, dict[str, list[str]]] = {}
    for path, content in files.items():
        if path.startswith(FOLDER):
            jobs = yaml.safe_load(content)["jobs"].items()
            targets = {
                name: called("\n".join(step.get("run", "") for step in job.get("steps", ())))
                for name, job in jobs
            }
            found[Path(path).stem] = {name: some for name, some in targets.items() if some}
    return found
