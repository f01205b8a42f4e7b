"""The clients of `make tour`: they ask the production address all the time, and note every request that fails."""

from __future__ import annotations

import csv
import http.client
import json
import random
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

Row = dict[str, str]

TARGET = "sex"
MOVED = "body_mass_g"
BY = 400.0  # grams, half a standard deviation
THREADS = 4
PAUSE = 0.04  # seconds between two requests of a client
NUMBERS = {
    "bill_length_mm": 0.5,
    "bill_depth_mm": 0.2,
    "flipper_length_mm": 1.0,
    MOVED: 50.0,
}  # and their noise


class Clients:
    """Threads that ask until the block ends. `failures` are the answers that were not 200, or why there was none."""

    def __init__(self, address: str, rows: list[Row], project: Path, env: Mapping[str, str]) -> None:
        self.place = urlsplit(address)
        self.rows, self.project, self.env = rows, project, env
        self.answered, self.failures = 0, list[str]()
        self.shifted = self.noting = False
        self.truth: dict[str, str] = {}
        self.stopped = threading.Event()
        self.threads = [
            threading.Thread(target=self._ask, args=(seed,), daemon=True) for seed in range(THREADS)
        ]

    def __enter__(self) -> Self:
        """Begin to ask."""
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End after the requests under way."""
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def _ask(self, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        connection = http.client.HTTPConnection(str(self.place.hostname), self.place.port, timeout=30)
        while not self.stopped.wait(PAUSE):
            row = chance.choice(self.rows)
            body = json.dumps({"rows": [values(moved(row) if self.shifted else row, chance)]})
            try:
                connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
                continue
            self.answered += 1
            if answer.status != 200:  # noqa: PLR2004
                self.failures.append(f"{answer.status}: {content.decode()[:200]}")
            if self.noting and (name := answer.headers.get("X-Request-Id")):
                self.truth[f"{name}/0"] = row[TARGET]

    @contextmanager
    def labelling(self) -> Iterator[None]:
        """Bring the labels of the requests in this block, every few seconds, as a team would every few days."""
        self.noting, done = True, threading.Event()

        def bring() -> None:
            while not done.wait(3):
                known, self.truth = self.truth, {}
                path = self.project / "build" / "labels.csv"
                path.parent.mkdir(exist_ok=True)
                with path.open("w", encoding="utf-8", newline="") as file:
                    csv.writer(file).writerows([("id", TARGET), *known.items()])
                subprocess.run(
                    ["make", "labels", f"FILE={path}"],
                    cwd=self.project,
                    env=self.env,
                    capture_output=True,
                    check=False,
                )

        thread = threading.Thread(target=bring)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            self.noting = False

    def shift(self, count: int) -> str:
        """Ask about heavier penguins from now on; back after so many requests, with the time at which it began."""
        self.shifted = True
        time.sleep(1)
        since, enough = datetime.now(UTC), self.answered + count
        while self.answered < enough:
            time.sleep(0.1)
        time.sleep(2)  # the service writes its samples every second
        return since.strftime("%Y-%m-%dT%H:%M:%S")


def moved(row: Row) -> Row:
    """The row of a heavier penguin."""
    return {**row, MOVED: str(min(6600.0, float(row[MOVED]) + BY))}


def values(row: Row, chance: random.Random) -> dict[str, float | str]:
    """A row as clients send it: without the target, its numbers with a little noise."""
    numbers = {name: round(float(row[name]) + chance.gauss(0, noise), 1) for name, noise in NUMBERS.items()}
    return {name: numbers.get(name, value) for name, value in row.items() if name not in (TARGET, "year")}
