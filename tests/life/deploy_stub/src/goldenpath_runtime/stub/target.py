"""The deploy target `stub`, as small as one can be: a process for each version, one of which answers; nobody counts.

Owned by the template: do not edit.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from goldenpath_runtime.deliver.environments import Environment
from goldenpath_runtime.deliver.target import Strategy
from goldenpath_runtime.store.ledger import Store, machine_folder

GOOD = {"requests": 1000, "errors": 0, "refused": 0, "p50_ms": 1.0, "p99_ms": 2.0}


class StubTarget:
    """The verbs of target.py."""

    strategies: Collection[Strategy] = ("direct", "canary")

    def __init__(self, store: Store, env: str, settings: Environment, model: str) -> None:
        self.path = machine_folder(store) / f"stub-{env}-{model}.json"
        self.host = settings.host

    def start(self, version: str, folder: Path) -> None:
        """Serve a version at a free port."""
        if version not in self._running():
            port = _free_port(self.host)
            command = [sys.executable, "-m", "goldenpath_runtime", "serve", "--folder", str(folder)]
            command += ["--host", self.host, "--port", str(port)]
            process = subprocess.Popen(command, start_new_session=True)  # noqa: S603
            self._write(self._running() | {version: {"pid": process.pid, "port": port, "share": 0}})
        while not self._is_ready(version):
            time.sleep(0.1)

    def stop(self, version: str | None = None, warm: float = 0) -> None:  # noqa: ARG002
        """End a version or all of them, at once: nothing stays warm here."""
        running = self._running()
        for name in [version] if version else list(running):
            with suppress(KeyError, ProcessLookupError):
                os.kill(running.pop(name)["pid"], signal.SIGTERM)
        self._write(running)

    def weights(self, shares: Mapping[str, int], shadow: str | None = None) -> None:  # noqa: ARG002
        """Remember the shares."""
        running = self._running()
        self._write({name: each | {"share": shares.get(name, 0)} for name, each in running.items()})

    def figures(self) -> Mapping[str, Any]:
        """Every version does well."""
        return {"versions": dict.fromkeys(self._running(), GOOD), "compared": 0, "disagreed": 0}

    def status(self) -> Mapping[str, int]:
        """The shares."""
        return {name: each["share"] for name, each in self._running().items()}

    def logs(self, version: str) -> str:
        """Nothing is kept."""
        return f"no log of {version}"

    def address(self) -> str | None:
        """That of the version with the most requests."""
        running = self._running()
        first = max(running, key=lambda name: running[name]["share"], default=None)
        return self._url(first) if first else None

    def _url(self, version: str) -> str:
        return f"http://{self.host}:{self._running()[version]['port']}"

    def _is_ready(self, version: str) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self._url(version)}/ready", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
        return False

    def _running(self) -> dict[str, dict[str, Any]]:
        return dict(json.loads(self.path.read_text(encoding="utf-8"))) if self.path.exists() else {}

    def _write(self, running: Mapping[str, Mapping[str, Any]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(running), encoding="utf-8")


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as listening:
        return int(listening.getsockname()[1])
