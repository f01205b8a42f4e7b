"""Answers that follow: an empty one stands for a value of the template's, which a release or another answer moves.

Nothing has to be declared for it: a question's default is written as empty, and a computed question is its answer
where there is one, and a value of the template's where there is none. See docs/decisions/0013.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from copier._user_data import Question
from jinja2 import meta

from goldenpath.engine.answered import Answered
from goldenpath.engine.asking import question
from goldenpath.engine.versions import Version
from goldenpath.errors import UsageError
from goldenpath.project.drift import Chosen

Questions = Mapping[str, Mapping[str, Any]]


def emptied(
    version: Version, project: Path, last: Mapping[str, Any], given: Mapping[str, Any], old: Answered
) -> dict[str, Any]:
    """Return the `last` answers that become empty with a version: name → the empty answer.

    They are what the `old` version's own default was, with all its other answers, and nobody has `given` another.
    """
    empty = {
        name: default
        for name, default in _empty_defaults(version.questions)
        if name not in given and last.get(name, default) != default and _is_default(old, name)
    }
    if not empty:
        return {}
    # Where it cannot be asked without the user, that is told, or asked, in its turn.
    with suppress(UsageError):
        found = version.answer(project, {**last, **empty}, given, old.told, defaults=True)
        return {name: each for name, each in empty.items() if _stands_for(found, name, last[name], each)}
    return {}


def chosen(questions: Questions, answered: Answered) -> dict[str, Chosen]:
    """Return the answers of a project's own where the version has another value, with that value."""
    own = {
        name: (answered.stored[name], default)
        for name, default in _empty_defaults(questions)
        if answered.stored.get(name, default) != default
    }
    found = {
        name: Chosen(each, _stands_for(answered, name, each, empty)) for name, (each, empty) in own.items()
    }
    return {name: each for name, each in found.items() if each.release and each.release != each.answer}


def stand_for(questions: Questions, answered: Answered) -> dict[str, Any]:
    """Return what the empty answers of a project stand for, by name."""
    probes = {
        name: (["x"] if isinstance(default, list) else "x", default)
        for name, default in _empty_defaults(questions)
        if answered.stored.get(name) == default
    }
    found = {name: _stands_for(answered, name, probe, empty) for name, (probe, empty) in probes.items()}
    return {name: value for name, value in found.items() if value}


def _empty_defaults(questions: Questions) -> Iterator[tuple[str, Any]]:
    for name, details in questions.items():
        if details.get("when", True) is not False and details.get("default") in ("", []):
            yield name, details["default"]


def _is_default(old: Answered, name: str) -> bool:
    if name not in old.worker.template.questions_data or name not in old.stored:
        return False
    # A template is a program of somebody else's: its expressions may raise anything.
    with suppress(Exception):
        asked = question(old.worker, name)
        return bool(old.stored[name] == _rendered(asked))
    return False


def _stands_for(answered: Answered, name: str, answer: Any, empty: Any) -> Any:
    """Return what an empty answer stands for, None where it is an answer like any other."""
    for computed, details in answered.worker.template.questions_data.items():
        if details.get("when", True) is not False or not _reads(answered, details.get("default"), name):
            continue
        with suppress(Exception):
            resolved = question(answered.worker, computed)
            value = _rendered(resolved, {name: empty})
            if value and _rendered(resolved, {name: answer}) == answer:
                return value
    return None


def _reads(answered: Answered, text: object, name: str) -> bool:
    # Few texts have the name in them at all, and to parse one takes a hundred times as long.
    if not isinstance(text, str) or name not in text:
        return False
    with suppress(Exception):
        return name in meta.find_undeclared_variables(answered.worker.jinja_env.parse(text))
    return False


def _rendered(asked: Question, answers: Mapping[str, Any] | None = None) -> Any:
    return asked.parse_answer(asked.render_value(asked.default, dict(answers or {})))
