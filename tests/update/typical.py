"""What people do to a repository that was made from our template, between two releases of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.support import commit_all

STEP = "      - name: Tell the team\n        run: echo told\n"
WORKFLOW = """\
# Yours.
name: own
on: [workflow_dispatch]
permissions: {}
jobs:
  own:
    name: own
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - run: echo own
"""


def _in(path: str, pattern: str, text: str) -> Callable[[Path], None]:
    """Return an edit that puts a text behind the first place where a pattern ends."""

    def edit(project: Path) -> None:
        before = (project / path).read_text("utf-8")
        found = re.search(pattern, before, re.MULTILINE)
        assert found, f"{path} has no {pattern!r}"
        (project / path).write_text(before[: found.end()] + text + before[found.end() :], "utf-8")

    return edit


def _own_workflow(project: Path) -> None:
    (project / ".github" / "workflows" / "own.yml").write_text(WORKFLOW)


def _deleted_seed(project: Path) -> None:
    (project / "README.md").unlink()


EDITS: dict[str, Callable[[Path], None]] = {
    "a dependency beside ours": _in(
        "pyproject.toml", r'^dependencies = \[(.|\n)*?"pyyaml>=6"', ', "packaging>=24"'
    ),
    "a tool beside ours": _in("pyproject.toml", r'^    "types-pyyaml",\n', '    "types-tabulate",\n'),
    "a ruff rule": _in("pyproject.toml", r'^select = \[(.|\n)*?"BLE", ', '"DTZ", '),
    "a tool at the end": _in("pyproject.toml", r"\Z", "\n[tool.own]\nlevel = 3 # ours\n"),
    "a README paragraph": _in("README.md", r"\A#.*\n", "\nWhat this model is for, in a paragraph of ours.\n"),
    "a make target": _in("Makefile", r"\Z", "\nhello: ## say hello\n\t@echo hello\n"),
    "a CI step in our file": _in(".github/workflows/check.yml", r"^      - run: make check\n", STEP),
    "a CI step in a file of their own": _own_workflow,
}
DELETED = {"a deleted seed": _deleted_seed}
MARKS = {
    "pyproject.toml": ["packaging>=24", "types-tabulate", '"DTZ"', "level = 3 # ours"],
    "README.md": ["in a paragraph of ours"],
    "Makefile": ["hello: ## say hello"],
    ".github/workflows/check.yml": ["Tell the team"],
    ".github/workflows/own.yml": ["echo own"],
}


def edit(project: Path, edits: dict[str, Callable[[Path], None]]) -> None:
    """Do all of some edits, and commit them."""
    for each in edits.values():
        each(project)
    commit_all(project, "What people do")


def lost(project: Path) -> list[str]:
    """The edits that are no longer there."""
    return [
        f"{path}: {mark}"
        for path, marks in MARKS.items()
        for mark in marks
        if not (project / path).is_file() or mark not in (project / path).read_text("utf-8")
    ]
