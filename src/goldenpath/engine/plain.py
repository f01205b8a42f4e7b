"""The plain lane: Copier renders on the disk, as `copier copy` does. Right by definition, and slow."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from copier._main import Worker, _operation

from goldenpath import tree
from goldenpath.tree import Tree

# Copier changes the folder of the whole process while it works.
_one_at_a_time = threading.Lock()


def render(make: Callable[..., Worker], asked: Worker, operation: Any, exclude: tuple[str, ...]) -> Tree:
    """Return what Copier writes for the answers of a worker that has asked; `make` gives another worker like it."""
    with _one_at_a_time, TemporaryDirectory(prefix="goldenpath-") as temporary:
        project = Path(temporary, asked.dst_path.name or "project")
        data = {**asked.data, **_visible(asked)}
        worker = make(project, {}, data=data, defaults=True, answers_file=asked.answers_file, exclude=exclude)
        token = _operation.set(operation)
        try:
            with _tasks_print_to_stderr():
                worker.run_copy()
        finally:
            _operation.reset(token)
        return tree.read(project) if project.is_dir() else Tree({})


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
