"""Two texts with an origin, or with none, put together entry by entry; what is in dispute stands side by side."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

from goldenpath.merging.keys import make, requirements
from goldenpath.merging.keys.blocks import makefile, requirement_lines, yaml
from goldenpath.merging.keys.outline import Entry, Outline, Splitter
from goldenpath.merging.keys.tables import ini, json, toml
from goldenpath.merging.keys.weave import common
from goldenpath.merging.lines import BASE, OURS, THEIRS

_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")


class Dispute(NamedTuple):
    """What the three texts have at one place; a side that has nothing there is empty."""

    base: str
    ours: str
    theirs: str


Piece: TypeAlias = "str | Dispute"
Settle = Callable[[str, str, str], "str | None"]
Texts = tuple[str, str, str]


class Way(NamedTuple):
    """How entries are put together: `settle` merges base, ours and theirs of one by what it says, or returns None.

    With `apart` also an entry that only one side has is in dispute: for texts whose entries do not go together, as a
    table and a key of the same name. With `whole` lists of YAML are not split: for steps that nobody can tell apart.
    """

    settle: Settle
    apart: bool = False
    whole: bool = False


def splitter(path: str) -> Splitter | None:
    """How a file is split into entries, by its name."""
    if requirements.is_requirements(path):
        return requirement_lines
    if make.is_makefile(path):
        return makefile
    return _SPLITTERS.get(PurePosixPath(path).suffix.lower())


def united(texts: Texts, split: Splitter | None, way: Way) -> list[Piece]:
    """The text of both sides in pieces. `texts` are base, ours and theirs, empty where there is none."""
    _, _ours, _theirs = texts
    outlines = [split(text) if split and text else None for text in texts]
    old, mine, others = outlines
    if mine is None or others is None or (texts[0] and old is None):
        return _side_by_side(texts)
    frame = _frame(old, mine, others)
    if frame is None or mine.dash != others.dash or (way.whole and mine.listed):
        return _side_by_side(texts)
    pieces = [frame.head, *_inside(old, mine, others, way)]
    pieces += [_lead(*(outline.rest if outline else "" for outline in outlines)), frame.close]
    if mine.dash is None:
        return pieces
    return _dashed(pieces, mine.dash) or _side_by_side(texts)


def _inside(old: Outline | None, mine: Outline, others: Outline, way: Way) -> list[Piece]:
    """All entries, with a blank line before what is put between ours if there is one between those."""
    pieces: list[Piece] = []
    gap = "\n" if any(entry.lead.startswith("\n") for entry in mine.entries[1:]) else ""
    top = mine.entries[0]
    outlines = (old, mine, others)
    by_key = [{entry.key: entry for entry in outline.entries} if outline else {} for outline in outlines]
    for key in _order(mine, others):
        three = [entries.get(key) for entries in by_key]
        found = [piece for piece in _entry(three, way, gap if pieces else "") if piece]
        if found and pieces:
            if mine.comma:
                pieces[-1] = _with_comma(pieces[-1])
            if key == top.key and not top.lead.startswith("\n"):
                pieces.append(gap)
        pieces += found
    return pieces


def _with_comma(piece: Piece) -> Piece:
    if isinstance(piece, str):
        return f"{piece.rstrip()},\n" if piece else piece
    return Dispute(*(f"{text.rstrip()},\n" if text else "" for text in piece))


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces, with disputes that follow each other as one."""
    result: list[Piece] = []
    for piece in pieces:
        if not piece:
            continue
        last = result[-1] if result else None
        if isinstance(piece, Dispute) and isinstance(last, Dispute):
            result[-1] = Dispute(*(one + other for one, other in zip(last, piece, strict=True)))
        else:
            result.append(piece)
    return result


def text_of(pieces: Iterable[Piece], side: str | None = None) -> str:
    """The text with marks around what is in dispute, or as it is if one side is chosen everywhere."""
    return "".join(
        piece if isinstance(piece, str) else getattr(piece, side) if side else _marked(piece)
        for piece in pieces
    )


def _marked(dispute: Dispute) -> str:
    base, ours, theirs = (text if not text or text.endswith("\n") else f"{text}\n" for text in dispute)
    return f"<<<<<<< {OURS}\n{ours}||||||| {BASE}\n{base}=======\n{theirs}>>>>>>> {THEIRS}\n"


