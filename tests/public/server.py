"""Runs commands in processes of its own, forked with Copier and goldenpath imported: start-up is most of what they cost.

A program, not a module: it belongs into the environment that has both. One request a line on its input, one answer on
its output, as JSON: {"command", "cwd", "out", "err", "limit"} and {"code"}; the code is -1 where the limit was passed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from copier._cli import CopierApp

from goldenpath.main import main as ours

for name in ("update", "status", "diff"):
    import_module(f"goldenpath.commands.{name}")

KNOWN: dict[str, Callable[[], Any]] = {"copier": CopierApp.run, "goldenpath": ours}


def serve() -> None:
    """Answer until the input ends; in a child, run the command and return, so that Python ends as it always does."""
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(request)
            return
        code = _wait(child, time.monotonic() + request["limit"])
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        print(json.dumps({"code": code}), flush=True)


def _wait(child: int, end: float) -> int:
    pause = 0.002
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(pause * 1.3, 0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def _become(request: dict[str, Any]) -> None:
    os.setsid()
    os.chdir(request["cwd"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    sys.argv = request["command"]
    sys.stdin, sys.stdout, sys.stderr = Path(os.devnull).open(), os.fdopen(1, "w"), os.fdopen(2, "w")  # noqa: SIM115
    if sys.argv[0] not in KNOWN:
        os.execvp(sys.argv[0], sys.argv)  # noqa: S606 (no shell is wanted)
    sys.exit(KNOWN[sys.argv[0]]())


if __name__ == "__main__":
    serve()
