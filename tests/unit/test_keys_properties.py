"""What holds for any data: seeded random files, edited by both sides in different places."""

from __future__ import annotations

import copy
import json
import random
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import tomlkit
import yaml

from goldenpath.merging import keys
from tests.unit.test_keys import MERGED, Case, texts

Path = tuple[str, ...]


def as_json(data: Any) -> bytes:
    return json.dumps(data, indent=2).encode() + b"\n"


def as_yaml(data: Any) -> bytes:
    return bytes(yaml.safe_dump(data, sort_keys=False, encoding="utf-8"))


def as_toml(data: Any) -> bytes:
    return tomlkit.dumps(data).encode()


FORMATS: dict[str, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]] = {
    "a.json": (as_json, json.loads),
    "a.yaml": (as_yaml, yaml.safe_load),
    "a.toml": (as_toml, lambda content: tomllib.loads(content.decode())),
}


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # nothing secret


def word(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=6))


def scalar(rng: random.Random) -> Any:
    return rng.choice(
        [rng.randrange(1000), rng.random(), rng.random() < 0.5, word(rng), f"{word(rng)} 'x' #: {word(rng)}"]
    )


def mapping(rng: random.Random, depth: int = 0) -> dict[str, Any]:
    return {word(rng): value(rng, depth) for _ in range(rng.randrange(2, 6))}


def value(rng: random.Random, depth: int) -> Any:
    kind = rng.random()
    if kind < 0.35 and depth < 3:
        return mapping(rng, depth + 1)
    if kind < 0.5:
        return [word(rng) for _ in range(rng.randrange(1, 6))]
    if kind < 0.6:
        return [{"name": word(rng), "x": scalar(rng), "y": scalar(rng)} for _ in range(rng.randrange(1, 4))]
    return scalar(rng)


def leaves(data: dict[str, Any], above: Path = ()) -> list[Path]:
    found = []
    for key, item in data.items():
        found += leaves(item, (*above, key)) if isinstance(item, dict) else [(*above, key)]
    return found


def edit(rng: random.Random, path: Path) -> Callable[[dict[str, Any]], None]:
    """A change of what is at the path, to be applied to any copy of the data: exchange, removal or addition."""
    kind, new, key = rng.choice(["exchange", "remove", "beside", "item"]), value(rng, 2), word(rng)

    def apply(data: dict[str, Any]) -> None:
        for part in path[:-1]:
            data = data[part]
        old = data[path[-1]]
        if kind == "remove":
            del data[path[-1]]
        elif kind == "beside":
            data[key] = new
        elif kind == "item" and isinstance(old, list):
            old.insert(len(old) // 2, {"name": key, "x": 1} if isinstance(old[0], dict) else key)
        else:
            data[path[-1]] = key

    return apply


def history(rng: random.Random) -> tuple[Any, Any, Any, Any]:
    """Base, ours, theirs and what both want, as data."""
    base = mapping(rng)
    paths = leaves(base)
    rng.shuffle(paths)
    paths = paths[: rng.randrange(2, 7)]
    ours, theirs, both = (copy.deepcopy(base) for _ in range(3))
    for number, path in enumerate(paths):
        change = edit(rng, path)
        change(ours if number % 2 else theirs)
        change(both)
    return base, ours, theirs, both


@pytest.mark.parametrize("path", FORMATS)
def test_edits_in_different_places_are_all_there(path: str) -> None:
    dump, load = FORMATS[path]
    given_up = 0
    for seed in range(300):
        *sides, both = history(seeded(seed))
        base, ours, theirs = (dump(side) for side in sides)
        merged = keys.merge_keys(path, base, ours, theirs)
        given_up += merged is None
        if merged is not None:
            assert load(merged) == both, seed
            assert keys.sound(path, base, ours, theirs, merged)
    assert given_up <= 6, "what both sides want was clear"


@pytest.mark.parametrize("path", FORMATS)
def test_a_side_without_changes_changes_nothing(path: str) -> None:
    dump, _ = FORMATS[path]
    for seed in range(100):
        base, ours, theirs, _ = (dump(side) for side in history(seeded(seed)))
        assert keys.merge_keys(path, base, ours, base) == ours
        assert keys.merge_keys(path, base, base, theirs) == theirs
        assert keys.merge_keys(path, base, ours, ours) == ours
        assert keys.merge_keys(path, None, ours, ours) == ours


def annotated(rng: random.Random, text: str, comments: list[str]) -> str:
    """The text with the comments on lines of their own or at the ends of lines, and with an item less or more."""
    lines = text.splitlines()
    for comment in comments:
        place = rng.randrange(len(lines))
        indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
        if rng.random() < 0.3:
            lines[place] += f"  # {comment}"
        elif rng.random() < 0.3:
            del lines[place]
            lines.insert(place, f"{indent}# {comment}")
        else:
            lines.insert(place, f"{indent}# {comment}")
            lines[place + 1] = lines[place + 1].replace("x", "z", rng.randrange(2))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", MERGED.values(), ids=MERGED)
def test_no_comment_is_lost(case: Case) -> None:
    base, ours, theirs = (text.decode() for text in texts(case))
    for seed in range(40):
        rng = seeded(seed)
        mine, others = ([f"{word(rng)} {side}" for _ in range(3)] for side in ("ours", "theirs"))
        sides = base, annotated(rng, ours, mine), annotated(rng, theirs, others)
        merged = keys.merge_keys(case.path, *(side.encode() for side in sides))
        if merged is not None:
            lost = [
                comment
                for comment in (*mine, *others)
                if comment in sides[1] + sides[2] and comment not in merged.decode()
            ]
            assert not lost, merged.decode()


@pytest.mark.parametrize("path", [*FORMATS, "a.txt"])
def test_random_bytes_break_nothing(path: str) -> None:
    dump, _ = FORMATS.get(path, FORMATS["a.json"])
    rng = seeded(5)
    for seed in range(150):
        sides = [bytearray(dump(side)) for side in history(seeded(seed))[:3]]
        for side in sides:
            for _ in range(rng.randrange(3)):
                start = rng.randrange(len(side) + 1)
                side[start : start + rng.randrange(4)] = rng.choice(
                    [rng.randbytes(3), b"[{", b"&a *a", b"'", b"\r\n\t", b"- !x"]
                )
        base, ours, theirs = map(bytes, sides)
        merged = keys.merge_keys(path, base, ours, theirs)
        if path == "a.txt":
            assert merged is None
        elif merged is not None:
            assert keys.sound(path, base, ours, theirs, merged)
        assert keys.sound(path, base, ours, theirs, rng.randbytes(20)) in {True, False}
        assert keys.merge_keys(path, None, rng.randbytes(30), rng.randbytes(30)) is None or path != "a.txt"
