"""Whether what an update writes has a place among what the project has."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from goldenpath.errors import GoldenpathError
from goldenpath.plan import Change, Kind
from goldenpath.project import Project, ignores_case
from goldenpath.project.files import Files, Ways, above, foreign_filter, has_own_filters

_HINT = "Rename or move yours, or keep the template's out with a waiver; commit, and try again."


def check(project: Project, files: Files, changes: list[Change]) -> None:
    """Refuse an update whose files cannot stand beside those that the project has.

    Raises:
        GoldenpathError: A file is where a folder must be or the other way round, two names differ by case only where
            that is the same, or a path leads out of the project's own folders.
    """
    room = _Room(project, files, changes)
    filters = has_own_filters(project)
    for change in changes:
        if change.kind == Kind.KEEP:
            continue
        if filters and (name := foreign_filter(project, change.path)):
            raise GoldenpathError(
                f"'{change.path}' goes through the filter '{name}', which an update cannot undo.", _HINT
            )
        if change.after is not None:
            room.check(change.path)


class _Room:
    """What stays of a project when an update takes away what it takes."""

    def __init__(self, project: Project, files: Files, changes: list[Change]) -> None:
        self._project = project
        self._files = files
        self._gone = {change.path for change in changes if change.after is None and change.kind != Kind.KEEP}
        self._ways = Ways(project, files)

    @cached_property
    def _folders(self) -> set[str]:
        return {folder for path in self._stay() for folder in above(path)}

    @cached_property
    def _folded(self) -> dict[str, str]:
        stay = sorted(self._stay()) if ignores_case(self._project) else ()
        return {path.casefold(): path for path in stay}

    def _stay(self) -> Iterable[str]:
        return (path for path in self._files if path not in self._gone)

    def _stays(self, path: str) -> bool:
        return path in self._files and path not in self._gone

    def check(self, path: str) -> None:
        """Refuse to write to a path where something else of the project's is.

        Raises:
            GoldenpathError: It names that.
        """
        if way := self._ways.foreign(path):
            raise GoldenpathError(f"The template writes '{path}', but '{way} of yours.", _HINT)
        # Where a file of the project's is, no folder of its files can be.
        if (not self._stays(path) and path in self._folders) or self._is_folder(path):
            raise GoldenpathError(f"The template's file '{path}' is a folder of yours.", _HINT)
        if blocked := sorted(self._in_the_way(path)):
            raise GoldenpathError(
                f"The template's '{path}' cannot be written beside your '{blocked[0]}'.", _HINT
            )

    def _in_the_way(self, path: str) -> Iterator[str]:
        other = self._folded.get(path.casefold(), path)
        if other != path:
            yield other
        for folder in above(path):
            # A file on the disk that git does not know is one that it ignores.
            if self._stays(folder) or (folder not in self._gone and self._ways.is_file(folder)):
                yield folder

    def _is_folder(self, path: str) -> bool:
        target = self._project.root / path
        if not target.is_dir() or target.is_symlink():
            return False
        root = self._project.root
        stay = (each.relative_to(root).as_posix() for each in target.rglob("*") if not each.is_dir())
        return any(each not in self._gone for each in stay)
