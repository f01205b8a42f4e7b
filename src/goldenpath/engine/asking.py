"""What a version of a template asks that nobody has answered, and which answers it no longer takes, all at once."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from copier import Phase
from copier._main import Worker
from copier._user_data import Question
from copier.errors import CopierError

from goldenpath.engine.problems import misfit
from goldenpath.errors import UsageError
from goldenpath.project import OWN

_REQUIRED = re.compile(r'Question "(?P<name>\w+)" is required')
_ANY = {"bool": False, "int": 0, "float": 0.0, "json": "{}", "yaml": "[]"}
"""What stands in for an answer to go on to the next question, by type; other types take a text."""

Make = Callable[..., Worker]


def refusal(make: Make, last: Mapping[str, Any], worker: Worker, error: Exception) -> UsageError:
    """Return what to say where a worker that asks nobody has stopped at a question.

    `make` gives another worker like it for other answers, `last` are those that the project stored.
    """
    if not _REQUIRED.fullmatch(str(error)):
        return misfit(worker, error)
    open_ones: list[str] = []
    while found := _REQUIRED.fullmatch(str(error)):
        open_ones.append(found["name"])
        given = {**worker.data, found["name"]: _stand_in(worker, found["name"])}
        worker = make(data=given, defaults=True)
        try:
            with Phase.use(Phase.PROMPT):
                worker._ask()  # noqa: SLF001
        except (CopierError, ValueError, TypeError) as another:
            error = another
            if found["name"] not in worker.answers.user:
                break  # what stands in does not fit, and what comes after it cannot be told
        else:
            break
    return _unsettled(worker, last, [*open_ones, *_refused(worker, last, open_ones)])


def check_kept(worker: Worker, last: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse to answer in the user's place where a version no longer takes what a project answered.

    Raises:
        UsageError: It names all such answers, and what is taken now.
    """
    if names := _refused(worker, last, given):
        raise _unsettled(worker, last, names)


def _refused(worker: Worker, last: Mapping[str, Any], but: Any) -> list[str]:
    stored = worker._answers_to_remember()  # noqa: SLF001
    return [
        name
        for name, answer in last.items()
        if name in stored and name not in OWN and name not in but and str(stored[name]) != str(answer)
    ]


def _unsettled(worker: Worker, last: Mapping[str, Any], names: list[str]) -> UsageError:
    rows = [_row(worker, name, last) for name in names]
    typed = " ".join(f"--data {name}=..." for name in names)
    bots = (
        ", or --accept-defaults for those that have a default" if any(name in last for name in names) else ""
    )
    return UsageError(
        "The template needs answers:" + "".join(f"\n    {row}" for row in rows), f"Type {typed}{bots}"
    )


def _row(worker: Worker, name: str, last: Mapping[str, Any]) -> str:
    asked = question(worker, name)
    what = f"{last[name]!r} is no longer taken" if name in last else "has no default: it must be answered"
    stored = worker._answers_to_remember()  # noqa: SLF001
    default = f"; the default is {stored[name]!r}" if name in last and stored.get(name) is not None else ""
    choices = _choices(asked)
    return f"'{name}' {what}" + (f"; one of: {', '.join(map(str, choices))}" if choices else "") + default


def _stand_in(worker: Worker, name: str) -> Any:
    asked = question(worker, name)
    first = next(iter(_choices(asked)), None)
    if asked.multiselect:
        return [] if first is None else [first]
    return _ANY.get(asked.get_type_name(), "x") if first is None else first


def _choices(asked: Question) -> list[Any]:
    return [choice.value for choice in asked._formatted_choices if not choice.disabled]  # noqa: SLF001


def question(worker: Worker, name: str) -> Question:
    """Return a question of a worker, with what it knows of the others' answers."""
    return Question(
        answers=worker.answers,
        context=worker._render_context(),  # noqa: SLF001
        jinja_env=worker.jinja_env,
        settings=worker.settings,
        var_name=name,
        **worker.template.questions_data[name],
    )
