"""Where the template holds Jinja, and what its syntax tree says: which names it uses and which it tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, meta, nodes

from tests.questionnaire import entries, settings

# The filters that Copier adds to Jinja's own.
PARSER = Environment(
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
    autoescape=False,  # noqa: S701  nothing is rendered, and it would not be HTML
)
BLOCK = re.compile(r"\{%[-+]? *(if|elif|else|endif|for|endfor)\b")
WHOLE_LINE = re.compile(r"\s*\{%((?!%\}).)*%\}\s*")


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Every piece of Jinja as (where, text): rendered files, partials, path names, questions and settings."""
    return ((where, text) for where, text in _texts_of(root) if "{" in text)


def _texts_of(root: Path) -> Iterator[tuple[str, str]]:
    template = root / "template"
    for path in sorted(template.rglob("*")):
        where = path.relative_to(root).as_posix()
        if path.is_file() and is_jinja(path, template):
            yield where, path.read_text("utf-8")
        if "{" in path.name:
            yield where, path.name
    for name, spec in {**entries(root), "copier.yml": settings(root)}.items():
        yield from ((f"{name}: {key}", text) for key, value in spec.items() for text in _texts(value))


def is_jinja(path: Path, template: Path) -> bool:
    """Whether Copier reads a file of the template as Jinja, itself or through an include."""
    return path.suffix == ".jinja" or template / "partials" in path.parents


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def names(text: str) -> set[str]:
    """The names that a piece of Jinja needs from outside."""
    return meta.find_undeclared_variables(PARSER.parse(text))


def bare_tests(text: str) -> set[str]:
    """The names that a piece of Jinja tests for truth, as `if ci`, instead of comparing them."""
    tree = PARSER.parse(text)
    tested: list[nodes.Node | None] = [node.test for node in tree.find_all(nodes.If)]
    tested += [node.test for node in tree.find_all(nodes.CondExpr)]
    tested += [node.test for node in tree.find_all(nodes.For)]
    tested += [side for node in tree.find_all(nodes.And) for side in (node.left, node.right)]
    tested += [side for node in tree.find_all(nodes.Or) for side in (node.left, node.right)]
    tested += [node.node for node in tree.find_all(nodes.Not)]
    return {node.name for node in tested if isinstance(node, nodes.Name)}


def conditions(text: str) -> tuple[int, list[str]]:
    """How deep a file's conditions and loops nest, and the lines on which one does not stand alone."""
    depth = deepest = 0
    crowded = []
    for number, line in enumerate(text.splitlines(), 1):
        for word in BLOCK.findall(line):
            if not WHOLE_LINE.fullmatch(line):
                crowded.append(f"line {number}: {line.strip()}")
            depth += (word in {"if", "for"}) - word.startswith("end")
            deepest = max(deepest, depth)
    return deepest, crowded
