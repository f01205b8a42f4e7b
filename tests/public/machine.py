"""Where the commands run: an environment with both of them, and code of strangers kept away from this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.questionnaire import ROOT
from tests.support import environment

# One of the templates has an extension that needs it.
PYTHON = ">=3.12"
SERVER = Path(__file__).with_name("server.py")
LIMIT = 300.0  # seconds for one command

SETTINGS = """\
[user]
name = Somebody
email = somebody@example.com
[init]
defaultBranch = main
[safe]
directory = *
[protocol "file"]
allow = always
"""

# Tasks run as whoever runs this: as root one of them replaced /dev/null. All but the folder becomes read-only for them,
# they see no other process, and what they leave running ends with them.
CONTAINED = """\
work=$1 && shift
mount --bind "$work" "$work"
while read -r _ _ _ _ at _; do
  case $at in "$work" | /proc | /proc/* | /sys | /sys/*) ;; *) mount -o remount,bind,ro "$at" || : ;; esac
done </proc/self/mountinfo 2>/dev/null
exec "$@"
"""


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON object that it printed, empty if it printed none."""
        try:
            found = json.loads(self.out)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Machine:
    """A folder to work in, and a server in it that runs commands; every thread has one of its own."""

    def __init__(
        self,
        work: Path,
        python: Path,
        env: Mapping[str, str],
        *,
        around: Sequence[str] = (),
        server: Path = SERVER,
    ) -> None:
        self.work = work
        self._command = [*around, str(python), str(server)]
        self._env = dict(env)
        self._settings = Path(env["GIT_CONFIG_GLOBAL"]).read_text()
        self._local = threading.local()
        self._servers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.communicate()

    def run(self, command: Iterable[str], cwd: Path) -> Done:
        """Run a command without a terminal; what takes too long ends with code -1."""
        server = self._server()
        settings = Path(self._env["GIT_CONFIG_GLOBAL"])
        if settings.read_text() != self._settings:
            settings.write_text(self._settings)  # a task has changed it; what comes next must not notice
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            told = {"command": [*command], "cwd": str(cwd), "out": str(out), "err": str(err), "limit": LIMIT}
            print(json.dumps(told), file=server.stdin, flush=True)
            answer = server.stdout.readline() if server.stdout else ""
            assert answer, f"the server ended at {told}"
            texts = [file.read_bytes().decode("utf-8", "replace") for file in (out, err)]
        return Done(json.loads(answer)["code"], *texts)

    def git(self, cwd: Path, *arguments: str) -> str:
        """Run git, which must succeed, and return what it prints."""
        done = self.run(["git", *arguments], cwd)
        assert done.code == 0, f"git {' '.join(arguments)}: {done.err}"
        return done.out

    def _server(self) -> subprocess.Popen[str]:
        if not hasattr(self._local, "server"):
            self._local.server = subprocess.Popen(
                self._command,
                cwd=self.work,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._servers.append(self._local.server)
        found: subprocess.Popen[str] = self._local.server
        return found


def settled(work: Path, mirrors: Path | None = None) -> dict[str, str]:
    """An environment without settings or secrets of this machine, whose own settings are a file in `work`.

    Never os.devnull: git puts a new file in the place of the one that a task has it write.
    """
    env = environment(work / "home")
    (work / "tmp").mkdir(exist_ok=True)
    settings = work / "home" / "gitconfig"
    known = sorted(mirrors.glob("*+*/repo")) if mirrors else []
    settings.write_text(SETTINGS + "".join(map(_instead, known)))
    (work / "home" / "copier.yml").write_text("{}\n")
    return env | {
        "COPIER_SETTINGS_PATH": str(work / "home" / "copier.yml"),
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "TMPDIR": str(work / "tmp"),
        "UV_CACHE_DIR": str(work / "home" / "uv"),
        "PIP_CACHE_DIR": str(work / "home" / "pip"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _instead(mirror: Path) -> str:
    """Submodules of templates come from the mirrors too."""
    name = mirror.parent.name.replace("+", "/", 1)
    return f'[url "{mirror}"]\ninsteadOf = https://github.com/{name}.git\n'


def installed(work: Path, packages: Iterable[str], mirrors: Path) -> Machine:
    """A machine with the command as it is in this checkout now, Copier, and these packages."""
    env, venv = settled(work, mirrors), work / "venv"
    uv = [sys.executable, "-m", "uv"]
    cached = env | {"UV_CACHE_DIR": environment(work / "home")["UV_CACHE_DIR"]}
    subprocess.run([*uv, "venv", "--quiet", "--python", PYTHON, str(venv)], env=cached, check=True)
    install = [
        "pip",
        "install",
        "--quiet",
        "--compile-bytecode",
        "--python",
        str(venv),
        "--reinstall-package",
    ]
    subprocess.run([*uv, *install, "goldenpath", str(ROOT), *sorted(set(packages))], env=cached, check=True)
    env["PATH"] = f"{venv / 'bin'}{os.pathsep}{env['PATH']}"
    return Machine(work, venv / "bin" / "python", env, around=_around(work))


def _around(work: Path) -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    apart = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    return (*apart, "--propagation", "private", "sh", "-ec", CONTAINED, "sh", str(work))
