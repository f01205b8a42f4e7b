"""What must not happen on the way to production does not: each guard is seen red, and green beside it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.life.repository import MODEL, Repository, clients


@contextmanager
def unapproved(repository: Repository) -> Iterator[str]:
    """The second version as if nobody had accepted or approved it, for the time of the block."""
    version = repository.versions[1]
    folder = repository.folder / ".store" / MODEL / "ledger"
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    for path in folder.iterdir():
        entry = json.loads(path.read_text("utf-8"))
        if entry["event"] in {"accept", "approve"} and entry["version"] == version:
            path.write_text(json.dumps(entry | {"version": "nothing"}), "utf-8")
    try:
        yield version
    finally:
        shutil.rmtree(folder)
        kept.rename(folder)


@pytest.mark.parametrize("command", ["rollout", "promote", "deploy"])
def test_nothing_unaccepted_gets_to_production(command: str, repository: Repository) -> None:
    with unapproved(repository) as version:
        told = repository.command(command, "--version", version, "--env", "production", expect=1)
        assert "was not accepted yet: make deploy accept" in told
    assert repository.status()["running"] == {repository.versions[0]: 100}


def test_approval_needs_acceptance(repository: Repository) -> None:
    with unapproved(repository) as version:
        told = repository.command("approve", "--version", version, "--note", "looks good", expect=1)
        assert "was not accepted yet" in told


def test_approval_needs_a_reason_and_a_report(repository: Repository) -> None:
    version = repository.versions[1]
    assert "say on what grounds" in repository.command("approve", "--version", version, expect=1)
    report = repository.folder / ".store" / MODEL / "versions" / version / "report" / "report.md"
    text = report.read_text("utf-8")
    report.unlink()
    told = repository.command("approve", "--version", version, "--note", "unread", expect=1)
    report.write_text(text, "utf-8")
    assert "has no report in the store" in told


def test_promotion_needs_approval_unless_it_is_automatic(repository: Repository) -> None:
    with unapproved(repository) as version:
        repository.command("deploy", "--version", version)
        repository.command("accept", "--force", "a test of something else")
        told = repository.command("promote", "--version", version, expect=1)
        assert f"is not approved for production: make approve VERSION={version}" in told
        repository.edit("environments/production.yaml", ("release: approval", "release: automatic"))
        repository.command("promote", "--version", version)
        assert repository.status()["running"] == {version: 100}
        repository.command("promote", "--version", repository.versions[0])
        repository.edit("environments/production.yaml", ("release: automatic", "release: approval"))
    assert repository.status()["running"] == {repository.versions[0]: 100}


def test_promoting_the_champion_changes_nothing(repository: Repository) -> None:
    before = repository.history()
    repository.command("promote", "--version", repository.versions[0])
    assert repository.history() == before


def test_feedback_is_shown_to_the_approver(repository: Repository) -> None:
    version = repository.versions[1]
    repository.command("feedback", "--version", version, "--note", "the lists are shorter now", BY="cohort 3")
    told = repository.command("approve", "--version", version, "--note", "as they say")
    assert "feedback of cohort 3: the lists are shorter now" in told


def test_a_blocked_model_is_not_registered(repository: Repository) -> None:
    # In build/ is the second version, and nothing is registered that its settings did not make.
    made_by = (("seed: 0", "seed: 4"), ("min_gain: 0.0", "min_gain: -0.1"))
    as_before = [(new, old) for old, new in made_by]
    repository.edit("params.yaml", *made_by, ("roc_auc: {min: 0.9}", "roc_auc: {min: 0.9999}"))
    repository.command("gate", expect=1)
    told = repository.command("register", expect=1)
    assert "the gate has blocked this model: threshold roc_auc" in told
    assert "version" in repository.command("register", "--force", "to see that it can be forced")
    repository.edit("params.yaml", *as_before, ("roc_auc: {min: 0.9999}", "roc_auc: {min: 0.9}"))


@pytest.mark.parametrize("strategy", ["shadow", "canary", "bluegreen"])
def test_a_version_that_does_worse_is_taken_back(strategy: str, repository: Repository) -> None:
    """It answers something else than the champion more often than this policy allows."""
    allowed = "max_disagreement: 0.25"
    repository.edit("environments/production.yaml", (allowed, "max_disagreement: 0.0"))
    champion, other = repository.versions[:2]
    with clients(repository.status()["address"], repository.rows()) as problems:
        told = repository.command("rollout", "--version", other, "--strategy", strategy, expect=1)
    repository.edit("environments/production.yaml", ("max_disagreement: 0.0", allowed))
    assert "FAIL other answers" in told
    assert repository.status()["running"] == {champion: 100}
    assert repository.history()[-1]["event"] == "abort"
    assert problems == []


@pytest.mark.parametrize(("strategy", "running"), [("shadow", 0), ("canary", 50), ("bluegreen", 100)])
def test_a_good_version_gets_its_share(strategy: str, running: int, repository: Repository) -> None:
    champion, other = repository.versions[:2]
    with clients(repository.status()["address"], repository.rows()) as problems:
        repository.command("rollout", "--version", other, "--strategy", strategy)
        shares = {version: share for version, share in repository.status()["running"].items() if share}
        assert shares == {k: v for k, v in {champion: 100 - running, other: running}.items() if v}
        repository.command("reconcile")
    assert repository.status()["running"] == {champion: 100}
    assert problems == []


def test_too_little_traffic_is_no_success(repository: Repository) -> None:
    repository.edit("environments/production.yaml", ("seconds: 20", "seconds: 1"))
    told = repository.command("rollout", "--version", repository.versions[1], expect=1)
    repository.edit("environments/production.yaml", ("seconds: 1", "seconds: 20"))
    assert "too few to judge" in told
