"""One repository for all tests of delivery: it is trained once, and what it runs ends with the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.life.repository import Repository, first, second


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """Two good versions, both accepted and approved; the first is the champion of production."""
    made = first(tmp_path_factory.mktemp("life"))
    try:
        second(made)
        for version in made.versions:
            made.accept(version)
        made.command("rollout", "--version", made.versions[0])
        made.command("promote", "--version", made.versions[0])
        yield made
    finally:
        made.stop()
