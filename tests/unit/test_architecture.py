"""The shape of the command: which module may import which, how long things are, what a start costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

import goldenpath
from tests.questionnaire import ROOT

SOURCE = Path(goldenpath.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))

# From the rim inwards. A module imports only from later rows; a new module gets its place here. What is about one thing is a
# wing, a package: its rows stand together.
LAYERS = [
    {"__main__"},
    {"main"},
    {"arguments"},
    {"commands.new", "commands.update", "commands.status", "commands.diff"},
    {"monorepo.everywhere"},
    {"monorepo.several"},
    {"monorepo.projects"},
    {"showing.outcome"},
    {"showing.show"},
    {"applying.apply", "applying.record", "applying.verify", "applying.hooks"},
    {"applying.disk", "applying.locks"},
    {"planning.pristine", "planning.start", "planning.updates"},
    {"planning.moved", "planning.relocation", "planning.untouched"},
    {"planning.history", "planning.mentions", "planning.room"},
    {"planning.commits", "planning.naming"},
    {"engine.__init__"},
    {"engine.migrations", "engine.starting"},
    {"engine.following", "engine.opening"},
    {"engine.versions"},
    {"engine.answered"},
    {"engine.asking", "engine.fast", "engine.plain", "engine.trust"},
    {"engine.chance", "engine.listing", "engine.memo", "engine.moves", "engine.problems"},
    {"engine.terminal", "engine.texts"},
    {"merging.trees"},
    {"merging.policies"},
    {"merging.parity", "merging.safe"},
    {"merging.contents", "merging.likeness", "merging.rules"},
    {"merging.keys.__init__"},
    {"merging.keys.documents", "merging.keys.entries", "merging.keys.lines", "merging.keys.pins"},
    {"merging.keys.blocks", "merging.keys.tables"},
    {"merging.keys.finding", "merging.keys.outline"},
    {"merging.keys.formats"},
    {"merging.keys.make", "merging.keys.requirements"},
    {"merging.keys.values"},
    {"merging.keys.weave"},
    {"merging.lines"},
    {"project.kept", "project.state"},
    {"project.drift"},
    {"project.files", "project.waivers"},
    {"project.__init__"},
    {"project.identity"},
    {"project.answers", "project.discovery"},
    {"sources.__init__"},
    {"sources.repository", "sources.settings"},
    {"sources.addresses", "sources.mirrors"},
    {"plan"},
    {"git", "paths", "recent", "tree"},
    {"errors"},
    {
        "__init__",
        *(
            f"{wing}.__init__"
            for wing in ("applying", "commands", "merging", "monorepo", "planning", "showing")
        ),
    },
]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def layer_of(module: str) -> int:
    (found,) = (number for number, layer in enumerate(LAYERS) if module in layer)
    return found


def imports(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Each import of a module, those that wait until they are needed included, with the full name of what is imported."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that this test sees them"
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"import_module", "__import__"}:
            yield from (
                (node, ast.literal_eval(name)) for name in node.args if isinstance(name, ast.Constant)
            )


def own_module(imported: str) -> str | None:
    """The module of ours behind `goldenpath.x.y`, where y may be a name inside x."""
    if not imported.startswith("goldenpath"):
        return None
    name = imported.removeprefix("goldenpath").removeprefix(".")
    known = {name_of(path) for path in MODULES}
    parts = (name, f"{name}.__init__", name.rpartition(".")[0], f"{name.rpartition('.')[0]}.__init__")
    return next((part for part in parts if part in known), "__init__")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_inwards(path: Path) -> None:
    for _, imported in imports(path):
        if target := own_module(imported):
            assert layer_of(name_of(path)) < layer_of(target), f"{name_of(path)} imports {imported}"


def test_a_wing_stands_together() -> None:
    wings = [{module.split(".")[0] for module in layer if "." in module} for layer in LAYERS[:-1]]
    in_turn = [wing for wing, _ in groupby(each.pop() for each in wings if each)]
    assert all(len(each) == 0 for each in wings), "a row is of one wing"
    assert len(in_turn) == len(set(in_turn)), in_turn


def test_only_the_engine_knows_copier_and_its_libraries() -> None:
    private = ("copier", "plumbum", "jinja2")
    users = {
        name_of(path).split(".")[0]
        for path in MODULES
        for _, imported in imports(path)
        if imported.split(".")[0] in private
    }
    assert users == {"engine"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_main_imports_inside_functions(path: Path) -> None:
    module = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    hidden = [
        ast.unparse(node)
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert bool(hidden) == (name_of(path) == "main"), hidden


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            documented = isinstance(node.body[0], ast.Expr) and len(node.body) > 1
            start = node.body[1 if documented else 0].lineno
            assert (node.end_lineno or start) - start + 1 <= 30, node.name


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys, goldenpath.main\n"
        "try: goldenpath.main.main(['new', '--help'])\n"
        "except SystemExit: pass\n"
        "print('HEAVY', {'copier', 'questionary', 'jinja2', 'yaml', 'pydantic', 'platformdirs'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "--data-file" in done.stdout
    assert "HEAVY set()" in done.stdout


def cpu_seconds(*arguments: str) -> float:
    """The least CPU time of several runs of Python: the machine's other work only adds."""
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL, check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime)"
    )
    runs = (
        subprocess.run(
            [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
        )
        for _ in range(5)
    )
    return min(float(done.stdout) for done in runs)


def test_help_is_quick() -> None:
    bare, ours = cpu_seconds("-c", "pass"), cpu_seconds("-m", "goldenpath", "--help")
    assert ours <= 0.2
    assert ours <= 8 * bare, f"{ours:.3f} s, where Python alone takes {bare:.3f} s"


def test_copier_is_pinned_to_a_minor() -> None:
    assert '"copier>=9.19.1,<9.20"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
