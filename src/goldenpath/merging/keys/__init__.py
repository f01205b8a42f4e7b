"""Structured files merged by what they say: what a merge of lines cannot put together.

These are TOML, YAML, JSON, INI, Makefiles and files of requirements. The data are merged first. A text is right if it
holds exactly these data; which text is looked for among those that keep every line or word that either side wrote, then
entry by entry, and only then in an edited document.
What is in dispute is left to a person: the entries that both changed, and nothing besides.
"""

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from itertools import chain
from typing import NamedTuple

from goldenpath.merging.keys import entries
from goldenpath.merging.keys.formats import Parse, parsers, read
from goldenpath.merging.keys.lines import candidates, from_one_line
from goldenpath.merging.keys.values import Maybe, Value, keeps, merge_values
from goldenpath.merging.keys.weave import ClashError

# Bytes of the largest file that is looked into.
_LARGEST = 1_000_000

# Characters of the largest text that is split into entries: some seconds of work if each of them is in dispute.
_LARGEST_SPLIT = 100_000

# How entries are put together, as narrow as can be: with those of one side in dispute, with lists as a whole.
_WAYS = ((False, False), (True, False), (False, True), (True, True))


class _Sides(NamedTuple):
    """The three texts with plain line ends, and what they say; a base that is missing says nothing."""

    parse: Parse
    texts: tuple[str, str, str]
    values: tuple[Maybe, Value, Value]


def merge_keys(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> bytes | None:
    """The text with the changes of both sides, in their own words; line ends and byte order mark as in `ours`.

    `ours` is the project's file, `theirs` the template's new one, `base` the template's old one: None or
    empty if both sides added it. None: not of a known format by its name, more than a megabyte, a side that
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
        wanted = merge_values(*sides.values)
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
        wanted = merge_values(*sides.values)
    except (ClashError, RecursionError):
        return read(sides.parse, _plain(merged)) is not None
    return _says(sides.parse, merged, wanted)


def marked(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> bytes | None:
    """The text of both sides with marks around the entries that are in dispute, where `merge` finds no text.

    Whichever side is chosen between all marks, the file can be parsed and has every change of that side. None: not
    of a format that is split into entries, or no text of which that could be said.
    """
    sides = _sides(path, base, ours, theirs)
    if sides is None or _mixes_line_ends(ours) or max(map(len, sides.texts)) > _LARGEST_SPLIT:
        return None
    # Without a base the lines alone would be one conflict from top to bottom; with one, they are not that many.
    for apart, whole in _WAYS if sides.values[0] is None else _WAYS[:2]:
        try:
            pieces = _united(path, sides, apart=apart, whole=whole)
        except RecursionError:
            return None
        if any(isinstance(piece, entries.Dispute) for piece in pieces) and _fair(sides, pieces):
            return _encoded(entries.text_of(entries.joined(pieces) if apart else pieces), sides, ours)
    return None


def _united(path: str, sides: _Sides, *, apart: bool = False, whole: bool = False) -> list[entries.Piece]:
    if max(map(len, sides.texts)) > _LARGEST_SPLIT:
        return [entries.Dispute(*sides.texts)]
    way = entries.Way(partial(_same if apart else _settled, sides.parse), apart, whole)
    return entries.united(_ended(sides.texts), entries.splitter(path), way)


def _same(parse: Parse, base: str, ours: str, theirs: str) -> str | None:
    """One entry that both sides have, however each writes it."""
    mine = read(parse, ours)
    return entries.commented(base, ours, theirs) if mine is not None and mine == read(parse, theirs) else None


def _settled(parse: Parse, base: str, ours: str, theirs: str) -> str | None:
    """One entry with the changes of both sides, or None."""
    old, mine, others = (read(parse, text) if text else None for text in (base, ours, theirs))
    if mine is None or others is None or (base and old is None):
        return None
    if mine == others:
        return _same(parse, base, ours, theirs)
    try:
        wanted = merge_values(old, mine, others)
    except (ClashError, RecursionError):
        return None
    if base or max(ours.count("\n"), theirs.count("\n")) > 1:
        found = candidates(base, ours, theirs)
    else:
        found = from_one_line(ours, theirs)
    return next((text for text in found if read(parse, text) == wanted), None)


def _fair(sides: _Sides, pieces: list[entries.Piece]) -> bool:
    """Whether either choice has all changes of the side that is chosen, and says nothing twice."""
    base, ours, theirs = sides.values
    mine, others = (read(sides.parse, entries.text_of(pieces, side)) for side in ("ours", "theirs"))
    if mine is None or others is None:
        return False
    return keeps(base, ours, mine) and keeps(base, theirs, others)


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
    base, ours, theirs = _ended(sides.texts)
    by_entry = _entry_by_entry(path, sides)
    # Without a base, lines say little of what belongs where.
    yield from (
        chain(candidates(base, ours, theirs), by_entry)
        if base
        else chain(by_entry, candidates("", ours, theirs))
    )
    # Its libraries take longer to import than most updates take in all.
    documents = import_module("goldenpath.merging.keys.documents")
    text = documents.candidate(path, (base, ours, theirs), (*sides.values[1:], wanted))
    if text is not None:
        yield text


def _ended(texts: tuple[str, str, str]) -> tuple[str, str, str]:
    """The texts with an end of their last line."""
    base, ours, theirs = (text if text.endswith("\n") or not text else f"{text}\n" for text in texts)
    return base, ours, theirs


def _entry_by_entry(path: str, sides: _Sides) -> Iterator[str]:
    pieces = _united(path, sides)
    if all(isinstance(piece, str) for piece in pieces):
        yield entries.text_of(pieces)


def _encoded(text: str, sides: _Sides, ours: bytes) -> bytes:
    """Bytes with the line ends and the byte order mark of `ours`; the last line ends as whoever changed it says."""
    base, mine, others = (side.endswith("\n") for side in sides.texts)
    if not (mine if mine != base else others):
        text = text.removesuffix("\n")
    mark = b"\xef\xbb\xbf" if ours.startswith(b"\xef\xbb\xbf") else b""
    return mark + (text.replace("\n", "\r\n") if b"\r\n" in ours else text).encode(errors="surrogatepass")
