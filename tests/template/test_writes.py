"""`writes` of a command is true of those that can add to a ledger, and of no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.template.runtime import declared, imported, looked_up, modules, options

Function = tuple[str, str]  # module and name


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
    for module, tree in modules().items():
        near = {module, *imported(module), *looked_up(module)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                called = {(each, name) for name in set(names(node)) for each in near}
                found.setdefault((module, node.name), set()).update(called)
    return found


def writers() -> set[Function]:
    """The functions that reach `append` of the ledger."""
    known, found = calls(), {("store.ledger", "append")}
    while more := {function for function, called in known.items() if called & found} - found:
        found |= more
    return found


def commands() -> Iterator[tuple[Function, bool]]:
    """The function of each command of each option, and whether it is said to write."""
    for option in options():
        table = declared(option, "COMMANDS")
        for key, value in zip(table.keys, table.values, strict=True) if table else ():
            assert isinstance(key, ast.Constant)
            assert isinstance(value, ast.Call)
            marks = {each.arg: ast.literal_eval(each.value) for each in value.keywords}
            module = f"{option}.{ast.literal_eval(value.args[0])}"
            yield (module, str(key.value).replace("-", "_")), marks.get("writes", False)


def test_commands_that_write_are_marked() -> None:
    found, told = writers(), dict(commands())
    assert told
    assert {function: function in found for function in told} == told
