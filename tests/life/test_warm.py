"""The champion that a promotion replaces stays ready for a while, so that a rollback takes a second; and then it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.life.repository import MODEL, Repository, clients, processes
from tests.support import eventually

PRODUCTION = "environments/production.yaml"
PROMOTE = ("promote", "--force", "other tests roll it back", "--version")


@pytest.fixture
def champion(repository: Repository) -> str:
    """The champion of production; in staging, whose processes look alike, nothing runs."""
    repository.command("down", "--env", "staging")
    version = repository.versions[0]
    repository.command(*PROMOTE, version)
    return version


def test_a_rollback_finds_the_champion_before_still_running(repository: Repository, champion: str) -> None:
    other = repository.versions[1]
    before = running(repository, champion)
    with clients(repository.status()["address"], repository.rows()) as problems:
        repository.command(*PROMOTE, other)
        assert repository.status()["running"] == {other: 100}, "what stays warm has no requests"
        assert "is as environments/production.yaml says" in repository.command("reconcile")
        repository.command("rollback")
    assert repository.status()["running"] == {champion: 100}
    assert running(repository, champion) == before
    eventually(lambda: not running(repository, other), "what was rolled back ends at once")
    assert problems == []


def test_it_ends_when_its_time_is_over(repository: Repository, champion: str) -> None:
    other = repository.versions[1]
    repository.edit(PRODUCTION, ("replicas: 1", "replicas: 1\nwarm_seconds: 3"))
    repository.command(*PROMOTE, other)
    assert running(repository, champion)
    eventually(lambda: not running(repository, champion), "its time is over")
    assert repository.status()["running"] == {other: 100}
    repository.command("rollback")
    assert repository.status()["running"] == {champion: 100}
    repository.edit(PRODUCTION, ("replicas: 1\nwarm_seconds: 3", "replicas: 1"))


def test_nothing_is_kept_where_nobody_wants_it(repository: Repository, champion: str) -> None:
    repository.edit(PRODUCTION, ("replicas: 1", "replicas: 1\nwarm_seconds: 0"))
    repository.command(*PROMOTE, repository.versions[1])
    eventually(lambda: not running(repository, champion), "it ends at once")
    repository.command("rollback")
    repository.edit(PRODUCTION, ("replicas: 1\nwarm_seconds: 0", "replicas: 1"))


def test_down_ends_what_is_warm(repository: Repository, champion: str) -> None:
    other = repository.versions[1]
    repository.command(*PROMOTE, other)
    assert running(repository, champion)
    repository.command("down", "--env", "production")
    assert not running(repository, champion) | running(repository, other)
    repository.command("reconcile")
    assert running(repository, other)
    assert not running(repository, champion)
    repository.command("rollback")


def running(repository: Repository, version: str) -> set[int]:
    """The processes that serve a version of this repository."""
    folder = Path(".store", MODEL, "versions", version)
    return processes("goldenpath_runtime replica", str(repository.folder / folder))
