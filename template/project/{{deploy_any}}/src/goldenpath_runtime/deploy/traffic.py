"""Sends requests as many clients would, and measures how they are answered.

Owned by the template: do not edit. Used by `make accept`; times are those that clients see.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple

import aiohttp
import numpy as np


class Load(NamedTuple):
    """What so many clients at once have seen; the throughput is in answered requests a second."""

    clients: int
    requests: int
    errors: int
    p50_ms: float
    p99_ms: float
    throughput: float


def put_under_load(
    address: str, rows: Sequence[Mapping[str, Any]], clients: int, seconds: float
) -> Load:
    """Ask for one row after the other, each client as soon as it has its answer."""
    return asyncio.run(_load(address, rows, clients, seconds))


async def _load(
    address: str, rows: Sequence[Mapping[str, Any]], clients: int, seconds: float
) -> Load:
    bodies = cycle([json.dumps({"rows": [row]}).encode() for row in rows])
    times: list[float] = []
    errors = 0
    end = time.perf_counter() + seconds

    async def client(session: aiohttp.ClientSession) -> None:
        nonlocal errors
        start = time.perf_counter()
        while start < end:
            try:
                async with session.post(f"{address}/predict", data=next(bodies)) as answer:
                    await answer.read()
                    errors += answer.status != 200
            except (aiohttp.ClientError, TimeoutError):
                errors += 1
            times.append(time.perf_counter() - start)
            start = time.perf_counter()

    head = {"Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(headers=head, connector=connector, timeout=timeout) as session:
        await asyncio.gather(*(client(session) for _ in range(clients)))
    p50, p99 = np.percentile(times, [50, 99]) * 1e3
    throughput = len(times) / seconds
    return Load(clients, len(times), errors, float(p50), float(p99), throughput)
