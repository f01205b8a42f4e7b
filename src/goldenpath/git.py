"""The few things the command asks of git."""

import os
import shutil
import subprocess
from pathlib import Path

from goldenpath.errors import GoldenpathError, UsageError

# A git hook or alias may have set these for another repository.
_ELSEWHERE = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
}
_NOBODY = ("-c", "user.name=goldenpath", "-c", "user.email=goldenpath@localhost")


def check_installed() -> None:
    """Refuse to go on without git.

    Raises:
        GoldenpathError: There is none on the PATH.
    """
    if not shutil.which("git"):
        raise GoldenpathError("git is not installed.", "Install git, then try again.")


def work_tree(folder: Path) -> Path | None:
    """Return the root of the git work tree that `folder` lies in, or would if it existed, if any."""
    while not folder.is_dir():
        folder = folder.parent
    found = _try(folder, "rev-parse", "--show-toplevel")
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def check_branch(name: str) -> None:
    """Refuse a name that git does not take for a branch.

    Raises:
        UsageError: git refuses it.
    """
    if name.startswith("-") or _try(Path.cwd(), "check-ref-format", f"refs/heads/{name}").returncode:
        raise UsageError(
            f"'{name}' is not a branch name that git accepts.", "Type for example --data default_branch=main"
        )


def start(folder: Path, branch: str, message: str) -> None:
    """Make `folder` a repository on `branch` whose first commit holds all its files.

    It works for a user who has told git no name. It signs nothing and runs none of the user's hooks: those are
    for commits that the user makes.

    Raises:
        GoldenpathError: git refuses a step.
    """
    _run(folder, "init", "--quiet", f"--initial-branch={branch}")
    # A personal ignore file must not swallow a file of the project.
    _run(folder, "-c", f"core.excludesFile={os.devnull}", "add", "--all")
    settings = ("-c", f"core.hooksPath={os.devnull}", *(() if _knows_user(folder) else _NOBODY))
    _run(folder, *settings, "commit", "--quiet", "--no-gpg-sign", f"--message={message}")


def _knows_user(folder: Path) -> bool:
    # With useConfigOnly git does not make up an address from the name of the machine.
    return all(
        _try(folder, "-c", "user.useConfigOnly=true", "var", name).returncode == 0
        for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
    )


def _run(folder: Path, *arguments: str) -> None:
    done = _try(folder, *arguments)
    if done.returncode:
        raise GoldenpathError(
            f"git failed: {(done.stderr or done.stdout).strip()}", "Add --no-git to leave git to you."
        )


def _try(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
