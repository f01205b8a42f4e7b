"""A small repository for tests that change its data only, and a way to run many things in it at the price of one start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import environment, generate, make, run

# Writes the given files and calls a command, again and again; prints the exit code and what was printed of each.
RUN = """
import contextlib, io, json, sys, traceback
from pathlib import Path
from goldenpath_runtime.__main__ import main

printed = []
for files, words in json.load(sys.stdin):
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(text.encode("latin-1"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_model"]:
        del sys.modules[name]
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code = main(words)
        except BaseException:
            code = traceback.print_exc()
    printed.append((code, out.getvalue()))
json.dump(printed, sys.stdout)
"""


@pytest.fixture(scope="session")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A machine on which nobody has logged in yet."""
    return environment(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """A minimal repository after `make setup`."""
    folder = generate(tmp_path_factory.mktemp("minimal") / "project", preset="minimal")
    make(folder, env, "setup")
    return folder


def in_one_process(project: Path, env: Mapping[str, str], code: str, given: Any) -> Any:
    """What Python code in a project prints as its last line, in JSON; `given` is its input, in JSON too."""
    path = project / "build" / "given.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(given), "utf-8")
    command = [".venv/bin/python", "-c", f"import sys; sys.stdin = open({str(path)!r})\n{code}"]
    return json.loads(run([str(project / command[0]), *command[1:]], project, env).splitlines()[-1])
