"""What Python calls the modules of a project before an update and after it, and which of them got another name. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_PYTHON = ".py"
_PACKAGE = "__init__"
_SOURCES = "src"  # the folder above packages that is on Python's path


@dataclass(frozen=True)
class Names:
    """Modules `before` and `after` an update, those of them that it `moved`, old name → new name, and the same of `paths`."""

    before: frozenset[str]
    after: frozenset[str]
    moved: Mapping[str, str]
    paths: Mapping[str, str]

    def meaning(self, then: str, now: str) -> tuple[str, str] | None:
        """Return the module that a name meant and its name now, None where the name still means it, or never meant one.

        `then` is the full name of a module or of something in it, `now` what the same words say where they stand
        after the update: only words in a file that moved itself say something else.
        """
        meant = _longest(then, self.before)
        is_now = self.moved.get(meant, meant)
        if now == then:
            return (meant, is_now) if meant in self.moved else None
        lost = is_now in self.after and is_now != _longest(now, self.after)
        return (meant, is_now) if lost else None

    @property
    def words(self) -> set[bytes]:
        """Words of which every text has one that names what moved."""
        modules = {name.rpartition(".")[2] for name in self.moved}
        return {word.encode() for word in modules | {PurePosixPath(path).stem for path in self.paths}}


def names(paths: Mapping[str, str], before: Collection[str], after: Collection[str]) -> Names:
    """Return the names of modules, where some files moved, old path → new path, among all that were and will be there."""
    is_now = _modules(after)
    moved: dict[str, str] = {}
    short: dict[str, str] = {}
    for old, new in paths.items():
        if not (old.endswith(_PYTHON) and new.endswith(_PYTHON)):
            continue
        name, other = module(old, before), module(new, after)
        # Where something of the old name is there, as a package that took it over, that name can be imported.
        if name and other and name not in is_now:
            moved[name] = other
        if "." in name:
            short |= _below_packages(old, new, name, other)
    here = {old: new for old, new in short.items() if old not in after}
    return Names(_modules(before) | moved.keys(), is_now, moved, {**here, **paths})


def module(path: str, files: Collection[str]) -> str:
    """Return what Python calls a file: by the packages that it is in, otherwise by its folders below the root or `src`.

    `files` tell which folders are packages.
    """
    *folders, last = PurePosixPath(path).with_suffix("").parts
    start = len(folders)
    while start and "/".join([*folders[:start], _PACKAGE + _PYTHON]) in files:
        start -= 1
    if start == len(folders):
        start = 1 if folders[:1] == [_SOURCES] else 0
    return ".".join([*folders[start:], *([] if last == _PACKAGE else [last])])


def _modules(paths: Collection[str]) -> frozenset[str]:
    return frozenset(filter(None, (module(path, paths) for path in paths if path.endswith(_PYTHON))))


def _longest(name: str, known: Collection[str]) -> str:
    """Return the module that a full name is of: itself, or the first part of it that is one."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def _below_packages(old: str, new: str, name: str, other: str) -> dict[str, str]:
    """Return how texts say a path that leave out what is above the outermost package."""
    ends = [_end(path, said) for path, said in ((old, name), (new, other))]
    return {ends[0]: ends[1]} if ends[0] != ends[1] else {}


def _end(path: str, name: str) -> str:
    parts = PurePosixPath(path).parts
    count = name.count(".") + 1 + (PurePosixPath(path).stem == _PACKAGE)
    return "/".join(parts[-count:])


def package(path: str, files: Collection[str]) -> list[str]:
    """Return the parts of the package from which a module's relative imports begin."""
    parts = module(path, files).split(".")
    return parts if PurePosixPath(path).stem == _PACKAGE else parts[:-1]


def absolute(start: list[str], level: int, rest: str) -> str:
    """Return the full name that an import says in a package, empty where it leads out; without a level it is full already."""
    if level > len(start):
        return ""
    above = start[: len(start) - level + 1] if level else []
    return ".".join(filter(None, [*above, rest]))
