"""The flows on GitHub with the real make, each job in a copy of its own: a worse model stopped, a good one delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.proof.github import Event, Job, run_workflow
from tests.proof.machine import machine
from tests.proof.real import MODEL, MODEL_CODE, OTHER, WORSE, Real, real
from tests.support import git

pytestmark = pytest.mark.prove


def run(repo: Real, event: str, workflow: str = "check", **payload: Any) -> dict[str, Job]:
    """Run a workflow on a machine of its own."""
    folder = repo.store.parent / f"machine-{len(list(repo.store.parent.glob('machine-*')))}"
    folder.mkdir()
    variables = {"GOLDENPATH_STORE": str(repo.store)}
    on = repo.known_to(machine(folder))
    return run_workflow(repo.project, Event(event, workflow, payload, variables), on)


def test_a_worse_model_is_stopped(tmp_path: Path) -> None:
    repo = real(tmp_path)
    repo.edit(MODEL_CODE, *WORSE)
    job = run(repo, "pull_request")["model"]
    assert job.result == "failure"
    assert job.steps["make setup"] == "success"
    assert job.steps["make pipeline"] == "failure"
    assert "FAIL threshold" in job.printed, job.printed[-3000:]
    trained = run(repo, "workflow_dispatch", "train")
    assert trained[f"train {MODEL}"].steps["make gate"] == "failure"
    assert not [name for name in trained if name.startswith("staging")]
    assert repo.events == []


def test_a_good_model_is_delivered_and_taken_back(tmp_path: Path) -> None:
    repo = real(tmp_path)
    first = run(repo, "push", before="0" * 40)  # a new branch
    all_succeeded(first)
    assert repo.events == ["register", "deploy", "accept", "down", "approve", "rollout", "propose"]
    assert repo.ledger()[4]["by"] == "eve"
    merge(repo)
    assert run(repo, "push", "deliver")["reconcile"].result == "success"
    assert repo.events[-1] == "reconcile"

    repo.edit(MODEL_CODE, *OTHER)
    second = run(repo, "workflow_dispatch", "train")
    all_succeeded(second)
    rollout = next(entry for entry in reversed(repo.ledger()) if entry["event"] == "rollout")
    assert (rollout["strategy"], rollout["verdict"]) == ("canary", "pass")
    merge(repo)
    run(repo, "push", "deliver")
    old, new = (entry["version"] for entry in repo.ledger() if entry["event"] == "reconcile")

    back = run(repo, "workflow_dispatch", "deliver", inputs={"action": "rollback"})
    assert back["rollback"].result == "success", back["rollback"].printed[-2000:]
    assert repo.ledger()[-1]["version"] == old
    assert repo.ledger()[-1]["replaced"] == new
    refused = run(repo, "push", "deliver")["reconcile"]
    assert "was rolled back" in refused.printed
    merge(repo)
    assert run(repo, "push", "deliver")["reconcile"].result == "success"
    assert repo.ledger()[-1]["event"] == "rollback"


def all_succeeded(jobs: dict[str, Job]) -> None:
    """No job ended otherwise; what the others have printed says why."""
    assert not {name: job.printed[-3000:] for name, job in jobs.items() if job.result != "success"}


def merge(repo: Real) -> None:
    """Merge what the jobs have asked for, as somebody does on GitHub."""
    (branch,) = repo.branches()
    assert branch.startswith(f"goldenpath/production-{MODEL}-")
    git(repo.project, "pull", "--quiet", "--no-rebase", "--no-edit", str(repo.origin), branch)
    git(repo.origin, "branch", "--quiet", "--delete", "--force", branch)
