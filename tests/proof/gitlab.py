"""Runs GitLab pipelines on this machine with gitlab-ci-local, and says which jobs ran and how they ended.

It runs rules, needs, matrices, artifacts, manual jobs and child pipelines. What GitLab does and it does not: `workflow`
decides whether there is a pipeline at all (see `starts`), `strategy: depend` makes a failed child fail its parent, a
resource group is a lock, and identity tokens exist.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.keeper import end_processes
from tests.proof import tools
from tests.proof.machine import Machine, machine, plain
from tests.support import git, run
from tests.template.agreement import called

VERDICT = re.compile(r"^ (PASS|FAIL) +(?:\[.+\] -> )?(\S.*?) *$", re.MULTILINE)
FILES = {
    "check": ".gitlab-ci.yml",
    "train": "ci/train.yml",
    "deliver": "ci/deliver.yml",
    "watch": "ci/watch.yml",
}
ADDRESS = "https://gitlab.com/my-org/my-model.git"
SCRIPTS = ("before_script", "script", "after_script")


class Loader(yaml.SafeLoader):
    """YAML with GitLab's tag for a part of another job, which becomes a list of words."""


Loader.add_constructor(
    "!reference",
    lambda loader, node: ["!reference", *loader.construct_sequence(node)],  # type: ignore[arg-type]
)


def load(text: str | bytes) -> dict[str, Any]:
    """A GitLab file."""
    found = yaml.load(text, Loader)  # noqa: S506
    return found if isinstance(found, dict) else {}


