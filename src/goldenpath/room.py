"""Whether what an update writes has a place among what the project has."""

from pathlib import PurePosixPath

from goldenpath.errors import GoldenpathError
from goldenpath.files import Files, foreign, foreign_filter
from goldenpath.plan import Change, Kind
from goldenpath.project import Project, ignores_case

_HINT = "Rename or move yours, or keep the template's out with a waiver; commit, and try again."


def check(project: Project, files: Files, changes: list[Change]) -> None:
    """Refuse an update whose files cannot stand beside those that the project has.

    Raises:
        GoldenpathError: A file is where a folder must be or the other way round, two names differ by case only where
            that is the same, or a path leads out of the project's own folders.
    """
    gone = {change.path for change in changes if change.after is None and change.kind != Kind.KEEP}
    stay = files.keys() - gone
    folders = {str(folder) for path in stay for folder in PurePosixPath(path).parents}
    folded = {path.casefold(): path for path in stay} if ignores_case(project) else {}
    for change in changes:
        if change.kind == Kind.KEEP:
            continue
        if name := foreign_filter(project, change.path):
            raise GoldenpathError(
                f"'{change.path}' goes through the filter '{name}', which an update cannot undo.", _HINT
            )
        if change.after is None:
            continue
        if way := foreign(project, files, change.path):
            raise GoldenpathError(f"The template writes '{change.path}', but '{way} of yours.", _HINT)
        if change.path in folders or _is_folder(project, change.path, gone):
            raise GoldenpathError(f"The template's file '{change.path}' is a folder of yours.", _HINT)
        ways = {str(folder) for folder in PurePosixPath(change.path).parents}
        other = {folded.get(change.path.casefold(), change.path)} - {change.path}
        if blocked := (ways & stay) | other | _files_on_disk(project, ways - gone):
            raise GoldenpathError(
                f"The template's '{change.path}' cannot be written beside your '{min(blocked)}'.", _HINT
            )


def _is_folder(project: Project, path: str, gone: set[str]) -> bool:
    target = project.root / path
    if not target.is_dir() or target.is_symlink():
        return False
    stay = (each.relative_to(project.root).as_posix() for each in target.rglob("*") if not each.is_dir())
    return any(each not in gone for each in stay)


def _files_on_disk(project: Project, ways: set[str]) -> set[str]:
    """Those of some folders that are files which git ignores."""
    return {way for way in ways if (project.root / way).is_file()}
