"""What users do to a project between two versions of its template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from random import Random

from tests.conformance.lines import change
from tests.conformance.repository import EXECUTABLE, PLAIN, File, Tree, text


@dataclass
class Project:
    """A project while its user works on it. `base` is what was generated, `theirs` what the update will bring."""

    seed: int
    base: Tree
    theirs: Tree
    answers_file: str
    rng: Random
    files: dict[str, File] = field(default_factory=dict)
    untracked: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    commits: list[Tree] = field(default_factory=list)

    def commit(self) -> None:
        """Remember what git would have, were it all committed now."""
        self.commits.append({path: file for path, file in self.files.items() if path not in self.untracked})

    def pick(self, wanted: Callable[[str, File], bool] = lambda path, file: True) -> str | None:
        """One of the files that a user may edit: all but the answers."""
        chosen = [
            path for path, file in self.files.items() if path != self.answers_file and wanted(path, file)
        ]
        return self.rng.choice(chosen) if chosen else None

    def word(self) -> str:
        """A word that occurs nowhere else, so that an edit can be found again wherever it goes."""
        self.words.append(f"user{self.seed}x{len(self.words)}x")
        return self.words[-1]

    def put(self, path: str, file: File) -> None:
        """Add a file, unless a file or folder is in its way."""
        taken = any(
            other == path or other.startswith(f"{path}/") or path.startswith(f"{other}/")
            for other in self.files
        )
        if not taken:
            self.files[path] = file


def edit(project: Project) -> None:
    """Do one to eight things; every twentieth project is left as it was generated."""
    rng = project.rng
    if rng.random() < 0.05:
        return
    for _ in range(rng.choice((1, 2, 2, 3, 4, 6))):
        rng.choice(EDITS)(project)
        project.commit()
    for _ in range(rng.randint(0, 3)):
        _write(project)
        project.commit()
    # Rare, for where the template has the file `copier update` breaks off half-way.
    if rng.random() < 0.02:
        _folder(project)


def _text(_: str, file: File) -> bool:
    return not file.binary


def _write(project: Project) -> None:
    """Change some lines, most of them where the template changes the file too or next to it."""
    both = lambda path, file: _text(path, file) and path in project.theirs and project.theirs[path] != file  # noqa: E731
    if path := project.pick(both if project.rng.random() < 0.6 else _text):
        file = project.files[path]
        near = _near(project.base.get(path), project.theirs.get(path)) if project.rng.random() < 0.5 else None
        for _ in range(project.rng.choice((1, 1, 2, 3))):
            file = change(file, project.word(), project.rng, near)
        project.files[path] = file


def _near(old: File | None, new: File | None) -> list[int] | None:
    """The lines of the old file that the new one changes, and one on either side."""
    if old is None or new is None or old.binary or new.binary:
        return None
    found = SequenceMatcher(None, old.lines, new.lines, autojunk=False).get_opcodes()
    return [n for kind, i, j, _, _ in found if kind != "equal" for n in range(max(i - 1, 0), j + 1)] or None


def _same(project: Project) -> None:
    """Make the template's change before the template does; at times with a change of one's own."""
    if path := project.pick(lambda path, file: path in project.theirs and project.theirs[path] != file):
        file = project.theirs[path]
        own = project.rng.random() < 0.5 and not file.binary
        project.files[path] = change(file, project.word(), project.rng) if own else file


def _delete(project: Project) -> None:
    if path := project.pick():
        del project.files[path]


def _delete_folder(project: Project) -> None:
    if path := project.pick(lambda path, _: "/" in path):
        folder = f"{PurePosixPath(path).parent}/"
        for inside in [other for other in project.files if other.startswith(folder)]:
            del project.files[inside]


def _rename(project: Project) -> None:
    if path := project.pick():
        file = project.files.pop(path)
        if project.rng.random() < 0.4 and not file.binary:
            file = change(file, project.word(), project.rng)
        old = PurePosixPath(path)
        name = old.with_name(f"my {old.name}") if project.rng.random() < 0.6 else PurePosixPath("mine", path)
        project.put(str(name), file)


def _add(project: Project) -> None:
    folder = project.rng.choice(("", "mine/", "docs/", "src/deep/"))
    project.put(f"{folder}own{len(project.files)}.txt", text([f"{project.word()}\n", "alpha\n"]))


def _add_too(project: Project) -> None:
    """Add a file that the new version adds too."""
    chosen = sorted(set(project.theirs) - set(project.base))
    if not chosen:
        return
    path = project.rng.choice(chosen)
    file = project.theirs[path]
    kind = project.rng.choice(("same", "changed", "other"))
    if kind == "changed" and not file.binary:
        file = change(file, project.word(), project.rng)
    elif kind == "other":
        file = text([f"{project.word()}\n", "alpha\n"], project.rng.choice((PLAIN, EXECUTABLE)))
    project.put(path, file)


def _mode(project: Project) -> None:
    if path := project.pick():
        file = project.files[path]
        project.files[path] = File(file.data, PLAIN if file.mode == EXECUTABLE else EXECUTABLE)


def _binary(project: Project) -> None:
    if path := project.pick(lambda _, file: file.binary):
        file = project.files[path]
        project.files[path] = File(file.data + project.word().encode(), file.mode)


def _replace(project: Project) -> None:
    """Write something else altogether: text becomes binary, or shares no line with the old text."""
    if path := project.pick():
        word, mode = project.word(), project.files[path].mode
        binary = project.rng.random() < 0.3
        project.files[path] = File(f"\0{word}".encode(), mode) if binary else text([f"{word}\n"], mode)


def _ignore(project: Project) -> None:
    """Name a file in .gitignore, and at times have git forget and the user edit it."""
    if not (path := project.pick(lambda path, _: not path.endswith(".gitignore"))):
        return
    before = project.files.get(".gitignore", File(b""))
    escaped = path.replace(" ", "\\ ")
    project.files[".gitignore"] = File(before.data + f"/{escaped}\n".encode(), before.mode)
    if project.rng.random() < 0.7:
        project.untracked.add(path)
    file = project.files[path]
    if project.rng.random() < 0.6 and not file.binary:
        project.files[path] = change(file, project.word(), project.rng)


def _folder(project: Project) -> None:
    """Put a folder in the place of a file."""
    if path := project.pick():
        project.files[f"{path}/part.txt"] = project.files.pop(path)


EDITS = [_write] * 6 + [
    _same,
    _same,
    _delete,
    _delete,
    _rename,
    _rename,
    _add,
    _add_too,
    _add_too,
    _mode,
    _mode,
    _binary,
    _binary,
]
EDITS += [_delete_folder, _replace, _ignore, _ignore]
