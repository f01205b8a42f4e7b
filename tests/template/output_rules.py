"""The rules that every rendered repository keeps. Each takes its files and returns what breaks it.

test_contract.py holds every pair of answers to each, and shows for each a defect that it finds.
"""

from __future__ import annotations

import ast
import configparser
import csv
import io
import json
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from pathspec import GitIgnoreSpec

from tests.questionnaire import ROOT, computed
from tests.support import Files
from tests.template.source_rules import REFUSED_BY_WINDOWS

LONGEST_PATH = 120
CI_FILES = (".github/", ".gitlab-ci.yml", "azure-pipelines.yml", ".azuredevops/", ".circleci/", "ci/")
# Formats without comments, and texts that are not ours.
UNSIGNED = (".python-version", "LICENSE", ".copier-answers.yml", "*.csv", "*.json", "py.typed")
OWNED, YOURS = "Owned by the template: do not edit", re.compile(r"\byours?\b", re.IGNORECASE)
FIRST_LINES = 12
LONGEST_LINE = 100
# uv anywhere; a program of the environment where a command begins, or on its own between backquotes.
BARE = re.compile(
    r"(?<![\w./$)-])(?<!-m )uvx? (?:run|tool|sync|lock|add|pip|python|export)\b"
    r"|(?:(?<=`)|(?<=^ {4})|(?<=entry: ))(?:uvx?|pre-commit|tox|dvc|copier|ruff|mypy|pytest)(?=`| [a-z-])"
)
# What a file speaks of, and tells nobody to type.
NAMED = re.compile(r"`(?:dvc repro|copier update)`")
AFTER_UV_RUN = re.compile(r"^\| make \| after `py -m uv run` \|\n(?:\|.*\n)+", re.MULTILINE)


class _StrictLoader(yaml.SafeLoader):
    """YAML that takes no key twice, and any tag."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if doubled := {str(key) for key in keys if keys.count(key) > 1}:
            raise yaml.YAMLError(f"twice the key {', '.join(sorted(doubled))}")
        return super().construct_mapping(node, deep)


_StrictLoader.add_multi_constructor("!", lambda loader, suffix, node: str(node.value))


def _json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"a key twice in {[key for key, _ in pairs]}")
    return dict(pairs)


def _csv(text: str) -> None:
    if len(widths := {len(row) for row in csv.reader(io.StringIO(text))}) != 1:
        raise ValueError(f"rows of {sorted(widths)} columns")


def _yaml(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=_StrictLoader))


PARSERS: dict[str, Callable[[str], object]] = {
    ".json": lambda text: json.loads(text, object_pairs_hook=_json_object),
    ".yml": _yaml,
    ".yaml": _yaml,
    ".toml": tomllib.loads,
    ".py": ast.parse,
    ".csv": _csv,
    "config": lambda text: configparser.ConfigParser().read_string(text),
}


def every_file_parses(files: Files) -> Iterator[str]:
    for path, content in files.items():
        name = PurePosixPath(path)
        parse = PARSERS.get(name.suffix or name.name)
        try:
            text = content.decode("utf-8")
            if parse:
                parse(text)
        except (ValueError, SyntaxError, yaml.YAMLError, configparser.Error) as error:
            yield f"{path}: {error}"


def no_jinja_is_left(files: Files) -> Iterator[str]:
    for path, content in files.items():
        # GitHub's expressions and Prometheus' have the same braces; Python has them in formatted strings, and never Jinja.
        text = re.sub(
            r"\$\{\{.*?\}\}|\{\{ \$.*?\}\}", "", content.decode("utf-8", "replace"), flags=re.DOTALL
        )
        if not path.endswith(".py") and (found := re.search(r"\{\{|\{%|%\}|\{#.*#\}", text)):
            yield f"{path}: '{found[0]}' is left"
        if path.endswith(".jinja") or "{" in path:
            yield f"{path}: not rendered"


def paths_suit_every_system(files: Files) -> Iterator[str]:
    folded = [path.casefold() for path in files]
    for path in files:
        if len(path) > LONGEST_PATH:
            yield f"{path}: {len(path)} characters"
        if any(REFUSED_BY_WINDOWS.search(part) for part in path.split("/")):
            yield f"{path}: Windows refuses this name"
        if folded.count(path.casefold()) > 1:
            yield f"{path}: differs from another path only in case"


def text_is_clean(files: Files) -> Iterator[str]:
    for path, content in files.items():
        text = content.decode("utf-8", "replace")
        if "\r" in text:
            yield f"{path}: carriage returns"
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield f"{path}: does not end with one line break"
        for number, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip():
                yield f"{path}:{number}: trailing white space"


def no_machine_is_named(files: Files) -> Iterator[str]:
    machine = {str(ROOT), tempfile.gettempdir() + "/goldenpath", str(Path.home())} - {"/root"}
    pattern = re.compile("|".join([*map(re.escape, machine), r"(?<![\w.])/(?:home|Users)/\w"]))
    for path, content in files.items():
        if (found := pattern.search(content.decode("utf-8", "replace"))) and path != "Dockerfile":
            yield f"{path}: names a folder of a machine: {found[0]}"


def versions_are_quoted(files: Files) -> Iterator[str]:
    """An unquoted 3.10 is the number 3.1. CI files have no other fractions."""
    for path, content in files.items():
        if path.startswith(CI_FILES) and path.endswith((".yml", ".yaml")):
            yield from (
                f"{path}: unquoted {value}"
                for value in _leaves(_yaml(content.decode()))
                if isinstance(value, float)
            )


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def one_python_everywhere(files: Files) -> Iterator[str]:
    """.python-version is the base image's Python, and at least the lowest that the project and its tools name."""
    here = files[".python-version"].decode().strip()
    project = tomllib.loads(files["pyproject.toml"].decode())
    lowest = re.search(r">= ?(\d+\.\d+)", project["project"]["requires-python"])
    if lowest is None:
        yield "pyproject.toml: requires-python has no lower bound"
        return
    tools = {
        "ruff's target-version": project["tool"]["ruff"].get("target-version", "").replace("py3", "3."),
        "mypy's python_version": project["tool"]["mypy"].get("python_version", ""),
    }
    yield from (
        f"pyproject.toml: {tool} is not {lowest[1]}"
        for tool, found in tools.items()
        if found not in {"", lowest[1]}
    )
    if _minor(here) < _minor(lowest[1]):
        yield f".python-version: {here} is below {lowest[1]}"
    for path, content in files.items():
        for found in re.findall(
            r"python:(\d+\.\d+)|python-version: *\W?(\d+\.\d+)", content.decode("utf-8", "replace")
        ):
            if (named := "".join(found)) != here:
                yield f"{path}: Python {named}, but .python-version says {here}"


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def ownership(path: str, package: str) -> str:
    """Whose a rendered file is: the user's "seed", "shared", or "owned" by the template."""
    patterns = [pattern.replace("{{ package_name }}", package) for pattern in computed()["seeds"]["default"]]
    if GitIgnoreSpec.from_lines(patterns).match_file(path):
        return "seed"
    shared = GitIgnoreSpec.from_lines(computed()["shared"]["default"])
    return "shared" if shared.match_file(path) else "owned"


