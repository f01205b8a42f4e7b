"""A repository that was made from a template: where it is, what it answered, which files it has."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pygit2
import yaml
from pygit2.enums import RepositoryState

from goldenpath import git
from goldenpath.errors import GoldenpathError, UsageError

ANSWERS = ".copier-answers.yml"
OWN = {"_src_path", "_commit"}
"""The keys of an answers file that are Copier's and no answers."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# The one in C reads the same, ten times faster.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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

    @property
    def template(self) -> str:
        """The template's address as the project stores it."""
        return str(self.answers["_src_path"])

    @property
    def commit(self) -> str:
        """The template's version as the project stores it."""
        return str(self.answers["_commit"])


def open_project(folder: Path, answers_file: str | None = None) -> Project:
    """Find the project in `folder`.

    Raises:
        GoldenpathError: There is none, or its answers cannot be read.
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
    name = _answers_name(root, answers_file)
    prefix = "" if below == "." else f"{below}/"
    return Project(root, prefix, name, _read_answers(root / name), repository)


def _answers_name(root: Path, given: str | None) -> str:
    name = given or ANSWERS
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(
            f"--answers-file '{name}' is not inside the project.", "Name it from the project's folder."
        )
    if (root / name).is_file():
        return path.as_posix()
    others = sorted(each.name for each in root.glob(".copier-answers*.y*ml"))
    if given is None and others:
        raise UsageError(
            f"'{root}' has no {ANSWERS}, but {', '.join(others)}.", f"Type: --answers-file {others[0]}"
        )
    above = next((folder for folder in root.parents if (folder / name).is_file()), None)
    raise GoldenpathError(
        f"'{root}' has no {name}: it was not made from a template, or that file is gone.",
        f"Did you mean {above}?"
        if above
        else f"If it was deleted, type: git log -1 -- {name}, and restore it.",
    )


def _read_answers(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        found: Any = yaml.load(text, Loader=_LOADER)  # noqa: S506 (a safe one)
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        marks = path.is_file() and b"<<<<<<< " in path.read_bytes()
        where = str(getattr(error, "problem_mark", "") or "").strip()
        raise GoldenpathError(
            f"{path.name} has unresolved conflict marks."
            if marks
            else f"{path.name} is not YAML. {where}".rstrip(),
            f"Mend it, or type: git checkout HEAD -- {path.name}",
        ) from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise GoldenpathError(
            f"{path.name} is not a mapping of answers.", f"Mend it, or type: git checkout HEAD -- {path.name}"
        )
    for key, what in (("_src_path", "the template's address"), ("_commit", "the template's version")):
        if not isinstance(found.get(key), str) or not found[key] or _CONTROL.search(found[key]):
            raise GoldenpathError(
                f"{path.name} has no line `{key}:`, {what}.",
                f"Type: git log -p -- {path.name}, and restore that line.",
            )
    return found


_NAMED = 5  # paths that a message names
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
        more = len(changed) - _NAMED
        shown = ", ".join(changed[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        raise GoldenpathError(
            f"There are changes that are not committed: {shown}.", "Commit them, or type: git stash -u"
        )


def typed(command: str, project: Project, folder: Path) -> str:
    """Return what to type for a command on this project, seen from where its user named it `folder`."""
    where = "" if folder == Path() else f" {shlex.quote(str(folder))}"
    other = "" if project.answers_file == ANSWERS else f" --answers-file {shlex.quote(project.answers_file)}"
    return f"goldenpath {command}{where}{other}"


def ignores_case(project: Project) -> bool:
    """Tell whether the work tree takes two names that differ by case only for one, as on Windows and macOS."""
    config = project.repository.config
    return "core.ignorecase" in config and bool(config.get_bool("core.ignorecase"))
