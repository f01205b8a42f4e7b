"""One update of a repository at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from goldenpath.errors import GoldenpathError
from goldenpath.project import Project, state


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Keep other updates of this repository out.

    Raises:
        GoldenpathError: Another one is running, or the repository cannot be written.
    """
    place = state.folder(project.repository)
    try:
        place.mkdir(exist_ok=True)
        lock = FileLock(place / "lock", timeout=0)
        with lock:
            yield
    except Timeout as error:
        what = f"Another update of '{project.root}' is running."
        raise GoldenpathError(what, "Wait until it has ended.") from error
    except PermissionError as error:
        raise GoldenpathError(f"'{error.filename}' cannot be written: {error.strerror}.") from error
