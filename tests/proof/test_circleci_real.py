"""The flows on CircleCI with the real make, each job in a clone of its own: a worse model stopped, a good one delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.proof.circleci_play import forge, ran
from tests.proof.circleci_run import Run
from tests.proof.real import ADDRESS, MODEL, MODEL_CODE, WORSE, Real, real
from tests.support import git

pytestmark = pytest.mark.prove
RELEASED = {"plan": "S", "train": "S", "staging": "S", "ask": "S", "approval": "S", "production": "S"}


def run(repo: Real, source: str, **how: Any) -> Run:
    """Run a pipeline, on machines that know the forge's address."""
    folder = repo.store.parent / f"run-{len(list(repo.store.parent.glob('run-*')))}"
    there = forge(repo.project, folder, store=str(repo.store))
    there.address = ADDRESS
    there.home[".gitconfig"] = f'[url "file://{repo.origin}"]\n\tinsteadOf = {ADDRESS}\n'
    return there.pipeline(source, approve=True, **how)


def test_a_worse_model_is_stopped(tmp_path: Path) -> None:
    repo = real(tmp_path, ci="circleci")
    git(repo.project, "checkout", "--quiet", "-b", "topic")
    repo.edit(MODEL_CODE, *WORSE)
    git(repo.project, "checkout", "--quiet", "main")
    asked = run(repo, "webhook", branch="topic")
    assert asked.jobs["model"] == "failed"
    assert "FAIL threshold" in asked.printed, asked.printed[-3000:]
    git(repo.project, "merge", "--quiet", "topic")
    trained = run(repo, "api", flow="train")
    ran(trained, plan="S", train="F", staging="N")
    assert f"reports/{MODEL}/report.md" in trained.artifacts("train")
    assert repo.events == []


def test_a_good_model_is_delivered_and_taken_back(tmp_path: Path) -> None:
    repo = real(tmp_path, ci="circleci")
    ran(run(repo, "scheduled_pipeline", flow="train", reason="schedule"), **RELEASED)
    assert repo.events == ["register", "deploy", "accept", "down", "approve", "rollout", "propose"]
    assert repo.ledger()[4]["by"] == "who approved in CircleCI"
    (branch,) = repo.branches()
    assert branch.startswith(f"goldenpath/production-{MODEL}-")
    git(repo.project, "pull", "--quiet", "--no-rebase", "--no-edit", str(repo.origin), branch)
    ran(run(repo, "scheduled_pipeline", flow="watch"), monitor="S", train="H", staging="H")
