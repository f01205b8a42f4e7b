"""One repository, trained and registered once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import environment, generate, make


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A machine on which nobody has logged in yet."""
    return environment(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """The default repository with one registered version, its column `island` marked personal."""
    folder = generate(tmp_path_factory.mktemp("monitoring") / "project", pipeline="process")
    schema = folder / "data" / "schema.yaml"
    content = schema.read_text("utf-8")
    changed = content.replace(
        "values: [Biscoe, Dream, Torgersen]", "personal: true, values: [Biscoe, Dream, Torgersen]"
    )
    assert changed != content
    schema.write_text(changed, "utf-8")
    make(folder, env, "setup", "pipeline", "register")
    return folder
