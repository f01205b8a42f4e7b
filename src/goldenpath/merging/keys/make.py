"""A Makefile as rules and variables, each with the lines that belong to it."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

_ASSIGNED = re.compile(
    r"(?:export\s+|override\s+|unexport\s+)*([^\s:#=!+?][^\s:#=]*?)\s*(?:[:?+!]|::|:::)?=(?!=)"
)
_RULE = re.compile(r"([^\t#=][^=#]*?)\s*::?(?![=])(?:\s|$|[^=])")
_OPENS = re.compile(r"[ ]*(?:ifeq|ifneq|ifdef|ifndef|(?:override\s+|export\s+)*define)\b")
# What make takes besides: an inclusion, a setting of several variables, an expansion that makes something.
_OTHER = re.compile(r"[ ]*(?:-?include|sinclude|(?:un)?export|vpath|undefine|load)\b|[ ]*\$")
_CLOSES = re.compile(r"[ ]*(?:endif|endef)\b")


class Statement(NamedTuple):
    """A rule with its recipe, a variable, a block from `ifeq` to `endif`, or another line, and where it stands."""

    start: int
    stop: int
    key: str
    rule: bool


def is_makefile(path: str) -> bool:
    """Tell Makefiles by their names."""
    file = PurePosixPath(path)
    return file.name.lower() in {"makefile", "gnumakefile"} or file.suffix == ".mk"


def statements(text: str) -> list[Statement]:
    """All statements in their order.

    Raises:
        ValueError: A block is not closed, a line is none of make's, or two statements are of one thing, so that nobody
            can tell them apart.
    """
    spans = list(_spans(text))
    names = [_name(text[start:stop]) for start, stop in spans]
    seen = Counter(name for name, _ in names)
    found = [
        Statement(
            start,
            stop,
            name if seen[name] == 1 else " ".join(text[start:stop].split("\n", 1)[0].split()),
            rule,
        )
        for (start, stop), (name, rule) in zip(spans, names, strict=True)
    ]
    if len({each.key for each in found}) < len(found):
        raise ValueError("one thing twice")
    return found


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """From the first character of a statement to the end of its last line; comments between them are of none."""
    start = stop = done = depth = 0
    open_, continued, recipes = False, False, False
    for line in text.splitlines(keepends=True):
        begin, done = done, done + len(line)
        bare = line.strip()
        inside = continued or depth > 0 or (recipes and line.startswith("\t"))
        continued = line.rstrip("\r\n").endswith("\\") and not (bare.startswith("#") and not inside)
        if inside:
            depth += bool(_OPENS.match(line)) - bool(_CLOSES.match(line)) if depth else 0
            stop = done
        elif bare and not bare.startswith("#"):
            if open_:
                yield start, stop
            start, stop, open_ = begin, done, True
            depth = int(bool(_OPENS.match(line)))
            recipes = True
    if depth:
        raise ValueError("a block without an end")
    if open_:
        yield start, stop


def _name(statement: str) -> tuple[str, bool]:
    line = statement.split("\n", 1)[0]
    if _OPENS.match(line):
        return " ".join(line.split()), False
    assigned, rule = _ASSIGNED.match(line), _RULE.match(line)
    if assigned and not (rule and rule.end(1) < assigned.start(1)):
        return f"{assigned[1]} =", False
    if rule and not line.startswith((" ", "\t")):
        return f"{' '.join(rule[1].split())}:", True
    if not _OTHER.match(line):
        raise ValueError("nothing that make reads")
    return " ".join(line.split()), False
