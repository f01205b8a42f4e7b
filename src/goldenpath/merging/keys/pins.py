"""Pins: exact versions that a text asks for. Where both sides raised one, the newer stands in both.

Only versions made of numbers are compared, of one thing in one form. What is a range, a branch, a commit without
its version beside it, another variant of an image, or was lowered by one side, stays as each side has it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from packaging.version import Version

from goldenpath.merging.keys.finding import Pin, pins
from goldenpath.merging.keys.weave import edits
from goldenpath.plan import Raised

_YEARS = range(1990, 2200)
_STAMP = 19000101  # from here on a number is a day, written without separators


class Settled(NamedTuple):
    """The sides with the same version of each pin that both raised, and what those were."""

    ours: bytes
    theirs: bytes
    raised: tuple[Raised, ...]


def settle(path: str, base: bytes, ours: bytes, theirs: bytes) -> Settled:
    """Put the newer version of each pin that both sides raised into both of them, with the hash that is its own."""
    if not base or base in (ours, theirs) or ours == theirs:
        return Settled(ours, theirs, ())
    texts = [side.decode(errors="surrogateescape") for side in (base, ours, theirs)]
    found = [pins(path, text) for text in texts]
    if not all(found):
        return Settled(ours, theirs, ())
    raised: list[Raised] = []
    mine: list[tuple[Pin, Pin]] = []
    others: list[tuple[Pin, Pin]] = []
    for old, own, new in _triples(texts, found):
        if own.texts == new.texts or not _both_raised(old, own, new):
            continue
        if _newer(new, own):
            mine.append((own, new))
        elif _newer(own, new):
            others.append((new, own))
        else:
            continue
        taken = "theirs" if _newer(new, own) else "ours"
        raised.append(Raised(own.name, old.version, own.version, new.version, taken))
    return Settled(
        _replaced(texts[1], mine).encode(errors="surrogateescape"),
        _replaced(texts[2], others).encode(errors="surrogateescape"),
        tuple(dict.fromkeys(raised)),
    )


def _both_raised(old: Pin, own: Pin, new: Pin) -> bool:
    return own.form == new.form and _newer(own, old) and _newer(new, old)


def _newer(one: Pin, other: Pin) -> bool:
    """Whether it certainly is: `v5` stands for any 5.x, so that it is neither older nor newer than `v5.1`."""
    if _scheme(one) != _scheme(other):
        return False
    if one.exact:
        return Version(one.version) > Version(other.version)
    shared = min(len(one.release), len(other.release))
    return one.release[:shared] > other.release[:shared]


def _scheme(pin: Pin) -> str:
    """How versions are counted: a date is not newer than a number."""
    first = pin.release[0]
    if first >= _STAMP:
        return "day"
    return "year" if first in _YEARS else "number"


def _triples(texts: list[str], found: list[list[Pin]]) -> Iterator[tuple[Pin, Pin, Pin]]:
    """What stands for one pin of the base on both sides: by what is pinned if that is once in each, else by the place."""
    counts = [Counter(pin.key for pin in side) for side in found]
    once = {key for key in counts[0] if all(count[key] == 1 for count in counts)}
    by_key = [{pin.key: pin for pin in side} for side in found]
    rows = [_row(text, side) for text, side in zip(texts, found, strict=True)]
    mine, others = _places(rows[0], rows[1]), _places(rows[0], rows[2])
    for number, (name, old) in enumerate(rows[0]):
        if old is None:
            continue
        if name in once:
            yield old, by_key[1][name], by_key[2][name]
        elif number in mine and number in others:
            own, new = rows[1][mine[number]][1], rows[2][others[number]][1]
            if own is not None and new is not None:
                yield old, own, new


def _row(text: str, side: list[Pin]) -> list[tuple[str, Pin | None]]:
    """The lines of a text; one with pins is what it pins."""
    row: list[tuple[str, Pin | None]] = []
    left = iter(side)
    pin = next(left, None)
    done = 0
    for line in text.splitlines(keepends=True):
        stop = done + len(line)
        plain = True
        while pin is not None and pin.spans[0][0] < stop:
            row.append((pin.key, pin))
            plain = False
            pin = next(left, None)
        if plain:
            row.append((line.strip(), None))
        done = stop
    return row


def _places(base: list[tuple[str, Pin | None]], side: list[tuple[str, Pin | None]]) -> dict[int, int]:
    """Where the rows of the base that a side has unchanged are in it."""
    places: dict[int, int] = {}
    done = shift = 0
    for edit in edits([name for name, _ in base], [name for name, _ in side], ours=True):
        places |= {number: number + shift for number in range(done, edit.start)}
        done = edit.stop
        shift += len(edit.new) - (edit.stop - edit.start)
    return places | {number: number + shift for number in range(done, len(base))}


def _replaced(text: str, changes: Iterable[tuple[Pin, Pin]]) -> str:
    """The text with the words of one pin in place of another's."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    parts = [
        (span, words.replace("\r\n", "\n").replace("\n", line_end))
        for old, new in changes
        for span, words in zip(old.spans, new.texts, strict=True)
    ]
    for (start, stop), words in sorted(parts, reverse=True):
        text = text[:start] + words + text[stop:]
    return text
