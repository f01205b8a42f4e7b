"""What an update costs: whole commands beside `copier` and `cruft`, and a thousand plans in one process.

    python -m benchmarks.updates [--rounds 5] [--repositories 1000] [--only commands|plans] [--json]

Every figure is the median of several samples, with the least and the most. Only ratios of one run compare: the
milliseconds of a busy machine mean little, and its wall times nothing. It ends with 1 where a lane is not the fast one.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import commands, plans, samples, shapes
from benchmarks.shapes import Shape

_FEW = 40  # plans of each shape but the reference


def measured(folder: Path, rounds: int, repositories: int, only: str | None) -> dict[str, Any]:
    """Return all figures, by kind and by title of the shape."""
    reference = shapes.plain(folder / "reference")
    others = {
        "wide": shapes.plain(folder / "wide", 1000, 15),
        "tangled": shapes.tangled(folder / "tangled"),
        "ours": shapes.ours(folder / "ours"),
    }
    found: dict[str, Any] = {}
    if only != "commands":
        found["plans"] = {
            shape.title: plans.measure(shape, folder / f"plans-{number}", _FEW if number else repositories)
            for number, shape in enumerate((reference, *others.values()))
        }
        found["written"] = _written([reference, others["ours"]], folder, rounds)
        sizes = [shapes.plain(folder / f"of-{size}", size, size // 3) for size in (20, 170, 340)]
        found["sizes"] = {
            shape.title: plans.measure(shape, folder / f"sizes-{number}", _FEW)["each_ms"]
            for number, shape in enumerate(sizes)
        }
    if only != "plans":
        found["commands"] = {
            shape.title: commands.compare(shape, folder / f"commands-{number}", rounds, cruft=number == 0)
            for number, shape in enumerate((reference, others["tangled"], others["ours"]))
        }
    return found


def _written(some: list[Shape], folder: Path, rounds: int) -> dict[str, Any]:
    return {
        shape.title: plans.written(shape, folder / f"written-{number}", rounds)
        for number, shape in enumerate(some)
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--only", choices=["commands", "plans"])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="goldenpath-bench-") as temporary:
        found = measured(Path(temporary), options.rounds, options.repositories, options.only)
    print(json.dumps(found, indent=2) if options.json else "\n".join(_lines(found)))
    return 0


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield "Each figure: median (least to most)."
    for title, seen in found.get("commands", {}).items():
        yield f"\nWhole commands, start-up and writing on both sides: {title}"
        yield from _commands(seen)
    if "plans" in found:
        yield "\nPlans in one process, CPU ms: no start-up, no fetching, no writing"
        for title, seen in found["plans"].items():
            yield f"  {title}"
            yield f"    another repository {samples.shown(seen['each_ms'], '.1f')}, the same again {samples.shown(seen['again_ms'], '.1f')}"
            yield f"    the merge alone {samples.shown(seen['merge_ms'], '.1f')}, the first of the process {seen['first_ms']:.0f}"
            yield f"    {seen['repositories']} repositories in {seen['wall_of_all']:.1f} s"
        for title, each in found["sizes"].items():
            yield f"  {title}: {samples.shown(each, '.1f')}"
        yield "\nOne process, writing on both sides, start-up on none, CPU ms"
        for title, seen in found["written"].items():
            yield f"  {title}"
            yield f"    copier.run_update {samples.shown(seen['copier_ms'], '.0f')}, ours {samples.shown(seen['ours_ms'], '.0f')}"
            yield f"    in updates of ours {samples.shown(seen['ratio'], '.1f')}"
    yield from _promise(found)


def _commands(seen: Mapping[str, Any]) -> Iterator[str]:
    for name, each in seen.items():
        ratio, cpu = samples.shown(each["cpu_ratio"], ".2f"), samples.shown(each["cpu_ms"], ".0f")
        yield f"  {name:28} CPU {ratio}, {cpu} ms; wall {samples.shown(each['wall_ratio'], '.2f')}"


def _promise(found: Mapping[str, Any]) -> Iterator[str]:
    """The whole `copier update`, start-up and writing included, in plans of ours, which have neither."""
    shared = found.get("commands", {}).keys() & found.get("plans", {}).keys()
    for title in (title for title in found.get("plans", {}) if title in shared):
        whole = found["commands"][title]["copier update"]["cpu_ms"]
        each = found["plans"][title]["each_ms"]
        yield f"\nOne `copier update`, start-up and writing included, in plans of ours, which have neither: {title}"
        yield f"  {whole['median'] / each['median']:.0f} by medians, {whole['min'] / each['min']:.0f} by least"


if __name__ == "__main__":
    sys.exit(main())
