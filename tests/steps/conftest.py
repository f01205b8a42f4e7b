"""The default repository, set up and run once with DVC."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import commit_all, environment, generate, make


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A machine on which nobody has logged in yet."""
    return environment(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """The default repository after `make setup pipeline`, committed."""
    folder = generate(tmp_path_factory.mktemp("steps") / "project")
    commit_all(folder, "As generated")
    make(folder, env, "setup", "pipeline")
    return folder
