"""A switch that is cut off after it wrote the environment's file is finished by `reconcile`; a file that lags is refused."""

from __future__ import annotations

import subprocess

import pytest

from tests.life.repository import Repository

# The command dies as soon as it has written and committed the file.
DIES = """
import os, sys
from goldenpath_runtime import __main__
from goldenpath_runtime.deliver import delivery
written = delivery.want
def want(*words):
    written(*words)
    os._exit(9)
delivery.want = want
__main__.main(sys.argv[1:])
"""
SWITCHES = {"production": ["promote", "--force", "a test"], "staging": ["deploy"]}


@pytest.fixture(params=SWITCHES)
def env(request: pytest.FixtureRequest, repository: Repository) -> str:
    """An environment whose last switch was a rollback from the second version to the first."""
    name: str = request.param
    for version in repository.versions[:2]:
        repository.command(*SWITCHES[name], "--version", version, "--env", name)
    repository.command("rollback", "--env", name)
    return name


def test_what_was_rolled_back_and_is_wanted_once_more(repository: Repository, env: str) -> None:
    first, second = repository.versions[:2]
    assert repository.status(env)["running"] == {first: 100}
    python = repository.folder / ".venv/bin/python"
    switch = [*SWITCHES[env], "--version", second, "--env", env]
    done = subprocess.run(
        [python, "-c", DIES, *switch], cwd=repository.folder, env=repository.env, check=False
    )
    assert done.returncode == 9
    left = repository.status(env)
    assert (left["desired"], left["champion"]) == (second, first), "it died elsewhere"
    repository.command("reconcile", "--env", env)
    found = repository.status(env)
    assert (found["champion"], found["running"]) == (second, {second: 100})


def test_a_file_that_lags_behind_a_rollback_is_refused(repository: Repository, env: str) -> None:
    """The control of the test above: the change that the rollback asks for is not merged."""
    first, second = repository.versions[:2]
    path = f"environments/{env}.yaml"
    repository.edit(path, (first, second))
    said = repository.command("reconcile", "--env", env, expect=1)
    assert f"names {second}, which was rolled back" in said
    repository.edit(path, (second, first))
    assert repository.status(env)["running"] == {first: 100}