def package_name(files: Files) -> str:
    """The name of the project's own package, from its answers."""
    name: str = yaml.safe_load(files[".copier-answers.yml"])["package_name"]
    return name


def every_file_says_whose_it_is(files: Files) -> Iterator[str]:
    package = package_name(files)
    for path, content in files.items():
        start = " ".join(content.decode("utf-8", "replace").splitlines()[:FIRST_LINES])
        owner = ownership(path, package)
        if GitIgnoreSpec.from_lines(UNSIGNED).match_file(path) or not content:
            continue
        if owner == "owned" and OWNED not in start:
            yield f"{path}: its first lines do not say '{OWNED}'"
        if owner == "seed" and (OWNED in start or not YOURS.search(start)):
            yield f"{path}: its first lines do not say that it is the user's ('yours')"
        if owner == "shared" and (OWNED in start or "Shared" not in start):
            yield f"{path}: its first lines do not say that it is shared, and that updates merge"


def commands_find_their_program(files: Files) -> Iterator[str]:
    """What a file tells its reader to type, and what hooks run, works where only git, make and Python are on the PATH.

    The table for Windows names what to type after `py -m uv run`, so its programs are found too.
    """
    for path, content in files.items():
        text = NAMED.sub("", AFTER_UV_RUN.sub("", content.decode("utf-8", "replace")))
        for number, line in enumerate(text.splitlines(), 1):
            yield from (f"{path}:{number}: '{found[0]}' is on no PATH" for found in BARE.finditer(line))


def lines_of_the_readme_are_short(files: Files) -> Iterator[str]:
    """All but the description, which is an answer and may have 200 characters."""
    description = yaml.safe_load(files[".copier-answers.yml"])["description"]
    for number, line in enumerate(files["README.md"].decode().splitlines(), 1):
        if len(line) > LONGEST_LINE and line != description:
            yield f"README.md:{number}: {len(line)} characters"


def the_pins_are_last(files: Files) -> Iterator[str]:
    """Two hundred lines that nobody edits stand behind all that somebody does, and a comment says so."""
    above, _, pins = files["pyproject.toml"].decode().rpartition("\n[tool.uv]\n")
    if re.search(r"^\[", pins, re.MULTILINE):
        yield "pyproject.toml: a table behind the pins"
    if not above.rpartition("\n\n")[2].startswith("# From here to the end: the template's pins."):
        yield "pyproject.toml: nothing announces the pins"


RULES = (
    every_file_parses,
    no_jinja_is_left,
    paths_suit_every_system,
    text_is_clean,
    no_machine_is_named,
    versions_are_quoted,
    one_python_everywhere,
    every_file_says_whose_it_is,
    commands_find_their_program,
    lines_of_the_readme_are_short,
    the_pins_are_last,
)
