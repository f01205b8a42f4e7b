"""Structured files merged by what they say: TOML, YAML and JSON that a merge of lines cannot put together.

The data are merged first. A text is right if it holds exactly these data; which text is looked for among
those that keep every line or word that either side wrote, and only then in an edited document.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

from goldenpath.keys.formats import Parse, parsers, read
from goldenpath.keys.lines import candidates
from goldenpath.keys.values import Maybe, Value
from goldenpath.keys.values import merged as merged_values
from goldenpath.keys.weave import ClashError

# Bytes of the largest file that is looked into.
_LARGEST = 1_000_000


class _Sides(NamedTuple):
    """The three texts with plain line ends, and what they say; a base that is missing says nothing."""

    parse: Parse
    texts: tuple[str, str, str]
    values: tuple[Maybe, Value, Value]


def merge(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> bytes | None:
    """The text with the changes of both sides, in their own words; line ends and byte order mark as in `ours`.

    `ours` is the project's file, `theirs` the template's new one, `base` the template's old one: None or
    empty if both sides added it. None: not TOML, YAML or JSON by its name, more than a megabyte, a side that
    cannot be parsed, a true conflict, or no text that keeps what both wrote.
    """
    sides = _sides(path, base, ours, theirs)
    if sides is None:
        return None
    if theirs in (ours, base) or ours == base:
        return ours if theirs == base else theirs
    if _mixes_line_ends(ours):
        return None
    try:
        wanted = merged_values(*sides.values)
    except (ClashError, RecursionError):
        return None
    found = (_encoded(text, sides, ours) for text in _texts(path, sides, wanted))
    return next((content for content in found if _says(sides.parse, content, wanted)), None)


def sound(path: str, base: bytes | None, ours: bytes, theirs: bytes, merged: bytes) -> bool:
    """Whether `merged`, of a line merge without conflicts, still says what both sides want.

    False where the three can be parsed and `merged` cannot, or says something else than they do key by key:
    a key twice, a dependency lost. True where there is nothing to compare with.
    """
    sides = _sides(path, base, ours, theirs)
    if sides is None:
        return True
    try:
        wanted = merged_values(*sides.values)
    except (ClashError, RecursionError):
        return read(sides.parse, _plain(merged)) is not None
    return _says(sides.parse, merged, wanted)


def _sides(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> _Sides | None:
    if max(len(base or b""), len(ours), len(theirs)) > _LARGEST:
        return None
    old, mine, others = _plain(base or b""), _plain(ours), _plain(theirs)
    added = not old.strip()
    for parse in parsers(path):
        first, second, third = (read(parse, text) for text in (old, mine, others))
        if second is not None and third is not None and (added or first is not None):
            return _Sides(parse, (old, mine, others), (None if added else first, second, third))
    return None


def _mixes_line_ends(content: bytes) -> bool:
    return content.count(b"\r\n") not in (0, content.count(b"\n"))


def _plain(content: bytes) -> str:
    """The text without byte order mark and carriage returns; what is no text becomes one that nothing parses."""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return "\0"


def _says(parse: Parse, content: bytes, wanted: Maybe) -> bool:
    try:
        return read(parse, _plain(content)) == wanted
    except RecursionError:
        return False


def _texts(path: str, sides: _Sides, wanted: Maybe) -> Iterator[str]:
    base, ours, theirs = (text if text.endswith("\n") or not text else text + "\n" for text in sides.texts)
    yield from candidates(base, ours, theirs)
    # Its libraries take longer to import than most updates take in all.
    documents = import_module("goldenpath.keys.documents")
    text = documents.candidate(path, (base, ours, theirs), (*sides.values[1:], wanted))
    if text is not None:
        yield text


def _encoded(text: str, sides: _Sides, ours: bytes) -> bytes:
    """Bytes with the line ends and the byte order mark of `ours`; the last line ends as whoever changed it says."""
    base, mine, others = (side.endswith("\n") for side in sides.texts)
    if not (mine if mine != base else others):
        text = text.removesuffix("\n")
    mark = b"\xef\xbb\xbf" if ours.startswith(b"\xef\xbb\xbf") else b""
    return mark + (text.replace("\n", "\r\n") if b"\r\n" in ours else text).encode(errors="surrogatepass")
