"""Settings of pytest for all tests."""

from __future__ import annotations

import os

import pytest

# Rendered repositories: they are compared with, never collected.
collect_ignore = ["golden"]


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Copier and git, which tests call in this process, see neither the user's settings nor a token."""
    settings = tmp_path_factory.mktemp("settings") / "copier.yml"
    settings.write_text("{}\n")
    os.environ |= {
        "COPIER_SETTINGS_PATH": str(settings),
        "COPIER_CACHE_DIR": str(settings.with_name("cache")),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
