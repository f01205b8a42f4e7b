"""Plans in one process: opening, reading, asking, rendering, merging; no start-up, no fetching, no writing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import copier

from benchmarks import samples, shapes
from benchmarks.shapes import Shape
from goldenpath import engine, project
from goldenpath.applying import apply
from goldenpath.merging.policies import SAFE
from goldenpath.merging.rules import Rules
from goldenpath.merging.trees import merge_trees
from goldenpath.plan import Plan
from goldenpath.planning import updates
from goldenpath.planning.updates import Request
from goldenpath.project import files
from goldenpath.project.files import Files
from goldenpath.tree import File

_WARM = 5  # plans that are not counted, so that what a process learns once is learned


def measure(shape: Shape, folder: Path, count: int) -> dict[str, Any]:
    """Return CPU milliseconds of the first plan, of each later one, and of a later one's merge alone."""
    roots = shapes.projects(folder, shape, count + 1 + _WARM)
    engine.forget()
    first, plan = samples.taken(partial(_plan, roots[0]))
    check(shape, plan)
    later = [samples.taken(partial(_checked, shape, root))[0] for root in roots[1:]][_WARM:]
    again = [samples.taken(partial(_plan, roots[-1]))[0] for _ in range(20)]
    return {
        "first_ms": first.cpu * 1000,
        "each_ms": samples.milliseconds([each.cpu for each in later]),
        "again_ms": samples.milliseconds([each.cpu for each in again]),
        "merge_ms": samples.milliseconds(_floor(shape, roots[-min(count, 50) :])),
        "wall_of_all": sum(each.wall for each in later),
        "repositories": count,
    }


def _plan(root: Path) -> Plan:
    found = project.open_project(root)
    return updates.plan(found, files.committed(found), Request())


def _checked(shape: Shape, root: Path) -> None:
    check(shape, _plan(root))


def check(shape: Shape, plan: Plan) -> None:
    """Refuse figures of a plan that was made in the wrong lane, or is not what it must be.

    Raises:
        SystemExit: It says which.
    """
    if plan.plain:
        raise SystemExit(
            f"{shape.title}: rendered by Copier itself, in the plain lane, because of {plan.plain}. These figures are "
            "promised of the fast lane: they would mean nothing."
        )
    if len(plan.conflicts) != shape.conflicts or shape.changes not in {None, len(plan.changes)}:
        raise SystemExit(
            f"{shape.title}: {len(plan.changes)} changes and {len(plan.conflicts)} conflicts, "
            f"where {shape.changes} and {shape.conflicts} are right."
        )


def _floor(shape: Shape, roots: list[Path]) -> list[float]:
    """CPU of the merge alone, with both versions rendered already and the project's files at hand."""
    some = [project.open_project(root) for root in roots]
    given = [(_trees(shape, found), files.committed(found)) for found in some]
    return [samples.taken(partial(_merged, trees, ours))[0].cpu for trees, ours in given]


def _merged(trees: list[Mapping[str, File]], ours: Files) -> list[bytes]:
    return [
        change.after.content for change in merge_trees(trees[0], ours, trees[1], Rules(SAFE)) if change.after
    ]


def _trees(shape: Shape, found: project.Project) -> list[Mapping[str, File]]:
    source = engine.source(found.template, found.root)
    versions = [
        engine.open_version(source, source.commit(ref), trust=False) for ref in (shape.old, shape.new)
    ]
    answered = [each.replay(found.root, found.answers, found.answers_file) for each in versions]
    trees = [each.render(one, "update").files for each, one in zip(versions, answered, strict=True)]
    return [{path: File(file.mode, file.content) for path, file in tree.items()} for tree in trees]


def written(shape: Shape, folder: Path, count: int) -> dict[str, Any]:
    """Return CPU of `copier.run_update` and of ours, planned and written, in turns in this one process."""
    made = folder / "made"
    copier.run_copy(
        str(shape.template),
        made,
        data={shape.name: "demo"},
        defaults=True,
        quiet=True,
        vcs_ref=shape.old,
    )
    shapes.commit(made)
    shapes.edit(shape, made)
    seen: dict[str, list[float]] = {"copier": [], "ours": []}
    for number in range(count + 1):
        for name, step in (("copier", _by_copier), ("ours", _by_us)):
            place = folder / f"{name}-{number}"
            shutil.copytree(made, place, symlinks=True)
            sample, _ = samples.taken(partial(step, place))
            if number:
                seen[name].append(sample.cpu)
            shutil.rmtree(place)
    return {
        **{f"{name}_ms": samples.milliseconds(some) for name, some in seen.items()},
        "ratio": samples.ratios(seen["copier"], seen["ours"]),
    }


def _by_copier(place: Path) -> None:
    copier.run_update(place, defaults=True, overwrite=True, quiet=True)


def _by_us(place: Path) -> None:
    found = project.open_project(place)
    project.check_ready(found)
    apply.carry_out(found, updates.plan(found, files.committed(found), Request()))
