"""The plain lane: Copier renders on the disk, as `copier copy` does, and runs tasks. Right by definition, and slow."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from copier._main import Worker, _operation
from copier._template import Task
from plumbum import local

from goldenpath import git, tree
from goldenpath.tree import GIT, Tree

# Copier changes the folder of the whole process while it works.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Rendered:
    """What Copier left on the disk; `written` are the files of the renderer, all others are of tasks."""

    tree: Tree
    written: frozenset[str]

    def without(self, left_out: Callable[[str], bool]) -> Tree:
        """Return the tree without those files of the renderer that are left out; tasks write what they want."""
        kept = (
            item for item in self.tree.files.items() if item[0] not in self.written or not left_out(item[0])
        )
        return Tree(dict(kept))


class TaskWorker(Worker):
    """Copier's worker, which tells what the renderer wrote from what tasks write."""

    def _execute_tasks(self, tasks: Sequence[Task]) -> None:
        if tasks:
            project = self.subproject.local_abspath
            project.mkdir(exist_ok=True)
            self.__dict__["_written"] = frozenset(tree.read(project).files)
            if _operation.get() == "update":
                # A project that is updated is in a repository, and tasks rely on that.
                git.run(project, "init", "--quiet")
        super()._execute_tasks(tasks)


def render(
    make: Callable[..., Worker], asked: Worker, operation: Any, exclude: tuple[str, ...] = ()
) -> Rendered:
    """Return what Copier writes for the answers of a worker that has asked; `make` gives another worker like it."""
    with _one_at_a_time, TemporaryDirectory(prefix="goldenpath-") as temporary:
        project = Path(temporary, asked.dst_path.name or "project")
        data = {**asked.data, **_visible(asked)}
        worker = make(project, {}, data=data, defaults=True, answers_file=asked.answers_file, exclude=exclude)
        token = _operation.set(operation)
        try:
            with _tasks_print_to_stderr(), _no_repository_around(Path(temporary)):
                worker.run_copy()
        finally:
            _operation.reset(token)
        return _found(project, worker.__dict__.get("_written"))


def _found(project: Path, written: frozenset[str] | None) -> Rendered:
    """Read a project; `written` is None where no task has run, so that all of it is the renderer's."""
    if not project.is_dir():
        return Rendered(Tree({}), frozenset())
    if written is None:
        whole = tree.read(project)
        return Rendered(whole, frozenset(whole.files))
    files = {
        path: tree.read_file(project / path)
        for path in sorted(written | _would_add(project))
        if (project / path).is_symlink() or (project / path).is_file()
    }
    return Rendered(Tree(files), written)


def _would_add(project: Path) -> set[str]:
    """Return what `git add --all` takes: not the environments and caches that tasks leave beside their work."""
    if not (project / GIT).exists():
        git.run(project, "init", "--quiet")
    listed = git.run(project, *git.IMPERSONAL, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return set(filter(None, listed.split("\0")))


@contextmanager
def _no_repository_around(folder: Path) -> Iterator[None]:
    """Keep git commands of tasks inside `folder`, whatever a hook or alias has set, and wherever that folder is."""
    with local.env(GIT_CEILING_DIRECTORIES=str(folder.resolve())):
        for name in git.ELSEWHERE & local.env.keys():
            del local.env[name]
        yield


@contextmanager
def _tasks_print_to_stderr() -> Iterator[None]:
    """Keep what the template's tasks print apart from what this command prints."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _visible(asked: Worker) -> dict[str, Any]:
    return {
        name: value
        for name, value in asked.answers.combined.items()
        if not name.startswith("_")
        and name not in asked.answers.hidden
        and name in asked.template.questions_data
    }
