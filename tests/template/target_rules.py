"""The rules about places to deploy to: each is a layer with an option of its name, and nothing outside names it.

Each rule takes the root of a checkout and returns what breaks it; test_grammar.py holds the checkout to them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path("template", "project")
RUNTIME = Path("src", "goldenpath_runtime")
AGREEMENT = PROJECT / "{{registry_files}}" / RUNTIME / "deliver" / "target.py"
# What is not a place, but what all of them share.
SHARED = "any"


def targets(root: Path) -> dict[str, tuple[Path, str]]:
    """Of each target its module and its class, as its option says; no module where it does not say."""
    layers = (path.name[9:-2] for path in (root / PROJECT).glob("{{deploy_*}}"))
    return {name: _named_class(root, name) for name in sorted(layers) if name != SHARED}


def _named_class(root: Path, target: str) -> tuple[Path, str]:
    option = _layer(root, target) / RUNTIME / target
    declared = option / "__init__.py"
    nodes = ast.parse(declared.read_text("utf-8")).body if declared.exists() else []
    for node in nodes:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXTRAS":
            module, _, kind = ast.literal_eval(node.value).get(f"target {target}", ":").partition(":")
            return option / f"{module}.py", kind
    return option / "none.py", ""


def targets_are_options_of_their_layers(root: Path) -> Iterator[str]:
    for name, (module, _) in targets(root).items():
        if not module.exists():
            yield f"{name}: EXTRAS of the option {name} in its layer names no module for `target {name}`"


def targets_have_every_verb(root: Path) -> Iterator[str]:
    """The class is looked up by its name, so no type checker holds it to the agreement."""
    agreed = _verbs(root / AGREEMENT, "Target")
    for name, (module, kind) in targets(root).items():
        found = _verbs(module, kind) if module.exists() else {}
        for verb, taken in agreed.items():
            if found.get(verb) != taken:
                yield f"{name}: {verb}({taken}) is agreed, and its class has {found.get(verb, 'none')}"


def nothing_else_names_a_target(root: Path) -> Iterator[str]:
    """No other module imports a target, looks it up or compares its name: what is true of one is asked of all."""
    for target, (_, kind) in targets(root).items():
        hidden = {target, kind, f"target {target}"}
        for path in sorted((root / PROJECT).rglob("*.py")):
            if _layer(root, target) not in path.parents:
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
    """What a module imports of the runtime, by each part of its name, and the texts and names in it."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=names, level=level):
                if level or (module or "").startswith("goldenpath_runtime"):
                    yield from (module or "").split(".")
                    yield from (each.name for each in names)
            case ast.Import(names=names):
                yield from (
                    part for each in names if "goldenpath" in each.name for part in each.name.split(".")
                )
            case ast.Constant(value=str(text)):
                yield text.lstrip(".")
            case ast.Name(id=name):
                yield name
            case ast.Attribute(attr=name):
                yield name
