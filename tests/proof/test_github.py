"""The flows on GitHub, executed by act: which jobs run for which trigger, on both sides of every gate, and what they call.

make only notes its calls here, so these take seconds; test_real.py runs the same files with the real one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.proof.flows import FLOWS, Jobs
from tests.proof.github import FORK, Event, Job, calls, run_workflow
from tests.proof.machine import machine
from tests.proof.stub import MODELS, RELEASE, Stub, stub
from tests.support import commit_all, git, render

KEPT = {"GOLDENPATH_STORE": "/srv/models"}
TRAIN, DELIVER = FLOWS["train"], FLOWS["deliver"]


@pytest.fixture
def repo(tmp_path: Path) -> Stub:
    """A repository whose make notes what it is asked."""
    return stub(tmp_path)


def run(repo: Stub, event: str, workflow: str = "check", **more: Any) -> dict[str, Job]:
    """Run one workflow with a store that is kept, on a machine of its own."""
    folder = repo.folder / f"run-{len(list(repo.folder.glob('run-*')))}"
    folder.mkdir()
    return run_workflow(repo.project, Event(event, workflow, **{"variables": KEPT, **more}), machine(folder))


def succeeded(jobs: dict[str, Job]) -> set[str]:
    return {name for name, job in jobs.items() if job.result == "success"}


def each(*jobs: str) -> set[str]:
    """These jobs for both models."""
    return {f"{job} {model}" for job in jobs for model in MODELS}


def called_by(repo: Stub, flow: Jobs, job: str, model: str) -> list[str]:
    """What was called for one model, as far as that job calls it."""
    return [c.target for c in repo.calls if c.settings.get("MODEL") == model and c.target in flow[job]]


def test_the_table() -> None:
    assert calls(render({})) == {
        flow: {job: list(t) for job, t in jobs.items()} for flow, jobs in FLOWS.items()
    }
    without = {job: list(targets) for job, targets in FLOWS["check"].items()}
    assert calls(render({"registry": "none"})) == {"check": without}


def test_a_push_is_checked_trained_and_delivered(repo: Stub) -> None:
    jobs = run(repo, "push")
    assert succeeded(jobs) == {"changes", "check", "scan", "publish", "train", "plan"} | each(
        "train", "staging", "approval", "production"
    )
    assert {j: job.result for j, job in jobs.items() if j not in succeeded(jobs)} == {}
    assert {c.settings["GOLDENPATH_REASON"] for c in repo.calls if c.target == "register"} == {"ci"}
    for model in MODELS:
        approve = next(c for c in repo.calls if c.target == "approve" and c.settings["MODEL"] == model)
        assert approve.settings["BY"] == "eve"
        assert approve.settings["VERSION"] == "1a2b"
        assert "actions/runs/" in approve.settings["NOTE"]
        promote = next(c for c in repo.calls if c.target == "promote" and c.settings["MODEL"] == model)
        assert "gh pr create" in promote.settings["PROPOSE"]
        assert promote.settings["VERSION"] == "1a2b"
        order = [c.target for c in repo.calls if c.settings.get("MODEL") == model]
        assert order == [*TRAIN["train"], *DELIVER["staging"], *DELIVER["approval"], *DELIVER["production"]]


def test_a_tag_is_published_and_not_trained(repo: Stub) -> None:
    jobs = run(repo, "push", payload={"ref": "refs/tags/v1"})
    assert succeeded(jobs) == {"changes", "check", "scan", "publish"}


def test_nothing_is_kept_and_delivered_without_a_store(repo: Stub) -> None:
    assert succeeded(run(repo, "push", variables={})) == {
        "changes",
        "check",
        "scan",
        "publish",
        "train",
        "plan",
    } | each("train")
    for event, workflow in (("push", "deliver"), ("schedule", "watch")):
        assert succeeded(run(repo, event, workflow, variables={})) == set()


def test_a_pull_request_is_checked_and_trained_for_its_gate_alone(repo: Stub) -> None:
    change(repo, "params.yaml")
    assert succeeded(run(repo, "pull_request")) == {"changes", "check", "model"}
    assert not {"publish", "register", "deploy"} & set(repo.targets)


def test_a_pull_request_of_a_worse_model_is_stopped(repo: Stub) -> None:
    change(repo, "src/worse.py")
    repo.fails("pipeline")
    assert run(repo, "pull_request")["model"].result == "failure"


def test_other_changes_are_not_trained_and_dependencies_are_scanned(repo: Stub) -> None:
    change(repo, "tests/test_more.py")
    assert succeeded(run(repo, "pull_request")) == {"changes", "check"}
    change(repo, "Dockerfile")
    assert succeeded(run(repo, "pull_request")) == {"changes", "check", "scan"}


def test_a_stranger_gets_no_secret(tmp_path: Path) -> None:
    repo = stub(tmp_path, package_index="https://packages.example.com/simple")
    change(repo, "params.yaml")
    jobs = run(repo, "pull_request", head=FORK, variables={})
    assert succeeded(jobs) == {"changes", "check", "model"}
    assert all("GOLDENPATH_STORE" not in c.settings for c in repo.calls)


@pytest.mark.parametrize(
    ("event", "payload", "reason"),
    [
        ("workflow_dispatch", {"inputs": {"reason": "manual"}}, "manual"),
        ("schedule", {"schedule": "43 2 * * 6"}, "schedule"),
        ("schedule", {"schedule": "13 5 * * *"}, "data"),
        ("repository_dispatch", {"action": "train"}, "webhook"),
        ("repository_dispatch", {"action": "new-data"}, "data"),
    ],
)
def test_each_trigger_of_training_has_its_reason(
    event: str, payload: dict[str, str], reason: str, repo: Stub
) -> None:
    jobs = run(repo, event, "train", payload=payload)
    assert succeeded(jobs) >= {"plan"} | each("train", "production")
    assert {c.settings["GOLDENPATH_REASON"] for c in repo.calls if c.target in TRAIN["train"][2:-1]} == {
        reason
    }
    if event == "schedule":
        assert succeeded(run(repo, event, "train", payload=payload, variables={})) == set()


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("workflow_dispatch", {"inputs": {"model": "cat", "reason": "manual"}}),
        ("repository_dispatch", {"action": "train", "client_payload": {"model": "cat"}}),
    ],
)
def test_one_model_alone_is_trained(event: str, payload: dict[str, Any], repo: Stub) -> None:
    assert succeeded(run(repo, event, "train", payload=payload, variables={})) == {"plan", "train cat"}


def test_known_data_are_not_trained_again(repo: Stub) -> None:
    repo.on("data", 'mkdir -p "reports/$MODEL"; echo unchanged > "reports/$MODEL/data.verdict"')
    jobs = run(repo, "schedule", "train", payload={"schedule": "13 5 * * *"})
    assert succeeded(jobs) == {"plan"} | each("train")
    assert not {"train", "register", "deploy"} & set(repo.targets)
    assert succeeded(run(repo, "schedule", "train", payload={"schedule": "43 2 * * 6"})) > each(
        "train", "production"
    )


def test_a_blocked_model_is_neither_registered_nor_delivered(repo: Stub) -> None:
    repo.fails("gate")
    jobs = run(repo, "push")
    assert {jobs.get(name, Job()).result for name in each("train")} == {"failure"}
    assert not {"register", "deploy"} & set(repo.targets)
    assert "summary" in called_by(repo, TRAIN, "train", "cat"), "the report is shown all the same"


def test_an_approval_without_a_reviewer_is_none(repo: Stub) -> None:
    """Where the environment asks nobody, GitHub lets the job run, and knows of nobody who has approved."""
    (repo.folder / "nobody").touch()
    assert succeeded(release(repo)) == {"staging"}
    assert "approve" not in repo.targets


def test_a_later_push_to_a_pull_request_hides_no_earlier_one(repo: Stub) -> None:
    change(repo, "params.yaml")
    git(repo.project, "checkout", "--quiet", "-b", "topic", "HEAD~1")
    git(
        repo.project, "merge", "--quiet", "--no-ff", "--no-edit", "main"
    )  # as GitHub merges a pull request to try it
    before = git(repo.project, "rev-parse", "HEAD^2").strip()
    assert succeeded(run(repo, "pull_request", payload={"before": before})) == {"changes", "check", "model"}


def test_a_missing_setting_stops_a_flow(repo: Stub) -> None:
    repo.fails("preflight")
    assert succeeded(run(repo, "workflow_dispatch", "train")) == set()
    assert not {"train", "deploy"} & set(repo.targets)


def release(repo: Stub, **inputs: str) -> dict[str, Job]:
    """Start the delivery of a model by hand."""
    return run(
        repo,
        "workflow_dispatch",
        "deliver",
        payload={"inputs": {"action": "release", "model": "cat", **inputs}},
    )


def test_by_hand_with_version_and_strategy(repo: Stub) -> None:
    assert succeeded(release(repo, version="9f", strategy="shadow")) == {"staging", "approval", "production"}
    (staged,) = (c for c in repo.calls if c.target == "deploy")
    assert staged.settings["VERSION"] == "9f"
    (rollout,) = (c for c in repo.calls if c.target == "rollout")
    assert rollout.settings["STRATEGY"] == "shadow"
    assert rollout.settings["CLIENTS"] == "4"


def test_an_automatic_release_asks_nobody(repo: Stub) -> None:
    repo.on("preflight", RELEASE.format("automatic"))
    assert succeeded(release(repo)) == {"staging", "production"}
    assert "approve" not in repo.targets


def test_without_approval_nothing_reaches_production(repo: Stub) -> None:
    repo.fails("approve")
    assert succeeded(release(repo)) == {"staging"}
    assert not {"rollout", "promote"} & set(repo.targets)


def test_a_failed_acceptance_stops_and_staging_is_taken_down(repo: Stub) -> None:
    repo.fails("accept")
    assert succeeded(release(repo)) == set()
    assert repo.targets == list(DELIVER["staging"])


def test_a_version_that_was_taken_back_is_not_promoted(repo: Stub) -> None:
    repo.fails("rollout")
    assert succeeded(release(repo)) == {"staging", "approval"}
    assert "promote" not in repo.targets


def test_one_click_rolls_back(repo: Stub) -> None:
    assert succeeded(release(repo, action="rollback")) == {"rollback"}
    assert repo.targets == list(DELIVER["rollback"])
    assert repo.calls[-1].settings["ENV"] == "production"
    assert {"BY", "NOTE", "PROPOSE"} <= repo.calls[-1].settings.keys()


def test_a_merged_change_of_environments_is_made_so(repo: Stub) -> None:
    assert succeeded(run(repo, "push", "deliver")) == {"reconcile"}
    assert repo.targets == list(DELIVER["reconcile"])


def test_a_stable_model_is_left_alone(repo: Stub) -> None:
    assert succeeded(run(repo, "schedule", "watch")) == {"monitor"}
    assert repo.targets == list(FLOWS["watch"]["monitor"])


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_a_model_that_drifted_is_trained_and_delivered(event: str, repo: Stub) -> None:
    verdicts = "mkdir -p reports/cat reports/dog_eu; echo drift > reports/dog_eu/monitor.verdict; echo stable > reports/cat/monitor.verdict; exit 1"
    repo.on("monitor", verdicts)
    jobs = run(repo, event, "watch")
    assert succeeded(jobs) == {"monitor", "plan dog_eu"} | {
        f"{j} dog_eu" for j in ("train", "staging", "approval", "production")
    }
    (registered,) = (c for c in repo.calls if c.target == "register")
    assert registered.settings["GOLDENPATH_REASON"] == "drift"


def test_monitoring_that_breaks_is_red(repo: Stub) -> None:
    repo.fails("monitor")
    assert succeeded(run(repo, "schedule", "watch")) == set()


def change(repo: Stub, path: str) -> None:
    """Commit a change of one file."""
    file = repo.project / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((file.read_text() if file.exists() else "") + "# changed\n")
    commit_all(repo.project, f"change {path}")
