"""Ends what tests have started as soon as they end, whatever ended them: Ctrl-C, a kill that nobody can catch, a crash.

A process of its own waits at a pipe that only the test process holds open. All that tests start carries a mark in its
environment, in whichever session or process group it is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path

MARK = "TESTS_END_WITH"
PROCESSES = Path("/proc")


def start() -> subprocess.Popen[bytes] | None:
    """Mark what this process starts from now on, and have it ended with it; None where there is no /proc."""
    if not PROCESSES.is_dir():
        return None
    unmarked = {name: value for name, value in os.environ.items() if name != MARK}
    os.environ[MARK] = uuid.uuid4().hex
    command = [sys.executable, "-I", __file__, f"{MARK}={os.environ[MARK]}"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, env=unmarked, start_new_session=True)


def stop(keeper: subprocess.Popen[bytes] | None) -> None:
    """End what is left now, and wait until it is."""
    if keeper and keeper.stdin:
        keeper.stdin.close()
        keeper.wait()


def heed_ctrl_c() -> None:
    """Take Ctrl-C again: what is started in the background ignores it, and so would all that it starts."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end_processes(setting: str) -> None:
    """End what runs with a setting in its environment, such as `HOME=/tmp/x`, and what that starts meanwhile."""
    while found := [
        each for each in PROCESSES.iterdir() if each.name.isdigit() and _has(each, setting.encode())
    ]:
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGKILL)


def _has(process: Path, setting: bytes) -> bool:
    try:
        return setting in (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or belongs to somebody else
        return False


if __name__ == "__main__":
    sys.stdin.read()
    end_processes(sys.argv[1])
