"""The flows on Azure Pipelines with the real make, each job in a clone of its own: a worse model stopped, a good one delivered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.azure import Organization
from tests.proof.azure_play import names, ran
from tests.proof.azure_run import Run
from tests.proof.machine import machine
from tests.proof.real import MODEL, MODEL_CODE, OTHER, WORSE, Real, real
from tests.support import git

pytestmark = pytest.mark.prove


def forge(repo: Real) -> Organization:
    """Where the repository lives: jobs clone it from where somebody works, and push their branches there."""
    folder = repo.store.parent / "forge"
    folder.mkdir()
    return Organization(
        repo.project, folder, env=machine(folder).env, variables={"GOLDENPATH_STORE": str(repo.store)}
    )


def printed(run: Run, step: str) -> str:
    """What the runs of a step came to, and the end of what was printed, for a failing test to show."""
    results = [result for done in run.done.values() for name, result in done.steps if name == step]
    return f"{results} {run.printed[-3000:]}"


def test_a_worse_model_is_stopped(tmp_path: Path) -> None:
    repo = real(tmp_path, ci="azure")
    there = forge(repo)
    git(repo.project, "checkout", "--quiet", "-b", "topic")
    repo.edit(MODEL_CODE, *WORSE)
    git(repo.project, "checkout", "--quiet", "main")
    (run,) = there.pull_request()
    assert run.jobs["model"] == "Failed", run.printed[-3000:]
    steps = dict(run.done["__default", "model"].steps)
    assert (steps["make setup"], steps["make pipeline"]) == ("Succeeded", "Failed")
    assert "FAIL threshold" in run.printed, run.printed[-3000:]
    assert run.done["__default", "model"].summaries
    git(repo.project, "merge", "--quiet", "topic")
    (train,) = there.start("train")
    ran(train, **{"plan": "S", f"train__{MODEL}": "F"})
    assert dict(train.done["__default", f"train {MODEL}"].steps)["make gate"] == "Failed"
    assert repo.events == []


def test_a_good_model_is_delivered_and_taken_back(tmp_path: Path) -> None:
    repo = real(tmp_path, ci="azure")
    there = forge(repo)
    repo.edit(MODEL_CODE, *OTHER)
    runs = there.push()
    assert names(runs) == ["check", "train", "deliver"], [printed(run, "make setup") for run in runs]
    ran(runs[0], check="S", changed="S", publish="S")
    ran(runs[1], **{"plan": "S", f"train__{MODEL}": "S"})
    assert (runs[1].artifacts / f"model-{MODEL}" / "model.onnx").stat().st_size
    ran(runs[2], staging="S", ask="W")
    assert repo.events == ["register", "deploy", "accept", "down"]
    runs[2].answer = "approved"
    there.proceed(runs[2])
    ran(runs[2], staging="S", ask="S", approval="S", production="S")
    assert repo.events[4:] == ["approve", "rollout", "propose"]
    assert repo.ledger()[4]["by"] == f"run {len(there.runs)} of Azure Pipelines"
    merge(repo, there)
    after = there.push()
    assert names(after) == ["check", "deliver"]
    ran(after[1], reconcile="S")
    assert repo.events[-1] == "reconcile"
    ran(
        after[0], check="S", changed="S", publish="S"
    )  # a repository with a champion is as green as a new one


def merge(repo: Real, there: Organization) -> None:
    """Merge what the jobs have asked for, as somebody does in Azure Repos."""
    branch = there.asked[-1][-1]
    assert branch.startswith(f"goldenpath/production-{MODEL}-")
    git(repo.project, "merge", "--quiet", "--no-ff", "--no-edit", branch)
