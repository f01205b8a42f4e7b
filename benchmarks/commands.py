"""Whole commands side by side: what a user types, start of the process and writing of the files included, on both sides."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import copier

from benchmarks import samples, shapes
from benchmarks.samples import Sample
from benchmarks.shapes import CHANGED, FILES, Shape

CRUFT = "cruft==2.16.0"
_BIN = Path(sys.executable).parent
_COPIER, _OURS = str(_BIN / "copier"), str(_BIN / "goldenpath")
_CLEAN, _CONFLICTS, _AVAILABLE, _CHECKED = {0}, {0, 3}, {4}, {0, 2, 5}

Contender = Callable[[], Sample]


def compare(shape: Shape, folder: Path, rounds: int, *, cruft: bool = False) -> dict[str, Any]:
    """Return CPU and wall of the commands on a project of this shape, each beside Copier's, in turns."""
    folder.mkdir()
    env = {**os.environ, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    data = {shape.name: "demo"}
    copier.run_copy(
        str(shape.template), folder / "made", data=data, defaults=True, quiet=True, vcs_ref=shape.old
    )
    shapes.commit(folder / "made")
    shapes.edit(shape, folder / "made")
    shutil.copytree(folder / "made", folder / "known", symlinks=True)
    known = partial(_in_place, folder / "known", env, _AVAILABLE)
    known([_OURS, "status"])
    given = ["--defaults", "--vcs-ref", shape.old, "--data", f"{shape.name}=demo"]
    copy = partial(_on_copy, folder, folder / "made", env)
    update: dict[str, Contender] = {
        "copier update": partial(copy, _CLEAN, [_COPIER, "update", "--defaults", "--quiet"]),
        "goldenpath update": partial(copy, _CONFLICTS, [_OURS, "update"]),
    }
    if cruft:
        update["cruft update"] = _cruft(shape, folder, env)
    check: dict[str, Contender] = {
        "copier check-update": partial(copy, _CHECKED, [_COPIER, "check-update", "--quiet"]),
        "goldenpath status": partial(known, [_OURS, "status"]),
        "goldenpath status, the first": partial(copy, _AVAILABLE, [_OURS, "status"]),
    }
    new: dict[str, Contender] = {
        "copier copy": partial(
            _fresh, folder, env, [_COPIER, "copy", "--quiet", *given, str(shape.template), "demo"]
        ),
        "goldenpath new": partial(
            _fresh, folder, env, [_OURS, "new", "demo", "--template", str(shape.template), *given]
        ),
    }
    return {name: found for group in (update, check, new) for name, found in _turns(group, rounds).items()}


def _turns(contenders: Mapping[str, Contender], rounds: int) -> dict[str, Any]:
    """Run them in turns; the first of them is 1."""
    for contender in contenders.values():
        contender()
    seen: dict[str, list[Sample]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            seen[name].append(contender())
    one = next(iter(seen.values()))
    return {name: _figures(some, one) for name, some in seen.items()}


def _figures(some: list[Sample], one: list[Sample]) -> dict[str, Any]:
    return {
        "cpu_ms": samples.milliseconds([each.cpu for each in some]),
        "wall_ms": samples.milliseconds([each.wall for each in some]),
        "cpu_ratio": samples.ratios([each.cpu for each in some], [each.cpu for each in one]),
        "wall_ratio": samples.ratios([each.wall for each in some], [each.wall for each in one]),
    }


def _on_copy(folder: Path, made: Path, env: Mapping[str, str], good: set[int], command: list[str]) -> Sample:
    place = folder / "work"
    shutil.copytree(made, place, symlinks=True)
    try:
        return _in_place(place, env, good, command)
    finally:
        shutil.rmtree(place)


def _in_place(place: Path, env: Mapping[str, str], good: set[int], command: list[str]) -> Sample:
    return samples.taken(partial(shapes.run, command, env, good, place))[0]


def _fresh(folder: Path, env: Mapping[str, str], command: list[str]) -> Sample:
    place = folder / "new"
    place.mkdir()
    try:
        return _in_place(place, env, _CLEAN, command)
    finally:
        shutil.rmtree(place)


def _cruft(shape: Shape, folder: Path, env: Mapping[str, str]) -> Contender:
    """Install cruft, which is no dependency of ours, and make its project from the same files."""
    uv = shutil.which("uv") or str(_BIN / "uv")
    subprocess.run([uv, "venv", "--quiet", str(folder / "cruft")], check=True)
    python = str(folder / "cruft")
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, CRUFT], check=True)
    command = str(folder / "cruft" / "bin" / "cruft")
    cookies = shapes.template(folder / "cookies", FILES, CHANGED, cookiecutter=True)
    create = [command, "create", str(cookies), "--no-input", "--checkout", shapes.OLD]
    shapes.run(create, env, _CLEAN, folder)
    shapes.edit(shape, folder / "demo")
    return partial(_on_copy, folder, folder / "demo", env, _CLEAN, [command, "update", "--skip-apply-ask"])
