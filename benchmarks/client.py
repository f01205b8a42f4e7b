"""The load that every contender gets: connections kept alive, each sending its request anew after every answer."""

from __future__ import annotations

import re
import selectors
import socket
import time
from contextlib import ExitStack

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Connection:
    """One client, without threads, coroutines and parsers: what it costs the machine, the server does not get."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request, self.answer, self.sent = request, b"", 0.0

    def send(self) -> None:
        """Send the request."""
        self.answer, self.sent = b"", time.perf_counter()
        self.socket.sendall(self.request)

    def take(self) -> bool:
        """Take what has come. True when the answer is whole; RuntimeError when it is not a 200."""
        part = self.socket.recv(65536)
        self.answer += part
        end = self.answer.find(b"\r\n\r\n") + 4
        length = LENGTH.search(self.answer, 0, end) if end > 3 else None  # noqa: PLR2004
        whole = length is not None and len(self.answer) >= end + int(length[1])
        if not part or (whole and not self.answer.startswith(b"HTTP/1.1 200")):
            raise RuntimeError(f"not answered: {self.answer.decode(errors='replace') or 'connection closed'}")
        return whole


def post(path: str, body: bytes) -> bytes:
    """A request with a JSON body."""
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def ask(port: int, request: bytes) -> bytes:
    """The body of one answer."""
    one = Connection(port, request)
    with one.socket:
        one.send()
        while not one.take():
            pass
    return one.answer.partition(b"\r\n\r\n")[2]


def load(port: int, request: bytes, clients: int, seconds: float) -> list[float]:
    """The milliseconds of each answer that so many clients got in that time."""
    taken = list[float]()
    with ExitStack() as stack:
        waiting = stack.enter_context(selectors.DefaultSelector())
        for _ in range(clients):
            one = Connection(port, request)
            stack.enter_context(one.socket)
            waiting.register(one.socket, selectors.EVENT_READ, one)
            one.send()
        now = time.perf_counter()
        end = now + seconds
        while now < end:
            ready = waiting.select(timeout=60)
            if not ready:
                raise RuntimeError("not answered within a minute")
            for key, _ in ready:
                one = key.data
                if one.take():
                    now = time.perf_counter()
                    taken.append((now - one.sent) * 1e3)
                    one.send()
    return taken
