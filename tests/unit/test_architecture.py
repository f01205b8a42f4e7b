"""The shape of the command: which module may import which, how long things are, what a start costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import goldenpath
from tests.questionnaire import ROOT

SOURCE = Path(goldenpath.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))

# From the rim inwards. A module imports only from later rows; a new module gets its place here.
LAYERS = [
    {"__main__"},
    {"main"},
    {"commands.new", "commands.update", "commands.status", "commands.diff"},
    {"hooks", "apply", "updates", "verify", "show"},
    {"disk", "state"},
    {"engine.__init__", "merge", "room"},
    {"engine.starting", "engine.versions"},
    {"engine.fast", "engine.plain", "engine.trust"},
    {"engine.memo", "engine.problems"},
    {"keys.__init__", "parity"},
    {"keys.documents", "keys.formats", "keys.lines"},
    {"keys.values"},
    {"keys.weave"},
    {"files"},
    {"answers", "plan", "project", "settings", "sources", "start", "waivers"},
    {"git", "tree", "lines"},
    {"errors"},
    {"__init__", "commands.__init__"},
]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def layer_of(module: str) -> int:
    (found,) = (number for number, layer in enumerate(LAYERS) if module in layer)
    return found


def imports(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Each import of a module, with the full name of what is imported."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that this test sees them"
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


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
    top_level = ast.parse(path.read_text(encoding="utf-8")).body
    hidden = [imported for node, imported in imports(path) if ast.dump(node) not in map(ast.dump, top_level)]
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
