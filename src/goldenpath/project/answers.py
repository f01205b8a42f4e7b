"""Answers given beforehand: read from flags and files, and held against the questions."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from goldenpath.errors import UsageError


def given(pairs: Sequence[str], file: Path | None) -> dict[str, Any]:
    """Return the answers of `key=value` pairs and of a YAML file; a pair goes before the file.

    Values of pairs are text, as typed; the question casts them to its type.

    Raises:
        UsageError: A pair or the file cannot be read.
    """
    return {**(_from_file(file) if file else {}), **_from_pairs(pairs)}


def _from_pairs(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--data '{pair}' is not an answer.", "Type --data key=value")
        if key in found:
            raise UsageError(f"--data gives '{key}' twice.", "Leave one out.")
        if any("\ud800" <= character <= "\udfff" for character in pair):
            raise UsageError(f"--data {key!a} is not UTF-8 text.", "Type it in UTF-8.")
        found[key] = value
    return found


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--data-file '{path}' cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--data-file '{path}' is not UTF-8 text.", "Save it as UTF-8.") from error
    except yaml.YAMLError as error:
        raise UsageError(f"--data-file '{path}' is not YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise UsageError(f"--data-file '{path}' is not a mapping.", "Write one `key: value` a line.")
    return content


def check(answers: Mapping[str, Any], questions: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse answers to questions that do not exist, or that nobody may answer (`when: false`).

    Raises:
        UsageError: It names the first such answer, and what may have been meant.
    """
    settable = [name for name, details in questions.items() if details.get("when", True) is not False]
    for name in answers:
        if name in questions and name not in settable:
            raise UsageError(f"Nobody may set '{name}': it follows from other answers.", "Leave it out.")
        if name not in settable:
            close = get_close_matches(name, settable, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"The template asks for: {', '.join(settable)}"
            raise UsageError(f"The template has no question '{name}'.", hint)


def check_kept(given: Mapping[str, Any], hidden: AbstractSet[str]) -> None:
    """Refuse answers to questions that are `hidden`, not asked after the other answers: nobody would store them.

    Raises:
        UsageError: It names one.
    """
    if void := hidden & given.keys():
        raise UsageError(
            f"'{min(void)}' does not go with the other answers: it would be lost.", "Leave it out."
        )


def check_fixed(old: Mapping[str, Any], new: Mapping[str, Any], names: object) -> None:
    """Refuse to change an answer that a project gives once: `names` is the template's list, if it has one.

    Raises:
        UsageError: It names the answer.
    """
    for name in names if isinstance(names, list) else ():
        if name in old and name in new and old[name] != new[name]:
            raise UsageError(
                f"'{name}' is set once: much of what it named is yours now, and would not follow.",
                "Leave it out.",
            )


def of_folder(
    name: str, questions: Mapping[str, Mapping[str, Any]], template: Callable[[str], Any]
) -> dict[str, str]:
    """Return the folder's name as the answer to `project_name`, or nothing where that question does not take it.

    `template` makes a Jinja template of a text; what its `render` raises is passed on.
    """
    question = questions.get("project_name", {"when": False})
    if question.get("when", True) is False:
        return {}
    refusal = template(str(question.get("validator", ""))).render(project_name=name).strip()
    return {} if refusal else {"project_name": name}
