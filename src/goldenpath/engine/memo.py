"""Copier's questions at the speed of a fleet: no text is compiled twice, nor rendered twice for the same values.

A questionnaire asks Jinja for some hundred small texts, most of them constants, each with a context built anew.
"""

from collections.abc import Hashable
from functools import cache, partial
from typing import Any

from copier._main import Worker
from copier._types import LazyDict, Phase
from copier._user_data import DEFAULT_DATA
from jinja2 import Environment, TemplateError, meta, nodes

# What these say depends on more than the answers: the time, chance, the machine.
VOLATILE_NAMES = {"_copier_conf", "_copier_phase", "_external_data", "lipsum", "make_secret", "now", "UNSET"}
VOLATILE_FILTERS = {
    *("ans_random", "random", "random_mac", "shuffle", "strftime"),
    *("expanduser", "expandvars", "fileglob", "realpath"),
}

# What a questionnaire sees the answers to store with, itself or by way of another file.
_LOOKING = ("_copier_answers", "include", "import", "extends")
_SIMPLE = (str, bool, int, float, type(None))
_KEPT = 4096  # results that are kept of one text


class _Text:
    """A compiled text that remembers what it rendered to for which values of its variables."""

    def __init__(self, compiled: Any, names: tuple[str, ...]) -> None:
        self._compiled = compiled
        self._names = names
        self._known: dict[Hashable, str] = {}

    def render(self, *args: Any, **context: Any) -> str:
        if args:
            context = {**args[0], **context}
        key = tuple(_key(context.get(name, _key)) for name in self._names)
        if key not in self._known:
            rendered: str = self._compiled.render(context)
            if len(self._known) < _KEPT:
                self._known[key] = rendered
            return rendered
        return self._known[key]


def _key(value: Any) -> Hashable:
    # 1, 1.0 and True are equal, and "1" is not.
    return (type(value), value) if isinstance(value, _SIMPLE) else repr(value)


def memoised(environment: Environment) -> Environment:
    """Make an environment remember the texts that it compiles and what they render to."""
    compiled = environment.from_string

    @cache
    def from_string(source: Any) -> Any:
        names = pure_names(environment, source) if isinstance(source, str) else None
        text = compiled(source)
        return text if names is None else _Text(text, names)

    environment.__dict__["from_string"] = from_string
    return environment


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


class QuickWorker(Worker):
    """Copier's worker with a context that costs what it holds."""

    def _render_context(self) -> dict[str, Any]:
        context = self.__dict__.get("_settled") or self._context()
        # Copier writes into the one that it is given.
        conf = LazyDict(self.__dict__["_conf"])
        return {**context, "_copier_conf": conf, "_copier_phase": Phase.current()}

    def _context(self) -> dict[str, Any]:
        if "_conf" not in self.__dict__:
            whole = super()._render_context()
            conf = whole["_copier_conf"]
            self.__dict__["_conf"] = {name: partial(conf.__getitem__, name) for name in conf}
            self.__dict__["_fixed"] = {name: whole[name] for name in ("_folder_name", "_copier_python")}
        answers = self.answers
        return {
            **DEFAULT_DATA,
            "_external_data": answers.external,
            **answers.user_defaults,
            **answers.last,
            **answers.metadata,
            **answers.init,
            **answers.user,
            "_copier_answers": self._stored(),
            **self.__dict__["_fixed"],
        }

    def _stored(self) -> Any:
        return {} if self.__dict__.get("_blind") else self._answers_to_remember()

    def question(self) -> None:
        """Ask the questions, as Copier does."""
        # Copier builds the answers to store anew for each question, and hardly a questionnaire looks at them.
        asked = repr(self.template.questions_data)
        self.__dict__["_blind"] = not any(word in asked for word in _LOOKING)
        try:
            with Phase.use(Phase.PROMPT):
                self._ask()
        finally:
            self.__dict__["_blind"] = False
        self.__dict__["_settled"] = self._context()
