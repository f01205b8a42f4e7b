"""A project before an update that touches files in every way, and the update as a process that can be killed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.update.small import Seen, Small, lines, look

WIDE = (
    150  # files that only the template changes: they make the time in which it is written long enough to hit
)
CURRENT, FAILED, UNRESOLVED, AVAILABLE = 0, 1, 3, 4
IGNORED = "build/report.txt"

BOTH = [f"edited-{number}.txt" for number in range(8)]  # edited at one end each

TEMPLATE = {
    **{f"project/wide/{number}.txt": f"{number}\n" * 40 for number in range(WIDE)},
    **{f"project/{name}": lines(name) for name in BOTH},
    "project/clash.txt": lines("clash"),
    "project/gone.txt": lines("gone"),
    "project/gone-edited.txt": lines("gone-edited"),
    "project/old-name.txt": lines("renamed"),
    "project/tool.txt": lines("tool"),
    "project/bin/run.sh": "#!/bin/sh\n",
    "project/thing": "a file\n",
    "project/folder/inner.txt": "in a folder\n",
    f"project/{IGNORED}": lines("report"),
}
MINE = {
    **{name: lines(name, last="mine") for name in BOTH},
    "gone-edited.txt": lines("gone-edited", last="mine"),
    "old-name.txt": lines("renamed", last="mine"),
    ".gitignore": "build/\n",
}
RELEASE: dict[str, str | None] = {
    **{f"project/wide/{number}.txt": f"{number}\n" * 40 + "more\n" for number in range(WIDE)},
    **{f"project/{name}": lines(name, first="theirs") for name in BOTH},
    "project/clash.txt": lines("clash", first="theirs"),
    "project/gone.txt": None,
    "project/gone-edited.txt": None,
    "project/old-name.txt": None,
    "project/new-name.txt": lines("renamed", first="theirs"),
    "project/tool.txt": None,
    "project/tool.sh": lines("tool"),
    "project/deep/er/new.txt": "new\n",
    "project/bin/run.sh": "#!/bin/sh\necho more\n",
    "project/bin/new.sh": "#!/bin/sh\n",
    "project/thing": None,
    "project/thing/inner.txt": "now a folder\n",
    "project/folder/inner.txt": None,
    "project/folder": "now a file\n",
    f"project/{IGNORED}": lines("report", first="theirs"),
}


@dataclass
class Scene:
    """A project before an update, and all that it can be: `old`, or `new` after an update that nobody disturbed.

    `begins` and `ends` bound the time, in seconds since the start of the process, in which it writes.
    """

    small: Small
    clash: bool
    old: Seen = field(init=False)
    new: Seen = field(init=False)
    times: list[tuple[float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.old = look(self.small.project)
        for _ in range(3):
            self.restore()
            self.times.append(self._measure())
        self.new = look(self.small.project)

    @cached_property
    def begins(self) -> float:
        return sum(begins for begins, _, _ in self.times) / len(self.times)

    @cached_property
    def writes(self) -> float:
        return max(ends - begins for begins, ends, _ in self.times)

    @cached_property
    def whole(self) -> float:
        return max(whole for _, _, whole in self.times)

    @property
    def project(self) -> Path:
        return self.small.project

    @property
    def settled(self) -> int:
        """What `status` says once an update is done."""
        return UNRESOLVED if self.clash else CURRENT

    @property
    def done(self) -> int:
        """What `update` says once it is done."""
        return UNRESOLVED if self.clash else 0

    def restore(self) -> None:
        """Make the project as it was at first."""
        spare = self.project.with_name("spare")
        if not spare.exists():
            shutil.copytree(self.project, spare, symlinks=True)
        shutil.rmtree(self.project)
        shutil.copytree(spare, self.project, symlinks=True)

    def _measure(self) -> tuple[float, float, float]:
        started = time.monotonic()
        process = command(self.project)
        await_state(self.project, process)
        begins = time.monotonic() - started
        while phase(self.project) == "applying":
            time.sleep(0.0005)
        ends = time.monotonic() - started
        out, _ = process.communicate(timeout=60)
        assert process.returncode == self.done, out
        return begins, ends, time.monotonic() - started


def command(project: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "goldenpath", "update", *more, str(project)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def phase(project: Path) -> str | None:
    """What the state file says, None where there is none."""
    for path in project.glob(".git/goldenpath/update-*.json"):
        return str(json.loads(path.read_text())["phase"])
    return None


def await_state(project: Path, process: subprocess.Popen[str]) -> None:
    """Return as soon as the process writes into the project, or ends."""
    folder = project / ".git" / "goldenpath"
    while process.poll() is None and not any(folder.glob("update-*.json")):
        time.sleep(0.0005)


def kill(process: subprocess.Popen[str], after: float) -> None:
    time.sleep(max(after, 0))
    process.send_signal(signal.SIGKILL)
    process.communicate()
