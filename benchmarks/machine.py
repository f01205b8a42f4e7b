"""Starts a contender, ends it with all that it started, and reads what they took of the processor."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 60  # seconds until a server must answer
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(command: str, ready: str, env: Mapping[str, str], log: Path) -> Iterator[tuple[int, int]]:
    """A server that answers at the path `ready`, by process and port; its output goes to a file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = shlex.split(command.format(port=port))
    with log.open("wb") as file:
        process = subprocess.Popen(words, cwd=log.parent, env=env, stdout=file, stderr=file)
    try:
        _wait(process, f"http://127.0.0.1:{port}{ready}", log)
        yield process.pid, port
    finally:
        family = [pid for pid, _ in _family(process.pid)]
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        process.wait()


def cpu_seconds(process: int) -> float:
    """CPU seconds that a process and all below it have taken; 0 where there is no /proc."""
    return sum(seconds for _, seconds in _family(process))


def _family(first: int) -> list[tuple[int, float]]:
    """The process and all below it, each with its CPU seconds."""
    parents, seconds = dict[int, int](), dict[int, float]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text("utf-8", "replace").rpartition(")")[2].split()
            pid = int(path.parent.name)
            parents[pid], seconds[pid] = int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS
    found = [first]
    for parent in found:  # grows while it is walked
        found += [pid for pid, its in parents.items() if its == parent]
    return [(pid, seconds[pid]) for pid in found if pid in seconds]


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return when the server answers; SystemExit with the end of its output when it does not."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2):  # noqa: S310 (ours, on this machine)
            return
        time.sleep(0.2)
    raise SystemExit(f"{process.args!r} does not answer:\n{log.read_text('utf-8', 'replace')[-2000:]}")
