"""Both sides' edits of one sequence, applied together: of lines, of tokens or of the items of a list."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

# Pairs of equal elements in an alignment that looks at all of them: about a second of work.
_PAIRS = 5_000_000


class ClashError(Exception):
    """Two edits that cannot both hold."""


@dataclass(frozen=True)
class Edit:
    """The elements `[start, stop)` of the base give way to `new`; nothing there means an insertion."""

    start: int
    stop: int
    new: tuple[Hashable, ...]
    ours: bool

    @property
    def replaces(self) -> bool:
        """Whether it takes something away and puts something else there."""
        return self.start < self.stop and bool(self.new)


def edits(base: Sequence[Hashable], side: Sequence[Hashable], *, ours: bool) -> list[Edit]:
    """What turns `base` into `side`: not the fewest edits if they are long and full of equal elements."""
    head = common(base, side)
    tail = common(base[head:][::-1], side[head:][::-1])
    before, after = base[head : len(base) - tail], side[head : len(side) - tail]
    seen = Counter(after)
    many = sum(times * seen[element] for element, times in Counter(before).items()) > _PAIRS
    return [
        Edit(head + i1, head + i2, tuple(after[j1:j2]), ours)
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=many).get_opcodes()
        if tag != "equal"
    ]


def common(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Return how many elements both begin with."""
    pairs = zip(first, second, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


Join = Callable[[list[T], list[T]], list[T]]
Resolve = Callable[[list[T], list[T], list[T]], list[T]]


def weave(
    base: Sequence[T],
    changes: Sequence[Edit],
    join: Join[T],
    clash: Resolve[T],
    *,
    apart: bool = True,
) -> list[T]:
    """Apply the edits of both sides to `base`.

    What both insert at one place goes through `join`; base, ours and theirs of a stretch that both rewrote
    go through `clash`, which raises `ClashError` where it knows no way. Edits beside each other stand as they
    are if `apart`, else they are of one stretch.
    """
    woven: list[T] = []
    done = 0
    for group in _groups(changes, 0 if apart else 1):
        woven += base[done : group[0].start]
        woven += _stretch(base, group, join, clash)
        done = max(edit.stop for edit in group)
    return woven + list(base[done:])


def _groups(changes: Sequence[Edit], reach: int) -> list[list[Edit]]:
    """Edits that insert at the same place, or overlap once they reach so much further, together; in order."""
    groups: list[list[Edit]] = []
    stop = -1
    for edit in sorted(changes, key=lambda edit: (edit.start, edit.stop)):
        last = groups[-1][-1] if groups else None
        same_place = last is not None and (last.start, last.stop) == (edit.start, edit.stop)
        if groups and (edit.start < stop + reach or same_place):
            groups[-1].append(edit)
            stop = max(stop, edit.stop)
        else:
            groups.append([edit])
            stop = edit.stop
    return groups


def _stretch(base: Sequence[T], group: list[Edit], join: Join[T], clash: Resolve[T]) -> list[T]:
    """What becomes of the elements that the edits of a group reach."""
    start, stop = group[0].start, max(edit.stop for edit in group)
    old = list(base[start:stop])
    ours = _applied(base, start, stop, [edit for edit in group if edit.ours])
    theirs = _applied(base, start, stop, [edit for edit in group if not edit.ours])
    if theirs in (ours, old):
        return ours
    if ours == old:
        return theirs
    if not old:
        return join(ours, theirs)
    if not any(edit.replaces for edit in group):
        return _applied(base, start, stop, group)
    return clash(old, ours, theirs)


def _applied(base: Sequence[T], start: int, stop: int, group: list[Edit]) -> list[T]:
    """The elements `[start, stop)` after these edits; elements removed by several of them are gone once."""
    gone = {index for edit in group for index in range(edit.start, edit.stop)}
    result: list[T] = []
    for index in range(start, stop + 1):
        for edit in group:
            if edit.start == index:
                result += edit.new  # type: ignore[arg-type]  # edits are of the base's own kind
        if index < stop and index not in gone:
            result.append(base[index])
    return result


def union(first: list[T], second: list[T], *, counts: Callable[[T], bool]) -> list[T]:
    """`first` and `second` after each other, save that equal elements that count stand once."""
    pairs = SequenceMatcher(None, first, [element if counts(element) else None for element in second])
    result: list[T] = []
    for tag, i1, i2, j1, j2 in pairs.get_opcodes():
        result += first[i1:i2]
        if tag != "equal" and first[i1:i2] != second[j1:j2]:
            result += second[j1:j2]
    return result
