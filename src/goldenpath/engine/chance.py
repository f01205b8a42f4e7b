"""Chance and time that say the same again: all that a project's old and new version differ in is the template's own change.

A text such as `{{ range(9999) | random }}` says something else each time. Rendered twice for one update, it looks like a
change of the template, and a preview shows what the update then does not do. So an update draws from a seed: a secret of
this machine, the project's folder, and what the text asks for. A project that begins has draws of its own.
"""

import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from hashlib import sha512
from pathlib import Path
from random import Random
from typing import Any

from copier._user_data import DEFAULT_DATA
from jinja2 import Environment, Template, pass_context
from jinja2.utils import generate_lorem_ipsum
from platformdirs import user_cache_path

_SEEDED = ("ans_random", "random_mac", "shuffle")
_BYTES = 32
_started = time.time()
_one_at_a_time = threading.Lock()


@dataclass
class _Draws:
    """The draws of one rendering: the same question, asked again, gets another answer."""

    folder: str = ""
    asked: Counter[str] = field(default_factory=Counter)

    def seed(self, *question: Any) -> str:
        asked = repr((self.folder, *question))
        self.asked[asked] += 1
        return sha512(_secret() + f"{asked}{self.asked[asked]}".encode()).hexdigest()


_draws: ContextVar[_Draws] = ContextVar("draws")


class SteadyTemplate(Template):
    """A template whose draws depend on nothing that was rendered before it."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Render, as Jinja does; the context names the project's folder."""
        context = dict(*args, **kwargs)
        with drawing(str(context.get("_folder_name"))):
            return super().render(context | _functions(context))


@contextmanager
def drawing(folder: str) -> Iterator[None]:
    """Begin to draw for a project in a folder of this name."""
    token = _draws.set(_Draws(folder))
    try:
        yield
    finally:
        _draws.reset(token)


def steady(environment: Environment) -> Environment:
    """Make an environment draw from seeds, and tell the time at which this process began."""
    environment.template_class = SteadyTemplate
    for name in _SEEDED:
        environment.filters[name] = _seeded(name, environment.filters[name])
    environment.filters["random"] = _pick
    environment.filters["strftime"] = _at_start(environment.filters["strftime"])
    environment.globals["lipsum"] = partial(_in_turn, generate_lorem_ipsum)
    return environment


def _seed(*question: Any) -> str:
    return _draws.get(_Draws()).seed(*question)


def _seeded(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    # Of the context, so that Jinja does not compute it while it compiles.
    @pass_context
    def draw(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        first = [context.environment] if hasattr(original, "jinja_pass_arg") else []
        if kwargs.get("seed") is None and not (name != "ans_random" and args):
            kwargs = {**kwargs, "seed": _seed(name, value, args)}
        return original(*first, value, *args, **kwargs)

    return draw


@pass_context
def _pick(context: Any, values: Any) -> Any:
    if not values:
        return context.environment.undefined("No random item, sequence was empty.")
    return Random(_seed("random", values)).choice(values)  # noqa: S311


def _at_start(original: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    def tell(_: Any, form: str, second: Any = None) -> Any:
        return original(form, _started if second is None else second)

    return tell


def _functions(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what takes the place of Copier's own functions, where no answer has their name."""
    found = {
        "now": lambda: datetime.fromtimestamp(_started, UTC),
        "make_secret": lambda: sha512(_seed("make_secret").encode()).hexdigest(),
    }
    return {name: each for name, each in found.items() if context.get(name) is DEFAULT_DATA[name]}


def _in_turn(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call what draws from Python's own generator."""
    with _one_at_a_time:
        before = random.getstate()
        random.seed(_seed("lipsum", args, kwargs))
        try:
            return original(*args, **kwargs)
        finally:
            random.setstate(before)


@lru_cache(maxsize=1)
def _secret() -> bytes:
    """Return this machine's secret, made when it is first needed; of this process alone where it cannot be kept."""
    place = user_cache_path("goldenpath", appauthor=False) / "chance"
    new = secrets.token_bytes(_BYTES)
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        _create(place, new)
        kept = place.read_bytes()
        return kept if len(kept) == _BYTES else new
    return new


def _create(place: Path, content: bytes) -> None:
    """Write a file that only the user can read, whole or not at all; the first of several processes wins."""
    draft = place.with_name(f"{place.name}-{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content)
        with suppress(FileExistsError):
            os.link(draft, place)
    finally:
        os.close(descriptor)
        draft.unlink()
