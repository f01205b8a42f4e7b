"""The rules about places to deploy to: each is a layer and a line of the table `TARGETS`, and only the table names it.

Each rule takes the root of a checkout and returns what breaks it; test_grammar.py holds the checkout to them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path("template", "project")
RUNTIME = Path("src", "goldenpath_runtime")
TABLE = PROJECT / "{{registry_files}}" / RUNTIME / "target.py"
# The table of commands names modules of every layer, there or not; so a target may have commands of its own.
COMMANDS = PROJECT / "{{registry_files}}" / RUNTIME / "lifecycle.py"
# What is not a place, but what all of them share.
SHARED = "any"


def targets(root: Path) -> dict[str, tuple[str, str]]:
    """The table: of each target its module and its class."""
    for node in ast.parse((root / TABLE).read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TARGETS":
            table: dict[str, tuple[str, str]] = ast.literal_eval(node.value)
            return table
    raise AssertionError(f"{TABLE}: no table TARGETS")


def modules(root: Path, target: str) -> set[str]:
    """The modules of the runtime that a target's layer brings."""
    return {path.stem for path in (_layer(root, target) / RUNTIME).glob("*.py")}


def targets_are_layers_and_lines_of_the_table(root: Path) -> Iterator[str]:
    folders = {path.name[9:-2] for path in (root / PROJECT).glob("{{deploy_*}}")} - {SHARED}
    table = targets(root)
    yield from (f"{name}: a layer without a line in TARGETS" for name in sorted(folders - table.keys()))
    for name, (module, _) in table.items():
        if module not in modules(root, name):
            yield f"{name}: a line in TARGETS, and no module {module} in its layer"


def targets_have_every_verb(root: Path) -> Iterator[str]:
    """The class is looked up by its name, so no type checker holds it to the agreement."""
    agreed = _verbs(root / TABLE, "Target")
    for name, (module, kind) in targets(root).items():
        path = _layer(root, name) / RUNTIME / f"{module}.py"
        found = _verbs(path, kind) if path.exists() else {}
        for verb, taken in agreed.items():
            if found.get(verb) != taken:
                yield f"{name}: {verb}({taken}) is agreed, and its class has {found.get(verb, 'none')}"


def only_the_table_names_a_target(root: Path) -> Iterator[str]:
    """No other module imports a target, looks it up or compares its name: what is true of one is asked of all."""
    for target, (_, kind) in targets(root).items():
        hidden = {target, kind, *modules(root, target)}
        for path in sorted((root / PROJECT).rglob("*.py")):
            if _layer(root, target) not in path.parents and path not in (root / TABLE, root / COMMANDS):
                found = sorted(hidden & set(_named(ast.parse(path.read_text("utf-8")))))
                yield from (
                    f"{path.relative_to(root)}: names {name} of the target {target}" for name in found
                )


def _verbs(path: Path, kind: str) -> dict[str, str]:
    """What a class offers: names of methods with what they take, and of values with nothing."""
    found: dict[str, str] = {}
    tree = ast.parse(path.read_text("utf-8"))
    (owner,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
    for node in owner.body:
        match node:
            case ast.FunctionDef(name=name, decorator_list=[ast.Name(id="property")]):
                found[name] = ""
            case ast.FunctionDef(name=name, args=taken) if not name.startswith("_"):
                found[name] = ast.unparse(taken)
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = ""
    return found


def _layer(root: Path, target: str) -> Path:
    return root / PROJECT / f"{{{{deploy_{target}}}}}"


def _named(tree: ast.Module) -> Iterator[str]:
    """What a module imports of the runtime, by the last part of its name, and the texts and names in it."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=names, level=level):
                if level or (module or "").startswith("goldenpath_runtime"):
                    yield (module or "").rpartition(".")[2]
                    yield from (each.name for each in names)
            case ast.Import(names=names):
                yield from (each.name.rpartition(".")[2] for each in names if "goldenpath" in each.name)
            case ast.Constant(value=str(text)):
                yield text.lstrip(".")
            case ast.Name(id=name):
                yield name
            case ast.Attribute(attr=name):
                yield name