def _frame(old: Outline | None, mine: Outline, others: Outline) -> Outline | None:
    """What opens and closes a text, if both sides agree on it."""
    parts = []
    for name in ("head", "close"):
        one, other = getattr(mine, name), getattr(others, name)
        before = getattr(old, name) if old else one
        if one != other and before not in (one, other) and one.split() != other.split():
            return None
        parts.append(other if one == before else one)
    same = old is not None or mine.head.split() == others.head.split()
    return Outline(parts[0], [], "", parts[1]) if same else None


def _order(mine: Outline, others: Outline) -> list[str]:
    """The keys in our order, each of theirs after the one that it follows there, and what we alone have after that."""
    names = [entry.key for entry in others.entries]
    known = {entry.key for entry in mine.entries}
    followers: dict[str | None, list[str]] = defaultdict(list)
    last = None
    for name in names:
        if name in known:
            last = name
        else:
            followers[last].append(name)
    # The keys before the first table of TOML come first, and what `make` makes first stays ours.
    first = followers[None]
    order: list[str] = [name for name in first if name == ""]
    waiting = [name for name in first if name and not name.endswith(":")]
    shared = set(names)
    for entry in mine.entries:
        if entry.key in shared:
            order += waiting
            waiting = followers[entry.key]
        order.append(entry.key)
    return [*order, *waiting, *(name for name in first if name.endswith(":"))]


def _entry(three: list[Entry | None], way: Way, gap: str) -> list[Piece]:
    old, mine, others = three
    base, ours, theirs = (entry.body if entry else "" for entry in three)
    if mine and others:
        lead = _lead(*(entry.lead if entry else "" for entry in three))
        return [lead, *_body((base, ours, theirs), mine.inner, way)]
    kept = mine or others
    if kept is None:
        return []
    if old is None:
        before = "" if mine or kept.lead.startswith("\n") else gap
        text = before + kept.lead + kept.body
        return [Dispute("", text if mine else "", "" if mine else text)] if way.apart else [text]
    if kept.body == old.body and not _new(kept.lead, old.lead):
        return []
    return [kept.lead, Dispute(base, ours, theirs)]


def _body(texts: Texts, inner: Splitter | None, way: Way) -> list[Piece]:
    base, ours, theirs = texts
    if ours in (theirs, base):
        return [theirs]
    if theirs == base:
        return [ours]
    settled = way.settle(*texts)
    return [settled] if settled is not None else united(texts, inner, way)


def commented(base: str, ours: str, theirs: str) -> str:
    """Ours, which says what theirs says, with the comments that are only in theirs above it."""
    known = {*_COMMENT.findall(base), *_COMMENT.findall(ours)}
    indent = ours[: len(ours) - len(ours.lstrip(" "))]
    new = [comment for comment in _COMMENT.findall(theirs) if comment not in known]
    return "".join(f"{indent}{comment}\n" for comment in new) + ours


def _lead(base: str, ours: str, theirs: str) -> str:
    """Comments of both: ours, and after them the lines of theirs that are new."""
    if ours in (theirs, base):
        return theirs
    if theirs == base:
        return ours
    new = _new(theirs, base + "\n" + ours)
    return (ours if ours.endswith("\n") or not ours or not new else f"{ours}\n") + new


def _new(text: str, known: str) -> str:
    """The lines that say something and are not among those that are known."""
    seen = {line.strip() for line in known.splitlines()} | {""}
    return "".join(line for line in text.splitlines(keepends=True) if line.strip() not in seen)


def _side_by_side(texts: Texts) -> list[Piece]:
    """What two texts have in common at their start and end, and the rest in dispute."""
    base, ours, theirs = (text.splitlines(keepends=True) for text in texts)
    head = common(ours, theirs)
    tail = common(ours[head:][::-1], theirs[head:][::-1])
    first = min(head, common(base, ours))
    last = min(tail, common(base[first:][::-1], ours[head:][::-1]))
    old, mine, others = (
        "".join(side[start : len(side) - stop])
        for side, start, stop in ((base, first, last), (ours, head, tail), (theirs, head, tail))
    )
    return ["".join(ours[:head]), Dispute(old, mine, others), "".join(ours[len(ours) - tail :])]


def _dashed(pieces: list[Piece], dash: int) -> list[Piece] | None:
    """The pieces of a list's item with its dash; None if its first line is in dispute."""
    left = [piece for piece in pieces if piece]
    first = left[0] if left else None
    if not isinstance(first, str) or first[: dash + 1].strip() or len(first) <= dash:
        return None
    return [f"{first[:dash]}-{first[dash + 1 :]}", *left[1:]]


_SPLITTERS: dict[str, Splitter] = {
    ".json": json,
    ".toml": toml,
    ".cfg": ini,
    ".ini": ini,
    ".yml": yaml,
    ".yaml": yaml,
}
