"""A second registry follows the ledger through the hook: a stub of twenty lines, added to a generated repository."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.life.repository import MODEL, Repository

OPTION = "src/goldenpath_runtime/stub"
EXTRAS = '"""A registry that a test brings."""\n\nEXTRAS = {"mirror stub": "mirror:Stub"}\n'
STUB = '''
"""A registry in a folder: a file for each entry, and which version is the champion."""

import json
import time
from pathlib import Path

from goldenpath_runtime.store.versions import champion

HERE = Path("{folder}")


class Stub:
    def take(self, store, model, entries):
        while (HERE / f"slow-{{len(entries)}}").exists():
            time.sleep(0.05)
        if (HERE / "down").exists():
            raise ConnectionError("nobody answers")
        for entry in entries:
            (HERE / f"{{entry['number']:08}}.json").write_text(json.dumps(entry))
        (HERE / "champion").write_text(champion(store, model) or "")
        (HERE / "newest").write_text(str(entries[-1]["number"]))
        with (HERE / "calls").open("a") as file:
            file.write(f"{{[entry['number'] for entry in entries]}}\\n")
'''


@dataclass
class Mirror:
    """The stub's folder, and the repository that it follows."""

    folder: Path
    repository: Repository

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What it has, in the order of the ledger."""
        return [json.loads(path.read_text("utf-8")) for path in sorted(self.folder.glob("*.json"))]

    @property
    def calls(self) -> list[list[int]]:
        """The numbers of the entries that it was given, call by call."""
        return list(map(json.loads, self.read("calls").splitlines()))

    @property
    def acknowledged(self) -> int:
        """How far it is, as the store has it."""
        return int((self.repository.folder / ".store" / MODEL / "mirrors/stub").read_text("utf-8"))

    def read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def mark(self, name: str) -> Path:
        """A file that tells the stub what to do, until it is removed."""
        path = self.folder / name
        path.touch()
        return path

    def forget(self) -> None:
        """Begin as if the mirror were new, and empty."""
        (self.repository.folder / ".store" / MODEL / "mirrors/stub").unlink(missing_ok=True)
        for path in self.folder.iterdir():
            path.unlink()

    def start(self, note: str) -> subprocess.Popen[bytes]:
        """A command that adds one entry, begun and not waited for."""
        python = [str(self.repository.folder / ".venv/bin/python"), "-m", "goldenpath_runtime"]
        words = [*python, "feedback", "--note", note]
        return subprocess.Popen(words, cwd=self.repository.folder, env=self.repository.env)


@pytest.fixture(scope="module")
def added(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """An option of its own, whose folder keeps bytecode when it is gone."""
    folder = tmp_path_factory.mktemp("mirror")
    option = repository.folder / OPTION
    option.mkdir()
    (option / "__init__.py").write_text(EXTRAS, "utf-8")
    (option / "mirror.py").write_text(STUB.format(folder=folder), "utf-8")
    yield Mirror(folder, repository)
    (option / "__init__.py").unlink()
    (option / "mirror.py").unlink()


@pytest.fixture
def mirror(added: Mirror) -> Mirror:
    """The same, new and empty."""
    added.forget()
    return added


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, for a minute at most."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_new_mirror_gets_all_and_then_what_is_new(mirror: Mirror, repository: Repository) -> None:
    # Whatever other tests rolled back: to promote that takes an entry more.
    for version in reversed(repository.versions[:2]):
        repository.command("promote", "--version", version, "--force", "a test")
    mirror.forget()
    repository.command("feedback", "--note", "first")
    before = repository.history()
    assert mirror.entries == before
    repository.command("promote", "--version", repository.versions[1])
    repository.command("reconcile")
    assert mirror.entries == repository.history()
    assert mirror.read("champion") == repository.versions[1]
    repository.command("rollback", "--note", "a test")
    assert mirror.read("champion") == repository.versions[0]
    count = len(before)
    assert mirror.calls == [list(range(1, count + 1)), [count + 1], [count + 2]]


def test_what_only_reads_asks_no_mirror(mirror: Mirror, repository: Repository) -> None:
    for name in ("history", "status", "health", "compare", "matrix"):
        repository.command(name)
    assert list(mirror.folder.iterdir()) == []


def test_a_mirror_that_fails_catches_up(mirror: Mirror, repository: Repository) -> None:
    repository.command("feedback", "--note", "all is well")
    known = mirror.entries
    down = mirror.mark("down")
    wanted = ("--version", repository.versions[1], "--force", "a test")  # it was rolled back
    told = repository.command("promote", *wanted, expect=1)
    assert f"error: the mirror stub of {MODEL} is behind: nobody answers. The ledger has all" in told
    assert f"{repository.versions[1]} answers in production" in told, "what was done is said all the same"
    assert repository.history()[-1]["event"] == "promote"
    assert repository.status()["champion"] == repository.versions[1]
    assert mirror.entries == known
    repository.command("promote", "--version", repository.versions[1], expect=1)
    assert repository.history()[-2]["event"] != "promote", "a retry adds no entry"

    down.unlink()
    repository.command("promote", "--version", repository.versions[1])
    assert mirror.entries == repository.history()
    assert mirror.acknowledged == len(mirror.entries)
    repository.command("promote", "--version", repository.versions[0])


def test_a_command_that_fails_says_so_itself(mirror: Mirror, repository: Repository) -> None:
    """Its entries and its error come first; those of an earlier command are given even so."""
    down = mirror.mark("down")
    repository.command("feedback", "--note", "unheard", expect=1)
    told = repository.command("approve", expect=1)
    assert "error: say on what grounds" in told
    assert "is behind: nobody answers" in told
    down.unlink()
    told = repository.command("approve", expect=1)
    assert "is behind" not in told
    assert mirror.entries == repository.history()


def test_a_killed_command_is_made_up_for(mirror: Mirror, repository: Repository) -> None:
    repository.command("feedback", "--note", "before")
    count = len(repository.history())
    slow = mirror.mark("slow-1")
    killed = mirror.start("killed")
    until(lambda: len(repository.history()) == count + 1)
    killed.kill()
    killed.wait()
    slow.unlink()
    assert mirror.acknowledged == count
    repository.command("feedback", "--note", "after")
    assert mirror.entries == repository.history()
    assert mirror.calls[-1] == [count + 1, count + 2]


def test_two_writers_at_once(mirror: Mirror, repository: Repository) -> None:
    writers = [mirror.start(f"writer {name}") for name in "ab"]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    assert mirror.entries == repository.history()
    assert mirror.acknowledged == len(mirror.entries)


def test_older_entries_do_not_come_last(mirror: Mirror, repository: Repository) -> None:
    """One process waits with an older entry while another has brought the newer one: the newer one is given again."""
    repository.command("feedback", "--note", "before")
    count = len(repository.history())
    slow = mirror.mark("slow-1")
    first = mirror.start("older")
    until(lambda: len(repository.history()) == count + 1)
    repository.command("feedback", "--note", "newer")
    assert mirror.acknowledged == count + 2
    slow.unlink()
    assert first.wait(120) == 0
    assert mirror.calls[-2:] == [[count + 1], [count + 2]]
    assert mirror.read("newest") == str(count + 2)
    assert mirror.acknowledged == count + 2
