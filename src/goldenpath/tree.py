"""A project as one value, and its way to and from the disk."""

import os
import stat
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from goldenpath.errors import GoldenpathError

FILE = 0o100644
EXECUTABLE = 0o100755
LINK = 0o120000

GIT = ".git"

_STAGING = ".goldenpath-"


@dataclass(frozen=True)
class File:
    """The content of one file and its mode as git keeps it: `FILE`, `EXECUTABLE`, or `LINK` with its target."""

    mode: int
    content: bytes


class LaterFile(File):
    """A file whose content is made when somebody looks at it; equal `key`s promise equal content."""

    def __init__(self, mode: int, key: Hashable, make: Callable[[], bytes]) -> None:
        self.__dict__.update(mode=mode, key=key, _make=make)

    @cached_property
    def content(self) -> bytes:
        """The bytes, made once."""
        made: bytes = self.__dict__["_make"]()
        return made


def same(one: File | None, other: File | None) -> bool:
    """Tell whether two files, or the absence of them, are the same: mode and content, read only if it must be."""
    if one is None or other is None:
        return one is other
    if one.mode != other.mode:
        return False
    keys = one.__dict__.get("key"), other.__dict__.get("key")
    return (keys[0] is not None and keys[0] == keys[1]) or one.content == other.content


@dataclass(frozen=True)
class Tree:
    """All files of a project by their path below its root, with forward slashes, in sorted order."""

    files: Mapping[str, File]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(len(file.content) for file in self.files.values())


def read(folder: Path) -> Tree:
    """Read every file below `folder`. Empty folders have no place in a tree, as in git, nor has git's own folder.

    Raises:
        GoldenpathError: There is a socket, a device or the like.
    """
    files = {path.relative_to(folder).as_posix(): read_file(path) for path in _walk(folder)}
    return Tree(dict(sorted(files.items())))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name == GIT:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def read_file(path: Path) -> File:
    """Read one file, or the target of a symbolic link.

    Raises:
        GoldenpathError: It is a socket, a device or the like.
    """
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return File(LINK, os.fsencode(path.readlink()))
    if not stat.S_ISREG(mode):
        raise GoldenpathError(f"'{path.name}' is not a plain file: a project has no sockets or devices.")
    return File(EXECUTABLE if mode & stat.S_IXUSR else FILE, path.read_bytes())


def write(tree: Tree, folder: Path) -> None:
    """Write `tree` into the empty `folder`, with permissions as the user's umask has them."""
    for path, file in tree.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_file(file, target)


def write_file(file: File, target: Path) -> None:
    """Write `file` to `target`, where nothing is yet, with permissions as the user's umask has them."""
    if file.mode == LINK:
        target.symlink_to(os.fsdecode(file.content))
        return
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
