"""Expressions of Azure Pipelines: parsed and evaluated as their reference says; what it does not know is an error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WORD = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>[()\[\],.*]))"
)
CONSTANTS = {"true": True, "false": False, "null": None}
Status = Callable[[str, Sequence[str]], bool]


class PipelineError(Exception):
    """Azure Pipelines would refuse this file, or silently do something else than it says."""


@dataclass(frozen=True)
class Scope:
    """What an expression may use: `values` by name, and how the status functions answer where there are any."""

    values: Mapping[str, Any]
    status: Status | None = None


def evaluate(text: str, scope: Scope) -> Any:
    """The value of an expression. PipelineError where it is broken, or names what is not there."""
    parser = _Parser(_words(text), scope, text)
    value = parser.expression()
    if parser.words:
        raise PipelineError(f"{text}: what is {parser.words[0][1]} doing there?")
    return value


def truth(value: Any) -> bool:
    """What counts as true: everything but null, false, 0 and the empty text."""
    return value not in (None, False, 0, "")


def as_text(value: Any) -> str:
    """A value as Azure writes it into a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return value
    raise PipelineError(f"a list or a mapping cannot stand in a text: {value}")


def _words(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = WORD.match(text, at)
        if not match:
            raise PipelineError(f"{text}: cannot be read from '{text[at:]}' on")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return found


class _Parser:
    """Recursive descent over the words; evaluates as it reads, and all arguments, as Azure checks them too."""

    def __init__(self, words: list[tuple[str, str]], scope: Scope, text: str) -> None:
        self.words, self.scope, self.text = words, scope, text

    def take(self, sign: str = "") -> tuple[str, str]:
        if not self.words or (sign and self.words[0][1] != sign):
            raise PipelineError(f"{self.text}: expected {sign or 'a value'}")
        return self.words.pop(0)

    def next_is(self, *signs: str) -> bool:
        return bool(self.words) and self.words[0][0] == "sign" and self.words[0][1] in signs

    def expression(self) -> Any:
        kind, word = self.take()
        if kind == "number":
            return float(word)
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "sign":
            raise PipelineError(f"{self.text}: a value cannot begin with {word}")
        if self.next_is("("):
            return self.parts(self.call(word))
        if word.lower() in CONSTANTS:
            return CONSTANTS[word.lower()]
        if word not in self.scope.values:
            raise PipelineError(f"{self.text}: '{word}' is unknown here")
        return self.parts(self.scope.values[word])

    def parts(self, value: Any) -> Any:
        while self.next_is(".", "["):
            if self.take()[1] == ".":
                key = self.take()[1]
            else:
                key = self.expression()
                self.take("]")
            value = _part(value, key)
        return value

    def call(self, name: str) -> Any:
        arguments: list[Any] = []
        self.take("(")
        while not self.next_is(")"):
            if arguments:
                self.take(",")
            arguments.append(self.expression())
        self.take(")")
        if name in STATUS:
            if self.scope.status is None:
                raise PipelineError(f"{self.text}: {name}() belongs into a condition")
            return self.scope.status(name, arguments)
        if name not in FUNCTIONS:
            raise PipelineError(f"{self.text}: there is no function {name}")
        least, most, function = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise PipelineError(f"{self.text}: {name}() with {len(arguments)} arguments")
        return function(*arguments)


def _part(value: Any, key: Any) -> Any:
    if isinstance(value, list):
        index = int(float(key))
        return value[index] if index < len(value) else None
    if isinstance(value, Mapping):
        return value.get(key)
    return None


def same(left: Any, right: Any) -> bool:
    """`eq`: the right side becomes what the left one is; texts are compared without regard to case."""
    if isinstance(left, bool):
        return left == truth(right)
    if isinstance(left, float):
        try:
            return left == float(as_text(right) or 0)
        except ValueError:
            return False
    if left is None:
        return right is None or right == ""
    if isinstance(left, str):
        return not isinstance(right, (list, dict)) and left.lower() == as_text(right).lower()
    return left is right


def _compare(sign: str) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        a, b = float(as_text(left) or 0), float(as_text(right) or 0)
        return {"gt": a > b, "ge": a >= b, "lt": a < b, "le": a <= b}[sign]

    return compare


def _format(text: str, *values: Any) -> str:
    return re.sub(r"\{(\d+)\}", lambda match: as_text(values[int(match[1])]), text)


def _lower(value: Any) -> str:
    return as_text(value).lower()


MANY = 99
STATUS = ("succeeded", "failed", "succeededOrFailed", "always", "canceled")
FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    "and": (2, MANY, lambda *values: all(map(truth, values))),
    "or": (2, MANY, lambda *values: any(map(truth, values))),
    "xor": (2, 2, lambda a, b: truth(a) != truth(b)),
    "not": (1, 1, lambda value: not truth(value)),
    "eq": (2, 2, same),
    "ne": (2, 2, lambda a, b: not same(a, b)),
    "in": (1, MANY, lambda value, *others: any(same(value, other) for other in others)),
    "notIn": (1, MANY, lambda value, *others: not any(same(value, other) for other in others)),
    "contains": (2, 2, lambda text, part: _lower(part) in _lower(text)),
    "containsValue": (2, 2, lambda values, value: any(same(one, value) for one in values)),
    "startsWith": (2, 2, lambda text, part: _lower(text).startswith(_lower(part))),
    "endsWith": (2, 2, lambda text, part: _lower(text).endswith(_lower(part))),
    "coalesce": (2, MANY, lambda *values: next((value for value in values if value not in (None, "")), None)),
    "iif": (3, 3, lambda test, yes, no: yes if truth(test) else no),
    "length": (1, 1, lambda value: float(len(value))),
    "lower": (1, 1, _lower),
    "upper": (1, 1, lambda value: as_text(value).upper()),
    "trim": (1, 1, lambda value: as_text(value).strip()),
    "replace": (3, 3, lambda text, old, new: as_text(text).replace(old, new)),
    "split": (2, 2, lambda text, sign: as_text(text).split(sign)),
    "join": (2, 2, lambda sign, values: sign.join(map(as_text, values))),
    "format": (1, MANY, _format),
    "convertToJson": (1, 1, lambda value: json.dumps(value, indent=2)),
    **{sign: (2, 2, _compare(sign)) for sign in ("gt", "ge", "lt", "le")},
}
