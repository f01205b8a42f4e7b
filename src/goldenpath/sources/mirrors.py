"""Templates from elsewhere, mirrored into the user's cache."""

import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from goldenpath import git
from goldenpath.errors import GoldenpathError

_LOCK_SECONDS = 600


def mirror(address: str, url: str) -> Path:
    """Return a mirror of the repository at `url`, fetched just now.

    Raises:
        GoldenpathError: It cannot be reached.
    """
    home = user_cache_path("goldenpath", appauthor=False) / "templates"
    folder = home / f"{sha256(url.encode()).hexdigest()[:24]}.git"
    if not folder.exists():
        # What cannot be reached must leave nothing in the cache.
        _reach(address, lambda: git.run(Path.cwd(), "ls-remote", "--", url, "HEAD"))
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock", timeout=_LOCK_SECONDS):
        # One that cannot be fetched into may be damaged: then a new one takes its place.
        if git.attempt(home, f"--git-dir={folder}", "remote", "update", "--prune").returncode:
            _reach(address, lambda: _clone(home, url, folder))
    return folder


def _clone(home: Path, url: str, folder: Path) -> None:
    # Beside its place, so that a cut connection leaves nothing there.
    with tempfile.TemporaryDirectory(prefix="clone-", dir=home, ignore_cleanup_errors=True) as staging:
        git.run(home, "clone", "--quiet", "--mirror", "--", url, f"{staging}/clone.git")
        if folder.exists():
            folder.rename(Path(staging, "damaged.git"))
        Path(staging, "clone.git").rename(folder)


def _reach(address: str, step: Callable[[], object]) -> None:
    try:
        step()
    except GoldenpathError as error:
        reason = error.message.removeprefix("git failed: ")
        raise GoldenpathError(
            f"The template '{address}' cannot be reached: {reason}",
            "Check the address, your network, and that git may read it: git ls-remote " + address,
        ) from error
