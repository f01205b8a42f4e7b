"""TOML, INI and JSON as tables and keys.

Nothing here is sure of a format: what is put together from entries is parsed and compared before it is used.
"""

import re
from collections.abc import Iterator

from goldenpath.merging.keys import requirements
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

_TOML_TOKEN = re.compile(
    r'"""(?:\\.|(?!""").)*"{3,5}|\'\'\'(?:(?!\'\'\').)*\'{3,5}'
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[{]|[\]}]|\n',
    re.DOTALL,
)
_TABLE = re.compile(r"[ \t]*(\[{1,2}[^\[\]\n]+\]{1,2})[ \t]*(?:#[^\n]*)?\n?$")
_TOML_KEY = re.compile(r"""[ \t]*((?:[\w.-]|"[^"\n]*"|'[^'\n]*'|[ \t](?=[^=]*=))+?)[ \t]*=""")
_ARRAY = re.compile(r"[^#\n]*=[ \t]*\[[ \t]*(?:#[^\n]*)?\n$")
_CLOSE = re.compile(r"[ \t]*\][ \t]*(?:#[^\n]*)?\n?$")
_ITEM = re.compile(
    r"""([ \t]*("(?:\\.|[^"\\\n])*"|'[^'\n]*'|\{[^\n]*\}))([ \t]*,)?([ \t]*(?:#[^\n]*)?\n?)$"""
)
_JSON_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|[\[{]|[\]}]|\n')
_JSON_KEY = re.compile(r'[ \t]*("(?:\\.|[^"\\\n])*")[ \t]*:')
_SECTION = re.compile(r"\[([^\]\n]+)\][ \t]*(?:[#;][^\n]*)?\n?$")
_OPTION = re.compile(r"([^\s=:\[#;][^=:\n]*?)[ \t]*(?:[=:]|$)")


def _rows(text: str, tokens: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """The lines of a text, those of one long string as one, with how many brackets are open before them."""
    depth = after = start = 0
    for token in tokens.finditer(text):
        after += (token[0] in "[{") - (token[0] in "]}")
        if token[0] == "\n":
            yield depth, text[start : token.end()]
            start, depth = token.end(), after
    if start < len(text):
        yield depth, text[start:]


def toml(text: str) -> Outline | None:
    """Return the tables; the keys before the first one are one too, of no name."""
    rows: list[Row] = []
    for depth, line in _rows(text, _TOML_TOKEN):
        table = not depth and _TABLE.match(line)
        first = not any(kind == START for kind, _ in rows)
        gap = not depth and is_gap(line)
        rows.append((GAP if gap else START if table or first else MORE, line))
    groups, rest = grouped(rows)
    array = ""
    entries = []
    for lead, body in groups:
        line, _, inside = body.partition("\n")
        table = _TABLE.match(line)
        name = "".join(table[1].split()) if table else ""
        if name.startswith("[["):
            # Elements of one array are told apart by their first key: a name, a module, an address.
            array = f"{name} {next((row.strip() for row in inside.splitlines() if not is_gap(row)), '')}"
            name = array
        elif array and name.startswith(f"{array.partition(']]')[0][1:]}."):
            name = f"{array} {name}"
        entries.append(Entry(name, lead, body, _toml_table))
    return outline(entries, rest)


def _toml_table(text: str) -> Outline | None:
    rows = list(_rows(text, _TOML_TOKEN))
    head = rows.pop(0)[1] if rows and _TABLE.match(rows[0][1]) else ""
    kinds = [(MORE if depth else GAP if is_gap(line) else START, line) for depth, line in rows]
    groups, rest = grouped(kinds)
    keys = [_TOML_KEY.match(body) for _, body in groups]
    if not all(keys):
        return None
    entries = [
        Entry("".join(key[1].split()), lead, body, _toml_array)
        for key, (lead, body) in zip(keys, groups, strict=True)
        if key
    ]
    return outline(entries, rest, head)


def _toml_array(text: str) -> Outline | None:
    """The items of a list that has each on a line of its own; the last one gets its comma."""
    rows = list(_rows(text, _TOML_TOKEN))
    key = _TOML_KEY.match(text)
    if key is None or is_one(key[1].strip(), ()):
        return None
    if not rows[2:] or not _ARRAY.match(rows[0][1]) or not _CLOSE.match(rows[-1][1]):
        return None
    kinds = [(GAP if is_gap(line) else START, line) for _, line in rows[1:-1]]
    groups, rest = grouped(kinds)
    entries = []
    for lead, body in groups:
        item = _ITEM.match(body)
        name = item and key_of("a.toml", f"x = [{item[2]}]")
        if not item or not name:
            return None
        entries.append(Entry(name, lead, f"{item[1]},{item[4]}"))
    return outline(entries, rest, rows[0][1], rows[-1][1])


def ini(text: str) -> Outline | None:
    """Sections."""
    rows = [
        (GAP if is_gap(line, ("#", ";")) else START if _SECTION.match(line) else MORE, line)
        for line in text.splitlines(keepends=True)
    ]
    groups, rest = grouped(rows)
    sections = [_SECTION.match(body.partition("\n")[0]) for _, body in groups]
    entries = [
        Entry(found[1], lead, body, _ini_section)
        for found, (lead, body) in zip(sections, groups, strict=True)
        if found
    ]
    return outline(entries, rest) if all(sections) else None


def _ini_section(text: str) -> Outline | None:
    head, *lines = text.splitlines(keepends=True)
    rows = [
        (GAP if is_gap(line, ("#", ";")) else MORE if line[0] in " \t" else START, line) for line in lines
    ]
    groups, rest = grouped(rows)
    options = [_OPTION.match(body) for _, body in groups]
    entries = [
        Entry(found[1], lead, body, _ini_option)
        for found, (lead, body) in zip(options, groups, strict=True)
        if found
    ]
    return outline(entries, rest, head) if all(options) else None


def _ini_option(text: str) -> Outline | None:
    head, *lines = text.splitlines(keepends=True)
    option = _OPTION.match(head)
    if option is None or is_one(option[1], ()):
        return None
    if not lines or not re.search(r"[=:][ \t]*\n$", head):
        return None
    groups, rest = grouped((GAP if is_gap(line, ("#", ";")) else START, line) for line in lines)
    stated = [next(iter(requirements.statements(body)), None) for _, body in groups]
    entries = [
        Entry(found.key if found else body, lead, body)
        for found, (lead, body) in zip(stated, groups, strict=True)
    ]
    return outline(entries, rest, head)


def json(text: str) -> Outline | None:
    """The keys of an object that has each on a line of its own, without the commas between them."""
    rows = list(_rows(text, _JSON_TOKEN))
    if not rows[2:] or not rows[0][1].endswith("{\n") or rows[-1][1].strip() != "}":
        return None
    groups, rest = grouped(
        (GAP if is_gap(line) else MORE if depth > 1 else START, line) for depth, line in rows[1:-1]
    )
    keys = [_JSON_KEY.match(body) for _, body in groups]
    entries = [
        Entry(key[1], lead, f"{body.rstrip().removesuffix(',')}\n", json)
        for key, (lead, body) in zip(keys, groups, strict=True)
        if key
    ]
    found = outline(entries, rest, rows[0][1], rows[-1][1]) if all(keys) else None
    return found and found._replace(comma=True)
