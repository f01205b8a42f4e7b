"""How much Python of the template a repository holds."""

from __future__ import annotations

import ast

from tests.support import Files
from tests.template.output_rules import ownership, package_name


def owned_statements(files: Files, folder: str) -> int:
    """Statements of the template's own Python in a folder."""
    package = package_name(files)
    owned = (
        text
        for path, text in files.items()
        if path.startswith(folder) and path.endswith(".py") and ownership(path, package) == "owned"
    )
    return sum(statements(text) for text in owned)


def statements(source: bytes) -> int:
    """The number of statements, those inside of others included; a docstring is none."""
    return sum(isinstance(node, ast.stmt) and not _is_text(node) for node in ast.walk(ast.parse(source)))


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
