"""Base, ours and theirs of a file's data, merged key by key and item by item."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from goldenpath.merging.keys.weave import ClashError, edits, union, weave


class Scalar(NamedTuple):
    """A value without parts, or one that is not looked into: equal only if kind and text are."""

    kind: str
    text: str


Value: TypeAlias = "Scalar | list[Value] | dict[Scalar, Value]"
Maybe: TypeAlias = "Value | None"  # None: there is no such key or item; an empty value is a scalar

# What tells the items of a list of mappings apart, in this order.
_NAMES = ("id", "name", "repo", "key", "uses")

# One program's arguments are not a set: two changes of them make a call that nobody wrote.
_ARGUMENTS = {"args", "cmd", "command", "entrypoint", "test"}

# Steps that both sides wrote from nothing are two scripts, not one.
_SCRIPTS = {"after_script", "before_script", "commands", "run", "script"}

_NUMBERS = {"int", "float"}


def merge_values(base: Maybe, ours: Maybe, theirs: Maybe, name: str = "") -> Maybe:
    """The value under the key `name` with the changes of both sides.

    Raises:
        ClashError: Both changed one thing differently, or one removed what the other changed.
    """
    if ours in (theirs, base):
        return theirs
    if theirs == base:
        return ours
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return _mappings(base if isinstance(base, dict) else {}, ours, theirs)
    if isinstance(ours, list) and isinstance(theirs, list):
        if name in _ARGUMENTS or (name in _SCRIPTS and not base):
            raise ClashError(name)
        return _lists(base if isinstance(base, list) else [], ours, theirs)
    raise ClashError(name)


def is_one(name: str, items: Iterable[Value]) -> bool:
    """Whether a list under the key `name` is one thing: arguments, the steps of a script, a vector."""
    numbers = any(isinstance(item, Scalar) and item.kind in _NUMBERS for item in items)
    return numbers or name in _ARGUMENTS | _SCRIPTS


def keeps(base: Maybe, side: Maybe, result: Maybe, name: str = "") -> bool:
    """Whether `result` has all that `side` changed of `base`; the order of a list does not matter."""
    if side in (base, result):
        return True
    if isinstance(side, dict) and isinstance(result, dict):
        old = base if isinstance(base, dict) else {}
        return all(keeps(old.get(key), side.get(key), result.get(key), key.text) for key in {**old, **side})
    if isinstance(side, list) and isinstance(result, list) and not is_one(name, side):
        return _keeps_items(base if isinstance(base, list) else [], side, result)
    return False


def _keeps_items(base: list[Value], side: list[Value], result: list[Value]) -> bool:
    try:
        old, mine, found = (
            dict(zip(names, items, strict=True))
            for names, items in zip(identities(base, side, result), (base, side, result), strict=True)
        )
    except ClashError:
        olds, sides, results = (Counter(map(repr, items)) for items in (base, side, result))
        return not (sides - olds) - results and not (olds - sides) & (results - sides)
    return all(keeps(old.get(key), mine.get(key), found.get(key)) for key in {**old, **mine})


def _mappings(
    base: dict[Scalar, Value], ours: dict[Scalar, Value], theirs: dict[Scalar, Value]
) -> dict[Scalar, Value]:
    result: dict[Scalar, Value] = {}
    for key in (*ours, *(key for key in theirs if key not in ours)):
        value = merge_values(base.get(key), ours.get(key), theirs.get(key), key.text)
        if value is not None:
            result[key] = value
    return result


def _lists(base: list[Value], ours: list[Value], theirs: list[Value]) -> list[Value]:
    if any(isinstance(item, Scalar) and item.kind in _NUMBERS for item in (*base, *ours, *theirs)):
        raise ClashError("numbers in a row are a vector, not a set")
    olds, mine, others = (
        dict(zip(names, items, strict=True))
        for names, items in zip(identities(base, ours, theirs), (base, ours, theirs), strict=True)
    )
    for lost in (olds.keys() - mine.keys()) | (olds.keys() - others.keys()):
        merge_values(olds[lost], mine.get(lost), others.get(lost))
    if _reorders(olds, mine) and _reorders(olds, others):
        raise ClashError("two orders")
    order = _order(list(olds), list(mine), list(others))
    united = (mine.keys() | others.keys()) - (olds.keys() - mine.keys()) - (olds.keys() - others.keys())
    if len(order) != len(united) or set(order) != united:
        raise ClashError("an item moved, and something else happened to it")
    values = (merge_values(olds.get(name), mine.get(name), others.get(name)) for name in order)
    return [value for value in values if value is not None]


def _reorders(base: Iterable[Scalar], side: Iterable[Scalar]) -> bool:
    old, new = dict.fromkeys(base), dict.fromkeys(side)
    return [name for name in old if name in new] != [name for name in new if name in old]


def _order(base: list[Scalar], ours: list[Scalar], theirs: list[Scalar]) -> list[Scalar]:
    def join(first: list[Scalar], second: list[Scalar]) -> list[Scalar]:
        return union(first, second, counts=lambda _: True)

    def clash(*_: list[Scalar]) -> list[Scalar]:
        raise ClashError("one item, replaced in two ways")

    return weave(base, edits(base, ours, ours=True) + edits(base, theirs, ours=False), join, clash)


def identities(*lists: list[Value]) -> list[list[Scalar]]:
    """For each item of each list what tells it from the other items of its list.

    Raises:
        ClashError: An item occurs twice in a list, so nobody can say which of them was changed.
    """
    names = [[_identity(item) for item in items] for items in lists]
    twice = {name for row in names for name in _repeated(row)}
    result = [
        [_whole(item) if name in twice else name for name, item in zip(row, items, strict=True)]
        for row, items in zip(names, lists, strict=True)
    ]
    if any(_repeated(row) for row in result):
        raise ClashError("an item twice")
    return result


def _repeated(row: Iterable[Scalar]) -> set[Scalar]:
    seen: set[Scalar] = set()
    return {name for name in row if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def _whole(item: Value) -> Scalar:
    return item if isinstance(item, Scalar) else Scalar("whole", repr(item))


def _identity(item: Value) -> Scalar:
    if isinstance(item, Scalar):
        package = _package(item.text) if item.kind == "str" else None
        return Scalar("package", package) if package else item
    if isinstance(item, dict):
        for name in _NAMES:
            value = item.get(Scalar("str", name))
            if isinstance(value, Scalar):
                text = value.text.partition("@")[0] if name == "uses" else value.text
                return Scalar(name, text)
    return _whole(item)


@lru_cache(maxsize=4096)
def _package(text: str) -> str | None:
    """The name of the package that the requirement asks for."""
    try:
        return canonicalize_name(Requirement(text).name)
    except InvalidRequirement:
        return None
