"""Run a hook that a trusted template brings."""

import subprocess
import sys
from pathlib import Path


def run(source: bytes, project: Path) -> int:
    """Run the Python program `source` in the folder `project` and return its exit code.

    It gets no input and no part of this command's own code. What it prints goes to stderr, for stdout may
    be read by a program.
    """
    # Isolated, so that no module of the project stands in for one of Python's own.
    done = subprocess.run(
        [sys.executable, "-I", "-"], input=source, cwd=project, stdout=sys.stderr, check=False
    )
    return done.returncode
