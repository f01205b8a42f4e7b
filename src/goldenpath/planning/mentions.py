"""The places of a text that name what an update moves: imports, dotted names and paths. Pure."""

import ast
import re
import warnings
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from goldenpath.planning.naming import Names, absolute

PYTHON = (".py", ".pyi")

_DOTTED = re.compile(r"(?<![\w./-])[A-Za-z_]\w*(?:\.\w+){1,20}+(?!-\w)")
# Names without a dot are words like others, save where Python is told to run or to import one.
_RUN = re.compile(r"""(?:(?<![\w-])-m["',\s]+|\bimport_module\(\s*["'])([A-Za-z_]\w*+)(?![.-]?\w)""")
_FROM = re.compile(r"""\bfrom[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]{0,2000}\)|[^\n;#"'\\)]*)""")
_NAME = re.compile(r"(?<!\\)\b([A-Za-z_]\w*)(?:\s+as\s+\w+)?|\*")
# What may stand before a path of the project's, in so many characters.
_ABOVE = re.compile(r"(?:.*[^\w./-])?(?:\$\{?\w+\}?/|\$\(\w+\)/|\*+/|\.{0,2}/)*", re.DOTALL)
_FAR = 60
_ASIDE = re.compile(rb"^\|{7} .*?(?=^={7}\r?$)|^(?:<{7} |>{7} |={7}\r?$)[^\n]*", re.MULTILINE | re.DOTALL)


class _Words:
    """A text, and the lines of its places."""

    def __init__(self, content: bytes) -> None:
        self.text = content.decode("utf-8", "replace")
        self.lines = self.text.split("\n")
        self._ends = [found.start() for found in re.finditer("\n", self.text)]

    def line(self, offset: int) -> int:
        return bisect_left(self._ends, offset) + 1


class Mention(NamedTuple):
    """A place that names what moved: its line, the old name and the new one."""

    line: int
    old: str
    new: str


class _Import(NamedTuple):
    """One name of an import, with the lines of the statement and of the name; `name` is empty in `import module`."""

    level: int
    module: str
    name: str
    begins: int
    line: int

    @property
    def says(self) -> tuple[int, str, str]:
        return self.level, self.module, self.name


@dataclass(frozen=True)
class Text:
    """A file as it is after an update: its path, its content, and that of the template's file there, if there is one.

    `then` and `now` are the packages from which its relative imports began before it moved, and begin now.
    """

    path: str
    content: bytes
    template: bytes | None
    then: list[str]
    now: list[str]


def unmarked(content: bytes) -> bytes:
    """Return a text in conflict with the lines of both sides, each at its place; marks and the base are blank lines."""
    return _ASIDE.sub(lambda found: b"\n" * found[0].count(b"\n"), content)


def mentions(text: Text, names: Names) -> list[Mention]:
    """Return the places of a text that must be changed, in order; what the template itself says there is right."""
    words = _Words(text.content)
    found = [*_dotted(words, names), *_paths(words, names)]
    if found and text.template is not None:
        known = {line.strip() for line in _Words(text.template).lines}
        found = [each for each in found if words.lines[each.line - 1].strip() not in known]
    return sorted({*found, *_imported(text, names)})


def _dotted(words: _Words, names: Names) -> Iterator[Mention]:
    for found in _DOTTED.finditer(words.text):
        meaning = names.meaning(found[0], found[0])
        if meaning and "." in meaning[0]:
            yield Mention(words.line(found.start()), *meaning)
    for found in _RUN.finditer(words.text):
        meaning = names.meaning(found[1], found[1])
        if meaning:
            yield Mention(words.line(found.start(1)), *meaning)


def _paths(words: _Words, names: Names) -> Iterator[Mention]:
    # In a regular expression, as pre-commit has them, each dot is escaped.
    known = (re.escape(path).replace(r"\.", r"\\*\.") for path in sorted(names.paths, key=len, reverse=True))
    for found in re.finditer(rf"(?:{'|'.join(known)})(?!\.?[\w/-])", words.text):
        start = found.start()
        if _ABOVE.fullmatch(words.text[max(0, start - _FAR) : start]):
            old = found[0].replace("\\", "")
            yield Mention(words.line(start), old, names.paths[old])


def _imported(text: Text, names: Names) -> Iterator[Mention]:
    found = [
        (each, mention)
        for each in _imports(text.path, text.content)
        for mention in _mention(each, text, names)
    ]
    known: Collection[tuple[int, str, str]] = ()
    if found and text.template is not None:
        known = {each.says for each in _imports(text.path, text.template)}
    return (mention for each, mention in found if each.says not in known)


def _mention(found: _Import, text: Text, names: Names) -> Iterator[Mention]:
    full = ".".join(filter(None, [found.module, found.name]))
    meaning = _meaning(found.level, full, text, names)
    # Of a relative import, all that is no module of the project's may be a mistake of its own.
    said = {absolute(text.then, found.level, rest) for rest in (found.module, full)}
    if meaning is None or (found.level and meaning[0] not in said):
        return
    # Of several names in one statement, all may be of one module, or each may be a module.
    whole = _meaning(found.level, found.module, text, names) == meaning
    written = "." * found.level + (found.module if whole else full)
    old = meaning[0] if meaning[0] in names.moved else written
    yield Mention(found.begins if whole else found.line, old, meaning[1])


def _meaning(level: int, rest: str, text: Text, names: Names) -> tuple[str, str] | None:
    return names.meaning(absolute(text.then, level, rest), absolute(text.now, level, rest))


def _imports(path: str, content: bytes) -> Iterator[_Import]:
    """Yield the imports of a text; of one that is no Python, or does not parse, what looks like one."""
    try:
        with warnings.catch_warnings(action="ignore"):
            nodes = list(ast.walk(ast.parse(content))) if path.endswith(PYTHON) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        nodes = None
    if nodes is None:
        yield from _alike(_Words(content))
    else:
        yield from (each for node in nodes for each in _parsed(node))


def _parsed(node: ast.AST) -> Iterator[_Import]:
    if isinstance(node, ast.Import):
        yield from (_Import(0, alias.name, "", alias.lineno, alias.lineno) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield _Import(node.level, node.module or "", alias.name, node.lineno, alias.lineno)


def _alike(words: _Words) -> Iterator[_Import]:
    for found in _FROM.finditer(words.text):
        begins = words.line(found.start())
        for name in _NAME.finditer(found[3]):
            line = words.line(found.start(3) + name.start())
            yield _Import(len(found[1]), found[2], name[1] or "*", begins, line)
