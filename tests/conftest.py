"""Settings of pytest for all tests."""

from __future__ import annotations

import os
from subprocess import Popen

import pytest

from tests import keeper

# Rendered repositories: they are compared with, never collected.
collect_ignore = ["golden"]

_KEEPER = pytest.StashKey[Popen[bytes] | None]()


def pytest_configure(config: pytest.Config) -> None:
    """What tests send, what they start can receive; what they start ends with them."""
    keeper.heed_ctrl_c()
    config.stash[_KEEPER] = keeper.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what tests have left running."""
    keeper.stop(config.stash.get(_KEEPER, None))


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Copier and git, which tests call in this process, see neither the user's settings nor a token."""
    settings = tmp_path_factory.mktemp("settings") / "copier.yml"
    settings.write_text("{}\n")
    # A file of its own: `git config --global` of a template's task renames another one into its place.
    of_git = settings.with_name("gitconfig")
    of_git.touch()
    os.environ |= {
        "COPIER_SETTINGS_PATH": str(settings),
        "COPIER_CACHE_DIR": str(settings.with_name("cache")),
        "GIT_CONFIG_GLOBAL": str(of_git),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    # `make test` runs all this: what it hands to a make of its own is not for the projects of the tests.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        os.environ.pop(name, None)
