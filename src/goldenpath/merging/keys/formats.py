"""The data of a text in a known format, in one form: mappings, lists, and scalars as they are written."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from configparser import Error, RawConfigParser
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import yaml

from goldenpath.merging.keys import make, requirements
from goldenpath.merging.keys.values import Maybe, Scalar, Value
from goldenpath.recent import Recent

Parse = Callable[[str], Value]

# Levels of lists and mappings; libyaml ends the process where they are some ten thousand.
_LEVELS = 200

_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_YAML_TAG = "tag:yaml.org,2002:"

_JSON_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_JSON_STRING_OR_LAST_COMMA = re.compile(r'"(?:\\.|[^"\\\n])*"|,(?=\s*[}\]])')


def parsers(path: str) -> list[Parse]:
    """How the file is read, the strictest way first; empty for a file of another format, by its name."""
    if requirements.is_requirements(path):
        return [_requirements]
    if make.is_makefile(path):
        return [_makefile]
    return _PARSERS.get(PurePosixPath(path).suffix.lower(), [])


_REMEMBERED = 50_000  # characters of the largest text that is remembered
_known: Recent[tuple[Parse, str], Maybe] = Recent(200)


def read(parse: Parse, text: str) -> Maybe:
    """The data, or None if the text is not of the format, repeats a key or is too large or too deep.

    What was read lately is not read again, so nobody may change it: of a fleet's files many are the same.
    """
    return _known.get((parse, text) if len(text) <= _REMEMBERED else None, partial(_read, parse, text))


def _read(parse: Parse, text: str) -> Maybe:
    try:
        return parse(text)
    except (ValueError, RecursionError, yaml.YAMLError, Error):
        return None


def _toml(text: str) -> Value:
    return _plain(tomllib.loads(text, parse_float=partial(Scalar, "float")))


def _json(text: str) -> Value:
    return _plain(
        json.loads(
            text,
            object_pairs_hook=_no_key_twice,
            parse_int=partial(Scalar, "int"),
            parse_float=partial(Scalar, "float"),
        )
    )


def _json_with_comments(text: str) -> Value:
    """JSON as editors and TypeScript read it: with comments, and a comma after the last item."""
    bare = _JSON_STRING_OR_COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)
    return _json(_JSON_STRING_OR_LAST_COMMA.sub(lambda found: "" if found[0] == "," else found[0], bare))


def _no_key_twice(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"{key} twice")
        result[key] = value
    return result


def _plain(value: Any) -> Value:
    if isinstance(value, Scalar):
        return value
    if isinstance(value, Mapping):
        return {Scalar("str", key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    # A type's own text keeps 1 and True, and dates and times with and without a zone, apart.
    return Scalar(type(value).__name__, value if isinstance(value, str) else repr(value))


def _ini(text: str) -> Value:
    """Sections and options; an option of several lines is a list of them."""
    parser = RawConfigParser(allow_no_value=True, interpolation=None, default_section="\0")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as the standard library says to do
    try:
        parser.read_string(text)
    except AttributeError as error:
        raise ValueError("a line that goes on from an option without a value") from error
    return {
        Scalar("str", section): {Scalar("str", name): _lines(said) for name, said in parser.items(section)}
        for section in parser.sections()
    }


def _lines(said: str | None) -> Value:
    rows = [row.strip() for row in (said or "").split("\n")]
    if len(rows) == 1:
        return Scalar("str" if said is not None else "nothing", rows[0])
    return [Scalar("str", row) for row in rows if row]


def _requirements(text: str) -> Value:
    """What is asked for of each package; a package that stands there several times has markers."""
    result: dict[Scalar, Any] = {}
    for each in requirements.statements(text):
        result.setdefault(Scalar("str", each.key), []).append((Scalar("str", each.marker), each.said))
    for key, asked in result.items():
        if len(asked) > 1 and len(dict(asked)) < len(asked):
            raise ValueError(f"{key.text} twice")
        texts = {marker: Scalar("str", said) for marker, said in asked}
        result[key] = texts if len(asked) > 1 else Scalar("str", asked[0][1])
    return result


def _makefile(text: str) -> Value:
    """What is said of each target and variable, without comments of its own lines."""
    result: dict[Scalar, Value] = {}
    for each in make.statements(text):
        said = text[each.start : each.stop].rstrip()
        words: list[Value] = [
            Scalar("word", word) for word in said.partition(":")[2].replace("\\\n", " ").split()
        ]
        phony = each.key == ".PHONY:" and len(set(map(repr, words))) == len(words)
        result[Scalar("str", each.key)] = words if phony else Scalar("str", said)
    return result


def _yaml(text: str) -> Value:
    aliases = _aliases(text)
    documents = [_Reader(aliases, set()).value(node) for node in yaml.compose_all(text, Loader=_YAML_LOADER)]
    if not documents:
        return Scalar("nothing", "")
    if len(documents) == 1:
        return documents[0]
    # Who comes first says nothing about who is who: a document more or less is a change of all of them.
    return {Scalar(f"of {len(documents)}", str(number)): item for number, item in enumerate(documents)}


def _aliases(text: str) -> Iterator[str]:
    """The names that a text refers to, in its order."""
    names: list[str] = []
    level = 0
    for event in yaml.parse(text, Loader=_YAML_LOADER):
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > _LEVELS:
            raise ValueError("too deep")
        if isinstance(event, yaml.AliasEvent):
            names.append(str(event.anchor))
    return iter(names)


@dataclass(frozen=True)
class _Reader:
    """The way from a document's nodes to its data, without making objects of them.

    So an unknown tag is as good as a known one, and an alias, a scalar here, follows what it refers to.
    """

    aliases: Iterator[str]
    seen: set[int]

    def value(self, node: Any) -> Value:
        if id(node) in self.seen:
            return Scalar("alias", next(self.aliases, ""))
        self.seen.add(id(node))
        tag = node.tag.removeprefix(_YAML_TAG)
        if isinstance(node, yaml.ScalarNode):
            return Scalar(tag, node.value)
        if isinstance(node, yaml.SequenceNode):
            items = [self.value(item) for item in node.value]
            return items if tag == "seq" else Scalar(tag, repr(items))
        pairs = [(_key(self.value(key)), self.value(value)) for key, value in node.value]
        if len({key.text for key, _ in pairs}) < len(pairs):
            raise ValueError("a key twice")
        return dict(pairs) if tag == "map" else Scalar(tag, repr(pairs))


def _key(value: Value) -> Scalar:
    return value if isinstance(value, Scalar) else Scalar("complex", repr(value))


_PARSERS: dict[str, list[Parse]] = {
    ".toml": [_toml],
    ".yml": [_yaml],
    ".yaml": [_yaml],
    ".json": [_json, _json_with_comments],
    ".cfg": [_ini],
    ".ini": [_ini],
}
