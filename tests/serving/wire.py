"""Talks to a service byte by byte, so that what no client library would send can be sent too."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

JSON = {"Content-Type": "application/json"}
SECONDS = 20  # after which a service that has not answered hangs


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers in small letters, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Service:
    """A running service."""

    address: str

    def connect(self) -> socket.socket:
        """A connection that does not wait for ever."""
        where = urlsplit(self.address)
        return socket.create_connection((where.hostname, where.port), timeout=SECONDS)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """The answer to one request on a connection of its own."""
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            return _answer(connection.getresponse())
        finally:
            connection.close()

    def post(self, path: str, value: object) -> Answer:
        """The answer to a value sent as JSON."""
        return self.ask("POST", path, json.dumps(value).encode(), JSON)

    def send(self, content: list[bytes]) -> Answer:
        """The answer to bytes as they are, in pieces; a service need not read all of them."""
        with self.connect() as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                for piece in content:
                    connection.sendall(piece)
            return receive(connection)


def receive(connection: socket.socket) -> Answer:
    """The one answer that comes over a connection."""
    response = HTTPResponse(connection)
    response.begin()
    return _answer(response)


def head(path: str, *lines: str) -> bytes:
    """The head of a POST request with JSON."""
    fixed = (f"POST {path} HTTP/1.1", "Host: service", "Content-Type: application/json")
    return "\r\n".join([*fixed, *lines, "", ""]).encode()


def _answer(response: HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())
