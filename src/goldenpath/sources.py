"""Where templates come from: one clone per address and process, and a check-out per version of it.

A template on this machine is read in place. One from elsewhere is mirrored into the user's cache, under a lock, so
that any number of commands may run at once; each process fetches once.
"""

import atexit
import itertools
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from filelock import FileLock
from packaging.version import InvalidVersion, Version
from platformdirs import user_cache_path

from goldenpath import git
from goldenpath.errors import GoldenpathError

_LOCK_SECONDS = 600
# What a user's hooks do to check-outs of their own is not for these.
_HOOKLESS = ("-c", f"core.hooksPath={os.devnull}")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_DESCRIBED = re.compile(r".+-\d+-g(?P<hash>[0-9a-f]{4,})")


class Source:
    """A template's repository: its versions, and their files.

    `address` is what projects store, `folder` a repository on this machine that has all of its history.
    """

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.folder = folder
        self._checkouts: dict[str, Path] = {}
        self._commits: dict[str, str] = {}
        self._guard = threading.Lock()

    @cached_property
    def releases(self) -> dict[str, str]:
        """Tags that are versions, oldest first, with their commits; pre-releases are no releases."""
        pattern = "%(refname:strip=2) %(objectname) %(*objectname)"
        listed = git.run(self.folder, "for-each-ref", f"--format={pattern}", "refs/tags").splitlines()
        found = {line.split(" ")[0]: line.rstrip().split(" ")[-1] for line in listed}
        versions = {tag: version for tag in found if (version := parse(tag)) and not version.is_prerelease}
        return {tag: found[tag] for tag in sorted(versions, key=versions.__getitem__)}

    def newest(self) -> str:
        """Return the tag of the newest release.

        Raises:
            GoldenpathError: There is none.
        """
        if not self.releases:
            raise GoldenpathError(
                f"The template '{self.address}' has no release.", "Add --to HEAD, or a branch."
            )
        return list(self.releases)[-1]

    def commit(self, ref: str) -> str:
        """Return the full hash of the commit behind a tag, a branch, a hash, or what `git describe` says.

        Raises:
            GoldenpathError: There is no such version.
        """
        if ref not in self._commits:
            self._commits[ref] = self._resolve(ref)
        return self._commits[ref]

    def _resolve(self, ref: str) -> str:
        described = _DESCRIBED.fullmatch(ref)
        for name in (f"refs/tags/{ref}", ref, f"refs/remotes/origin/{ref}", described and described["hash"]):
            found = name and not name.startswith("-") and self._parsed(name)
            if found:
                return str(found)
        shallow = git.run(self.folder, "rev-parse", "--is-shallow-repository").strip() == "true"
        known = ", ".join(list(self.releases)[-5:]) or "none"
        raise GoldenpathError(
            f"The template '{self.address}' has no version '{ref}'."
            + (" It is a shallow clone, which has no history." if shallow else ""),
            f"Type: git -C {self.folder} fetch --unshallow --tags"
            if shallow
            else f"Its newest releases: {known}",
        )

    def _parsed(self, name: str) -> str | None:
        done = git.attempt(self.folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return done.stdout.strip() if _COMMIT.fullmatch(done.stdout.strip()) else None

    def is_newer(self, ref: str, than: str) -> bool:
        """Tell whether a version comes after another: by number where both are releases, else by history."""
        versions = parse(ref), parse(than)
        if versions[0] and versions[1]:
            return versions[0] > versions[1]
        new, old = self.commit(ref), self.commit(than)
        return (
            new != old and git.attempt(self.folder, "merge-base", "--is-ancestor", old, new).returncode == 0
        )

    def check_out(self, commit: str) -> Path:
        """Return a folder with the files of a commit, as git checks them out. It lives as long as the process."""
        with self._guard:
            if commit not in self._checkouts:
                folder = _scratch() / f"{next(_numbers)}-{commit}-{len(self._checkouts)}"
                damaged = f"If {self.folder} is damaged, make it anew, or remove it if it is in your cache."
                clone = ("clone", "--quiet", "--no-checkout", "--shared", str(self.folder), str(folder))
                git.run(_scratch(), *clone, hint=damaged)
                git.run(
                    folder, *_HOOKLESS, "checkout", "--quiet", "--force", "--detach", commit, hint=damaged
                )
                if (folder / ".gitmodules").exists():
                    git.run(folder, "remote", "set-url", "origin", self.address)
                    git.run(folder, *_HOOKLESS, "submodule", "--quiet", "update", "--init", "--recursive")
                self._checkouts[commit] = folder
            return self._checkouts[commit]


_opened: dict[tuple[str, str], Source] = {}
_opening = threading.Lock()
_numbers = itertools.count()
_folders: list[Path] = []


def open_source(address: str, key: str, expand: Callable[[], str]) -> Source:
    """Return the repository of the template at `address`, the same one for the same `key` in the whole process.

    `expand` tells what git understands of the address.

    Raises:
        GoldenpathError: It cannot be reached.
    """
    with _opening:
        if (address, key) not in _opened:
            expanded = expand()
            local = Path(expanded).expanduser()
            _opened[address, key] = Source(address, local if local.is_dir() else _mirror(address, expanded))
        return _opened[address, key]


def forget() -> None:
    """Let go of every clone and check-out of this process."""
    _opened.clear()
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


def _scratch() -> Path:
    if not _folders:
        _folders.append(Path(tempfile.mkdtemp(prefix="goldenpath-")))
    return _folders[0]


atexit.register(forget)


def _mirror(address: str, url: str) -> Path:
    home = user_cache_path("goldenpath", appauthor=False) / "templates"
    home.mkdir(parents=True, exist_ok=True)
    folder = home / f"{sha256(url.encode()).hexdigest()[:24]}.git"
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


def parse(tag: str) -> Version | None:
    """Return a tag as a version, None for other tags and for hashes, which may be all digits."""
    try:
        return Version(tag) if "." in tag else None
    except InvalidVersion:
        return None


def release(described: str) -> str | None:
    """Return the version that `git describe` names, None where it names no tag, or one and a distance to it."""
    version = parse(described)
    return str(version) if version else None
