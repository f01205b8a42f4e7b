"""How fast a generated repository's service answers, beside a bare Starlette endpoint in the same run.

    make setup pipeline                            # in a generated repository
    python -m benchmarks.serving path/to/it        # here; needs nothing but Python

Both servers have one worker and take turns, so that a busy machine slows both alike: trust the ratio, not the rates.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROUNDS = 3
BARE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def predict(request):
    await request.json()
    return JSONResponse({"model": "none", "predictions": [{"label": "a", "probabilities": {"a": 0.75, "b": 0.25}}]})

async def ready(request):
    return JSONResponse({})

app = Starlette(routes=[Route("/predict", predict, methods=["POST"]), Route("/ready", ready)])
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error")
"""


class Figures(NamedTuple):
    """Requests answered, and for each the milliseconds it took; the server's CPU seconds."""

    seconds: float
    milliseconds: list[float]
    cpu: float

    def __str__(self) -> str:
        """The row of a table."""
        count = len(self.milliseconds)
        p99 = sorted(self.milliseconds)[int(count * 0.99)]
        p50, cpu = median(self.milliseconds), self.cpu / count * 1e6
        return f"{count / self.seconds:10,.0f} {p50:10.2f} {p99:10.2f} {cpu:16.0f}"


class Client(asyncio.Protocol):
    """Sends one request again and again over one connection, each after the answer to the last."""

    def __init__(self, request: bytes, until: float, seen: list[float], done: asyncio.Future[None]) -> None:
        self.request, self.until, self.seen, self.done = request, until, seen, done
        self.answer, self.sent = b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (for mypy: TCP always is)
        self.transport = transport
        self.send()

    def send(self) -> None:
        """Send the request."""
        self.sent = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Take a whole answer and go on, until the time is over."""
        self.answer += data
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(f"refused: {body.decode()}"))
            return
        now, self.answer = time.perf_counter(), b""
        self.seen.append((now - self.sent) * 1e3)
        if now < self.until:
            self.send()
        else:
            self.transport.close()
            self.done.set_result(None)


async def load(port: int, body: bytes, clients: int, seconds: float) -> list[float]:
    """The milliseconds of each request that so many clients sent in that time."""
    head = f"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    loop, seen, until = asyncio.get_running_loop(), list[float](), time.perf_counter() + seconds
    ends = [loop.create_future() for _ in range(clients)]
    for end in ends:
        client = partial(Client, head.encode() + body, until, seen, end)
        await loop.create_connection(client, "127.0.0.1", port)
    await asyncio.gather(*ends)
    return seen


def measure(server: tuple[int, int], body: bytes, clients: int, seconds: float) -> Figures:
    """The figures of one server, given by process and port, under so many clients."""
    start, before = time.perf_counter(), cpu_seconds(server[0])
    seen = asyncio.run(load(server[1], body, clients, seconds))
    return Figures(time.perf_counter() - start, seen, cpu_seconds(server[0]) - before)


def cpu_seconds(process: int) -> float:
    """CPU seconds that a process has taken; 0 where there is no /proc."""
    with suppress(FileNotFoundError):
        fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


@contextmanager
def server(project: Path, *command: str) -> Iterator[tuple[int, int]]:
    """A server run by the project's Python, with its port as the last argument; process and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [project / ".venv/bin/python", *command, str(port)], cwd=project, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2):
                break
            time.sleep(0.1)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


def one_row(project: Path) -> bytes:
    """A request with the first complete row of the project's sample."""
    (info,) = (json.loads(path.read_text("utf-8")) for path in project.glob("build/*/model/model.json"))
    text = {name for name, rule in info["columns"].items() if rule["type"] in {"category", "text"}}
    with (project / "data" / "sample.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if all(row[name] for name in info["columns"]))
    values = {name: row[name] if name in text else float(row[name]) for name in info["columns"]}
    return json.dumps({"rows": [values]}).encode()


def main() -> None:
    """Print a table: 16 clients, then one."""
    parser = argparse.ArgumentParser(description="How fast a generated repository's service answers.")
    parser.add_argument("project", type=Path, help="a generated repository after `make setup pipeline`")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    args = parser.parse_args()
    project, body = args.project.resolve(), one_row(args.project)
    service = server(project, "-m", "goldenpath_runtime", "serve", "--port")
    print(
        f"{'clients':>7} {'server':10} {'answers/s':>10} {'p50 ms':>10} {'p99 ms':>10} {'CPU us an answer':>16}"
    )
    with service as ours, server(project, "-c", BARE) as bare:
        for clients in (16, 1):
            rounds = [
                (measure(ours, body, clients, args.seconds), measure(bare, body, clients, args.seconds))
                for _ in range(ROUNDS)
            ]
            for name, figures in zip(("service", "bare"), zip(*rounds, strict=True), strict=True):
                best = max(figures, key=lambda one: len(one.milliseconds) / one.seconds)
                print(f"{clients:7} {name:10} {best}")
            ratio = median(len(a.milliseconds) / len(b.milliseconds) for a, b in rounds)
            print(f"{clients:7} the service answers {ratio:.0%} as often as the bare endpoint")


if __name__ == "__main__":
    main()
