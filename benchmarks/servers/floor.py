"""The least that can answer over HTTP with this model in Python: no framework, no checks, no metrics.

python -m benchmarks.servers.floor PORT
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson  # type: ignore[import-not-found]
import uvicorn  # type: ignore[import-not-found]

from .graph import Graph

Message = MutableMapping[str, Any]

graph = Graph()


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Read, score, answer; without a body only say that it runs."""
    content = b""
    while True:
        message = await receive()
        content += message.get("body", b"")
        if not message.get("more_body"):
            break
    predictions = graph.predictions(orjson.loads(content)["rows"]) if scope["method"] == "POST" else []
    body = orjson.dumps({"predictions": predictions})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error", lifespan="off")
