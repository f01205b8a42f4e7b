"""The Python that a repository owns is read by its users: one step a line, and no puzzle in any.

Syntax nodes a line tell how much a reader has to take in at once; uvicorn has 6.6, pre-commit 6.2.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.questionnaire import TEMPLATE
from tests.support import generate

Node = TypeVar("Node", bound=ast.AST)

MOST_NODES = 9.0
LONGEST_LINE = 100
MODULES = {
    str(path.relative_to(TEMPLATE / "project")): path
    for path in sorted((TEMPLATE / "project").rglob("src/goldenpath_runtime/**/*.py"))
}


def hard_to_read(source: str) -> list[str]:
    """What makes a module hard to read."""
    tree = ast.parse(source)
    return [
        *_too_dense(source, tree),
        *(f"{line}: a condition inside another's value" for line in _nested_conditions(tree)),
        *(f"{line}: an assignment inside a comparison" for line in _hidden_assignments(tree)),
        *(f"{line}: longer than {LONGEST_LINE}" for line in _long_lines(source)),
    ]


def _too_dense(source: str, tree: ast.Module) -> Iterator[str]:
    lines = [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    nodes = sum(1 for _ in ast.walk(tree)) / len(lines)
    if nodes > MOST_NODES:
        yield f"{nodes:.1f} syntax nodes a line, more than {MOST_NODES}"


def _nested_conditions(tree: ast.Module) -> Iterator[int]:
    for outer in _all(tree, ast.IfExp):
        if any(inner is not outer for inner in _all(outer, ast.IfExp)):
            yield outer.lineno


def _hidden_assignments(tree: ast.Module) -> Iterator[int]:
    for comparison in _all(tree, ast.Compare):
        yield from (found.lineno for found in _all(comparison, ast.NamedExpr))


def _all(tree: ast.AST, kind: type[Node]) -> Iterator[Node]:
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def _long_lines(source: str) -> Iterator[int]:
    for number, line in enumerate(source.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            yield number


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_is_easy_to_read(name: str) -> None:
    assert hard_to_read(MODULES[name].read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("f(a.b[c], *[d(e) for e in g if e])\n", "syntax nodes"),
        ("x = (\n    1\n    if a\n    else 2\n    if b\n    else 3\n)\n", "a condition"),
        (
            "x = (\n    1\n    if (\n        2\n        if a\n        else 3\n    )\n    else 4\n)\n",
            "a condition",
        ),
        ("if (\n    x := f\n) is None:\n    pass\n", "an assignment"),
        (f"# {'x' * LONGEST_LINE}\nx = 1\n", "longer"),
    ],
)
def test_a_defect_is_found(source: str, problem: str) -> None:
    found = hard_to_read(source)
    assert len(found) == 1, found
    assert problem in found[0]


def test_ruff_has_another_line_length_for_the_runtime_alone(tmp_path: Path) -> None:
    """The settings of both are those of pyproject.toml, and what lies below src stays as it is: DVC hashes it."""
    project = generate(tmp_path / "project")
    lines = {
        "src/my_model/own.py": 120,
        "tests/test_own.py": 120,
        "src/goldenpath_runtime/own.py": LONGEST_LINE,
    }
    for path, length in lines.items():
        (project / path).write_text(f"# {'x ' * (length // 2 - 1)}\n# {'x ' * (length // 2 - 1)}x\n", "utf-8")
    words = ["ruff", "check", "--output-format=concise", *lines]
    ran = subprocess.run(
        [sys.executable, "-m", *words], cwd=project, capture_output=True, text=True, check=False
    )
    found = [line.partition(": E501")[0] for line in ran.stdout.splitlines() if "E501" in line]
    assert sorted(found) == sorted(f"{path}:2:{length + 1}" for path, length in lines.items())
    assert "src/goldenpath_runtime/own.py:1:1: D100" in ran.stdout, (
        "the rules are not those of pyproject.toml"
    )
    checked = ["ruff", "check", "src/goldenpath_runtime/__main__.py", "src/goldenpath_runtime/config.py"]
    subprocess.run([sys.executable, "-m", *checked], cwd=project, check=True)
    assert not list(project.glob("src/**/.ruff_cache"))
