"""How much Python of the template a repository holds."""

from __future__ import annotations

import ast
import io
import tokenize

from tests.support import Files
from tests.template.output_rules import ownership, package_name


def owned_python_lines(files: Files, folder: str) -> int:
    """Lines of the template's own Python in a folder that hold code: no blank ones, comments or docstrings."""
    package = package_name(files)
    owned = (
        text
        for path, text in files.items()
        if path.startswith(folder) and path.endswith(".py") and ownership(path, package) == "owned"
    )
    return sum(code_lines(text) for text in owned)


def code_lines(source: bytes) -> int:
    """The number of lines that hold code."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, documented) and ast.get_docstring(node)
    ]
    docstrings = {
        line for node in nodes for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    silent = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    }
    tokens = tokenize.tokenize(io.BytesIO(source).readline)
    lines = {
        n for token in tokens if token.type not in silent for n in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - docstrings)
