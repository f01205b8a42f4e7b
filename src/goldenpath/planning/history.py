"""What the commits of a project say of files that are no longer where its template wrote them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pygit2

from goldenpath.merging.likeness import HALF, heir
from goldenpath.planning.commits import FILES, Commits, CutOffError, Step
from goldenpath.project import Project
from goldenpath.tree import File

CUT_OFF = (
    "The history of this repository is cut off, or too long to be read, so a file that you renamed may pass for a "
    "deleted one. In a shallow clone, type: git fetch --unshallow"
)

_FAR = 20_000  # commits that are looked at for one path
_MANY = 1_000  # files of one commit of which more is compared than their ids


@dataclass(frozen=True)
class Evidence:
    """What a history says: missing path → the path that it was renamed to; and those of which it cannot say."""

    renamed: Mapping[str, str]
    unknown: frozenset[str]


def renames(project: Project, paths: Sequence[str]) -> Evidence:
    """Return which of the `paths` that the last commit of a project lacks were renamed.

    A rename is evident if the new path came in the very commit that removed the old one, and no template wrote
    either: a copy is no rename, nor is a deleted file of which another has much.
    """
    repository, prefix = project.repository, project.prefix
    reader = _Reader(repository, prefix, prefix + project.answers_file)
    renamed: dict[str, str] = {}
    unknown: set[str] = set()
    for path in paths:
        try:
            new = reader.followed(prefix + path)
        except (CutOffError, KeyError, pygit2.GitError):
            # Of a partial clone, commits are here and trees or files are not.
            unknown.add(path)
            continue
        if new and new.startswith(prefix):
            renamed[path] = new.removeprefix(prefix)
    return Evidence(renamed, frozenset(unknown))


class _Reader:
    """The history of one project, from its last commit back."""

    def __init__(self, repository: Any, prefix: str, own: str) -> None:
        self._commits = Commits(repository)
        self._head = repository[repository.head.target]
        self._prefix = prefix
        self._own = own

    def followed(self, path: str) -> str | None:
        """Return where a file is now that is no longer at `path`, from one rename to the next."""
        step = self._removal(path)
        while step:
            new = self._heir(path, step)
            if new is None:
                return None
            here = self._commits.blob(self._head, new) is not None
            later = None if here else self._removal(new)
            last = self._head if here else later and later.parent
            # The file at that path must be the one that came then, not one that came later.
            if last is None or not self._came_with(step, new, last):
                return None
            if here:
                return new
            path, step = new, later
        return None

    def _removal(self, path: str) -> Step | None:
        """Return the last step that took a path away, None where it never was."""
        for commit, parents in self._back(path, self._head, present=False):
            if not parents:
                return None
            if self._without(parents, path) is None:
                return self._commits.step(commit, parents[0])
        raise CutOffError

    def _came_with(self, step: Step, path: str, start: Any) -> bool:
        """Whether the file that `start` has at a path is the one that came in a step, and no other template's."""
        for commit, parents in self._back(path, start, present=True):
            before = self._before(commit, parents, path)
            if before is None:
                return bool(commit.id == step.commit.id)
            changed = self._commits.blob(before, path) != self._commits.blob(commit, path)
            if changed and self._foreign(self._commits.step(commit, before), path):
                return False
        raise CutOffError

    def _foreign(self, step: Step, path: str) -> bool:
        """Whether another template may have written a path: where all are updated at once, one around it."""
        others = step.answers - {self._own}
        if self._own not in step.answers:
            return bool(others)
        return any(PurePosixPath(path).is_relative_to(PurePosixPath(each).parent) for each in others)

    def _back(self, path: str, start: Any, *, present: bool) -> Iterator[tuple[Any, list[Any]]]:
        """Yield commits with their parents, back to the one in which a path came, or from which on it is absent."""
        commit = start
        for _ in range(_FAR):
            parents = self._commits.parents(commit)
            yield commit, parents
            commit = self._before(commit, parents, path) if present else self._without(parents, path)

    def _before(self, commit: Any, parents: list[Any], path: str) -> Any:
        """Return the parent that a commit has a file from, where possible one that has it unchanged."""
        having = [each for each in parents if self._commits.blob(each, path) is not None]
        unchanged = (
            each for each in having if self._commits.blob(each, path) == self._commits.blob(commit, path)
        )
        return next(unchanged, having[0] if having else None)

    def _without(self, parents: list[Any], path: str) -> Any:
        return next((each for each in parents if self._commits.blob(each, path) is None), None)

    def _heir(self, path: str, step: Step) -> str | None:
        """Return what became of a path in the step that removed it."""
        if step.answers or path not in step.gone:
            return None
        # What comes with a merge was in one of its parents, unless it came with the merge itself.
        elsewhere = step.commit.parents[1:]
        came = {
            new: oid
            for new, oid in step.came.items()
            if all(self._commits.blob(parent, new) is None for parent in elsewhere)
        }
        same, twins = (
            [each for each in files if files[each] == step.gone[path]] for files in (came, step.gone)
        )
        if same:
            return self._namesake(path, same, twins)
        # Other projects of this repository may do the same in one commit.
        before, after = self._inside(step.gone), self._inside(came)
        if max(len(before), len(after)) > _MANY:
            return None
        before |= self._beside(path, step.parent, step.gone)
        after |= self._beside(path, step.commit, step.came)
        found = heir(path, before, after, HALF)
        return found.path if found and found.sure else None

    def _namesake(self, path: str, came: Sequence[str], gone: Sequence[str]) -> str | None:
        """Return which of some equal files `path` became: the only one here, or the only one of its name."""
        if len(came) > len(gone):
            return None
        here = [[each for each in paths if each.startswith(self._prefix)] for paths in (came, gone)]
        name = PurePosixPath(path).name
        named = [[each for each in paths if PurePosixPath(each).name == name] for paths in here]
        return next((new[0] for new, old in (here, named) if len(new) == len(old) == 1), None)

    def _inside(self, files: Mapping[str, Any]) -> dict[str, File]:
        return {path: self._commits.file(oid) for path, oid in files.items() if path.startswith(self._prefix)}

    def _beside(self, path: str, commit: Any, known: Mapping[str, Any]) -> dict[str, File]:
        """Return the other files of a path's folder, for they may be of its kind."""
        folder, slash, _ = path.rpartition("/")
        prefix = folder + slash
        return {
            prefix + entry.name: self._commits.file(entry.id)
            for entry in self._commits.folder(commit, folder) or ()
            if entry.filemode in FILES and prefix + entry.name not in known
        }
