"""Answered requests in the store, as JSON lines: what monitoring compares with the training rows.

Owned by the template: do not edit. The service imports this file where GOLDENPATH_STORE names a
store, so it needs neither pandas nor scikit-learn. Columns that schema.yaml marks `personal: true`
never leave the service.
"""

import json
import os
import random
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from goldenpath_runtime.errors import ProjectError

from .ledger import Store

SECONDS = 1.0  # between two files
MAX_ROWS = 1_000  # in one file: what comes beyond is not kept
MAX_ID = 100  # characters

Sample = dict[str, Any]
Kept = tuple[str, float, Mapping[str, Any], Sequence[float]]  # id, seconds, row, scores


class Sampler:
    """Keeps a share (SAMPLE_RATE, all without it) of the answered requests.

    A thread of its own writes their rows. A store that is slow or down costs samples, counted by
    `on_loss`, and never a request.
    """

    def __init__(self, url: str, info: Mapping[str, Any], on_loss: Callable[[int], None]) -> None:
        self.store = Store(url)
        self.on_loss = on_loss
        self.rate = _share(os.environ.get("SAMPLE_RATE") or "1")
        self.version = info["version"]
        self.names = info["classes"] or info["targets"]
        self.prefix = f"{info['name']}/samples/{self.version}"
        self.columns = [name for name, rule in info["columns"].items() if not rule.get("personal")]
        self.kept: deque[Kept] = deque()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def keep(
        self, headers: Mapping[str, str], rows: Sequence[Mapping[str, Any]], scores: Any
    ) -> dict[str, str]:
        """Take note of one answered request.

        Returns the header that tells the client its id, to be named with labels later.
        """
        name = headers.get("x-request-id", "")
        if not name.isprintable() or not 0 < len(name) <= MAX_ID:
            name = uuid.uuid4().hex
        if self._is_drawn():
            now = time.time()
            free = MAX_ROWS - len(self.kept)
            answered = zip(rows[:free], scores[:free].tolist(), strict=True)
            for i, (row, answer) in enumerate(answered):
                self.kept.append((f"{name}/{i}", now, row, answer))
        return {"x-request-id": name}

    def _is_drawn(self) -> bool:
        """Whether a request is of the share that is kept."""
        return self.rate >= 1 or random.random() < self.rate  # noqa: S311 (no secret depends on it)

    def close(self) -> None:
        """Write what is left."""
        self.stopped.set()
        self.thread.join(timeout=5)

    def _run(self) -> None:
        while not self.stopped.wait(SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        kept = [self.kept.popleft() for _ in range(len(self.kept))]
        try:
            if kept:
                write_lines(self.store, self.prefix, map(self._sample, kept))
        except Exception:  # noqa: BLE001 (whatever is wrong with a store, requests go on)
            self.on_loss(len(kept))

    def _sample(self, kept: Kept) -> Sample:
        name, at, row, scores = kept
        when = datetime.fromtimestamp(at, UTC)
        named = zip(self.names, scores, strict=True)
        return {
            "id": name,
            "at": _iso(when),
            "version": self.version,
            "row": {column: row.get(column) for column in self.columns},
            "scores": dict(named),
        }


def write_lines(store: Store, prefix: str, lines: Iterator[Mapping[str, Any]]) -> None:
    """Write JSON lines to a new file below a prefix, named by the time."""
    content = "".join(json.dumps(line) + "\n" for line in lines)
    now = _iso(datetime.now(UTC))
    unique = uuid.uuid4().hex[:8]
    store.write(f"{prefix}/{_named(now)}-{unique}.jsonl", content.encode())


def read_samples(
    store: Store, model: str, version: str | None = None, since: str | None = None
) -> Iterator[Sample]:
    """The kept rows of one version, or of all.

    From an ISO time on, in UTC where it names no zone.
    """
    first = _iso(_time(since)) if since else ""
    prefix = f"{model}/samples/"
    if version:
        prefix += f"{version}/"
    for content in store.read_all(prefix, _named(first)):  # a file is named later than its rows
        for line in content.splitlines():
            row = json.loads(line)
            if row["at"] >= first:
                yield row


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ProjectError(
            f"SAMPLE_RATE={text}: not a number; write a share of the requests, from 0 to 1"
        ) from None


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ProjectError(
            f"SINCE={text}: not a time; write it as 2026-12-31 or 2026-12-31T18:00"
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds")


def _named(at: str) -> str:
    return at[:19].replace(":", "")  # no colon: not every file system has them in names
