"""`python -m tests.conformance.order FILE`: the plans of the updates that FILE lists, in this process.

FILE is JSON: a list of argument lists. What is printed is one JSON list of what each of them printed, so that processes
with other hash seeds can be held against each other, order included.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.conformance.history import build, history
from tests.conformance.oracle import arguments, planned
from tests.questionnaire import ROOT


def prepare(seeds: Iterable[int], folder: Path) -> Path:
    """Write the projects of these histories; return the file that lists a dry run under each policy for each."""
    calls = []
    for seed in seeds:
        one = history(seed)
        project = build(one, folder / str(seed))
        calls += [arguments(one, project, "--dry-run", "--policy", policy) for policy in ("safe", "copier")]
    listed = folder / "calls.json"
    listed.write_text(json.dumps(calls))
    return listed


def plans(listed: Path, hash_seed: int) -> str:
    """What a process with this hash seed prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.order", str(listed)],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    print(json.dumps([planned(call) for call in json.loads(Path(sys.argv[1]).read_text())], indent=1))
