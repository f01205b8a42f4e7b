"""Render every case into tests/golden, so that the diff of a template change shows what users will get.

`make preview` runs this and ends with `git diff --stat`. `base` is stored in full, each other case only as what
differs from it: its own files, and the list `MISSING` of those that it does not have.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tests.questionnaire import ROOT
from tests.support import Files, read_tree, render
from tests.template.cases import CASES

GOLDEN = ROOT / "tests" / "golden"
MISSING = "MISSING"
# Git would obey these if they stood there under their own names.
OBEYED = (".gitattributes", ".gitignore", ".gitmodules")


def stored_name(path: str) -> str:
    """The name under which a rendered path is kept in the goldens."""
    name = PurePosixPath(path)
    return str(name.with_name(f"dot_{name.name[1:]}")) if name.name in OBEYED else path


def overlay(base: Files, case: Files) -> Files:
    """What has to be stored for a case, given the case that is stored in full."""
    own = {path: content for path, content in case.items() if base.get(path) != content}
    if missing := sorted(base.keys() - case.keys()):
        own[MISSING] = "".join(f"{path}\n" for path in missing).encode()
    return own


def goldens(rendered: Mapping[str, Files]) -> Files:
    """The content of tests/golden for these rendered cases, of which `base` is stored in full."""
    base = rendered["base"]
    stored = {name: base if name == "base" else overlay(base, files) for name, files in rendered.items()}
    return {
        f"{case}/{stored_name(path)}": content
        for case, files in stored.items()
        for path, content in files.items()
    }


def case_files(stored: Files, case: str) -> Files:
    """The files of one case, put together again from stored goldens."""
    own = _under(stored, case)
    missing = own.pop(MISSING, b"").decode().splitlines()
    return {path: content for path, content in _under(stored, "base").items() if path not in missing} | own


def _under(stored: Files, case: str) -> Files:
    """What is stored for a case, under the rendered paths."""
    hidden = {name[1:]: name for name in OBEYED}
    found: Files = {}
    for path, content in stored.items():
        name = PurePosixPath(path)
        if name.parts[0] == case:
            real = hidden.get(name.name.removeprefix("dot_")) if name.name.startswith("dot_") else None
            found[str(name.relative_to(case).with_name(real or name.name))] = content
    return found


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
