"""Templates and their versions, each opened once a process."""

import threading
from contextlib import suppress
from pathlib import Path

from copier._vcs import get_repo

from goldenpath import sources
from goldenpath.engine.trust import copier_settings
from goldenpath.engine.versions import Version
from goldenpath.errors import GoldenpathError
from goldenpath.sources import Source

_opened: dict[tuple[str, str, str, bool, bool], Version] = {}
_opening = threading.RLock()


def source(address: str, project: Path) -> Source:
    """Return the repository of a template, found from a project that stores its address.

    Raises:
        GoldenpathError: It is gone, or cannot be reached.
    """
    return sources.located(address, project, lambda: get_repo(address) or address)


def open_version(
    source: Source,
    commit: str,
    *,
    trust: bool,
    skip_tasks: bool = False,
    starts: bool = False,
) -> Version:
    """Return the version of a template at a commit, the same one for the whole process.

    `trust` lets the template run code of its own, as an entry in the `trust` list of Copier's settings does.
    `starts` says that a project begins: it draws its own chance, and the command has fewer options.

    Raises:
        TrustError: It runs code of its own, and may not.
        GoldenpathError: This command cannot use it.
    """
    trusted = trust or source.home in copier_settings().trust
    with _opening:
        key = (source.address, str(source.folder), commit, trusted, skip_tasks)
        if key not in _opened:
            _opened[key] = Version(source, commit, trusted=trusted, skip_tasks=skip_tasks, starts=starts)
        return _opened[key]


def forget() -> None:
    """Let go of every version and clone of this process."""
    with suppress(GoldenpathError):
        _opened.clear()
        sources.forget()
