"""What outlives a job, behind one URL.

Owned by the template: do not edit. Files, and for each model a ledger to which entries are only
added. The URL is `store` under [tool.goldenpath] in pyproject.toml: a folder, or s3://, gs:// or
az:// through fsspec. `Store.create` writes a file only where there is none, so two writers never
lose one.
"""

import getpass
import hashlib
import json
import os
import tempfile
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.extras import extra
from goldenpath_runtime.files import git

Entry = dict[str, Any]


class Store:
    """Files below one URL, by keys such as `churn/ledger/00000001.json`."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self.fs, root = fsspec.url_to_fs(
                url, **({"use_listings_cache": False} if "://" in url else {})
            )
        except (ImportError, ValueError) as error:
            raise ProjectError(
                f"store {url}: {error}; it is named in pyproject.toml under [tool.goldenpath]"
            ) from None
        self.root = root.rstrip("/")
        self.is_local = isinstance(self.fs, LocalFileSystem)

    def read(self, key: str) -> bytes:
        """The file's content; FileNotFoundError where there is none."""
        with self._reached():
            return bytes(self.fs.cat_file(f"{self.root}/{key}"))

    def write(self, key: str, content: bytes) -> None:
        """Write or replace a file, whole or not at all."""
        with self._reached():
            if self.is_local:
                self._unfinished(key, content).replace(f"{self.root}/{key}")
            else:
                self.fs.pipe_file(f"{self.root}/{key}", content)

    def create(self, key: str, content: bytes) -> bool:
        """Write a file, whole or not at all.

        False, and nothing is written, where there is one already.
        """
        with self._reached(), suppress(FileExistsError):
            if not self.is_local:
                self.fs.pipe_file(f"{self.root}/{key}", content, mode="create")
                return True
            unfinished = self._unfinished(key, content)
            try:
                os.link(unfinished, f"{self.root}/{key}")
            finally:
                unfinished.unlink()
            return True
        return False

    def list(self, prefix: str) -> list[str]:
        """The keys below a prefix that ends at a slash, sorted."""
        found: list[str] = []
        with self._reached(), suppress(FileNotFoundError):
            found = self.fs.find(f"{self.root}/{prefix}")
        keys = [path.removeprefix(f"{self.root}/") for path in found]
        return sorted(key for key in keys if not Path(key).name.startswith("."))

    def read_all(self, prefix: str, first: str = "") -> Iterator[bytes]:
        """The contents of the files below a prefix, from a name on, in order.

        Remote ones are fetched together.
        """
        if keys := [key for key in self.list(prefix) if key.rpartition("/")[2] >= first]:
            with self._reached():
                found = self.fs.cat([f"{self.root}/{key}" for key in keys])
            yield from (found[path] for path in sorted(found))

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, FileExistsError):
            raise
        except Exception as error:  # noqa: BLE001 (each kind of store has errors of its own)
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ProjectError(
                f"store {self.url}: {why}; is it there, and are you logged in?"
            ) from None

    def _unfinished(self, key: str, content: bytes) -> Path:
        path = Path(self.root, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        unfinished.write_bytes(content)
        return unfinished


def open_store() -> Store:
    """The project's store."""
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8")).get("tool", {})
    return Store(
        os.environ.get("GOLDENPATH_STORE") or settings.get("goldenpath", {}).get("store", ".store")
    )


def local_copy(source: str) -> Path:
    """A copy on this machine of a file of the store (`store:KEY`) or of another place (s3://...).

    It is fetched when it has changed.
    """
    folder, _, name = source.rpartition("/")
    store, key = Store(folder), name
    if source.startswith("store:"):
        store, key = open_store(), source.removeprefix("store:")
    if store.is_local:
        return Path(store.root, key)
    path = machine_folder(store) / "data" / str(store.fs.ukey(f"{store.root}/{key}")) / name
    if not path.exists():
        unfinished = path.with_name(f".{uuid.uuid4().hex}")
        path.parent.mkdir(parents=True, exist_ok=True)
        store.fs.get_file(f"{store.root}/{key}", str(unfinished))
        unfinished.rename(path)
    return path


def machine_folder(store: Store) -> Path:
    """A folder for what belongs to a store but need not outlive the machine."""
    folder = Path(
        os.environ.get("GOLDENPATH_RUN") or Path(tempfile.gettempdir(), f"goldenpath-{_account()}")
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise ProjectError(
            f"{folder} belongs to somebody else: name another folder in GOLDENPATH_RUN"
        )
    return folder / hashlib.sha256(str(store.root).encode()).hexdigest()[:12]


def who() -> str:
    """The person or job at work, as far as that is known: else the account's name."""
    return _signature() or _account()


def require_signature() -> None:
    """ProjectError where a person has to answer for what is done, and nobody says who it is.

    Several people may share an account.
    """
    if _signature() is None:
        raise ProjectError(
            "nobody is known who answers for this: add BY=name, or tell git your user.name and "
            "user.email"
        )


def _signature() -> str | None:
    """BY= of the command, the job of CI, or the user that git knows."""
    named = os.environ.get("BY", "").strip()
    if named:
        return named
    system = extra("CI system")
    if system and os.environ.get("CI"):
        return f"a job of {system.name}"
    name = git("config", "user.name")
    email = git("config", "user.email")
    return f"{name} <{email}>" if name and email else None


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return "unknown"


def append(store: Store, model: str, event: str, **facts: Any) -> Entry:
    """Add an entry to a model's ledger.

    Its number is the next one, whoever else writes at the same time.
    """
    entry = {"event": event, "by": who(), **facts}
    number = len(store.list(f"{model}/ledger/"))
    while True:
        number += 1
        entry |= {"number": number, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        if store.create(
            f"{model}/ledger/{number:08}.json", json.dumps(entry, default=str).encode()
        ):
            return entry


def ledger(store: Store, model: str, after: int = 0) -> list[Entry]:
    """All entries of a model, or those after a number, the oldest first."""
    return [
        json.loads(content)
        for content in store.read_all(f"{model}/ledger/", f"{after + 1:08}.json")
    ]
