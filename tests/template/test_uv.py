"""A uv is taken only if it answers: a shim, a dangling link or one that is too old is as good as none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.questionnaire import ROOT
from tests.support import generate

OWN = ".uv/bin/uv"
UVS = {
    "none": ("", OWN),
    "a shim of pyenv": ("echo 'pyenv: uv: command not found' >&2; exit 127", OWN),
    "one that cannot be run": ("not a program", OWN),
    "one that is too old": (
        "case $* in *--group*) echo \"error: unexpected argument '--group'\" >&2; exit 2 ;; esac",
        OWN,
    ),
    "one that answers": ("echo 'Usage: uv sync [OPTIONS]'", "uv"),
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("uv") / "project", preset="minimal")


def taken(repository: Path, folder: Path, script: str, **env: str) -> str:
    """The uv that make takes in a repository where this script is the only one."""
    place = folder / "bin"
    place.mkdir()
    if script:
        uv = place / "uv"
        uv.write_text(script if script == "not a program" else f"#!/bin/sh\n{script}\n")
        uv.chmod(0o755)
    # `uv run`, which runs this, names its own in UV.
    known = {name: value for name, value in os.environ.items() if name != "UV"}
    others = [path for path in os.environ["PATH"].split(os.pathsep) if not Path(path, "uv").exists()]
    path = os.pathsep.join([str(place), *others])
    done = subprocess.run(
        ["make", "--no-print-directory", "--eval", "which-uv: ; @echo '$(UV)'", "which-uv"],
        cwd=repository,
        env={**known, "PATH": path, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize("name", UVS)
def test_a_uv_is_taken_if_it_answers(name: str, generated: Path, tmp_path: Path) -> None:
    script, wanted = UVS[name]
    assert taken(generated, tmp_path, script) == wanted


@pytest.mark.parametrize("name", UVS)
def test_this_repository_does_so_too(name: str, tmp_path: Path) -> None:
    script, wanted = UVS[name]
    assert taken(ROOT, tmp_path, script) == wanted


def test_a_dangling_link_is_none(generated: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "uv").symlink_to(tmp_path / "gone")
    path = f"{tmp_path / 'links'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    assert taken(generated, tmp_path, "", PATH=path) == OWN


def test_the_one_that_is_named_is_taken(generated: Path, tmp_path: Path) -> None:
    assert taken(generated, tmp_path, "exit 127", UV="/opt/uv") == "/opt/uv"
