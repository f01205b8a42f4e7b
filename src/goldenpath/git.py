"""The few things the command asks of git."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from goldenpath.errors import GoldenpathError, UsageError

ELSEWHERE = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}
"""What a git hook or alias sets for another repository; no command of ours, of Copier's or of a task may see it."""

IMPERSONAL = ("-c", f"core.excludesFile={os.devnull}")
"""For what must not hang on the ignore file of whoever runs it: a plan is the same everywhere, a project has all its files."""

# Without a terminal nobody can type a password or accept a host's key.
_SILENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
_WITHOUT = "Add --no-git to leave git to you."
# With it git does not make up an address from the name of the machine.
_BY_CONFIG = ("-c", "user.useConfigOnly=true")
_NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
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
    found = attempt(folder, "rev-parse", "--show-toplevel")
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def changes(folder: Path) -> list[str]:
    """Return the paths below `folder` that differ from the last commit, new files included, ignored ones not.

    Raises:
        GoldenpathError: git refuses.
    """
    # Without its optional lock git does not write down what it saw: looking changes nothing.
    listed = run(
        folder,
        "--no-optional-locks",
        "status",
        "--porcelain=v1",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        "--",
        ".",
    )
    return [entry[3:] for entry in listed.split("\0") if entry]


def ignored(sources: Mapping[str, bytes], paths: Iterable[str], repository: Path | None = None) -> set[str]:
    """Return which paths git ignores where some .gitignore files, by their paths, are all that there is.

    With `repository`, a git folder, its own list of exclusions has a say, and the ignore file of its user has none.

    Raises:
        GoldenpathError: git fails.
    """
    with TemporaryDirectory(prefix="goldenpath-") as temporary:
        folder = Path(temporary)
        for name, content in sources.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        if repository is None:
            run(folder, "init", "--quiet")
            place: tuple[str, ...] = ()
        else:
            place = (f"--git-dir={repository}", f"--work-tree={folder}", *IMPERSONAL)
        asked = "".join(f"{path}\0" for path in sorted(paths))
        done = attempt(folder, *place, "check-ignore", "--no-index", "-z", "--stdin", text=asked)
    if done.returncode > 1:
        raise GoldenpathError(f"git failed: {done.stderr.strip()}")
    return set(filter(None, done.stdout.split("\0")))


def blob_id(content: bytes) -> str:
    """Return git's id of a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def check_branch(name: str, hint: str = "Type for example --data default_branch=main") -> None:
    """Refuse a name that git does not take for a branch.

    Raises:
        UsageError: git refuses it.
    """
    if name.startswith("-") or attempt(Path.cwd(), "check-ref-format", f"refs/heads/{name}").returncode:
        raise UsageError(f"'{name}' is not a branch name that git accepts.", hint)


def start(folder: Path, branch: str, message: str) -> None:
    """Make `folder` a repository on `branch` whose first commit holds all its files.

    It works for a user who has told git no name. It signs nothing and runs none of the user's hooks: those are
    for commits that the user makes.

    Raises:
        GoldenpathError: git refuses a step.
    """
    run(folder, "init", "--quiet", f"--initial-branch={branch}", hint=_WITHOUT)
    run(folder, *IMPERSONAL, "add", "--all", hint=_WITHOUT)
    commit = ("commit", "--quiet", "--no-gpg-sign", f"--message={message}")
    # Most users have a name: to ask for it first costs two processes. A repository this new needs no maintenance.
    quick = (*_NO_HOOKS, *_BY_CONFIG, "-c", "maintenance.auto=false")
    if attempt(folder, *quick, *commit).returncode:
        run(folder, *own_way(folder), *commit, hint=_WITHOUT)


def own_way(folder: Path) -> list[str]:
    """Return the settings of a commit that the command makes: without hooks, and for a user without a name."""
    return [*_NO_HOOKS, *(() if _knows_user(folder) else _NOBODY)]


def _knows_user(folder: Path) -> bool:
    return all(
        attempt(folder, *_BY_CONFIG, "var", name).returncode == 0
        for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
    )


def run(folder: Path, *arguments: str, hint: str = "", text: str = "") -> str:
    """Return what a git command prints that reads `text`.

    Raises:
        GoldenpathError: It fails.
    """
    done = attempt(folder, *arguments, text=text)
    if done.returncode:
        raise GoldenpathError(f"git failed: {(done.stderr or done.stdout).strip()}", hint)
    return done.stdout


def attempt(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a git command of the repository around `folder`, whatever a hook or an alias has set; it may fail.

    `text` is what it reads from its standard input.
    """
    environment = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    if not sys.stdin.isatty():
        environment = _SILENT | environment
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment,
        input=text.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    # Names of files may hold any byte, ends of lines too.
    printed = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, *printed)
