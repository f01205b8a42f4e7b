"""The flows on GitLab with the real make, each job in a copy of its own: a worse model stopped, a good one delivered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof import gitlab
from tests.proof.gitlab import Ran
from tests.proof.real import MODEL, MODEL_CODE, WORSE, Real, real
from tests.support import git

pytestmark = pytest.mark.prove
# Writes down what a push asks GitLab for.
HOOK = """#!/bin/sh
for n in $(seq 0 $((GIT_PUSH_OPTION_COUNT - 1))); do eval echo "\\$GIT_PUSH_OPTION_$n" >> asked; done
"""


def run(repo: Real, source: str, *only: str, branch: str = "main", **variables: str) -> Ran:
    """Run a pipeline, approved where it asks, on a machine of its own."""
    folder = repo.store.parent / f"machine-{len(list(repo.store.parent.glob('machine-*')))}"
    settings = {"GOLDENPATH_STORE": str(repo.store)}
    return gitlab.pipeline(
        repo.project,
        folder,
        source,
        variables,
        branch=branch,
        settings=settings,
        approved=True,
        origin=repo.origin,
        only=only,
    )


def test_a_worse_model_is_stopped(tmp_path: Path) -> None:
    repo = real(tmp_path, ci="gitlab")
    git(repo.project, "checkout", "--quiet", "-b", "topic")
    repo.edit(MODEL_CODE, *WORSE)
    git(repo.project, "branch", "--quiet", "worse")
    git(repo.project, "checkout", "--quiet", "main")
    asked = run(repo, "merge_request_event", "model", branch="topic")
    assert asked.jobs == {"model": "FAIL"}
    assert "FAIL threshold" in asked.log, asked.log[-3000:]
    git(repo.project, "merge", "--quiet", "topic")
    trained = run(repo, "schedule", FLOW="train")
    assert trained.jobs["plan"] == "PASS"
    assert trained.jobs[f"train-{MODEL}"] == "FAIL"
    assert "make gate" in trained.log
    assert "make register" not in trained.log.split("make gate")[1]
    assert f"staging-{MODEL}" not in trained.jobs
    assert repo.events == []


def test_a_good_model_is_delivered_and_taken_back(tmp_path: Path) -> None:
    repo = real(tmp_path, ci="gitlab")
    git(repo.origin, "config", "receive.advertisePushOptions", "true")
    hook = repo.origin / "hooks" / "pre-receive"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    first = run(repo, "schedule", FLOW="train")
    jobs = (
        "plan",
        "models",
        f"train-{MODEL}",
        f"staging-{MODEL}",
        f"release-{MODEL}",
        "approval",
        "production",
    )
    assert first.jobs == dict.fromkeys(jobs, "PASS"), first.log[-6000:]
    assert repo.events == ["register", "deploy", "accept", "down", "approve", "rollout", "propose"]
    assert repo.ledger()[4]["by"] == "ann"
    asked = (repo.origin / "asked").read_text().splitlines()
    assert asked == [
        "merge_request.create",
        "merge_request.target=main",
        "merge_request.remove_source_branch",
    ]
    (branch,) = repo.branches()
    assert branch.startswith(f"goldenpath/production-{MODEL}-")
    git(repo.project, "pull", "--quiet", "--no-rebase", "--no-edit", str(repo.origin), branch)
    merged = run(repo, "push", "reconcile")
    assert merged.jobs == {"reconcile": "PASS"}, merged.log[-3000:]
    assert repo.events[-1] == "reconcile"
    stable = run(repo, "schedule", FLOW="watch")
    assert stable.jobs.get("monitor") == "PASS", stable.log[-3000:]
    assert f"train-{MODEL}" not in stable.jobs
