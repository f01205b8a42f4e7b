"""ci/prepare.sh brings make and git into the container of a job, with whatever package manager is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import generate

INSTALLED = {
    "apt-get": ["apt-get update -qq", "apt-get install -qq --yes --no-install-recommends make git buildah"],
    "apk": ["apk add --no-cache make git buildah"],
    "microdnf": ["microdnf install -y make git buildah"],
    "dnf": ["dnf install -y make git buildah"],
}


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("prepare") / "project", ci="gitlab") / "ci" / "prepare.sh"


def prepare(script: Path, folder: Path, programs: list[str]) -> tuple[int, str, list[str]]:
    """Run the script where there are only these programs: exit code, what it said, what it called."""
    for name in programs:
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> "{folder}/calls"\n')
        program.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", script, "buildah"], env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )
    calls = folder / "calls"
    return (
        done.returncode,
        done.stdout + done.stderr,
        calls.read_text().splitlines() if calls.exists() else [],
    )


@pytest.mark.parametrize("manager", INSTALLED)
def test_installs_what_is_missing(manager: str, script: Path, tmp_path: Path) -> None:
    assert prepare(script, tmp_path, [manager])[::2] == (0, INSTALLED[manager])


def test_installs_only_what_is_missing(script: Path, tmp_path: Path) -> None:
    assert prepare(script, tmp_path, ["apk", "make", "buildah"])[2] == ["apk add --no-cache git"]


def test_does_nothing_when_all_is_there(script: Path, tmp_path: Path) -> None:
    assert prepare(script, tmp_path, ["apt-get", "make", "git", "buildah"]) == (0, "", [])


def test_says_what_to_do_without_a_package_manager(script: Path, tmp_path: Path) -> None:
    code, words, _ = prepare(script, tmp_path, ["make"])
    assert code == 1
    assert "choose a base_image that has git buildah" in words
