"""Texts of a template that are compiled once, and rendered once for the same values of their variables."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from jinja2 import Environment, TemplateError, meta, nodes

from goldenpath.recent import Recent

# What these say depends on more than the answers: the time, chance, the machine.
CHANCE = {"lipsum", "make_secret", "now"}
VOLATILE_NAMES = {"_copier_conf", "_copier_phase", "_external_data", "UNSET", *CHANCE}
VOLATILE_FILTERS = {
    *("ans_random", "random", "random_mac", "shuffle", "strftime"),
    *("expanduser", "expandvars", "fileglob", "realpath"),
}

# What a questionnaire sees the answers to store with, itself or by way of another file.
_LOOKING = ("_copier_answers", "include", "import", "extends")
_SIMPLE = (str, bool, int, float, type(None))
_TEXTS = 8192  # texts that are kept compiled, of each version
_LISTS = 256  # lists of texts
_KEPT = 256  # results that are kept of one text


class _Text:
    """A compiled text that remembers what it rendered to for which values of its variables."""

    def __init__(self, compiled: Any, names: tuple[str, ...]) -> None:
        self._compiled = compiled
        self.names = names
        self._known: Recent[Hashable, str] = Recent(_KEPT)

    def render(self, *args: Any, **context: Any) -> str:
        if args:
            context = {**args[0], **context} if context else args[0]
        key = tuple([_key(context.get(name, _key)) for name in self.names])
        return self._known.get(key, partial(self._compiled.render, context))


class _Constant:
    """A text without variables."""

    names: tuple[str, ...] = ()

    def __init__(self, text: str) -> None:
        self._text = text

    def render(self, *_: Any, **__: Any) -> str:
        return self._text


class _Listed:
    """A list of texts without variables, as Copier takes a text: a template may list names by the hundred."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def render(self, *_: Any, **__: Any) -> list[Any]:
        return self._items.copy()


def _constant(compiled: Any) -> _Text | _Constant:
    try:
        return _Constant(compiled.render())
    except Exception:  # noqa: BLE001 (whatever it is, it is for whoever renders it)
        return _Text(compiled, ())


def _key(value: Any) -> Hashable:
    # 1, 1.0 and True are equal, and "1" is not.
    return (type(value), value) if isinstance(value, _SIMPLE) else repr(value)


def memoised(environment: Environment) -> Environment:
    """Make an environment remember the texts that it compiles and what they render to."""
    compiled = environment.from_string

    @lru_cache(maxsize=_TEXTS)
    def of_text(source: Any) -> Any:
        if isinstance(source, str) and is_literal(environment, source):
            return _Constant(source)
        names = pure_names(environment, source) if isinstance(source, str) else None
        text = compiled(source)
        if names is None:
            return text
        return _Text(text, names) if names else _constant(text)

    # With the list itself, so that no other one gets its id; with a copy, to see that it is as it was.
    lists: Recent[int, tuple[list[Any], list[Any], _Listed | None]] = Recent(_LISTS)

    def from_string(source: Any) -> Any:
        if not isinstance(source, list):
            return of_text(source)
        make = partial(_seen, of_text, source)
        _, then, listed = lists.get(id(source), make)
        if listed is None or then != source:
            raise TypeError("as of anything that is no text: then Copier renders each item")
        return listed

    environment.__dict__["from_string"] = from_string
    return environment


def _seen(
    from_string: Callable[[Any], Any], items: list[Any]
) -> tuple[list[Any], list[Any], "_Listed | None"]:
    return items, items.copy(), _listed(from_string, items)


def _listed(from_string: Callable[[Any], Any], items: list[Any]) -> "_Listed | None":
    """Return a list of texts as one, None where it has variables, or lists."""
    if any(isinstance(each, list) for each in items):
        return None
    texts = [from_string(each) if isinstance(each, str) else each for each in items]
    if not all(
        isinstance(text, _Constant) or not isinstance(each, str)
        for text, each in zip(texts, items, strict=True)
    ):
        return None
    return _Listed([text.render() if isinstance(text, _Constant) else text for text in texts])


def is_literal(environment: Environment, text: str) -> bool:
    """Tell whether a text of one line says itself, as most do: to parse and compile it would be the largest cost of all."""
    starts = (
        environment.block_start_string,
        environment.variable_start_string,
        environment.comment_start_string,
        environment.line_statement_prefix,
        environment.line_comment_prefix,
        *("\n", "\r"),
    )
    return not any(start and start in text for start in starts)


def is_blind(environment: Environment, texts: Any) -> bool:
    """Tell whether no text of a questionnaire looks at the answers to store, itself or by way of another file.

    By words, for most of these texts are never rendered: to compile them would cost more than it saves.
    """
    said = (text for text in _texts(texts) if not is_literal(environment, text))
    return not any(word in text for text in said for word in _LOOKING)


def are_pure(environment: Environment, texts: Any) -> bool:
    """Tell whether all these texts depend on nothing but variables; a broken one may be one that nobody renders."""
    try:
        return all(isinstance(environment.from_string(text), _Text | _Constant) for text in _texts(texts))
    except TemplateError:
        return False


def _texts(found: Any) -> Iterator[str]:
    """Yield all texts of a questionnaire."""
    if isinstance(found, Mapping):
        found = [*found.keys(), *found.values()]
    if isinstance(found, list | tuple):
        for each in found:
            yield from _texts(each)
    elif isinstance(found, str):
        yield found


def pure_names(environment: Environment, source: str) -> tuple[str, ...] | None:
    """Return the variables that a text depends on, None where it depends on more: other files, time, chance."""
    try:
        parsed = environment.parse(source)
        names = variables(environment, parsed)
    except TemplateError:
        return None
    refers = next(iter(meta.find_referenced_templates(parsed)), meta)
    doubtful = is_volatile(parsed) or names & VOLATILE_NAMES
    return None if refers is not meta or doubtful else tuple(sorted(names))


def variables(environment: Environment, parsed: nodes.Template) -> set[str]:
    """Return the names that a text takes from outside, those included that Jinja has a function for: answers hide it."""
    mentioned = {each.name for each in parsed.find_all(nodes.Name)}
    return meta.find_undeclared_variables(parsed) | (mentioned & environment.globals.keys())


def is_volatile(parsed: nodes.Template) -> bool:
    """Tell whether a text uses a filter that says something else each time, or elsewhere; by name also in `map`."""
    used = {each.name for each in parsed.find_all(nodes.Filter)}
    named = {each.value for each in parsed.find_all(nodes.Const) if isinstance(each.value, str)}
    return bool((used | named) & VOLATILE_FILTERS)
