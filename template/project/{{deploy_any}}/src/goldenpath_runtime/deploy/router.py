"""Divides the requests of an environment among versions, and counts what each does with them.

Owned by the template: do not edit. A request that a version does not answer is asked of another
one: to predict has no side effects. Each answer says in X-Model-Version whose it is.
"""

import asyncio
import hashlib
import json
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from aiohttp import web

PAUSE = 0.02  # seconds between two looks at the routes
KEPT = 10_000  # durations of each version
MAX_BODY = 2 * 1024 * 1024  # bytes; the service itself takes less
TOLERANCE = 0.1  # share by which two values differ that are said to disagree
MOST_COPIES = 100  # at once
PASSED_ON = ("Content-Type", "X-Request-Id")

Answer = tuple[int, dict[str, str], bytes]  # status, headers, content


@dataclass
class Seen:
    """What one version did since the weights were last changed."""

    requests: int = 0
    errors: int = 0
    refused: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests += 1
        self.errors += status >= 500
        self.refused += 400 <= status < 500
        if len(self.seconds) < KEPT:
            self.seconds.append(seconds)

    def figures(self) -> dict[str, float]:
        """Counts, and the median and 99th percentile of the durations in milliseconds."""
        p50, p99 = 0.0, 0.0
        if self.seconds:
            p50, p99 = np.percentile(self.seconds, [50, 99]) * 1e3
        return {
            "requests": self.requests,
            "errors": self.errors,
            "refused": self.refused,
            "p50_ms": float(p50),
            "p99_ms": float(p99),
        }


class Router:
    """The routes of the moment and what was seen under them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changed = 0
        self.routes: dict[str, Any] = {}
        self.turn = count()
        self.copies: set[asyncio.Task[None]] = set()
        self.load()

    def load(self) -> None:
        """Read the routes again when they have changed."""
        changed = self.path.stat().st_mtime_ns
        if changed == self.changed:
            return
        routes = json.loads(self.path.read_text(encoding="utf-8"))
        self.changed = changed
        if routes["serial"] != self.routes.get("serial"):
            self.seen: dict[str, Seen] = {}
            self.compared = self.disagreed = 0
        self.routes = routes

    async def context(self, _: web.Application) -> AsyncIterator[None]:
        """Watch the routes and keep connections while the application runs."""
        timeout = aiohttp.ClientTimeout(total=self.routes["timeout"])
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        async with aiohttp.ClientSession(
            timeout=timeout, connector=connector, auto_decompress=False
        ) as self.session:
            watching = asyncio.create_task(self._watch())
            yield
            watching.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            self.load()

    async def figures(self, _: web.Request) -> web.Response:
        """Of each version since the last change of weights."""
        versions = {version: seen.figures() for version, seen in self.seen.items()}
        found = {
            "serial": self.routes["serial"],
            "versions": versions,
            "compared": self.compared,
            "disagreed": self.disagreed,
        }
        return web.json_response(found)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer with the version whose turn it is, or with the next one that answers."""
        body = await request.read()
        key = request.headers.get("X-Sticky-Key")
        for version in self._order(key):
            try:
                status, headers, content = await self._ask(version, request, body)
            except (aiohttp.ClientError, TimeoutError):
                continue
            self._copy(version, request, body, content)
            return web.Response(status=status, headers=headers, body=content)
        return web.json_response({"error": "no version answers", "detail": []}, status=503)

    def _order(self, key: str | None) -> Iterator[str]:
        """The versions with requests; the first by chance, or always the same one for one key."""
        shares = {version: share for version, share in self.routes["weights"].items() if share}
        first = _drawn(shares, _place(key))
        if first is not None:
            yield first
            shares.pop(first)
        yield from sorted(shares, key=shares.__getitem__, reverse=True)

    async def _ask(self, version: str, request: web.Request, body: bytes) -> Answer:
        """The answer of one version, which is counted."""
        ports = self.routes["ports"][version]
        port = ports[next(self.turn) % len(ports)]
        seen = self.seen.setdefault(version, Seen())
        start = time.perf_counter()
        status = 500
        try:
            status, headers, content = await self._send(port, request, body)
        finally:
            seen.add(status, time.perf_counter() - start)
        headers["X-Model-Version"] = version
        return status, headers, content

    async def _send(self, port: int, request: web.Request, body: bytes) -> Answer:
        """What answers on a port; when its process has ended, the next one answers there."""
        try:
            return await self._send_once(port, request, body)
        except aiohttp.ClientConnectionError:
            return await self._send_once(port, request, body)

    async def _send_once(self, port: int, request: web.Request, body: bytes) -> Answer:
        url = f"http://127.0.0.1:{port}{request.raw_path}"
        headers = _passed_on(request.headers)
        sending = self.session.request(request.method, url, data=body, headers=headers)
        async with sending as answer:
            content = await answer.read()
            return answer.status, _passed_on(answer.headers), content

    def _copy(self, version: str, request: web.Request, body: bytes, content: bytes) -> None:
        """Ask another version too, and compare."""
        if request.path != "/predict":
            return
        other = self._other(version)
        if not other or len(self.copies) >= MOST_COPIES:
            return
        task = asyncio.create_task(self._compare(other, request, body, content))
        self.copies.add(task)
        task.add_done_callback(self.copies.discard)

    def _other(self, version: str) -> str | None:
        """The version that a copy is for.

        The shadow, or the champion for what the new version answers.
        """
        shadow = self.routes["shadow"]
        weights = self.routes["weights"]
        if not shadow:
            return None
        if version != shadow:
            has_requests = weights.get(shadow)
            return None if has_requests else shadow
        others = [each for each in weights if each != shadow]
        return max(others, key=weights.__getitem__, default=None)

    async def _compare(self, other: str, request: web.Request, body: bytes, content: bytes) -> None:
        serial = self.routes["serial"]
        try:
            _, _, answer = await self._ask(other, request, body)
        except (aiohttp.ClientError, TimeoutError):
            answer = b"{}"
        pairs = list(disagreements(content, answer))
        if serial == self.routes["serial"]:
            self.compared += len(pairs)
            self.disagreed += sum(pairs)


