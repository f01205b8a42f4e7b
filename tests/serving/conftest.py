"""Each repository is generated and trained once, and its service started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serving.repository import Repository, all_columns, regression
from tests.serving.wire import Service
from tests.template import live


@pytest.fixture(scope="session")
def classification(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A classification with columns of every type."""
    return all_columns(tmp_path_factory.mktemp("classification"))


@pytest.fixture(scope="session")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The template's own regression."""
    return regression(tmp_path_factory.mktemp("penguins"))


@pytest.fixture(params=["classification", pytest.param("penguins", marks=pytest.mark.serving)])
def repository(request: pytest.FixtureRequest) -> Repository:
    """Each of them in turn."""
    found: Repository = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def service(classification: Repository) -> Iterator[Service]:
    """The classification's real service, as `make serve` starts it."""
    with live.service(classification.folder, classification.env) as address:
        yield Service(address)
