"""What users are told to type can be typed: each option in a message is one of the command that shows it."""

from __future__ import annotations

import ast
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pytest

from goldenpath.arguments import parser
from tests.unit.test_architecture import MODULES, name_of

PROJECT = {"update", "status", "diff"}
# Which commands can show what a module says. A module with options in its messages gets its line here.
SHOWN_IN: dict[str, set[str]] = {
    "commands.new": {"new"},
    "commands.update": {"update"},
    "commands.status": {"status"},
    "commands.diff": {"diff"},
    "project.answers": {"new", "update"},
    "engine.asking": {"new", "update"},
    "engine.problems": {"new", "update"},
    "engine.starting": {"new"},
    "engine.trust": PROJECT,
    "monorepo.everywhere": {"update"},
    "git": {"new"},
    "merging.keys.requirements": set(),  # of pip
    "planning.pristine": {"status"},
    "project.identity": PROJECT,
    "monorepo.projects": PROJECT,
    "applying.record": {"update"},
    "planning.relocation": {"update"},
    "sources.settings": {"new"},
    "showing.show": {"update"},
    "sources.repository": PROJECT,
    "planning.updates": {"update"},
    "applying.verify": {"update"},
}
# Of one command only: `new` reads files of answers and is told of a template; what was answered before, only an update knows.
ONLY = {
    ("project.answers", "--data-file"): {"new"},
    ("engine.asking", "--accept-defaults"): {"update"},
    ("engine.trust", "--template"): {"new"},
}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
PROGRAM = re.compile(r"\b(goldenpath (?P<ours>[a-z]+)|git|uv|copier|diff)\b(?=[^.;:]*$)")


def texts(path: Path) -> Iterator[str]:
    """Every sentence of a module for its user: no docstrings, no words of a command line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = (
        node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
    )
    documents = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
    inside = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found = "".join(
                part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "X"
                for part in node.values
            )
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside | documents
        ):
            found = node.value
        else:
            continue
        if " " in found.strip():
            yield found


def named(text: str) -> Iterator[tuple[str, str | None]]:
    """Each option of a text, with the command of ours that is said to take it, if one is; those of other programs not."""
    for option in OPTION.finditer(text):
        said = list(PROGRAM.finditer(text[: option.start()]))
        if not said or said[-1]["ours"]:
            yield option.group(), said[-1]["ours"] if said else None


def commands() -> dict[str, set[str]]:
    """The options of each command."""
    choices = next(action.choices for action in parser()._actions if action.dest == "command")
    assert isinstance(choices, dict)
    found: dict[str, ArgumentParser] = choices
    return {
        name: {option for action in command._actions for option in action.option_strings}
        for name, command in found.items()
    }


@pytest.mark.parametrize("path", [path for path in MODULES if name_of(path) != "arguments"], ids=name_of)
def test_what_is_to_be_typed_can_be_typed(path: Path) -> None:
    known, module = commands(), name_of(path)
    for text in texts(path):
        for option, said in named(text):
            assert said or module in SHOWN_IN, f"{module}: {text}"
            for command in {said} if said else ONLY.get((module, option), SHOWN_IN[module]):
                assert option in known[command], f"{command} has no {option}: {text}"


def test_the_reader_of_messages_sees_them() -> None:
    seen = {option for path in MODULES for text in texts(path) for option, _ in named(text)}
    assert {"--to", "--trust", "--answers-file", "--skip-tasks", "--template", "--abort", "--all"} <= seen
    assert list(named("Add --to HEAD, or type: goldenpath status --to X; git log --all")) == [
        ("--to", None),
        ("--to", "status"),
    ]
