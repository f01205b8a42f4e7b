"""A process that plans for a fleet does not grow with it: what it remembers has bounds."""

from __future__ import annotations

import gc
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks import shapes
from goldenpath import engine, project
from goldenpath.engine import fast
from goldenpath.planning import updates
from goldenpath.planning.updates import Request
from goldenpath.project import files

BEFORE, COUNT = 280, 40
# What grows with the projects grows in each window. One alone also has the new table of a dict that is bounded, now and
# then: 184 kB were seen at once. (One window of a long process grew by 2 MB; that was not seen again.)
WINDOWS = 3
PER_REPOSITORY = 4_000  # bytes; without bounds it is many times as much


def plan(root: Path) -> None:
    found = project.open_project(root)
    assert updates.plan(found, files.committed(found), Request()).plain is None


def _held(roots: list[Path]) -> int:
    """Plan for all of them; return the bytes that are held then."""
    for root in roots:
        plan(root)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_memory_is_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast._memory, "size", 200)
    monkeypatch.setattr(fast, "_MATCHED", 200)
    fast.matcher.cache_clear()
    template = tmp_path / "template"
    shape = shapes.plain(template, 12, 6)
    # Names in paths, in what is left out, in texts and in the answers: whatever hangs on them differs.
    questions = (template / "copier.yml").read_text()
    (template / "copier.yml").write_text(f'{questions}_exclude: ["*.{{{{ name }}}}"]\n')
    (template / "project/{{ package }}").mkdir()
    for number in range(10):
        (template / f"project/{{{{ package }}}}/{number}_{{{{ name }}}}.txt.jinja").write_text(
            "{{ title }}\n"
        )
    shapes.commit(template, "v1.5.0")
    (template / "project/last.txt").write_text("last\n")
    shapes.commit(template, "v3.0.0")
    wide = shapes.Shape(shape.title, template, shape.edit, old="v1.5.0", new="v3.0.0")
    roots = shapes.projects(tmp_path / "projects", wide, BEFORE + WINDOWS * COUNT)
    engine.forget()
    tracemalloc.start()
    try:
        ends = [BEFORE + number * COUNT for number in range(WINDOWS + 1)]
        held = [_held(roots[start:end]) for start, end in pairwise([0, *ends])]
    finally:
        tracemalloc.stop()
    grown = [after - before for before, after in pairwise(held)]
    assert min(grown) / COUNT < PER_REPOSITORY, grown
    source = engine.source(str(template), tmp_path)
    for tag in ("v1.5.0", "v3.0.0"):
        version = engine.open_version(source, source.commit(tag), trust=False)
        assert 0 < len(version.rendering._placed) <= fast._LISTED
    assert len(fast._memory) <= fast._memory.size
    assert fast.matcher.cache_info().currsize <= fast._PATTERNS
