"""`make lock`: the newest versions that go together, written as the pins that every generated repository begins with.

The whole closure of a project with every option, for all supported Pythons and systems, from PyPI, without an address
of an index, as one TOML array that the template's pyproject.toml includes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import copier

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "template" / "partials" / "constraints.toml"
KEY = "constraint-dependencies"
EVERYTHING = [
    {"store": f"{scheme}://bucket"} for scheme in ("s3", "gs", "az")
]  # the default has all the rest


def main() -> int:
    """Write the pins anew; 1 with uv's message when no versions go together."""
    try:
        pins = resolve()
    except subprocess.CalledProcessError as error:
        print(f"error: no set of versions was found; uv says:\n{error.stderr}", file=sys.stderr)
        return 1
    before = tomllib.loads(PINS.read_text("utf-8"))[KEY]
    PINS.write_text(as_toml(pins), "utf-8")
    print(f"{len(pins)} pins, {len(set(pins) - set(before))} of them new: {PINS.relative_to(ROOT)}")
    return 0


def resolve() -> list[str]:
    """The closure as requirements, one package each, sorted by name. Raises CalledProcessError with uv's message."""
    with tempfile.TemporaryDirectory() as folder:
        projects = [Path(folder, answers["store"][:2]) for answers in EVERYTHING]
        for project, answers in zip(projects, EVERYTHING, strict=True):
            copier.run_copy(str(ROOT), project, data=answers, vcs_ref="HEAD", defaults=True, quiet=True)
            unpin(project / "pyproject.toml")
        command = ["uv", "pip", "compile", *(f"{project}/pyproject.toml" for project in projects)]
        command += ["--universal", "--all-extras", "--no-config", "--no-header", "--no-annotate"]
        command += [f"--group={project}/pyproject.toml:dev" for project in projects]
        command += ["--no-emit-index-url", "--quiet", "--python-version", "3.11", "--output-file", "pins.txt"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        return Path(folder, "pins.txt").read_text("utf-8").splitlines()


def unpin(pyproject: Path) -> None:
    """Take the present pins out of a rendered project, so that newer versions are found."""
    text = pyproject.read_text("utf-8")
    pins = PINS.read_text("utf-8")
    if pins not in text:
        raise ValueError(f"{pyproject.name} does not include {PINS.relative_to(ROOT)} as it stands")
    pyproject.write_text(text.replace(pins, f"{KEY} = []\n"), "utf-8")


def as_toml(pins: list[str]) -> str:
    """The pins as a TOML array, one quoted package a line."""
    return "\n".join([f"{KEY} = [", *(f'    "{pin}",' for pin in pins), "]"]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