def _place(key: str | None) -> float:
    """A place from 0 to 100: by chance, or always the same one for one key."""
    if not key:
        return random.random() * 100  # noqa: S311
    digest = hashlib.sha256(key.encode()).hexdigest()
    return int(digest, 16) % 100


def _drawn(shares: Mapping[str, float], place: float) -> str | None:
    """The version whose share of 100 has the place; None where no share reaches so far."""
    for version, share in sorted(shares.items()):
        place -= share
        if place < 0:
            return version
    return None


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in PASSED_ON if name in headers}


def application(routes: Path) -> web.Application:
    """The router as a web application that follows a file of routes."""
    router = Router(routes)
    app = web.Application(client_max_size=MAX_BODY)
    app.cleanup_ctx.append(router.context)
    app.router.add_get("/-/figures", router.figures)
    app.router.add_route("*", "/{path:.*}", router.handle)
    return app


def disagreements(one: bytes, other: bytes) -> Iterator[bool]:
    """For each row of two answers, whether they differ.

    Another label, or a value more than a tenth apart.
    """
    first = json.loads(one).get("predictions")
    second = json.loads(other).get("predictions")
    if first is None:
        return
    for i, row in enumerate(first):
        yield second is None or differ(row, second[i])


def differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two answers to one row are not the same to whoever uses them."""
    if "label" in one:
        return bool(one["label"] != other.get("label"))
    return any(_is_far(value, other["values"][name]) for name, value in one["values"].items())


def _is_far(one: float, other: float) -> bool:
    largest = max(abs(one), abs(other))
    return abs(one - other) > TOLERANCE * largest