def jobs(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What stands in a file beside GitLab's own words: the jobs, also the hidden ones."""
    words = ("include", "variables", "workflow", "default", "stages", "spec")
    return {name: job for name, job in config.items() if name not in words and isinstance(job, dict)}


def lines(job: Mapping[str, Any], *keys: str) -> list[str]:
    """The command lines of a job; those of a reference stay out."""
    parts = [job.get(key, []) for key in keys or SCRIPTS]
    return [
        line
        for part in parts
        for line in ([part] if isinstance(part, str) else part)
        if isinstance(line, str)
    ]


def calls(files: Mapping[str, bytes]) -> dict[str, dict[str, list[str]]]:
    """The targets that each job of each flow calls: flow → job → targets, in order; what a `trap` calls comes last.

    `.train` and `.staging` are the jobs that ci/child.sh writes once for each model. `build-image` is read as part of
    `check`, before its summary: GitLab's jobs have no container engine, so it runs where buildah can, and beside.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for flow, path in FILES.items():
        if path in files:
            each = {name.lstrip("."): _in_order(lines(job)) for name, job in jobs(load(files[path])).items()}
            found[flow] = {name: targets for name, targets in each.items() if targets}
    image = found["check"].pop("build-image", [])
    found["check"]["check"][-1:-1] = image
    return found


def _in_order(commands: Sequence[str]) -> list[str]:
    return called("\n".join(sorted(commands, key=lambda line: line.startswith("trap "))).replace('"', " "))


def clone(project: Path, on: Machine) -> Path:
    """A clean clone that knows, as a runner's does, which branch is the default."""
    folder = on.folder / "clone"
    git(on.folder, "clone", "--quiet", str(project), str(folder))
    git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return folder


def planned(project: Path, source: str, on: Machine, **variables: str) -> set[str]:
    """The jobs that GitLab's rules choose for a pipeline from `source`: "push", "schedule" and so on."""
    words = ask(project, source, on, variables, "--list-json")
    start = re.search(r"^\[", words, re.MULTILINE)
    assert start, words
    found, _ = json.JSONDecoder().raw_decode(words[start.start() :])
    return {job["name"] for job in found if job["when"] != "never"}


def run_pipeline(project: Path, source: str, on: Machine, **variables: str) -> tuple[dict[str, str], str]:
    """Run such a pipeline: each job's name with "PASS" or "FAIL", and the log."""
    log = ask(project, source, on, variables, "--shell-isolation")
    return {job: verdict for verdict, job in VERDICT.findall(log)}, log


def commands(log: str, job: str) -> list[str]:
    """The lines of a job's script that were started, in order."""
    return re.findall(rf"^{re.escape(job)} +\$ (.+?) *$", log, re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """Jobs with "PASS" or "FAIL", those of child pipelines too, and the log."""

    jobs: Mapping[str, str]
    log: str


def pipeline(
    project: Path,
    folder: Path,
    source: str,
    variables: Mapping[str, str],
    *,
    branch: str = "main",
    settings: Mapping[str, str] | None = None,
    approved: bool = False,
    origin: Path | None = None,
    only: Sequence[str] = (),
) -> Ran:
    """Run a pipeline in a clone, a home and a machine of its own below `folder`, as GitLab starts it.

    `variables` are what a person, a schedule or a trigger sets for this pipeline, `settings` are the project's CI/CD
    variables. A push is compared with the commit before it, a merge request with the default branch; in other
    pipelines GitLab takes every `changes` for true. `approved` presses the button of the manual job, `origin` is what
    jobs push to, `only` names the jobs to run where the others take long.
    """
    on, where = _prepared(project, folder, source, branch, settings or {})
    if origin:
        Path(on.env["HOME"], ".gitconfig").write_text(f'[url "file://{origin}"]\n\tinsteadOf = {ADDRESS}\n')
    mode = ["--shell-isolation", "--concurrency", "1", *(["--manual", "approval"] if approved else [])]
    mode += ["--no-json-schema-validation"]  # judged apart, once
    log = ask(where, source, on, variables, *mode, *_changes(source), *only)
    return Ran({job: verdict for verdict, job in VERDICT.findall(log)}, log)


def starts(project: Path, folder: Path, source: str, *, branch: str = "main", **variables: str) -> bool:
    """Whether `workflow` lets a pipeline begin: gitlab-ci-local does not ask it, so its rules are put on a job."""
    on, where = _prepared(project, folder, source, branch, {})
    rules = load((where / FILES["check"]).read_text("utf-8"))["workflow"]["rules"]
    rules = [
        {key: value for key, value in rule.items() if key != "auto_cancel"} for rule in rules
    ]  # not of jobs
    (where / "probe.yml").write_text(json.dumps({"probe": {"script": ["true"], "rules": rules}}))
    mode = ["--list-json", "--file", "probe.yml", *_changes(source)]
    return '"when": "on_success"' in ask(where, source, on, variables, *mode)


def _prepared(
    project: Path, folder: Path, source: str, branch: str, settings: Mapping[str, str]
) -> tuple[Machine, Path]:
    """A machine with the project's variables, and a clone with `branch` checked out."""
    folder.mkdir()
    on = machine(folder)
    where = clone(project, on)
    git(where, "checkout", "--quiet", branch)
    git(where, "remote", "set-url", "origin", ADDRESS)
    for name, value in (("name", "Ann"), ("email", "ann@example.com")):  # who starts it, and presses buttons
        git(where, "config", f"user.{name}", value)
    if source == "push":
        git(where, "update-ref", "refs/remotes/origin/main", _before(where))
    file = Path(on.env["HOME"], ".gitlab-ci-local", "variables.yml")
    file.parent.mkdir()
    typed = {name: {"type": "variable", "values": {"*": value}} for name, value in settings.items()}
    file.write_text(json.dumps({"global": typed}))
    return on, where


def _changes(source: str) -> list[str]:
    return [] if source in ("push", "merge_request_event") else ["--no-evaluate-rule-changes"]


def _before(where: Path) -> str:
    """The commit before the newest, or an empty one before the first."""
    parents = git(where, "rev-list", "--parents", "--max-count=1", "HEAD").split()[1:]
    empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's name for no files at all
    return parents[0] if parents else git(where, "commit-tree", empty, "-m", "nothing").strip()


def written(project: Path, mode: str, names: Sequence[str] = (), **settings: str) -> str:
    """The child pipeline that ci/child.sh of a project writes; what it says where it refuses, after "refused: "."""
    done = subprocess.run(
        ["/bin/sh", "ci/child.sh", mode],
        cwd=project,
        input="".join(f"{name}\n" for name in names),
        env={"PATH": "/usr/bin:/bin", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else f"refused: {done.stderr}"


def ask(project: Path, source: str, on: Machine, variables: Mapping[str, str], *mode: str) -> str:
    """What gitlab-ci-local says, without colours and whatever its exit code."""
    tools.require("rsync")
    command = [tools.program("node"), tools.program("gitlab-ci-local"), *mode, "--force-shell-executor"]
    command += ["--ignore-predefined-vars", ",".join(["CI_PIPELINE_SOURCE", *variables])]
    for name, value in {"CI_PIPELINE_SOURCE": source, **variables}.items():
        command += ["--variable", f"{name}={value}"]
    try:
        return plain(run(command, project, on.env, expect=None))
    finally:
        end_processes(f"TMPDIR={on.env['TMPDIR']}")
