"""Where the time of one request to a generated repository's service goes, in microseconds, without HTTP around it.

MODEL_FOLDER=build/MODEL/model REQUEST='{"rows": [...]}' path/to/project/.venv/bin/python -m benchmarks.servers.parts
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from goldenpath_runtime.inference import Scorer  # type: ignore[import-not-found]
from goldenpath_runtime.online import serve, web  # type: ignore[import-not-found]
from prometheus_client import CollectorRegistry  # type: ignore[import-not-found]

CALLS = 10_000
FOLDER, BODY = Path(os.environ["MODEL_FOLDER"]), os.environ["REQUEST"].encode()
HEADERS = [
    (b"host", b"here"),
    (b"content-type", b"application/json"),
    (b"content-length", str(len(BODY)).encode()),
]


async def receive() -> dict[str, Any]:
    """The request's body, whole."""
    return {"type": "http.request", "body": BODY, "more_body": False}


async def nothing(_scope: Any, _receive: Any, send: Any) -> None:
    """An application that only answers 200."""
    await send({"type": "http.response.start", "status": 200})


async def send(_: dict[str, Any]) -> None:
    """Take the answer and forget it."""


def call(app: Any) -> Callable[[], None]:
    """One request to an ASGI application, as uvicorn would make it, driven by hand: nothing in it ever waits."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
    }
    scope |= {
        "scheme": "http",
        "path": "/predict",
        "raw_path": b"/predict",
        "query_string": b"",
        "root_path": "",
    }

    def request() -> None:
        try:
            app({**scope, "headers": HEADERS, "state": {}}, receive, send).send(None)
        except StopIteration:
            return
        raise RuntimeError("the application waits for something")

    return request


def parts() -> dict[str, float]:
    """Microseconds of each part, medians; measured in place, since a graph in a loop of its own is twice as fast."""
    spent: dict[str, list[float]] = {}
    for place, name in (
        (web, "_parse"),
        (Scorer, "score_rows"),
        (Scorer, "run"),
        (Scorer, "answers"),
        (serve, "JSONResponse"),
    ):
        setattr(place, name, timed(getattr(place, name), spent.setdefault(name, [])))
    request = timed(call(serve.create_app(FOLDER)), spent.setdefault("whole", []))
    for _ in range(CALLS):
        request()
    took = {name: median(times) * 1e6 for name, times in spent.items()}
    counted = web.Measured(nothing, CollectorRegistry())
    found = {
        "JSON in": took["_parse"],
        "checks of columns and values": took["score_rows"] - took["run"],
        "ONNX Runtime": took["run"],
        "JSON out": took["answers"] + took["JSONResponse"],
        "metrics": typical(call(counted)) - typical(call(nothing)),
    }
    return {**found, "Starlette: routes, request, response": took["whole"] - sum(found.values())}


def timed(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """The function, noting the seconds that it takes."""

    def wrapper(*args: Any, **named: Any) -> Any:
        start = time.perf_counter()
        result = function(*args, **named)
        spent.append(time.perf_counter() - start)
        return result

    return wrapper


def typical(function: Callable[[], object]) -> float:
    """Microseconds of one call, the median of many."""
    spent: list[float] = []
    again = timed(function, spent)
    for _ in range(CALLS):
        again()
    return median(spent) * 1e6


if __name__ == "__main__":
    print(json.dumps(parts()))
