"""Copier without the libraries that only a terminal needs: they come when somebody is asked, and not before.

Copier imports questionary, prompt_toolkit and pygments with its first line, which is a third of what importing Copier costs.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any


@dataclass
class Choice:
    """What Copier reads of questionary's class of this name, which takes its place when somebody is asked."""

    title: str
    value: Any = None
    disabled: str | None = None
    checked: bool = False

    def __post_init__(self) -> None:
        if self.value is None:
            self.value = self.title


def _real(value: Any, known: dict[int, Any]) -> Any:
    if not isinstance(value, Choice):
        return value
    if id(value) not in known:
        real = import_module("questionary").Choice
        known[id(value)] = real(value.title, value.value, value.disabled, value.checked)
    return known[id(value)]


def _unsafe_prompt(questions: Sequence[Mapping[str, Any]], *arguments: Any, **options: Any) -> Any:
    # The default of a question is one of its choices, the very same object.
    known: dict[int, Any] = {}
    asked = [{key: _real(value, known) for key, value in question.items()} for question in questions]
    for question in asked:
        if "choices" in question:
            question["choices"] = [_real(choice, known) for choice in question["choices"]]
    return import_module("questionary").unsafe_prompt(asked, *arguments, **options)


def _confirm(*arguments: Any, **options: Any) -> Any:
    return import_module("questionary").confirm(*arguments, **options)


def _lexer(language: str) -> Any:
    lexers = import_module("pygments.lexers.data")
    return import_module("prompt_toolkit.lexers").PygmentsLexer(getattr(lexers, language))


_GIVEN: Mapping[str, Mapping[str, Any]] = {
    "questionary": {"confirm": _confirm, "unsafe_prompt": _unsafe_prompt},
    "questionary.prompts": {},
    "questionary.prompts.common": {"Choice": Choice},
    "prompt_toolkit": {},
    "prompt_toolkit.lexers": {"PygmentsLexer": _lexer},
    "pygments": {},
    "pygments.lexers": {},
    "pygments.lexers.data": {name: name for name in ("JsonLexer", "YamlLexer")},
}


class _StandIn(ModuleType):
    """A module with nothing but what is given until another version of Copier wants more: then the real one comes."""

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)  # the import system asks for `__path__`
        _drop()
        return getattr(import_module(self.__name__), attribute)


@contextmanager
def late() -> Iterator[None]:
    """What is imported meanwhile gets the terminal's libraries late; nothing, if they are there already."""
    if sys.modules.keys().isdisjoint(_GIVEN):
        for name, given in _GIVEN.items():
            sys.modules[name] = _StandIn(name)
            sys.modules[name].__dict__.update(given)
    try:
        yield
    finally:
        _drop()


def _drop() -> None:
    for name in _GIVEN:
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]
