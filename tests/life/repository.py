"""A generated repository with three versions in its store: two good ones, and one of wrong labels."""

from __future__ import annotations

import csv
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import commit_all, environment, generate, make, run

MODEL = "my_model"
QUICK = {
    "seconds: 60": "seconds: 20",
    "min_requests: 100": "min_requests: 40",
    "steps: [5, 25, 50]": "steps: [50]",
}


@dataclass
class Repository:
    """A repository after its first trainings, and the machine that it runs on."""

    folder: Path
    env: dict[str, str]
    versions: list[str] = field(default_factory=list)

    def python(self, *words: str) -> str:
        """What Python prints in the repository's environment."""
        return run([str(self.folder / ".venv/bin/python"), *words], self.folder, self.env)

    def command(self, *words: str, expect: int | None = 0, **env: str) -> str:
        """What a command of the runtime prints."""
        python = [str(self.folder / ".venv/bin/python"), "-m", "goldenpath_runtime"]
        return run([*python, *words], self.folder, self.env | env, expect=expect)

    def train(self) -> str:
        """Train on what params.yaml says and register the version."""
        self.command("pipeline")
        version = str(re.findall(r"version (\w+)", self.command("register"))[-1])
        self.versions.append(version)
        return version

    def edit(self, path: str, *changes: tuple[str, str]) -> None:
        """Replace texts, old by new, in a file; each old one must be there."""
        text = (self.folder / path).read_text("utf-8")
        for old, new in changes:
            assert old in text, f"{path} has no {old!r}"
            text = text.replace(old, new)
        (self.folder / path).write_text(text, "utf-8")

    def status(self, env: str = "production") -> dict[str, Any]:
        """What runs in an environment, what is wanted there, and the ledger's champion."""
        found: dict[str, Any] = json.loads(self.command("status", "--env", env))
        return found

    def history(self) -> list[dict[str, Any]]:
        """The ledger's entries."""
        files = sorted((self.folder / ".store" / MODEL / "ledger").iterdir())
        return [json.loads(path.read_text("utf-8")) for path in files if not path.name.startswith(".")]

    def accept(self, version: str, note: str = "fine") -> None:
        """Deploy to staging, accept whatever comes of it, and approve."""
        self.command("deploy", "--version", version)
        self.command("accept", "--force", "a test of something else")
        self.command("approve", "--version", version, "--note", note, BY="ann")

    def rows(self) -> list[dict[str, Any]]:
        """Rows as clients send them."""
        with (self.folder / "data" / "sample.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if all(row.values())]
        return [{name: _value(text) for name, text in row.items() if name != "sex"} for row in rows]

    def stop(self) -> None:
        """End what still runs."""
        for env in ("staging", "production"):
            self.command("down", "--env", env, expect=None)


def processes(*words: str) -> set[int]:
    """The processes of this machine that were started with all these words."""
    ids = (int(process.name) for process in Path("/proc").iterdir() if process.name.isdigit())
    return {each for each in ids if all(word in _line(each) for word in words)}


def _line(process: int) -> str:
    try:
        return Path("/proc", str(process), "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:  # it has ended
        return ""


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def first(folder: Path) -> Repository:
    """The default repository with quick rollouts, one version trained."""
    project = generate(folder / "project")
    env = environment(folder / "home") | {
        "GOLDENPATH_RUN": str(folder / "run"),
        "USER": "tests",
        "BY": "tests",
    }
    repository = Repository(project, env)
    repository.edit("environments/production.yaml", *QUICK.items())
    repository.edit("environments/staging.yaml", ("seconds: 5", "seconds: 0.5"))
    make(project, env, "setup")
    commit_all(project, "Start")
    repository.train()
    return repository


def second(repository: Repository) -> str:
    """A version that is as good, of another split: it answers one row of ten of the sample otherwise."""
    repository.edit("params.yaml", ("seed: 0", "seed: 4"), ("min_gain: 0.0", "min_gain: -0.1"))
    version = repository.train()
    repository.edit("params.yaml", ("seed: 4", "seed: 0"), ("min_gain: -0.1", "min_gain: 0.0"))
    return version


@contextmanager
def clients(address: str, rows: list[dict[str, Any]], count: int = 4) -> Iterator[list[str]]:
    """Clients that ask until the block ends; the problems that they have had."""
    problems: list[str] = []
    stopped = threading.Event()

    def ask(place: int) -> None:
        while not stopped.wait(0.02):
            body = json.dumps({"rows": [rows[place % len(rows)]]}).encode()
            request = urllib.request.Request(f"{address}/predict", body, {"Content-Type": "application/json"})
            place += 1
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    answer.read()
            except (OSError, urllib.error.HTTPError) as error:
                problems.append(f"{time.time():.1f} {error!r}")

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield problems
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
