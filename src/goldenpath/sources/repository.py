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
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path

from packaging.version import InvalidVersion, Version

from goldenpath import git
from goldenpath.errors import GoldenpathError
from goldenpath.sources.addresses import is_path

_MOVED = "If it has moved, type: goldenpath update --template URL"
# What a user's hooks do to check-outs of their own is not for these.
_HOOKLESS = ("-c", f"core.hooksPath={os.devnull}")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_DESCRIBED = re.compile(r".+-\d+-g(?P<hash>[0-9a-f]{4,})")


class Source:
    """A template's repository: its versions, and their files.

    `address` is what projects store, `url` what git understands of it, `folder` a repository on this machine that has
    all of its history. `home` is the address that it came from, and that must be trusted: another one where the
    template has moved.
    """

    def __init__(self, address: str, url: str, folder: Path, home: str | None = None) -> None:
        self.address = address
        self.url = url
        self.folder = folder
        self.home = home or address
        self._checkouts: dict[str, Path] = {}
        self._commits: dict[str, str] = {}
        self._guard = threading.Lock()

    def known_as(self, address: str) -> "Source":
        """Return this repository as one that projects store under another address."""
        return self if address == self.address else Source(address, self.url, self.folder, self.home)

    @cached_property
    def _tags(self) -> dict[str, str]:
        """All tags, with their commits; with nothing where they are of something else."""
        pattern = "%(refname:strip=2) %(objecttype) %(objectname) %(*objecttype) %(*objectname)"
        listed = git.run(self.folder, "for-each-ref", f"--format={pattern}", "refs/tags").splitlines()
        found = {words[0]: words[-2:] for line in listed if (words := line.split())}
        return {tag: commit if kind == "commit" else "" for tag, (kind, commit) in found.items()}

    @cached_property
    def releases(self) -> list[str]:
        """Tags that are versions, oldest first; pre-releases are no releases."""
        found = {
            tag: version for tag in self._tags if (version := _version(tag)) and not version.is_prerelease
        }
        return sorted(found, key=found.__getitem__)

    def newest(self) -> str:
        """Return the tag of the newest release.

        Raises:
            GoldenpathError: There is none.
        """
        if not self.releases:
            raise GoldenpathError(
                f"The template '{self.address}' has no release.", "Add --to HEAD, or a branch."
            )
        return self.releases[-1]

    def commit(self, ref: str) -> str:
        """Return the full hash of the commit behind a tag, a branch, a hash, or what `git describe` says.

        Raises:
            GoldenpathError: There is no such version.
        """
        if ref not in self._commits:
            self._commits[ref] = self._tags.get(ref) or self._resolve(ref)
        return self._commits[ref]

    def described(self, ref: str) -> str:
        """Return how projects store a version: as `git describe` names it.

        Raises:
            GoldenpathError: There is no such version.
        """
        return git.run(self.folder, "describe", "--tags", "--always", self.commit(ref)).strip()

    def _resolve(self, ref: str) -> str:
        described = _DESCRIBED.fullmatch(ref)
        for name in (f"refs/tags/{ref}", ref, f"refs/remotes/origin/{ref}", described and described["hash"]):
            found = name and not name.startswith("-") and self._parsed(name)
            if found:
                return str(found)
        shallow = git.run(self.folder, "rev-parse", "--is-shallow-repository").strip() == "true"
        known = ", ".join(self.releases[-5:]) or "none"
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
                damaged = f"If {self.folder} is damaged, make it again, or remove it if it is in your cache."
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
            _opened[address, key] = Source(
                address, expanded, local if local.is_dir() else _mirrored(address, expanded)
            )
        return _opened[address, key]


def _mirrored(address: str, url: str) -> Path:
    # The libraries that a lock and a cache need are slow to import, and a template on this machine needs neither.
    mirrors = import_module("goldenpath.sources.mirrors")
    folder: Path = mirrors.mirror(address, url)
    return folder


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


def located(address: str, project: Path, expand: Callable[[], str]) -> Source:
    """Return the repository of a template, found from a project that stores its address.

    `expand` tells what git understands of an address that is no path.

    Raises:
        GoldenpathError: It is gone, or cannot be reached.
    """
    if not is_path(address):
        return _reached(address, expand)
    here = project / address
    with suppress(RuntimeError):  # of a home that nobody has
        here = (project / Path(address).expanduser()).resolve()
    hint = f"{_MOVED}, which writes its address into the line _src_path of the answers file."
    if not here.exists():
        raise GoldenpathError(f"The template '{address}' is gone: there is no such folder or file.", hint)
    # Of a repository the versions count, not what is checked out; a bare one has nothing checked out.
    repository = (here / ".git").exists() or (here / "HEAD").is_file()
    if here.is_dir() and not repository and not any(here.glob("copier.y*ml")):
        raise GoldenpathError(
            f"'{address}', seen from the project, is no template: it has no copier.yml.", hint
        )
    return open_source(address, str(here), lambda: str(here))


def _reached(address: str, expand: Callable[[], str]) -> Source:
    try:
        return open_source(address, address, expand)
    except GoldenpathError as error:
        raise GoldenpathError(error.message, f"{error.hint}\n  {_MOVED}".lstrip()) from error


def parse(tag: str) -> Version | None:
    """Return a tag as a version, None for other tags and for hashes, which may be all digits."""
    return _version(tag) if "." in tag else None


def _version(tag: str) -> Version | None:
    try:
        return Version(tag)
    except InvalidVersion:
        return None


def release(described: str) -> str | None:
    """Return the tag of a version that `git describe` names, None where it names none, or one and a distance to it."""
    return described if parse(described) else None
