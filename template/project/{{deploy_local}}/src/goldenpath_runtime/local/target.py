"""The deploy target `local`: versions as processes of this machine, behind a router.

Owned by the template: do not edit. What is wanted stands in a file; the supervisor (supervisor.py)
makes it so and restarts what dies; the router (front.py) divides the requests. Commands change the
file and wait until it is so.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

from filelock import FileLock, Timeout

from goldenpath_runtime.deliver.environments import Environment
from goldenpath_runtime.deliver.target import Strategy
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.files import write_text
from goldenpath_runtime.store.ledger import Store, machine_folder

READY_SECONDS = 60.0
LOG_LINES = 20


class LocalTarget:
    """The verbs of target.py."""

    strategies: Collection[Strategy] = get_args(Strategy)

    def __init__(self, store: Store, env: str, settings: Environment, model: str) -> None:
        self.folder = machine_folder(store) / "run" / env / model
        url = store.url if "://" in store.url else str(Path(store.url).absolute())
        self.settings = {
            "store": url,
            **settings.model_dump(include={"host", "port", "replicas", "timeout"}),
        }

    def start(self, version: str, folder: Path) -> None:
        """Run a version without requests.

        ProjectError with the end of its log when it does not get ready.
        """
        with self._change() as wanted:
            wanted["versions"][version] = str(folder)
            wanted["until"].pop(version, None)
        serial = wanted["serial"]
        try:
            self._wait(lambda: self._is_ready(version, serial), f"{version} does not get ready")
        except ProjectError as error:
            with self._change() as wanted:
                del wanted["versions"][version]
            raise ProjectError(f"{error}; the end of its log:\n{self.logs(version)}") from None

    def stop(self, version: str | None = None, warm: float = 0) -> None:
        """Stop a version, or all of them and the router.

        The supervisor ends what stays warm when its time is over.
        """
        with self._change(wake=version is not None) as wanted:
            for name in [version] if version else list(wanted["versions"]):
                wanted["weights"].pop(name, None)
                if warm:
                    wanted["until"][name] = time.time() + warm
                else:
                    wanted["versions"].pop(name, None)
        self._wait(
            lambda: version is not None or not self._is_supervised(), "the processes do not end"
        )

    def weights(self, shares: Mapping[str, int], shadow: str | None = None) -> None:
        """Divide the requests; back when the router does so."""
        with self._change() as wanted:
            wanted |= {"weights": dict(shares), "shadow": shadow}
        serial = wanted["serial"]
        self._wait(
            lambda: self.figures()["serial"] >= serial, "the router does not take the new weights"
        )

    def status(self) -> dict[str, int]:
        """The versions with their percentages; nothing where no supervisor is alive."""
        if not self._is_supervised():
            return {}
        wanted = read_wanted(self.folder)
        return {
            name: wanted["weights"].get(name, 0)
            for name in wanted["versions"]
            if name not in wanted["until"]
        }

    def logs(self, version: str) -> str:
        """The last lines that a version printed."""
        path = self.folder / f"{version}.log"
        lines = (
            path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
        )
        return "\n".join(lines[-LOG_LINES:])

    def address(self) -> str | None:
        """The router's address."""
        return (
            read_file(self.folder / "routes.json").get("address") if self._is_supervised() else None
        )

    def figures(self) -> dict[str, Any]:
        """What the router has seen of each version since the weights were last changed."""
        return _get(f"{self.address()}/-/figures")

    @contextmanager
    def _change(self, wake: bool = True) -> Iterator[dict[str, Any]]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "wanted.lock"):
            wanted = read_wanted(self.folder) | self.settings
            yield wanted
            wanted["serial"] += 1
            write_file(self.folder / "wanted.json", wanted)
        if wake and not self._is_supervised():
            self._supervise()

    def _supervise(self) -> None:
        env = os.environ | {"GOLDENPATH_STORE": self.settings["store"]}
        if self.folder.parent.name != "production":
            env |= {"SAMPLE_RATE": "0"}  # tests of a version are no traffic to learn from
        command = [sys.executable, "-m", "goldenpath_runtime", "supervise", str(self.folder)]
        with (self.folder / "supervisor.log").open("ab") as log:
            quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            subprocess.Popen(command, env=env, start_new_session=True, **quiet)  # noqa: S603
        self._wait(
            self._is_supervised,
            f"the supervisor does not start; see {self.folder / 'supervisor.log'}",
        )

    def _is_supervised(self) -> bool:
        if not self.folder.exists():
            return False
        try:
            with FileLock(self.folder / "supervisor.lock", timeout=0):
                return False
        except Timeout:
            return True

    def _is_ready(self, version: str, serial: int) -> bool:
        routes = read_file(self.folder / "routes.json")
        if routes["serial"] < serial:
            return False  # the supervisor has not seen the change yet
        ports = routes["ports"][version]
        if routes["starts"][version] > 3:
            raise ProjectError(f"{version} ends as soon as it starts")
        return all(_get(f"http://127.0.0.1:{port}/ready")["version"] == version for port in ports)

    def _wait(self, done: Callable[[], bool], problem: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if done():
                    return
            except (OSError, KeyError, TypeError):  # it is not there yet
                pass
            time.sleep(0.05)
        raise ProjectError(problem)


def _get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
        found: dict[str, Any] = json.load(response)
    return found


def begin(name: str, argv: Sequence[str]) -> tuple[Path, socket.socket]:
    """In a process of the supervisor: the folder and the socket that it gives.

    The process ends when it is gone.
    """
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fd", type=int, required=True)
    args = parser.parse_args(argv)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return args.folder, socket.socket(fileno=args.fd)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def read_wanted(folder: Path) -> dict[str, Any]:
    """What is to run now: a version in `until` is warm, and wanted until that time."""
    wanted: dict[str, Any] = {
        "serial": 0,
        "versions": {},
        "weights": {},
        "shadow": None,
        "until": {},
    }
    wanted |= read_file(folder / "wanted.json")
    now = time.time()
    for version in [name for name, end in wanted["until"].items() if end <= now]:
        wanted["versions"].pop(version, None)
        del wanted["until"][version]
    return wanted


def read_file(path: Path) -> dict[str, Any]:
    """A value that `write_file` wrote; nothing where there is no file."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def write_file(path: Path, value: object) -> None:
    """Write a value as JSON, whole or not at all."""
    write_text(path, json.dumps(value))
