"""The modules of the runtime in all layers, and what they import: read from the template's sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.questionnaire import PROJECT

PACKAGE = "goldenpath_runtime"
ROOT = "options"  # the module that looks options up


@cache
def sources() -> dict[str, Path]:
    """The modules by their dotted name in the package; of a module that several layers have, one."""
    found = {}
    for path in sorted(PROJECT.rglob(f"src/{PACKAGE}/**/*.py")):
        parts = path.parts[path.parts.index(PACKAGE) + 1 :]
        found[".".join(parts).removesuffix(".py").removesuffix(".__init__")] = path
    return found


@cache
def modules() -> dict[str, ast.Module]:
    """The same, parsed."""
    return {name: ast.parse(path.read_text("utf-8")) for name, path in sources().items()}


def options() -> list[str]:
    """The options, which are folders."""
    return sorted(
        name for name, path in sources().items() if path.name == "__init__.py" and name != "__init__"
    )


def declared(option: str, table: str) -> ast.Dict | None:
    """A table that an option's `__init__.py` declares."""
    for node in modules()[option].body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == table:
            assert isinstance(node.value, ast.Dict)
            return node.value
    return None


@cache
def extras() -> dict[str, str]:
    """The module that supplies what an option adds, by its purpose."""
    found = {}
    for option in options():
        for purpose, place in ast.literal_eval(declared(option, "EXTRAS") or "{}").items():
            found[purpose] = f"{option}.{place.partition(':')[0]}"
    return found


def imported(name: str, tree: ast.Module | None = None) -> Iterator[str]:
    """The modules of the package that a module imports, anywhere in it."""
    folder = name.rpartition(".")[0]
    for node in ast.walk(tree or modules()[name]):
        if isinstance(node, ast.Import):
            yield from (
                _known(each.name.removeprefix(f"{PACKAGE}.")) for each in node.names if PACKAGE in each.name
            )
        elif isinstance(node, ast.ImportFrom):
            module = _package(node, folder)
            if module is not None:
                yield from (_known(f"{module}.{each.name}".removeprefix(".")) for each in node.names)


def _package(node: ast.ImportFrom, folder: str) -> str | None:
    """What an import names below the package; None where it is of another one."""
    module = node.module or ""
    if node.level:
        return ".".join(part for part in (folder, module) if part)
    if module == PACKAGE or module.startswith(f"{PACKAGE}."):
        return module.removeprefix(PACKAGE).removeprefix(".")
    return None


def _known(name: str) -> str:
    """The module that a dotted name is, or is in."""
    return name if name in sources() else name.rpartition(".")[0] or "__init__"


def looked_up(name: str) -> Iterator[str]:
    """The modules that a module gets as extras."""
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "extra":
            yield from (
                extras()[word.value]
                for word in node.args
                if isinstance(word, ast.Constant) and word.value in extras()
            )
