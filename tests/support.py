"""Generate repositories as a user does, and run commands in them as on a machine that knows nothing of us."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

import copier

from tests import keeper
from tests.questionnaire import ROOT, computed, questions

Files = dict[str, bytes]

# What a command may know of this machine: where programs, certificates and packages are. No token, no setting of ours.
PASSED = (
    "PATH",
    "LANG",
    "LC_",
    "TERM",
    "TMPDIR",
    "SSL_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_",
    "UV_",
    "PYENV_ROOT",
    keeper.MARK,
)
SECRET = re.compile("TOKEN|PASSWORD|SECRET|KEY")


def check_answers(answers: Mapping[str, Any]) -> None:
    """Raise ValueError for an answer that Copier would take in silence: unknown, or computed by the template."""
    for name in answers:
        if name in computed():
            raise ValueError(f"'{name}' follows from other answers: nobody may set it")
        if name not in questions():
            raise ValueError(f"'{name}' is no question: choose one of {', '.join(questions())}")


def generate(dest: Path, *, source: Path | None = None, **answers: Any) -> Path:
    """Write a new repository to `dest`, as plain `copier copy --defaults` does, and return `dest`.

    `source` is the template, by default a copy of this checkout as it is now.
    """
    check_answers(answers)
    copier.run_copy(
        str(source or snapshot()),
        dest,
        data=answers,
        vcs_ref="HEAD",
        defaults=True,
        quiet=True,
        overwrite=False,
    )
    return dest


@cache
def snapshot() -> Path:
    """A copy of the template as it is now, without git, so that one session renders one state and needs no clone."""
    folder = Path(tempfile.mkdtemp(prefix="goldenpath-template-"))
    copy_template(ROOT, folder)
    return folder


def copy_template(source: Path, dest: Path) -> Path:
    """Copy what Copier reads, `copier.yml` and `template/`, leaving caches behind."""
    dest.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "copier.yml", dest)
    caches = shutil.ignore_patterns("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache")
    shutil.copytree(source / "template", dest / "template", symlinks=True, ignore=caches)
    return dest


def render(answers: Mapping[str, Any], source: Path | None = None) -> Files:
    """What these answers give, as path → bytes; the lines that tell where the template was are left out."""
    with tempfile.TemporaryDirectory() as folder:
        files = read_tree(generate(Path(folder, "project"), source=source, **answers))
    files[".copier-answers.yml"] = mask(files[".copier-answers.yml"])
    return files


def mask(answers_file: bytes) -> bytes:
    """An answers file without `_commit` and `_src_path`, which differ from machine to machine."""
    kept = [
        line for line in answers_file.splitlines(True) if not line.startswith((b"_commit:", b"_src_path:"))
    ]
    return b"".join(kept)


def read_tree(folder: Path) -> Files:
    """All files below `folder` as path → bytes, git's own left out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    trees = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {name: content for name, content in trees.items() if not name.startswith(".git/")}


def gits_own(repository: Path) -> Files:
    """What of a repository's git folder no update may change: where HEAD is, the configuration, the hooks."""
    folder = repository / ".git"
    paths = [
        folder / "HEAD",
        folder / "config",
        *(folder / "hooks").glob("*"),
        *(folder / "refs/heads").rglob("*"),
    ]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def environment(home: Path) -> dict[str, str]:
    """The environment of a machine on which nobody has logged in yet; only the package caches are shared."""
    env = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(PASSED) and not SECRET.search(name)
    }
    ours = {str(Path(sys.executable).parent), str(Path(sys.prefix, "bin"))}
    env["PATH"] = os.pathsep.join(part for part in env["PATH"].split(os.pathsep) if part not in ours)
    if not shutil.which("uv", path=env["PATH"]):
        env["PATH"] += os.pathsep + uv_alone()
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    env.setdefault("UV_CACHE_DIR", str(cache_home / "uv"))
    env.setdefault("PIP_CACHE_DIR", str(cache_home / "pip"))
    env |= {"HOME": str(home), "UV_PYTHON_DOWNLOADS": "never", "GIT_TERMINAL_PROMPT": "0"}
    for name in ("UV_PYTHON", "UV_PROJECT_ENVIRONMENT", "UV_OFFLINE"):
        env.pop(name, None)
    if pythons := pyenv_versions():
        env["PYENV_VERSION"] = pythons
    home.mkdir(parents=True, exist_ok=True)
    return env


@cache
def uv_alone() -> str:
    """A folder with nothing but the uv of our own environment: tests have one on a machine that has none, too."""
    folder = Path(tempfile.mkdtemp(prefix="goldenpath-uv-"))
    (folder / "uv").symlink_to(Path(sys.executable).with_name("uv"))
    return str(folder)


@cache
def pyenv_versions() -> str:
    """The Pythons of pyenv that a project may need, for PYENV_VERSION; empty where there is no pyenv."""
    if not (pyenv := shutil.which("pyenv")):
        return ""
    listed = subprocess.run([pyenv, "versions", "--bare"], capture_output=True, text=True, check=True).stdout
    return ":".join(name for name in listed.split() if name.startswith(("3.11.", "3.12.", "3.13.")))


def run(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], *, expect: int | None = 0, timeout: float = 900
) -> str:
    """Run a command and return what it printed. Raise AssertionError with the end of it for another exit code.

    `expect=None` takes any exit code. What the command leaves running ends with it.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed:
        with started(command, cwd, env, printed) as process:
            code = process.wait(timeout)
        printed.seek(0)
        output = printed.read()
    if expect is not None and code != expect:
        tail = "\n".join(output.splitlines()[-60:])
        raise AssertionError(f"{' '.join(command)}: exit code {code}, not {expect}\n{tail}")
    return output


@contextmanager
def started(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], printed: IO[str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, printing to a file; all of the session is ended on leaving."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=printed,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def make(project: Path, env: Mapping[str, str], *targets: str, expect: int | None = 0) -> str:
    """Run `make` with these targets and `NAME=value` settings in a project."""
    return run(["make", *targets], project, env, expect=expect)


def git(cwd: Path, *arguments: str) -> str:
    """Run git with a committer of its own, untouched by the settings of this machine."""
    identity = {
        f"GIT_{role}_{part}": f"{role}@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    env = {
        "PATH": os.environ["PATH"],
        keeper.MARK: os.environ.get(keeper.MARK, ""),
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        **identity,
    }
    return run(["git", "-c", "init.defaultBranch=main", "-c", "safe.directory=*", *arguments], cwd, env)


def commit_all(repository: Path, message: str, tag: str | None = None) -> str:
    """Commit everything in `repository`, which becomes a git repository if it is none, and return the commit."""
    if not (repository / ".git").exists():
        git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--no-verify", "-m", message)
    if tag:
        git(repository, "tag", tag)
    return git(repository, "rev-parse", "HEAD").strip()


def eventually(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return when a question is answered with yes; raise TimeoutError when it is not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.1)
    raise TimeoutError(f"not in {seconds:.0f} seconds: {what}")


def wait_for(url: str, seconds: float = 60) -> None:
    """Return when `url` answers with success; raise TimeoutError when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.2)
    raise TimeoutError(f"{url} did not answer in {seconds:.0f} seconds")
