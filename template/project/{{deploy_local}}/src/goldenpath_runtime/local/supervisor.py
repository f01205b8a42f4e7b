"""The process that keeps a model's versions and their router alive on this machine.

Owned by the template: do not edit. It holds the listening sockets itself, so while a router or a
version restarts, clients wait and are not refused. What it has started ends with it: each watches a
pipe that closes when it is gone.
"""

import argparse
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from filelock import FileLock

from goldenpath_runtime.online.serve import create_app

from .target import begin, read_file, read_wanted, write_file

PAUSE = 0.05  # seconds between two looks
MOST = 5.0  # seconds between two starts of what ends at once


def supervise(argv: Sequence[str]) -> None:
    """Make what wanted.json says so, until it wants no version."""
    parser = argparse.ArgumentParser(prog="supervise")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(argv).folder
    with FileLock(folder / "supervisor.lock", timeout=2):
        _keep(folder)


def _keep(folder: Path) -> None:
    """Watch what is wanted and make it so; end everything when no version is wanted any more."""
    wanted = read_wanted(folder)
    front = _listen(wanted["host"], _port(folder, wanted))
    port = front.getsockname()[1]
    address = f"http://{wanted['host']}:{port}"
    router = _Child(["route", str(folder)], front, folder / "router.log")
    children: _Children = {}
    leaving: list[_Child] = []
    routes: dict[str, Any] = {}
    while wanted["versions"]:
        gone = _replace(children, wanted, folder)
        for child in [router, *children.values()]:
            child.keep()
        before = routes
        routes = _routes(wanted, children) | {"address": address}
        if routes != before:
            write_file(folder / "routes.json", routes)
        for child in gone:
            child.end()
        leaving = [child for child in leaving + gone if child.is_alive()]
        time.sleep(PAUSE)
        wanted = read_wanted(folder)
    for child in [router, *children.values()]:
        child.end()
    for child in [router, *children.values(), *leaving]:
        child.wait()


def _replace(children: "_Children", wanted: dict[str, Any], folder: Path) -> list["_Child"]:
    """Add the replicas that are wanted, and take out those that are not; the latter."""
    names = {
        (version, number) for version in wanted["versions"] for number in range(wanted["replicas"])
    }
    for name in names - children.keys():
        version, _ = name
        words = ["replica", wanted["versions"][version]]
        listening = _listen("127.0.0.1", 0)
        children[name] = _Child(words, listening, folder / f"{version}.log")
    return [children.pop(name) for name in children.keys() - names]


def _port(folder: Path, wanted: dict[str, Any]) -> int:
    """The port of the file, or the one that clients knew before a restart."""
    known = read_file(folder / "routes.json").get("address")
    if wanted["port"] or not known:
        return int(wanted["port"])
    return int(known.rpartition(":")[2])


def _routes(wanted: dict[str, Any], children: "_Children") -> dict[str, Any]:
    """What the router reads: where each version listens, and what share of the requests it has."""
    ports: dict[str, list[int]] = {version: [] for version in wanted["versions"]}
    starts = dict.fromkeys(ports, 0)
    for (version, _), child in children.items():
        port = child.socket.getsockname()[1]
        ports[version].append(port)
        starts[version] += child.quick_ends
    return {
        "serial": wanted["serial"],
        "weights": wanted["weights"],
        "shadow": wanted["shadow"],
        "timeout": wanted["timeout"],
        "ports": ports,
        "starts": starts,
    }


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        if not port:
            raise
        print(f"port {port}: {error}; another one is taken", file=sys.stderr, flush=True)
        return socket.create_server((host, 0), backlog=1024)


class _Child:
    """A process that is started again when it ends."""

    def __init__(self, words: Sequence[str], listening: socket.socket, log: Path) -> None:
        self.words = words
        self.socket = listening
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.quick_ends = 0
        self.started = 0.0

    def keep(self) -> None:
        """Start it where it does not run; what ends at once waits longer each time."""
        age = time.monotonic() - self.started
        pause = min(MOST, 0.1 * 2**self.quick_ends)
        if self.is_alive() or age < pause:
            return
        if self.process:
            self.quick_ends = self.quick_ends + 1 if age < MOST else 0
        self.process = self._start()
        self.started = time.monotonic()

    def _start(self) -> subprocess.Popen[bytes]:
        descriptor = self.socket.fileno()
        python = [sys.executable, "-m", "goldenpath_runtime"]
        command = [*python, *self.words, "--fd", str(descriptor)]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                command,
                pass_fds=[descriptor],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self) -> None:
        if self.process:
            self.process.terminate()
        self.socket.close()

    def wait(self) -> None:
        if self.process:
            self.process.wait()


_Children = dict[tuple[str, int], _Child]  # by version, and the number of the replica


def replica(argv: Sequence[str]) -> None:
    """The command: serve a version until the supervisor ends it."""
    folder, listening = begin("replica", argv)
    app = create_app(folder)
    config = uvicorn.Config(app, access_log=False, timeout_graceful_shutdown=10)
    server = uvicorn.Server(config)
    server.run([listening])
