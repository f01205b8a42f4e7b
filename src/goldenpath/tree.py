"""A project as one value, and its way to and from the disk."""

import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from goldenpath.errors import GoldenpathError

FILE = 0o100644
EXECUTABLE = 0o100755

_STAGING = ".goldenpath-"


@dataclass(frozen=True)
class File:
    """The content of one file and its mode as git keeps it: `FILE` or `EXECUTABLE`."""

    mode: int
    content: bytes


@dataclass(frozen=True)
class Tree:
    """All files of a project by their path below its root, with forward slashes, in sorted order."""

    files: Mapping[str, File]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(len(file.content) for file in self.files.values())


def read(folder: Path) -> Tree:
    """Read every file below `folder`. Empty folders have no place in a tree, as in git.

    Raises:
        GoldenpathError: There is a symbolic link, a socket or the like.
    """
    files = {path.relative_to(folder).as_posix(): _read_file(path) for path in _walk(folder)}
    return Tree(dict(sorted(files.items())))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def _read_file(path: Path) -> File:
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        raise GoldenpathError(
            f"'{path.name}' is not a plain file: a project has no symbolic links or devices."
        )
    return File(EXECUTABLE if mode & stat.S_IXUSR else FILE, path.read_bytes())


def write(tree: Tree, folder: Path) -> None:
    """Write `tree` into the empty `folder`, with permissions as the user's umask has them."""
    for path, file in tree.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        if file.mode == EXECUTABLE:
            readable = target.stat().st_mode & 0o444
            target.chmod(target.stat().st_mode | readable >> 2)


def check_destination(destination: Path) -> None:
    """Say what stands in the way of writing a new project to the absolute path `destination`.

    Raises:
        GoldenpathError: It is a file or a folder with something in it, or its parent cannot take it.
    """
    parent = destination.parent
    if destination.is_dir():
        if any(destination.iterdir()):
            raise GoldenpathError(
                f"The folder '{destination}' is not empty.", "Name a new or an empty folder."
            )
        parent = destination
    elif destination.exists() or destination.is_symlink():
        raise GoldenpathError(f"'{destination}' is a file, not a folder.", "Name a new or an empty folder.")
    elif not parent.is_dir():
        raise GoldenpathError(f"The folder '{parent}' does not exist.", f"Type: mkdir -p '{parent}'")
    try:
        # Trying tells the truth on every system, also of a disk that is read-only or full.
        TemporaryDirectory(prefix=_STAGING, dir=parent).cleanup()
    except OSError as error:
        raise GoldenpathError(f"The folder '{parent}' cannot be written to: {error.strerror}.") from error


@contextmanager
def staged(destination: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `destination` when the block ends well, and vanishes otherwise.

    It lies beside `destination` (inside, if that exists), so that moving it is a rename and never a copy:
    a full disk or an interrupt leaves nothing half-written.

    Raises:
        GoldenpathError: The disk refuses a step.
    """
    home = destination if destination.is_dir() else destination.parent
    try:
        with TemporaryDirectory(prefix=_STAGING, dir=home, ignore_cleanup_errors=True) as staging:
            # A temporary folder is private to its owner; the folder inside it has the usual permissions.
            folder = Path(staging, "project")
            folder.mkdir()
            yield folder
            if home == destination:
                _move_content(folder, destination)
            else:
                folder.rename(destination)
    except OSError as error:
        raise GoldenpathError(
            f"'{destination}' cannot be written: {error.strerror}. Nothing was kept."
        ) from error


def _move_content(folder: Path, destination: Path) -> None:
    # The destination itself stays the same folder, for it may be the one a shell stands in.
    moved: list[Path] = []
    try:
        for child in sorted(folder.iterdir()):
            moved.append(destination / child.name)
            child.rename(moved[-1])
    except BaseException:
        for target in filter(Path.exists, moved):
            target.rename(folder / target.name)
        raise
