"""The shape of the runtime that repositories own: which module may import which, and who looks options up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.template.runtime import ROOT, extras, imported, modules, options

# From the rim inwards: a module imports only from its own row or later ones. An option is a row as a whole; a new one gets its place
# here. What every repository has stands below all options.
ROWS = [
    {"__main__"},
    {"__init__"},
    {ROOT},
    {"ci"},
    {"local"},
    {"deploy"},
    {"deliver"},
    {"watch"},
    {"store"},
    {"quality"},
    {"online", "batch", "embedded"},
    {"matrix", "pipeline"},
    {"evaluation", "gate", "prepare", "report", "train"},
    {"split"},
    {"artifact", "lineage"},
    {"project"},
    {"interface"},
    {"data", "metrics"},
    {"schema"},
    {"config", "delimited", "inference"},
    {"files"},
    {"commands", "errors", "extras", "figures"},
]
LOOKS_UP = {
    "__import__",
    "entry_points",
    "find_spec",
    "import_module",
    "iter_modules",
    "reload",
    "run_module",
}


def row_of(module: str) -> int:
    """The row of a module, or of the option that it is in."""
    name = module.partition(".")[0]
    (found,) = (number for number, row in enumerate(ROWS) if name in row)
    return found


def upward(module: str, tree: ast.Module) -> Iterator[str]:
    """What a module imports from an earlier row, in functions and for types too."""
    yield from (target for target in imported(module, tree) if row_of(target) < row_of(module))


def lookups(tree: ast.Module) -> Iterator[int]:
    """The lines where a module looks for others by name."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if name in LOOKS_UP:
                yield node.lineno
            case ast.ImportFrom(module="importlib" | "importlib.util" | "pkgutil" | "runpy"):
                yield node.lineno


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_point_inwards(module: str) -> None:
    assert list(upward(module, modules()[module])) == []


def test_there_is_no_circle() -> None:
    TopologicalSorter({name: set(imported(name)) - {name} for name in modules()}).prepare()


@pytest.mark.parametrize("module", sorted(modules().keys() - {ROOT}))
def test_one_module_alone_looks_options_up(module: str) -> None:
    assert list(lookups(modules()[module])) == []


def test_each_option_has_a_row_and_supplies_modules_of_its_own() -> None:
    assert set(options()) <= set().union(*ROWS)
    assert set(extras().values()) <= modules().keys()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("report", "from .quality import plots"),
        ("report", "from goldenpath_runtime.quality.plots import plot"),
        ("report", "import goldenpath_runtime.quality.plots"),
        ("report", "def f():\n    from .quality import plots"),
        ("report", "if TYPE_CHECKING:\n    from .store.ledger import Store"),
        ("store.ledger", "from goldenpath_runtime.watch.monitor import examine"),
        ("store.ledger", "from goldenpath_runtime import options"),
        ("deliver.delivery", "from goldenpath_runtime.ci import proposal"),
        ("deliver.delivery", "from goldenpath_runtime.__main__ import main"),
    ],
)
def test_an_import_that_points_outwards_is_found(module: str, line: str) -> None:
    assert list(upward(module, ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "from importlib import import_module",
        "from importlib.util import find_spec as there",
        "import importlib\nimportlib.import_module('a')",
        "__import__('a')",
        "from importlib.metadata import entry_points",
        "import importlib.util\nimportlib.util.find_spec('a')",
    ],
)
def test_a_lookup_is_found(line: str) -> None:
    assert list(lookups(ast.parse(line)))


def test_a_circle_is_found() -> None:
    graph = {name: set(imported(name)) - {name} for name in modules()}
    graph["schema"] |= {"prepare"}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()
