"""Files that steps and commands share: YAML and JSON as values, texts that are there whole or not.

Owned by the template: do not edit.
"""

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from .errors import ProjectError

T = TypeVar("T", bound=BaseModel)


class Frozen(BaseModel):
    """A value that cannot be changed and knows no key but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_yaml(path: Path, kind: type[T]) -> T:
    """A YAML file as a value of that kind.

    ProjectError says where the file is wrong and what was probably meant.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(f"{path}: not found; run this in the folder of the project") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: not valid YAML: {error}") from None
    return parse(kind, content, path)


def parse(kind: type[T], content: object, place: object) -> T:
    """Content as a value of that kind; ProjectError names the place and all that is wrong in it."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problems = (f"{place}: {_explain(kind, item)}" for item in error.errors())
        raise ProjectError("\n".join(problems)) from None


def _explain(kind: type[BaseModel], item: ErrorDetails) -> str:
    place = ".".join(str(part) for part in item["loc"]) or "the file"
    if item["type"] != "extra_forbidden":
        return f"{place}: {item['msg']}, not {item['input']!r:.60}"
    key = str(item["loc"][-1])
    return f"{place}: unknown key{did_you_mean(key, _known_keys(kind))}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the known one that is most like it, if any."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _known_keys(kind: type[BaseModel]) -> set[str]:
    """The keys of a value of that kind, and of the values inside it."""
    schema = kind.model_json_schema()
    known = set(schema.get("properties", {}))
    for part in schema.get("$defs", {}).values():
        known |= part.get("properties", {}).keys()
    return known


def read_json(path: Path, made_by: str) -> Any:
    """What a step wrote; ProjectError names the step that has to run first."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(f"{path} is not there yet: run make {made_by} first") from None


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, as `write_text` writes it."""
    write_text(path, json.dumps(value, indent=2, default=float) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text, making the folder; a process that is killed leaves all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def write_verdict(path: Path, word: str) -> None:
    """Leave one word for DVC and CI."""
    write_text(path, word + "\n")


def git(*words: str, **env: str) -> str | None:
    """What git prints; None without git or a repository, or where it or a hook says no.

    `env` is set in its environment.
    """
    command = ["git", *words]
    known = os.environ | env
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, encoding="utf-8", check=True, env=known
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.rstrip()


def note_blocked(folder: Path) -> None:
    """Say on stderr when the gate has blocked the model in a project's build/<model>/model."""
    model = folder.parent
    root = model.parent.parent
    verdict = root / "reports" / model.name / "gate.verdict"
    if is_verdict(verdict, "fail"):
        report = verdict.with_name("report.md")
        print(f"note: the gate has blocked this model: see {report}", file=sys.stderr)


def is_verdict(path: Path, word: str) -> bool:
    """Whether a file of one word, as steps leave them for DVC and CI, has that word."""
    return path.is_file() and path.read_text(encoding="utf-8").strip() == word
