"""What three versions of a file may become, found without the code under test: by git, and by reading data."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import tomllib
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from tests.conformance.repository import File

MARKER = re.compile(rb"^(<{7}|>{7}|\|{7}|={7})( [^\r\n]*)?(?=\r?$)", re.MULTILINE)
CONFLICT = re.compile(
    rb"^<{7}[^\n]*\n(.*?)^\|{7}[^\n]*\n.*?^={7}\r?\n(.*?)^>{7}[^\n]*\n?", re.MULTILINE | re.DOTALL
)
EMPTY = File(b"")


def mode(base: File | None, ours: File, theirs: File | None) -> int:
    """The mode that one side changed, or the one both have."""
    if base is None:
        return theirs.mode if theirs and theirs.mode == ours.mode else ours.mode
    return theirs.mode if theirs and ours.mode == base.mode else ours.mode


def by_line(base: File | None, ours: File, theirs: File, found: File) -> bool:
    """`found` is git's merge of the other three, the base shown in a conflict; what markers say is free."""
    if any(file.binary for file in (base or EMPTY, ours, theirs)):
        return False
    return MARKER.sub(rb"\1", found.data) in {
        MARKER.sub(rb"\1", _merge_file(base or EMPTY, ours, theirs, style))
        for style in ("--diff3", "--zdiff3")
    }


def _merge_file(base: File, ours: File, theirs: File, style: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, file in (("ours", ours), ("base", base), ("theirs", theirs)):
            Path(folder, name).write_bytes(file.data)
            names.append(name)
        return subprocess.run(
            ["git", "merge-file", "-p", style, *names], cwd=folder, capture_output=True, check=False
        ).stdout


def by_key(path: str, base: File | None, ours: File, theirs: File, found: File) -> bool:
    """`found` has every value that one side alone has changed, and no item that one side has taken out."""
    try:
        old, mine, new, done = (_values(path, file) for file in (base or EMPTY, ours, theirs, found))
    except (ValueError, TypeError, KeyError, yaml.YAMLError):
        return False
    keys = old.keys() | mine.keys() | new.keys() | done.keys()
    for key in keys:
        if any(other[: len(key)] == key != other for other in keys):
            continue  # a mapping that is empty on one side only: what is in it is compared
        was, user, template = old.get(key), mine.get(key), new.get(key)
        if isinstance(was or user or template, Counter):
            was, user, template = was or Counter(), user or Counter(), template or Counter()
            has = done.get(key) or Counter()
            if any(has[item] == 0 for item in (user - was) + (template - was)):
                return False
            continue
        if done.get(key) != (template if user == was else user) or (user != was != template != user):
            return False
    return True


def by_entry(base: File | None, ours: File, theirs: File, found: File) -> bool:
    """Whichever side is chosen between all marks, each line that it put in is there, and none that it took out."""
    old, mine, new = (_lines(file.data) for file in (base or EMPTY, ours, theirs))
    for side, other, choice in ((mine, new, rb"\1"), (new, mine, rb"\2")):
        has, put_in = _lines(CONFLICT.sub(choice, found.data)), side - old
        taken_out = {line for line in old if not side[line] and other[line] <= old[line]}
        if put_in - has or taken_out & has.keys() or has.keys() - side.keys() - other.keys():
            return False
    return True


def by_value(path: str, base: File | None, ours: File, theirs: File, found: File) -> bool:
    """Whichever side is chosen between all marks, each key has the value of the one side that changed it, or of the chosen."""
    try:
        old, mine, new = (_values(path, file) for file in (base or EMPTY, ours, theirs))
        chosen = [_values(path, File(CONFLICT.sub(side, found.data))) for side in (rb"\1", rb"\2")]
    except (ValueError, TypeError, KeyError, yaml.YAMLError):
        return False
    return chosen == [_merged(old, mine, new), _merged(old, new, mine)]


def _merged(old: dict[Any, Any], chosen: dict[Any, Any], other: dict[Any, Any]) -> dict[Any, Any]:
    sides = {key: other if chosen.get(key) == old.get(key) else chosen for key in old | chosen | other}
    return {key: side[key] for key, side in sides.items() if key in side}


def _lines(data: bytes) -> Counter[bytes]:
    """What the lines say: a comma more or less, and how far they are indented, is of their neighbours."""
    return Counter(line.strip().rstrip(b",") for line in data.splitlines() if line.strip())


def _values(path: str, file: File) -> dict[tuple[str, ...], Any]:
    """The values of a file by the keys that lead to them; the items of a list are counted, in no order."""
    # YAML's reader takes JSON too, also with the comma too many that people leave.
    read: Any = {
        ".json": yaml.safe_load,
        ".toml": tomllib.loads,
        ".yml": yaml.safe_load,
        ".yaml": yaml.safe_load,
    }
    content = read[PurePosixPath(path).suffix](file.data.decode()) if file.data else {}
    if not isinstance(content, dict):
        raise TypeError(path)
    return dict(_flat((), content))


def _flat(keys: tuple[str, ...], value: Any) -> list[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and value:
        return [pair for key, inner in value.items() for pair in _flat((*keys, str(key)), inner)]
    if isinstance(value, list):
        return [(keys, Counter(json.dumps(item, sort_keys=True, default=str) for item in value))]
    return [(keys, value)]
