"""Which file of one tree became which of another: by what they say, and only where no other file comes near. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePosixPath

from goldenpath.merging.lines import is_binary
from goldenpath.tree import LINK, File

Files = Mapping[str, File]

HALF = 0.5
"""The part of its lines that a file must share with what it became, where there is other evidence."""

MOST = 0.6
"""The same where there is none."""

MARGIN = 0.25
"""How much less every other pair may share: files of one kind (workflows, licenses) have much in common."""

_IDENTICAL = 2.0  # far ahead of whatever is not
_COMPARED = 2000  # lines of one file


@dataclass(frozen=True)
class Heir:
    """The file that is most like one that went; it is `sure` to be the same file where nothing else comes near."""

    path: str
    sure: bool


def heir(old: str, before: Files, after: Files, enough: float) -> Heir | None:
    """Return what became of the file `old` of `before`, None where nothing new in `after` is like it.

    The best match must also be the best the other way round, and both by a margin: over the other files that came
    or went, and over those of the same kind that stay, for what a file shares with these tells nothing of its origin.
    """
    file = before[old]
    if file.mode == LINK or not file.content:
        return None
    came = sorted(path for path in after if path not in before and after[path].mode != LINK)
    found = {path: _likeness(file, after[path], enough) for path in came}
    best = max(found, key=lambda path: found[path], default=None)
    if best is None or found[best] < enough:
        return None
    floor = found[best] - MARGIN
    kinds = {PurePosixPath(path).suffix for path in (old, best)}
    others = [(file, after[path]) for path in _rivals(after, before, best, kinds)]
    others += [(before[path], after[best]) for path in _rivals(before, after, old, kinds)]
    return Heir(best, not any(_likeness(one, other, floor) > floor for one, other in others))


def _rivals(files: Files, others: Files, path: str, kinds: set[str]) -> list[str]:
    """Those of some files that `path` is held against: what only this tree has, and what is of its kind."""
    return [
        each
        for each, file in files.items()
        if each != path and file.mode != LINK and (each not in others or PurePosixPath(each).suffix in kinds)
    ]


def _likeness(one: File, other: File, floor: float) -> float:
    """Return which part of the lines of two files is the same, in the same order; 0 where it is less than `floor`."""
    if one.content == other.content:
        return _IDENTICAL
    if is_binary(one.content) or is_binary(other.content):
        return 0.0
    left, right = _lines(one), _lines(other)
    shared = (Counter(left) & Counter(right)).total()
    if not shared or 2 * shared < floor * (len(left) + len(right)):
        return 0.0
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def _lines(file: File) -> list[bytes]:
    # Empty lines are in every file.
    return [line for line in file.content.splitlines(keepends=True)[:_COMPARED] if line.strip()]
