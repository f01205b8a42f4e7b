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
PASSED_ON = ("Content-Type", "X-Request-Id")


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
        p50, p99 = np.percentile(self.seconds, [50, 99]) * 1e3 if self.seconds else (0.0, 0.0)
        counts = {"requests": self.requests, "errors": self.errors, "refused": self.refused}
        return counts | {"p50_ms": float(p50), "p99_ms": float(p99)}


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
        if (changed := self.path.stat().st_mtime_ns) == self.changed:
            return
        routes, self.changed = json.loads(self.path.read_text(encoding="utf-8")), changed
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
        compared = {"compared": self.compared, "disagreed": self.disagreed}
        return web.json_response(
            {"serial": self.routes["serial"], "versions": versions, **compared}
        )

    async def handle(self, request: web.Request) -> web.Response:
        """Answer with the version whose turn it is, or with the next one that answers."""
        body = await request.read()
        for version in self._order(request.headers.get("X-Sticky-Key")):
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
        if key:
            place: float = int(hashlib.sha256(key.encode()).hexdigest(), 16) % 100
        else:
            place = random.random() * 100  # noqa: S311
        for version, share in sorted(shares.items()):
            if (place := place - share) < 0:
                yield version
                shares.pop(version)
                break
        yield from sorted(shares, key=shares.__getitem__, reverse=True)

    async def _ask(
        self, version: str, request: web.Request, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        ports = self.routes["ports"][version]
        url = f"http://127.0.0.1:{ports[next(self.turn) % len(ports)]}{request.raw_path}"
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        seen, start, status = self.seen.setdefault(version, Seen()), time.perf_counter(), 500
        try:
            for last in (False, True):
                try:
                    async with self.session.request(
                        request.method, url, data=body, headers=headers
                    ) as answer:
                        content, status = await answer.read(), answer.status
                        kept = {
                            name: answer.headers[name]
                            for name in PASSED_ON
                            if name in answer.headers
                        }
                        return status, {**kept, "X-Model-Version": version}, content
                except (
                    aiohttp.ClientConnectionError
                ):  # its process has ended: the next one answers on the same port
                    if last:
                        raise
            raise AssertionError
        finally:
            seen.add(status, time.perf_counter() - start)

    def _copy(self, version: str, request: web.Request, body: bytes, content: bytes) -> None:
        """Ask another version too, and compare.

        The shadow, or the champion for what the new version answers.
        """
        shadow, weights = self.routes["shadow"], self.routes["weights"]
        if request.path != "/predict" or not shadow or (weights.get(shadow) and version != shadow):
            return
        others = [each for each in weights if each != shadow]
        other = shadow if version != shadow else max(others, key=weights.__getitem__, default=None)
        if other and len(self.copies) < 100:
            task = asyncio.create_task(self._compare(other, request, body, content))
            self.copies.add(task)
            task.add_done_callback(self.copies.discard)

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
    first, second = (json.loads(content).get("predictions") for content in (one, other))
    if first is None:
        return
    for i, row in enumerate(first):
        yield second is None or differ(row, second[i])


def differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two answers to one row are not the same to whoever uses them."""
    if "label" in one:
        return bool(one["label"] != other.get("label"))
    pairs = ((value, other["values"][name]) for name, value in one["values"].items())
    return any(abs(a - b) > TOLERANCE * max(abs(a), abs(b)) for a, b in pairs)
