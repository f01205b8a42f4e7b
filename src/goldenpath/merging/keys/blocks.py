"""YAML, Makefiles and files of requirements as entries.

Nothing here is sure of a format: what is put together from entries is parsed and compared before it is used.
"""

import re
from collections import Counter

from goldenpath.merging.keys import make, requirements
from goldenpath.merging.keys.outline import (
    GAP,
    MORE,
    START,
    Entry,
    Outline,
    Row,
    grouped,
    is_gap,
    key_of,
    outline,
)
from goldenpath.merging.keys.values import is_one

_YAML_KEY = re.compile(
    r"""[ ]*((?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^\s\-?\[\]{},#&*!|>'"%@`][^#\n]*?|-[^\s#][^#\n]*?))[ ]*:(?=\s|$)"""
)
_OPENING = re.compile(r"[ ]*[^\n]*:[ ]*(?:#[^\n]*)?\n$")


def requirement_lines(text: str) -> Outline | None:
    """One entry for each package, option or address."""
    found = list(requirements.statements(text))
    counts = Counter(each.key for each in found)
    entries, done = [], 0
    for each in found:
        start = text.rfind("\n", 0, each.start) + 1
        stop = text.find("\n", each.stop) + 1 or len(text)
        key = each.key if counts[each.key] == 1 else f"{each.key};{each.marker}"
        entries.append(Entry(key, text[done:start], text[start:stop]))
        done = stop
    return outline(entries, text[done:])


def makefile(text: str) -> Outline | None:
    """Rules and variables."""
    try:
        found = make.statements(text)
    except ValueError:
        return None
    done = [0, *(each.stop for each in found)]
    entries = [
        Entry(each.key, text[before : each.start], text[each.start : each.stop])
        for before, each in zip(done[:-1], found, strict=True)
    ]
    return outline(entries, text[done[-1] :])


def yaml(text: str) -> Outline | None:
    """The keys of a mapping or the items of a list, by how far they are indented."""
    lines = text.splitlines(keepends=True)
    first = next((line for line in lines if not is_gap(line, ("#", "---"))), "")
    level, listed = _indent(first), _dashed(first)
    rows: list[Row] = []
    begun = False
    for line in lines:
        kind = _kind(line, level, listed=listed, begun=begun)
        if kind is None:
            return None
        begun = begun or kind == START
        rows.append((kind, line))
    groups, rest = grouped(rows)
    keys = [key_of("a.yaml", body) if listed else _mapping_key(body) for _, body in groups]
    inner = _item if listed else _nested
    entries = [Entry(key, lead, body, inner) for key, (lead, body) in zip(keys, groups, strict=True) if key]
    found = outline(entries, rest) if all(keys) else None
    return found and found._replace(listed=listed)


def _kind(line: str, level: int, *, listed: bool, begun: bool) -> str | None:
    """What a line does, or None if it is nothing that is understood."""
    if not line.strip() or (line.lstrip().startswith("#") and _indent(line) <= level):
        return GAP
    if line.startswith("---") and not begun:
        return GAP
    if _indent(line) > level:
        return MORE
    if _indent(line) < level:
        return None
    if _dashed(line) == listed:
        return START
    # A list may stand as far left as the key that it belongs to.
    return None if listed else MORE


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _dashed(line: str) -> bool:
    return line.lstrip().startswith("- ") or line.strip() == "-"


def _mapping_key(body: str) -> str | None:
    found = _YAML_KEY.match(body)
    return found[1] if found else None


def _nested(text: str) -> Outline | None:
    head, _, inside = text.partition("\n")
    if not inside or not _OPENING.match(f"{head}\n"):
        return None
    if is_one((_mapping_key(head) or "").strip("\"'"), ()) and _dashed(inside):
        return None
    found = yaml(inside)
    return found and found._replace(head=f"{head}\n")


def _item(text: str) -> Outline | None:
    dash = text.index("-")
    found = yaml(f"{text[:dash]} {text[dash + 1 :]}")
    return found._replace(dash=dash) if found and not found.entries[0].lead else None
