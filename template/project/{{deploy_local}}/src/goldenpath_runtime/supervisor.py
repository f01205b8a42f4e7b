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

from .local import begin, read_file, read_wanted, write_file
from .online import create_app

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
    wanted = read_wanted(folder)
    front = _listen(wanted["host"], _port(folder, wanted))
    address = f"http://{wanted['host']}:{front.getsockname()[1]}"
    router = _Child(["route", str(folder)], front, folder / "router.log")
    children: dict[tuple[str, int], _Child] = {}
    leaving: list[_Child] = []
    routes: dict[str, Any] = {}
    while wanted["versions"]:
        names = [(version, i) for version in wanted["versions"] for i in range(wanted["replicas"])]
        for name in set(names) - children.keys():
            replica = ["replica", wanted["versions"][name[0]]]
            children[name] = _Child(replica, _listen("127.0.0.1", 0), folder / f"{name[0]}.log")
        gone = [children.pop(name) for name in children.keys() - set(names)]
        for child in [router, *children.values()]:
            child.keep()
        if routes != (routes := _routes(wanted, children) | {"address": address}):
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


def _port(folder: Path, wanted: dict[str, Any]) -> int:
    """The port of the file, or the one that clients knew before a restart."""
    known = read_file(folder / "routes.json").get("address")
    if wanted["port"] or not known:
        return int(wanted["port"])
    return int(known.rpartition(":")[2])


def _routes(wanted: dict[str, Any], children: "dict[tuple[str, int], _Child]") -> dict[str, Any]:
    ports: dict[str, list[int]] = {version: [] for version in wanted["versions"]}
    starts = dict.fromkeys(ports, 0)
    for (version, _), child in children.items():
        ports[version].append(child.socket.getsockname()[1])
        starts[version] += child.quick_ends
    return {key: wanted[key] for key in ("serial", "weights", "shadow", "timeout")} | {
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
        self.words, self.socket, self.log = words, listening, log
        self.process: subprocess.Popen[bytes] | None = None
        self.quick_ends = 0
        self.started = 0.0

    def keep(self) -> None:
        age = time.monotonic() - self.started
        if self.is_alive() or age < min(MOST, 0.1 * 2**self.quick_ends):
            return
        if self.process:
            self.quick_ends = self.quick_ends + 1 if age < MOST else 0
        command = [
            sys.executable,
            "-m",
            "goldenpath_runtime",
            *self.words,
            "--fd",
            str(self.socket.fileno()),
        ]
        with self.log.open("ab") as log:
            streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": log, "stderr": log}
            sockets = [self.socket.fileno()]
            self.process = subprocess.Popen(command, pass_fds=sockets, **streams)  # noqa: S603
        self.started = time.monotonic()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self) -> None:
        if self.process:
            self.process.terminate()
        self.socket.close()

    def wait(self) -> None:
        if self.process:
            self.process.wait()


def replica(argv: Sequence[str]) -> None:
    """The command: serve a version until the supervisor ends it."""
    folder, listening = begin("replica", argv)
    config = uvicorn.Config(create_app(folder), access_log=False, timeout_graceful_shutdown=10)
    uvicorn.Server(config).run([listening])
