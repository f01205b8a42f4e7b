"""Answers at once with the same bytes whatever it is sent, so that the load client itself is what is measured.

python -m benchmarks.servers.canned PORT
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvloop  # type: ignore[import-not-found]

BODY = b'{"predictions":[]}'
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY


class Canned(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: Any) -> None:
        """Keep the way back."""
        self.transport = transport

    def data_received(self, _: bytes) -> None:
        """Answer; the client's requests come whole."""
        self.transport.write(ANSWER)


async def main() -> None:
    """Answer until the process is told to stop."""
    server = await asyncio.get_running_loop().create_server(Canned, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
