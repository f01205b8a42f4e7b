"""A repository that was made from a template: where it is, what it answered, which files it has."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any

import pygit2
import yaml
from pygit2.enums import RepositoryState

from goldenpath import git
from goldenpath.errors import GoldenpathError, UsageError

ANSWERS = ".copier-answers.yml"
WAIVERS = ".goldenpath.yml"
OWN = {"_src_path", "_commit"}
"""The keys of an answers file that are Copier's and no answers."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# The one in C reads the same, ten times faster.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Found(Enum):
    """How the answers file of a project was found.

    `NAMED` by the user: it stays where it is, and each command names it. `ALONE`: it is the one of its folder.
    `BESIDE`: there are others, so a command must name it.
    """

    NAMED = auto()
    ALONE = auto()
    BESIDE = auto()


@dataclass(frozen=True)
class Project:
    """A project in a git work tree.

    `root` is its folder, `prefix` that folder below the top of the work tree ("" or "a/b/"), `answers_file` the
    path below `root` of what it answered, `answers` the content of that file.
    """

    root: Path
    prefix: str
    answers_file: str
    answers: Mapping[str, Any]
    repository: Any = field(repr=False)
    found: Found = Found.ALONE

    @property
    def template(self) -> str:
        """The template's address as the project stores it."""
        return str(self.answers["_src_path"])

    @property
    def commit(self) -> str:
        """The template's version as the project stores it."""
        return str(self.answers["_commit"])


def open_project(folder: Path, answers_file: str | None = None, found: Found = Found.NAMED) -> Project:
    """Open the project in `folder`, with the answers file that is named or the usual one.

    Raises:
        GoldenpathError: There is none, or its answers cannot be read.
    """
    root, prefix, repository = work_tree(folder)
    name = Path(answers_file or ANSWERS)
    if name.is_absolute() or ".." in name.parts:
        raise UsageError(
            f"--answers-file '{name}' is not inside the project.", "Name it from the project's folder."
        )
    if not (root / name).is_file():
        above = next((folder for folder in root.parents if (folder / name).is_file()), None)
        raise GoldenpathError(
            f"'{root}' has no {name}: it was not made from a template, or that file is gone.",
            f"Did you mean {above}?"
            if above
            else f"If it was deleted, type: git log -1 -- {name}, and restore it.",
        )
    answers = read_answers((root / name).read_bytes(), name.as_posix())
    how = found if answers_file else Found.ALONE
    return Project(root, prefix, name.as_posix(), answers, repository, how)


def work_tree(folder: Path) -> tuple[Path, str, Any]:
    """Return the absolute path of a folder in a git work tree, its path below the top of that, and the repository.

    Raises:
        GoldenpathError: There is no such folder, or it is in no work tree.
    """
    if not folder.is_dir():
        raise UsageError(f"The folder '{folder}' does not exist.", "Name the folder of a repository.")
    root = folder.resolve()
    try:
        top = pygit2.discover_repository(str(root))
        repository = top and pygit2.Repository(top)
    except pygit2.GitError as error:
        raise GoldenpathError(f"The git repository of '{folder}' cannot be opened: {error}.") from error
    if not repository or repository.is_bare:
        raise GoldenpathError(
            f"'{folder}' is in no git work tree: without one nothing could be undone.",
            f"Type: git init '{folder}', then commit all files.",
        )
    below = root.relative_to(Path(repository.workdir).resolve()).as_posix()
    return root, "" if below == "." else f"{below}/", repository


def read_answers(content: bytes, name: str) -> Mapping[str, Any]:
    """Return what an answers file says; `name` is its path below the project's folder.

    Raises:
        GoldenpathError: It is broken.
    """
    mend = f"Mend it, or type: git checkout HEAD -- {name}"
    try:
        found: Any = yaml.load(content.decode(), Loader=_LOADER)  # noqa: S506 (a safe one)
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        where = str(getattr(error, "problem_mark", "") or "").strip()
        raise GoldenpathError(
            f"{name} has unresolved conflict marks."
            if b"<<<<<<< " in content
            else f"{name} is not YAML. {where}".rstrip(),
            mend,
        ) from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise GoldenpathError(f"{name} is not a mapping of answers.", mend)
    for key, what in (("_src_path", "the template's address"), ("_commit", "the template's version")):
        if not isinstance(found.get(key), str) or not found[key] or _CONTROL.search(found[key]):
            raise GoldenpathError(
                f"{name} has no line `{key}:`, {what}.",
                f"Type: git log -p -- {name}, and restore that line.",
            )
    return found


_SHOWN = 5  # paths that a message names
_BUSY = {
    RepositoryState.MERGE: "a merge",
    RepositoryState.REVERT: "a revert",
    RepositoryState.CHERRYPICK: "a cherry-pick",
    RepositoryState.BISECT: "a bisect",
    RepositoryState.REBASE: "a rebase",
    RepositoryState.REBASE_INTERACTIVE: "a rebase",
    RepositoryState.REBASE_MERGE: "a rebase",
    RepositoryState.APPLY_MAILBOX: "a `git am`",
}


def check_ready(project: Project) -> None:
    """Refuse to write into a project in which something is not committed.

    Raises:
        GoldenpathError: There are changes, no commit at all, or a merge or another git command is under way.
    """
    if project.repository.head_is_unborn:
        raise GoldenpathError("The repository has no commit yet.", "Type: git add --all && git commit")
    state = RepositoryState(project.repository.state())
    if state in _BUSY:
        raise GoldenpathError(
            f"{_BUSY[state].capitalize()} is under way in this repository.", "Finish it first."
        )
    lock = Path(project.repository.path, "index.lock")
    if lock.exists():
        raise GoldenpathError(
            f"Another git command is at work in this repository, or was cut off: there is {lock}.",
            f"If none is, type: rm {lock}",
        )
    changed = git.changes(project.root)
    if changed:
        raise GoldenpathError(
            f"There are changes that are not committed: {some(changed)}.",
            "Commit them, or type: git stash -u",
        )


def some(names: list[str]) -> str:
    """Return the first of some names, and how many there are besides."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def typed(command: str, project: Project, folder: Path) -> str:
    """Return what to type for a command on this project, seen from where its user named it `folder`."""
    where = "" if folder == Path() else f" {shlex.quote(str(folder))}"
    alone = project.answers_file == ANSWERS or project.found is Found.ALONE
    other = "" if alone else f" --answers-file {shlex.quote(project.answers_file)}"
    return f"goldenpath {command}{where}{other}"


def ignores_case(project: Project) -> bool:
    """Tell whether the work tree takes two names that differ by case only for one, as on Windows and macOS."""
    config = project.repository.config
    return "core.ignorecase" in config and bool(config.get_bool("core.ignorecase"))
