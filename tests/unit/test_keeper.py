"""What tests start ends with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.questionnaire import ROOT

# As a runner of CI files does it: in a session of its own, with an environment of its own, deaf to a plain kill.
TESTS = """
import os, subprocess, sys, time
from pathlib import Path
from tests import keeper
from tests.support import environment

keeper.heed_ctrl_c()
kept = keeper.start() if sys.argv[1] == "kept" else None
job = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
env = environment(Path(sys.argv[2]))
process = subprocess.Popen([sys.executable, "-c", job], env=env, start_new_session=True, stdout=subprocess.PIPE)
process.stdout.readline()
print(process.pid, flush=True)
time.sleep(600)
"""


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("way", ["kept", "left"])
def test_what_a_killed_test_has_started(way: str, end: signal.Signals, tmp_path: Path) -> None:
    """Left alone, it would go on: otherwise this would show nothing."""
    command = [sys.executable, "-c", TESTS, way, str(tmp_path)]
    env = {name: value for name, value in os.environ.items() if name != "TESTS_END_WITH"}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as tests:
        assert tests.stdout
        job = int(tests.stdout.readline())
        tests.send_signal(end)
        tests.wait(20)
    try:
        until = time.monotonic() + (20 if way == "kept" else 1)
        while runs(job) and time.monotonic() < until:
            time.sleep(0.05)
        assert runs(job) == (way == "left")
    finally:
        if runs(job):
            os.kill(job, signal.SIGKILL)
