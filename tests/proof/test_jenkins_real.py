"""The flows of Jenkins with the real make, each job in a clone of its own: a worse model stopped, a good one delivered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.jenkins_controller import Controller
from tests.proof.real import MODEL, MODEL_CODE, WORSE, Real, real
from tests.support import git

pytestmark = pytest.mark.prove


def jenkins(repo: Real) -> Controller:
    """A Jenkins that has built the repository as it is, so that only what changes counts."""
    ci = Controller(
        repo.project, repo.store.parent / "ci", {"GOLDENPATH_STORE": str(repo.store)}, origin=repo.origin
    )
    ci.approver = {"user": "eve", "groups": []}
    ci.good["check/main"] = git(repo.project, "rev-parse", "HEAD").strip()
    return ci


def push(repo: Real, branch: str) -> None:
    git(repo.project, "push", "--quiet", str(repo.origin), branch)


def test_a_worse_model_is_stopped(tmp_path: Path) -> None:
    repo = real(tmp_path, ci="jenkins")
    ci = jenkins(repo)
    git(repo.project, "checkout", "--quiet", "-b", "topic")
    repo.edit(MODEL_CODE, *WORSE)
    push(repo, "topic")
    (asked,) = ci.pull_request("topic")
    failed = [
        entry["script"] for entry in asked.noted("sh") if entry["code"] and entry["stage"] == "checks/model"
    ]
    assert (asked.result, failed) == ("FAILURE", ["make pipeline"]), ci.log()[-6000:]
    assert "FAIL threshold" in ci.log()
    assert f"reports/{MODEL}/report.md" in asked.archived
    git(repo.project, "checkout", "--quiet", "main")
    git(repo.project, "merge", "--quiet", "topic")
    push(repo, "main")
    (trained,) = ci.clock("train")
    assert trained.result == "FAILURE"
    assert [entry["script"] for entry in trained.noted("sh") if entry["code"]] == ["make gate"], ci.log()[
        -6000:
    ]
    assert repo.events == []


def test_a_good_model_is_delivered(tmp_path: Path) -> None:
    repo = real(tmp_path, ci="jenkins")
    ci = jenkins(repo)
    builds = ci.clock("train")
    assert [(built.job, built.result) for built in builds] == [
        ("train", "SUCCESS"),
        ("deliver", "SUCCESS"),
    ], ci.log()[-6000:]
    assert builds[1].stages == ["staging", "approval", "production"]
    assert repo.events == ["register", "deploy", "accept", "down", "approve", "rollout", "propose"]
    assert repo.ledger()[4]["by"] == "eve"
    (branch,) = repo.branches()
    assert branch.startswith(f"goldenpath/production-{MODEL}-")
    git(repo.project, "pull", "--quiet", "--no-rebase", "--no-edit", str(repo.origin), branch)
    push(repo, "main")
    (merged,) = ci.hand("deliver", ACTION="reconcile")
    assert merged.result == "SUCCESS", ci.log()[-6000:]
    assert repo.events[-1] == "reconcile"
    (stable,) = ci.clock("watch")
    assert stable.result == "SUCCESS", ci.log()[-6000:]
