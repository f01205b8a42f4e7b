"""Plays a scenario: a trigger in GitLab, and which jobs must come of it, with which targets and settings, in order.

A scenario runs a rendered repository whose make only takes notes (stub.py), with gitlab-ci-local.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.proof import gitlab
from tests.proof.flows import FLOWS
from tests.proof.stub import Stub
from tests.support import commit_all, git


@dataclass(frozen=True)
class Scenario:
    """A trigger, and what must come of it.

    `wants` names jobs of flows.py in order: "train.train cat" is all targets of that job with MODEL=cat, "…<gate" only
    those up to gate, "=image" is one target. `told` says for a target which settings every call of it must find, ""
    for none. `on` is what targets do, `changes` are files of a second commit. `ends` names jobs with "PASS" or "FAIL".
    """

    source: str
    wants: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    on: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    branch: str = "main"
    approved: bool = False
    told: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    says: str = ""


def play(scene: Scenario, on: Stub, folder: Path) -> str:
    """Run a scenario in a stub; gives what came out otherwise than it says, "" when nothing did."""
    for target, script in scene.on.items():
        on.on(target, script)
    if scene.branch != "main":
        git(on.project, "checkout", "--quiet", "-b", scene.branch)
    for path in scene.changes:
        (on.project / path).parent.mkdir(parents=True, exist_ok=True)
        with (on.project / path).open("a") as file:
            file.write("# changed\n")
    if scene.changes:
        commit_all(on.project, "a change")
    if scene.branch != "main":
        git(on.project, "checkout", "--quiet", "main")
    ran = gitlab.pipeline(
        on.project,
        folder,
        scene.source,
        scene.variables,
        branch=scene.branch,
        settings=scene.settings,
        approved=scene.approved,
    )
    found = [*_calls(scene, on), *_settings(scene, on)]
    found += [f"{job} is {ran.jobs.get(job)}" for job, how in scene.ends.items() if ran.jobs.get(job) != how]
    if scene.says not in ran.log:
        found.append(f"not said: {scene.says}")
    return "\n".join([*found, *(["", ran.log] if found else [])])


def copied(ready: Stub, folder: Path) -> Stub:
    """A stub of its own, quicker than a new one."""
    shutil.copytree(ready.project.parent, folder, symlinks=True)
    own = Stub(folder / ready.project.name, folder / ready.folder.name)
    text = (own.project / "Makefile").read_text("utf-8")
    (own.project / "Makefile").write_text(text.replace(str(ready.folder), str(own.folder)))
    git(own.project, "commit", "--quiet", "--all", "--amend", "--no-edit")
    return own


def _calls(scene: Scenario, on: Stub) -> list[str]:
    wanted = [call for part in scene.wants for call in _expanded(part)]
    came = [(call.target, call.settings.get("MODEL", "")) for call in on.calls]
    return [] if came == wanted else [f"called: {came}", f"wanted: {wanted}"]


def _expanded(part: str) -> list[tuple[str, str]]:
    """The targets that a word of `wants` stands for, each with its model."""
    where, _, last = part.partition("<")
    where, _, model = where.partition(" ")
    if where.startswith("="):
        return [(where[1:], model)]
    flow, _, job = where.partition(".")
    targets = [target for target in FLOWS[flow][job] if target != "image"]
    kept = targets[: targets.index(last) + 1] if last else targets
    return [(target, model) for target in kept]


def _settings(scene: Scenario, on: Stub) -> list[str]:
    return [
        f"{call.target} found {setting}={call.settings.get(setting, '')!r}, not {value!r}"
        for call in on.calls
        for setting, value in scene.told.get(call.target, {}).items()
        if call.settings.get(setting, "") != value
    ]
