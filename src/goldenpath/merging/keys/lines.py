"""Texts that hold every edit of both sides, as candidates: which of them is right, the data says."""

import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from functools import lru_cache, partial
from itertools import chain, product, repeat

from goldenpath.merging.keys.weave import ClashError, Edit, Join, edits, union, weave

Rule = Callable[[list[str], list[str]], list[str]]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")

# A line break with the indent after it, a string, a comment, a run of blanks, a word, or one character.
_TOKEN = re.compile(
    r"""\n[ \t]*|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|[ \t]+|[^\s\[\]{}(),:=#"']+|.""", re.DOTALL
)

_LAST_COMMA = re.compile(r",\s*(?=[\]}])")


def candidates(base: str, ours: str, theirs: str) -> Iterator[str]:
    """Texts with both sides' edits, the most natural one first: none if they rewrote the same words."""
    rows = _LINE.findall(base)
    seen = set()
    changes = edits(rows, _LINE.findall(ours), ours=True) + edits(rows, _LINE.findall(theirs), ours=False)
    for apart, pattern in product((True, False), _PATTERNS):
        join = partial(_join, chain(pattern, repeat(pattern[-1])))
        try:
            text = "".join(weave(rows, changes, join, partial(_wordwise, join), apart=apart))
        except ClashError:
            continue
        if text not in seen:
            seen.add(text)
            yield text


def _wordwise(join: Join[str], base: list[str], ours: list[str], theirs: list[str]) -> list[str]:
    """Lines that both rewrote, with the words that each of them put in and took out."""
    words, changes = _words("".join(base), "".join(ours), "".join(theirs))
    return ["".join(weave(words, changes, join, _refuse))]


@lru_cache(maxsize=32)  # every pattern asks for the same places
def _words(base: str, ours: str, theirs: str) -> tuple[list[str], list[Edit]]:
    words, mine, others = (_TOKEN.findall(text) for text in (base, ours, theirs))
    return words, edits(words, mine, ours=True) + edits(words, others, ours=False)


def from_one_line(ours: str, theirs: str) -> Iterator[str]:
    """Texts with the words of two lines that both sides wrote from nothing, as lists of names."""
    mine, others = _TOKEN.findall(ours), _TOKEN.findall(theirs)
    blocks = SequenceMatcher(None, mine, others, autojunk=False).get_matching_blocks()
    common = "".join("".join(mine[block.a : block.a + block.size]) for block in blocks)
    yield from candidates(_LAST_COMMA.sub("", common), ours, theirs)
    if "#" not in ours + theirs:
        new = [word for word in theirs.split() if word not in ours.split()]
        yield " ".join([ours.rstrip(), *new]) + "\n"


def _refuse(*_: list[str]) -> list[str]:
    raise ClashError("one word, replaced in two ways")


def _after(first: list[str], second: list[str]) -> list[str]:
    return first + second


def _once(first: list[str], second: list[str]) -> list[str]:
    """What both wrote stands once; blank lines, commas and brackets belong to what is around them."""
    return union(first, second, counts=lambda text: any(map(str.isalnum, text)))


# How to put together what both insert at one place: the rule and whether theirs goes first. One way for all
# places, then for each of the first few a way of its own.
_PATTERNS: list[tuple[tuple[Rule, bool], ...]] = [
    *(((rule, swap),) for rule in (_once, _after) for swap in (False, True)),
    *product([(_once, False), (_once, True)], repeat=4),
]


def _join(ways: Iterator[tuple[Rule, bool]], ours: list[str], theirs: list[str]) -> list[str]:
    rule, swap = next(ways)
    return rule(theirs, ours) if swap else rule(ours, theirs)
