"""What people ordinarily do to a project between two updates; nothing here is left to chance."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tests.conformance.edits import _near
from tests.conformance.lines import INDENT, KEY, instead, like
from tests.conformance.repository import File, Tree, text

HASHED = re.compile(r"\.(toml|ya?ml|cfg|ini|py|sh|jl)$|(^|/)(Makefile|Dockerfile|\.[a-z]+ignore)$")
PROSE = re.compile(r"\.(md|rst|txt)$")
LISTS = (
    ("pyproject.toml", re.compile(r"^dependencies = \[(?=\S)", re.MULTILINE), '"{}>=1", '),
    ("pyproject.toml", re.compile(r"^dependencies = \[\n", re.MULTILINE), '    "{}>=1",\n'),
    ("package.json", re.compile(r'^  "dependencies": \{\n', re.MULTILINE), '    "{}": "^1.0.0",\n'),
    ("requirements.txt", re.compile(r"\A"), "{}>=1\n"),
    (
        "Project.toml",
        re.compile(r"^\[deps\]\n", re.MULTILINE),
        '{} = "11111111-2222-3333-4444-555555555556"\n',
    ),
    (".pre-commit-config.yaml", re.compile(r"^( *)- id: .*\n", re.MULTILINE), "      - id: {}\n"),
)


@dataclass
class Work:
    """A project that somebody works on.

    `base` is what was generated, `theirs` what Copier makes of it when nobody edits it, `fixed` the files that must
    be left alone, `taken` those that have an edit. What is noted: `words` that must not be lost, `kept` files that must stay as they are, `gone`
    paths that must not come back, `ignored` files that git does not see.
    """

    base: Tree
    theirs: Tree
    fixed: set[str]
    files: dict[str, File]
    taken: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    kept: dict[str, File] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    ignored: dict[str, File] = field(default_factory=dict)

    def word(self, kind: str) -> str:
        """A word that is nowhere else."""
        self.words.append(f"zq{kind}{len(self.words)}qz")
        return self.words[-1]

    def texts(self, pattern: str = "", *, taken: bool = False) -> list[str]:
        """The files with some lines, those that the template changes first; `taken` has those with edits too."""
        chosen = [
            path
            for path, file in self.files.items()
            if (taken or path not in self.taken) and path not in self.fixed
            if file.mode != 0o120000 and not file.binary and len(file.lines) > 2
            if re.search(pattern, path)
        ]
        return sorted(chosen, key=lambda path: (not self.changed(path), path not in self.theirs, path))

    def changed(self, path: str) -> bool:
        """Whether the template changes it and keeps it."""
        return path in self.base and path in self.theirs and self.base[path] != self.theirs[path]

    def spots(self, path: str) -> list[int]:
        """The lines that the template changes, and those beside them."""
        return _near(self.base.get(path), self.theirs.get(path)) or []

    def put(self, path: str, lines: list[str]) -> None:
        """Write a file anew; edits that go by the numbers of lines leave it alone from now on."""
        self.files[path] = text(lines, self.files[path].mode)
        self.taken.add(path)


def _line(path: str, beside: str, word: str) -> str:
    """A line that somebody may write beside another one: a comment, a sentence, or one in its style."""
    if HASHED.search(path):
        return f"{(INDENT.match(beside) or [''])[0].rstrip(chr(10))}# {word}\n"
    if PROSE.search(path):
        return f"What {word} says.\n"
    return like(beside, word)


def far(work: Work) -> None:
    """A line in the README and one in another text, far from what the template changes."""
    for path in [*work.texts(r"^README"), *work.texts(HASHED.pattern)][:2]:
        lines, spots = work.files[path].lines, work.spots(path) or [0]
        at = max(range(1, len(lines)), key=lambda n: (min(abs(n - spot) for spot in spots), n))
        lines.insert(at, _line(path, lines[at], work.word("far")))
        work.put(path, lines)


def near(work: Work) -> None:
    """A line beside one that the template changes, in two files."""
    for path in [each for each in work.texts(r"^(?!README)") if work.changed(each)][:2]:
        lines = work.files[path].lines
        at = min(max(work.spots(path)), len(lines) - 1)
        lines.insert(at, _line(path, lines[at], work.word("near")))
        work.put(path, lines)


def same(work: Work) -> None:
    """The very line that the template changes, in one file; `pyproject.toml` if it can be."""
    for path in [each for each in [*work.texts(r"^pyproject"), *work.texts()] if work.changed(each)][:1]:
        lines = work.files[path].lines
        spots = [n for n in work.spots(path) if n < len(lines) and lines[n].strip()]
        at = next((n for n in spots if KEY.fullmatch(lines[n].rstrip("\n"))), next(iter(spots), 0))
        lines[at] = instead(lines[at], work.word("same"), key=False)
        work.put(path, lines)


def dropped(work: Work) -> None:
    """A line in a file that the template drops or gives another name."""
    for path in [each for each in work.texts() if work.theirs and each not in work.theirs][:1]:
        lines = work.files[path].lines
        lines.insert(len(lines) // 2, _line(path, lines[len(lines) // 2], work.word("dropped")))
        work.put(path, lines)


def dependency(work: Work) -> None:
    """A dependency of their own in the first list that has a place for it."""
    for path, pattern, item in LISTS:
        content = work.files.get(path, File(b"")).data.decode("utf-8", "surrogateescape")
        if path in work.files and (found := pattern.search(content)):
            new = item.format(work.word("dependency"))
            work.put(path, text([content[: found.end()], new, content[found.end() :]]).lines)
            return


def workflow(work: Work) -> None:
    """A step of their own in a workflow."""
    for path in work.texts(r"^\.github/workflows/", taken=True):
        lines = work.files[path].lines
        place = next((n for n, line in enumerate(lines) if re.fullmatch(r"\s*steps:\s*", line)), None)
        item = place is not None and place + 1 < len(lines) and re.match(r"\s*- ", lines[place + 1])
        if place is not None and item:
            word, indent = work.word("workflow"), item[0][:-2]
            lines[place + 1 : place + 1] = [f"{indent}- name: {word}\n", f"{indent}  run: echo {word}\n"]
            work.put(path, lines)
            return


def delete(work: Work) -> None:
    """A file that the template changes."""
    for path in _unloved(work)[:1]:
        del work.files[path]
        work.gone.add(path)
        work.taken.add(path)


def rename(work: Work) -> None:
    """A file that the template changes gets another name and another line."""
    for path in _unloved(work)[:1]:
        old, file = PurePosixPath(path), work.files.pop(path)
        lines = file.lines
        lines.append(_line(path, lines[-1], work.word("rename")))
        work.gone.add(path)
        work.taken |= {path, str(old.with_name(f"my_{old.name}"))}
        work.files[str(old.with_name(f"my_{old.name}"))] = text(lines, file.mode)


def _unloved(work: Work) -> list[str]:
    """Files that a project can do without."""
    return [path for path in work.texts() if not re.search(r"^(README|pyproject|\.gitignore)", path)]


def own(work: Work) -> None:
    """A file of their own, and a copy of one that the template changes."""
    work.kept["notes of ours/read me.md"] = text([f"# {work.word('own')}\n", "\n", "Ours.\n"])
    for path in _unloved(work)[:1]:
        work.kept[f"notes of ours/{PurePosixPath(path).name}"] = work.files[path]
    work.files |= work.kept


def beside(work: Work) -> None:
    """What tools leave behind and git ignores."""
    for path in (".venv/pyvenv.cfg", ".venv/lib/own.py", "node_modules/own/index.js", ".env.local"):
        work.ignored[path] = text([f"{work.word('ignored')}\n"])


EDITS: dict[str, Callable[[Work], None]] = {
    "same": same,
    "near": near,
    "far": far,
    "dropped": dropped,
    "dependency": dependency,
    "workflow": workflow,
    "delete": delete,
    "rename": rename,
    "own": own,
    "beside": beside,
}
VARIANTS: dict[str, tuple[str, ...]] = {
    "untouched": (),
    "lines": ("same", "near", "far", "dropped", "dependency", "workflow"),
    "files": ("delete", "rename", "own", "beside"),
}


def variants(chosen: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The variants of a name: all three, `each` edit by itself, `quick` for all at once, or those listed by comma."""
    if chosen == "all":
        yield from VARIANTS.items()
    elif chosen == "each":
        yield from [("untouched", ()), *((name, (name,)) for name in EDITS)]
    elif chosen == "quick":
        yield "everything", tuple(EDITS)
    else:
        names = tuple(name for name in chosen.split(",") if name != "untouched")
        yield chosen, names
