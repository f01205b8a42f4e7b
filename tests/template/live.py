"""Ways to run a generated repository: with no network, with no git, and its service asked over HTTP."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support import make, run, started, wait_for

DEAD = "http://127.0.0.1:9"  # the port "discard": nobody answers


@cache
def cut_off() -> tuple[str, ...]:
    """The start of a command that runs what follows with no network but itself; empty where that is not allowed."""
    for options in (["--net"], ["--net", "--map-root-user"]):
        prefix = ("unshare", *options, "sh", "-c", 'ip link set lo up 2>/dev/null; exec "$@"', "sh")
        if shutil.which("unshare") and subprocess.run([*prefix, "true"], check=False).returncode == 0:
            return prefix
    return ()


def offline(env: Mapping[str, str]) -> dict[str, str]:
    """An environment in which no package index or web site can be reached through a proxy."""
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), DEAD)
    return {**env, **proxies, "no_proxy": "127.0.0.1,localhost", "UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}


def without(program: str, env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """An environment in which every program is found but one."""
    folder.mkdir()
    for place in env["PATH"].split(os.pathsep):
        for path in Path(place).iterdir() if Path(place).is_dir() else ():
            if path.name != program and not (folder / path.name).is_symlink():
                (folder / path.name).symlink_to(path)
    return {**env, "PATH": str(folder)}


def commit(project: Path, env: Mapping[str, str], expect: int = 0) -> str:
    """Commit all that has changed as a user of this machine does, hooks included; what was printed."""
    run(["git", "add", "--all"], project, env)
    author = ("-c", "user.name=me", "-c", "user.email=me@example.com")
    return run(["git", *author, "commit", "--message", "A change"], project, env, expect=expect)


@contextmanager
def service(project: Path, env: Mapping[str, str]) -> Iterator[str]:
    """The address of a project's service, which ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (
        (project / "build" / "service.log").open("w") as log,
        started(["make", "serve", f"PORT={port}"], project, env, log),
    ):
        wait_for(f"{address}/ready")
        yield address


RUNTIME_TESTS = Path(__file__).parents[1] / "runtime"
# By file, the option that its tests are about.
NEEDS = {
    "test_batch.py": "batch",
    "test_champion.py": "store",
    "test_delivery.py": "deploy",
    "test_embedded.py": "embedded",
    "test_exports.py": "",
    "test_flows.py": "ci",
    "test_meaning.py": "",
    "test_monitoring.py": "watch",
    "test_online.py": "online",
    "test_quality.py": "quality",
    "test_scores.py": "",
    "test_steps.py": "",
}
OF_NO_DATA = ("test_exports.py",)


def prove_runtime(project: Path, env: Mapping[str, str], folder: Path, *, whole: bool = True) -> str:
    """Run tests/runtime with a project's model and packages, as far as it has the options; what pytest prints.

    `whole` with those as well that are about no data.
    """
    folder.mkdir()
    shutil.copy(project / "tests/conftest.py", folder)
    package = project / "src/goldenpath_runtime"
    for name, option in NEEDS.items():
        if (package / option / "__init__.py").exists() and (whole or name not in OF_NO_DATA):
            shutil.copy(RUNTIME_TESTS / name, folder)
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", str(folder))
    return run([str(project / ".venv/bin/python"), *words], project, env)


def predict(address: str, rows: list[dict[str, Any]]) -> list[Any]:
    """What the service answers to these rows, one answer each."""
    body = json.dumps({"rows": rows}).encode()
    request = urllib.request.Request(f"{address}/predict", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        answers: list[Any] = json.load(response)["predictions"]
    return answers


def sample(project: Path) -> list[dict[str, Any]]:
    """The rows of data/sample.csv without the target, as JSON has them."""
    (settings,) = yaml.safe_load((project / "params.yaml").read_text("utf-8"))["models"].values()
    with (project / "data" / "sample.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: _value(text) for name, text in row.items() if name != settings["target"]} for row in rows]


def _value(text: str) -> float | str | None:
    try:
        return float(text) if text else None
    except ValueError:
        return text


def score(project: Path, env: Mapping[str, str], out: str) -> list[dict[str, str]]:
    """The answers of `make score` for data/sample.csv, a row each."""
    make(project, env, "score", "FILE=data/sample.csv", f"OUT={out}")
    with (project / out).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def model_bytes(project: Path) -> dict[str, bytes]:
    """Every exported ONNX file of a project."""
    return {path.as_posix(): path.read_bytes() for path in sorted((project / "build").rglob("*.onnx"))}
