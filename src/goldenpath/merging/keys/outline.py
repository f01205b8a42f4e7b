"""A text as entries with their keys, to the byte: what all formats have in common."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from goldenpath.merging.keys.formats import parsers, read
from goldenpath.merging.keys.values import identities, is_one


class Entry(NamedTuple):
    """A part of a text: the blank lines and comments above it, itself, and how it is split further."""

    key: str
    lead: str
    body: str
    inner: "Splitter | None" = None


class Outline(NamedTuple):
    """A text as what opens it, its entries, the comments after the last one, and what closes it.

    `dash` is the column of the dash of a list's item in YAML, which stands as a blank in its first entry. `listed`
    tells that the entries are items of a list, whose order may say something, `comma` that there is a comma after
    all but the last of them.
    """

    head: str
    entries: list[Entry]
    rest: str = ""
    close: str = ""
    dash: int | None = None
    listed: bool = False
    comma: bool = False


Splitter = Callable[[str], "Outline | None"]

START, MORE, GAP = "start", "more", "gap"
"""What a line does: it starts an entry, goes on with one, or says nothing."""

Row = tuple[str, str]


def grouped(rows: Iterable[Row]) -> tuple[list[tuple[str, str]], str]:
    """Leads and bodies, and what is left: gaps belong to what goes on after them, else to the next start."""
    found: list[tuple[str, str]] = []
    lead = body = gap = ""
    for kind, line in rows:
        if kind == GAP:
            gap += line
        elif kind == START:
            if body:
                found.append((lead, body))
            lead, body, gap = gap, line, ""
        else:
            body, gap = body + gap + line, ""
    return ([*found, (lead, body)] if body else found), gap


def outline(entries: list[Entry], rest: str, head: str = "", close: str = "") -> Outline | None:
    """An outline with a key of its own for each entry, or None if there are none."""
    seen: Counter[str] = Counter()
    named = []
    for entry in entries:
        seen[entry.key] += 1
        times = seen[entry.key]
        named.append(entry if times == 1 else entry._replace(key=f"{entry.key} {times}"))
    return Outline(head, named, rest, close) if named else None


def is_gap(line: str, marks: tuple[str, ...] = ("#",)) -> bool:
    """Whether the line says nothing: it is blank or a comment."""
    return not line.strip() or line.lstrip().startswith(marks)


def key_of(path: str, text: str) -> str | None:
    """What tells the one item of a list from others; None if it is a part of a whole, as a number is."""
    found = read(parsers(path)[0], text)
    items = next(iter(found.values())) if isinstance(found, dict) and found else found
    if not isinstance(items, list) or len(items) != 1 or is_one("", items):
        return None
    return str(identities(items)[0][0])
