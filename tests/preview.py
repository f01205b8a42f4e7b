"""Render every case into tests/golden, so that the diff of a template change shows what users will get.

`make preview` runs this and ends with `git diff --stat`. A file that the template copies as it is stands there as a line of the
list `COPIED`: its diff is that of its source. `base` is stored as a whole, each other case only as what differs from it: its own
files, and the list `MISSING` of those that it does not have.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from tests.questionnaire import ROOT, TEMPLATE
from tests.support import Files, read_tree, render
from tests.template.cases import CASES

GOLDEN = ROOT / "tests" / "golden"
MISSING = "MISSING"
COPIED = "COPIED"
# Git would obey these if they stood there under their own names.
OBEYED = (".gitattributes", ".gitignore", ".gitmodules")


def stored_name(path: str) -> str:
    """The name under which a rendered path is kept in the goldens."""
    name = PurePosixPath(path)
    return str(name.with_name(f"dot_{name.name[1:]}")) if name.name in OBEYED else path


@cache
def sources() -> dict[str, dict[str, bytes]]:
    """The files that the template may copy as they are: rendered path → source below the template's folder → content.

    A part of a path that is nothing but a variable is a layer, which is there or not and has no name of its own.
    """
    found: dict[str, dict[str, bytes]] = {}
    for path in sorted((TEMPLATE / "project").rglob("*")):
        if path.is_file() and path.suffix != ".jinja" and "__pycache__" not in path.parts:
            source = path.relative_to(TEMPLATE).as_posix()
            found.setdefault(rendered_path(source), {})[source] = path.read_bytes()
    return found


def rendered_path(source: str) -> str:
    """Where the template copies a file to, as far as its path says it."""
    parts = PurePosixPath(source).parts[1:]
    return "/".join(part for part in parts if not re.fullmatch(r"\{\{ *\w+ *\}\}", part))


def copied(files: Files) -> dict[str, str]:
    """Those of these rendered files that are copies, with their source."""
    return {
        path: source
        for path, content in files.items()
        for source, text in sources().get(path, {}).items()
        if text == content
    }


def overlay(base: Files, case: Files) -> Files:
    """What has to be stored for a case, given the case that is stored as a whole."""
    own = {path: content for path, content in case.items() if base.get(path) != content}
    copies = copied(own)
    stored = {stored_name(path): content for path, content in own.items() if path not in copies}
    if copies:
        stored[COPIED] = _list(copies.values())
    if missing := base.keys() - case.keys():
        stored[MISSING] = _list(missing)
    return stored


def goldens(rendered: Mapping[str, Files]) -> Files:
    """The content of tests/golden for these rendered cases."""
    stored = {
        name: overlay({} if name == "base" else rendered["base"], files) for name, files in rendered.items()
    }
    return {f"{case}/{name}": content for case, files in stored.items() for name, content in files.items()}


def case_paths(stored: Files, case: str) -> set[str]:
    """The rendered paths of one case, put together again from stored goldens, of this release or another."""
    missing = _lines(stored, f"{case}/{MISSING}")
    return (_paths(stored, "base") - set(missing)) | _paths(stored, case)


def case_answers(stored: Files, case: str) -> bytes:
    """The answers file of one case."""
    own = f"{case}/.copier-answers.yml"
    return stored[own if own in stored else "base/.copier-answers.yml"]


def _paths(stored: Files, case: str) -> set[str]:
    names = {path.removeprefix(f"{case}/") for path in stored if path.startswith(f"{case}/")}
    copies = map(rendered_path, _lines(stored, f"{case}/{COPIED}"))
    return {_shown(name) for name in names - {COPIED, MISSING}} | set(copies)


def _shown(name: str) -> str:
    """The rendered path of a stored name."""
    path = PurePosixPath(name)
    hidden = path.with_name(path.name.replace("dot_", ".", 1))
    return str(hidden) if path.name.startswith("dot_") and hidden.name in OBEYED else name


def _list(paths: Iterable[str]) -> bytes:
    return "".join(f"{path}\n" for path in sorted(paths)).encode()


def _lines(stored: Files, path: str) -> list[str]:
    return stored.get(path, b"").decode().splitlines()


def write(stored: Files, folder: Path = GOLDEN) -> None:
    """Replace the content of the golden folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in stored.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def read(folder: Path = GOLDEN) -> Files:
    """The stored goldens, as path → bytes."""
    return read_tree(folder)


if __name__ == "__main__":
    write(goldens({name: render(answers) for name, answers in CASES.items()}))
