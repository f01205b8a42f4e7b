"""The address of CircleCI at which a pipeline with `setup: true` is continued, on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@dataclass
class Asked:
    """What was sent to go on with a pipeline."""

    env: dict[str, str]
    bodies: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def continuations(allowed: bool) -> Iterator[Asked]:
    """The address of CircleCI that takes the second half of a pipeline: once, with the key of this pipeline."""
    asked = Asked({})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = self.path == "/api/v2/pipeline/continue" and body.pop("continuation-key") == "a-key"
            if known := known and not asked.bodies and set(body) == {"configuration", "parameters"}:
                asked.bodies.append(body)
            self.send_response(200 if known else 400)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if allowed:
        address = f"http://127.0.0.1:{server.server_port}/build/1"
        asked.env.update(CIRCLE_CONTINUATION_KEY="a-key", CIRCLE_BUILD_URL=address, no_proxy="127.0.0.1")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
