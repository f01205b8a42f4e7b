"""A document that keeps its format, edited until it holds other data: for what no merge of lines can do.

The libraries for it are slow to import and are rarely needed, so nothing imports this module at its top.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import product
from pathlib import PurePosixPath
from typing import Any

import tomlkit
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from goldenpath.merging.keys.values import Maybe, Scalar, identities
from goldenpath.merging.keys.weave import ClashError

_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")

# An anchor or an alias: what refers to a part that is exchanged would go on referring to the old one.
_REFERENCE = re.compile(r"(?:^|[\s\[{,])[&*]\w", re.MULTILINE)

# How much a level is indented in YAML: mappings, lists with their dash, the dash alone.
_INDENTS = [*product((2, 4), (2,), (0,)), *product((2, 4), (4,), (2,)), (4, 6, 4), (2, 6, 4)]

# Characters of the largest text that is edited as a document: a second of work.
_LARGEST = 30_000

Format = tuple[Callable[[str], Any], Callable[[Any], str]]


def candidate(path: str, texts: tuple[str, str, str], values: tuple[Maybe, Maybe, Maybe]) -> str | None:
    """The text of ours with what theirs changed; `texts` are base, ours, theirs, `values` ours, theirs, merged.

    None if they are too large, the format of ours cannot be kept to the byte, or a comment would be lost.
    """
    base, ours, theirs = texts
    if max(map(len, texts)) > _LARGEST:
        return None
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in _FORMATS:
        return None
    try:
        for load, dump in _FORMATS[suffix](ours, theirs):
            document = load(ours)
            if dump(document) == ours:
                _graft(document, load(theirs), *values)
                text = dump(document)
                safe = suffix == ".json" or _keeps_comments(base, ours, theirs, text)
                return text if safe else None
    except (ClashError, ValueError, TypeError, LookupError, AttributeError, RecursionError, YAMLError):
        return None  # the libraries fail in many ways; what they cannot do is a conflict for a person
    return None


def _keeps_comments(base: str, ours: str, theirs: str, result: str) -> bool:
    old, mine, others, kept = (Counter(_COMMENT.findall(text)) for text in (base, ours, theirs, result))
    return not ((others - old) | (mine - (old - others))) - kept


def _graft(ours: Any, theirs: Any, mine: Maybe, others: Maybe, wanted: Maybe) -> None:
    """Change the container `ours`, whose data are `mine`, to hold `wanted`, with parts of `theirs`."""
    if mine == wanted:
        return
    if isinstance(mine, dict) and isinstance(others, dict) and isinstance(wanted, dict):
        _graft_keys(ours, theirs, mine, others, wanted)
    elif isinstance(mine, list) and isinstance(others, list) and isinstance(wanted, list):
        _graft_items(ours, theirs, mine, others, wanted)
    else:
        raise ClashError("not a container")


def _graft_keys(
    ours: Any,
    theirs: Any,
    mine: dict[Scalar, Any],
    others: dict[Scalar, Any],
    wanted: dict[Scalar, Any],
) -> None:
    names = dict(zip(mine, list(ours), strict=True))
    new_names = dict(zip(others, list(theirs), strict=True))
    for key in [key for key in mine if key not in wanted]:
        del ours[names[key]]
    for key, value in wanted.items():
        if key not in mine:
            ours[new_names[key]] = theirs[new_names[key]]
        elif value != mine[key] and value == others.get(key):
            ours[names[key]] = theirs[new_names[key]]
        elif value != mine[key]:
            _graft(ours[names[key]], theirs[new_names[key]], mine[key], others[key], value)


def _graft_items(ours: Any, theirs: Any, mine: list[Any], others: list[Any], wanted: list[Any]) -> None:
    here, there, goal = identities(mine, others, wanted)
    for index in reversed(range(len(here))):
        if here[index] not in goal:
            del ours[index]
    left = [name for name in here if name in goal]
    for index, name in enumerate(goal):
        if name not in left:
            left.insert(index, name)
            ours.insert(index, theirs[there.index(name)])
        elif wanted[index] == mine[here.index(name)]:
            continue
        elif name in there and wanted[index] == others[there.index(name)]:
            ours[index] = theirs[there.index(name)]
        else:
            old, new = here.index(name), there.index(name)
            _graft(ours[index], theirs[new], mine[old], others[new], wanted[index])


def _toml(*_: str) -> Iterator[Format]:
    yield tomlkit.parse, tomlkit.dumps


def _json(text: str, _: str) -> Iterator[Format]:
    indent = re.search(r"\n([ \t]+)", text)
    for ascii_only in (False, True):
        yield (
            json.loads,
            lambda data: (
                json.dumps(data, indent=indent and indent[1], ensure_ascii=ascii_only) + "\n"  # noqa: B023
            ),
        )


def _yaml(text: str, theirs: str) -> Iterator[Format]:
    if _REFERENCE.search(text) or _REFERENCE.search(theirs):
        return
    for mapping, sequence, offset in _INDENTS:
        yaml = YAML()
        yaml.preserve_quotes = True
        yaml.width = 1_000_000
        yaml.indent(mapping=mapping, sequence=sequence, offset=offset)
        yaml.explicit_start = text.startswith("---")

        def dump(document: Any, yaml: YAML = yaml) -> str:
            stream = StringIO()
            yaml.dump(document, stream)
            return stream.getvalue()

        yield yaml.load, dump


_FORMATS: dict[str, Callable[[str, str], Iterator[Format]]] = {
    ".toml": _toml,
    ".yml": _yaml,
    ".yaml": _yaml,
    ".json": _json,
}
