"""`writes` in the table of commands is true of those that can add to a ledger, and of no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from tests.questionnaire import PROJECT

Function = tuple[str, str]  # module and name


@cache
def runtime() -> dict[str, ast.Module]:
    """The modules of the runtime, of all layers."""
    paths = sorted(PROJECT.rglob("src/goldenpath_runtime/*.py"))
    return {path.stem: ast.parse(path.read_text("utf-8")) for path in paths}


def reached(module: str) -> Iterator[str]:
    """The modules that a module imports or looks up, and itself."""
    yield module
    for node in ast.walk(runtime()[module]):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            yield node.module
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "layer":
            yield from (str(word.value) for word in node.args if isinstance(word, ast.Constant))


def names(node: ast.AST) -> Iterator[str]:
    """What a function may call; what is called `append` behind a dot is that of a list."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute) and each.attr != "append":
            yield each.attr


def calls() -> dict[Function, set[Function]]:
    """All functions and methods of the runtime, each with all that it may call, by names alone."""
    found: dict[Function, set[Function]] = {}
    for module, tree in runtime().items():
        near = set(reached(module))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                called = {(each, name) for name in set(names(node)) for each in near}
                found.setdefault((module, node.name), set()).update(called)
    return found


def writers() -> set[Function]:
    """The functions that reach `append` of state.py."""
    known, found = calls(), {("state", "append")}
    while more := {function for function, called in known.items() if called & found} - found:
        found |= more
    return found


def commands() -> Iterator[tuple[Function, bool]]:
    """The function of each command of lifecycle.py, and whether it is said to write."""
    (table,) = (node for node in ast.walk(runtime()["lifecycle"]) if isinstance(node, ast.Dict))
    for key, value in zip(table.keys, table.values, strict=True):
        assert isinstance(key, ast.Constant)
        assert isinstance(value, ast.Call)
        marks = {each.arg: ast.literal_eval(each.value) for each in value.keywords}
        yield (ast.literal_eval(value.args[0]), str(key.value).replace("-", "_")), marks.get("writes", False)


def test_commands_that_write_are_marked() -> None:
    found, told = writers(), dict(commands())
    assert told
    assert {function: function in found for function in told} == told
