"""What an update costs: one command beside `copier update` and `cruft update`, and a thousand in one process.

    python -m benchmarks.updates [--rounds 3] [--repositories 1000] [--json]

Figures are ratios within one run: CPU seconds of a busy machine mean little, and its wall times nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import copier

from benchmarks import shapes
from goldenpath import engine, files, project, updates
from goldenpath.files import Files
from goldenpath.merge import Rules, merge
from goldenpath.tree import File
from goldenpath.updates import Request

FILES, CHANGED = 85, 30
CRUFT = "cruft==2.16.0"
_BIN = Path(sys.executable).parent


def commands(folder: Path, rounds: int) -> dict[str, Any]:
    """Return CPU and wall of whole commands, `copier update` = 1, as medians of the rounds' own ratios."""
    source = shapes.template(folder / "template", FILES, CHANGED)
    cookies = shapes.template(folder / "cookies", FILES, CHANGED, cookiecutter=True)
    ours = folder / "ours"
    copier.run_copy(str(source), ours, defaults=True, quiet=True, vcs_ref=shapes.OLD)
    cruft = _cruft(folder / "cruft")
    env = {**os.environ, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    shapes.run([cruft, "create", str(cookies), "--no-input", "--checkout", shapes.OLD], env, folder)
    for made in (ours, folder / "demo"):
        shapes.edited(made)
        shapes.commit(made)
    contenders = {
        "copier update": ([str(_BIN / "copier"), "update", "--defaults", "--quiet"], ours),
        "goldenpath update": ([str(_BIN / "goldenpath"), "update"], ours),
        "cruft update": ([cruft, "update", "--skip-apply-ask"], folder / "demo"),
    }
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, (command, made) in contenders.items():
            seen[name].append(_timed(partial(shapes.run, command, env), made, folder))
    return {name: _ratios(figures, seen["copier update"]) for name, figures in seen.items()}


def _cruft(folder: Path) -> str:
    subprocess.run(["uv", "venv", "--quiet", str(folder)], check=True)
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(folder), CRUFT], check=True)
    return str(folder / "bin" / "cruft")


def _timed(step: Callable[[Path], None], made: Path, folder: Path) -> tuple[float, float]:
    place = folder / "work"
    shutil.copytree(made, place, symlinks=True)
    before, start = _children(), time.perf_counter()
    step(place)
    figures = _children() - before, time.perf_counter() - start
    shutil.rmtree(place)
    return figures


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ratios(figures: list[tuple[float, float]], one: list[tuple[float, float]]) -> dict[str, float]:
    cpu = statistics.median(mine[0] / its[0] for mine, its in zip(figures, one, strict=True))
    wall = statistics.median(mine[1] / its[1] for mine, its in zip(figures, one, strict=True))
    return {
        "cpu": round(cpu, 4),
        "wall": round(wall, 4),
        "cpu_seconds": round(min(cpu for cpu, _ in figures), 4),
    }


def process(folder: Path, count: int, size: int = FILES, changed: int = CHANGED) -> dict[str, float]:
    """Return CPU seconds in one process: of the first plan, of each later one, and of its parts."""
    source = shapes.template(folder / f"template{size}", size, changed)
    roots = shapes.projects(folder / f"projects{size}", source, count)
    engine.forget()
    first, _ = _cpu(lambda: _plan(roots[0]))
    some = roots[1:]
    start = time.perf_counter()
    later, plans = _cpu(lambda: [_plan(root) for root in some])
    wall = time.perf_counter() - start
    if any(len(each.changes) != changed + 1 or each.conflicts for each in plans):
        raise ValueError("a plan is not what it must be")
    return {"first": first, "each": later / len(some), "wall_of_all": wall, "floor": _floor(some)}


def _plan(root: Path) -> Any:
    found = project.open_project(root)
    return updates.plan(found, files.committed(found), Request())


def _floor(roots: list[Path]) -> float:
    """CPU seconds of the merge alone, with both versions rendered already and the project's files at hand."""
    some = [project.open_project(root) for root in roots[:50]]
    given = [(_trees(found), files.committed(found)) for found in some]
    used, _ = _cpu(lambda: [_merged(trees, ours) for trees, ours in given])
    return used / len(some)


def _merged(trees: list[Mapping[str, File]], ours: Files) -> list[bytes]:
    return [change.after.content for change in merge(trees[0], ours, trees[1], Rules()) if change.after]


def _trees(found: project.Project) -> list[Mapping[str, File]]:
    source = engine.source(found.template, found.root)
    versions = [
        engine.open_version(source, source.commit(ref), trust=False) for ref in (shapes.OLD, shapes.NEW)
    ]
    answered = [each.replay(found.root, found.answers, found.answers_file) for each in versions]
    trees = [each.render(one, "update").files for each, one in zip(versions, answered, strict=True)]
    return [{path: File(file.mode, file.content) for path, file in tree.items()} for tree in trees]


def _cpu(step: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time() + _children()
    result = step()
    return time.process_time() + _children() - start, result


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="goldenpath-bench-") as temporary:
        folder = Path(temporary)
        single = commands(folder, options.rounds)
        whole = process(folder, options.repositories)
        sizes = {str(size): process(folder, 40, size, size // 3) for size in (20, 170, 340)}
    copiers = single["copier update"]["cpu_seconds"]
    found = {
        "commands": single,
        "one process": whole | {"ratio": copiers / whole["each"], "repositories": options.repositories},
        "by files": {size: figures["each"] / whole["each"] for size, figures in sizes.items()},
    }
    print(json.dumps(found, indent=2) if options.json else _table(found))
    return 0


def _table(found: Mapping[str, Any]) -> str:
    one = found["one process"]
    rows = [
        f"{name:20} CPU {each['cpu']:.3f}  wall {each['wall']:.3f}"
        for name, each in found["commands"].items()
    ]
    return "\n".join(
        [
            "One command, copier update = 1",
            *rows,
            f"\nOne process, {one['repositories']} repositories: an update of `copier update` costs {one['ratio']:.0f} of ours",
            f"  all planned in {one['wall_of_all']:.1f} s; the first alone costs {one['first'] / one['each']:.0f} of a later one",
            f"  the merge alone, its renders given: {one['floor'] / one['each']:.0%} of a plan",
            *(
                f"  with {size} files: {ratio:.2f} of a plan with {FILES}"
                for size, ratio in found["by files"].items()
            ),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
