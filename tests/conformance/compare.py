"""What must hold of two states, or of a preview and what is then done; every function returns what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

from tests.conformance.oracle import Run, State
from tests.conformance.repository import EXECUTABLE, File, Tree


def same(expected: State, found: State, who: str) -> list[str]:
    """Both states have the same files, bytes, executable bits and unmerged entries."""
    wrong = [f"{who}: {text}" for text in unlike(expected.files, found.files).values()]
    for path, stage in sorted(expected.unmerged.keys() | found.unmerged.keys()):
        old, new = (_entry(side.unmerged.get((path, stage))) for side in (expected, found))
        if old != new:
            wrong.append(f"{who}: stage {stage} of {path}\n  - {old}\n  + {new}")
    return wrong


def _entry(entry: tuple[str, int] | None) -> str:
    return f"{entry[1]:o} {entry[0]}" if entry else "absent"


def unlike(expected: Tree, found: Tree) -> dict[str, str]:
    """The paths whose files differ, and how."""
    return {
        path: f"{path}\n{_difference(expected.get(path), found.get(path))}"
        for path in sorted(expected.keys() | found.keys())
        if expected.get(path) != found.get(path)
    }


def _difference(expected: File | None, found: File | None) -> str:
    """Two files for a reader; `-` is what was expected, `+` what was found."""
    if expected is None or found is None or expected.data == found.data or expected.binary or found.binary:
        return f"  - {_short(expected)}\n  + {_short(found)}"
    old, new = ([repr(line)[1:-1] for line in file.lines] for file in (expected, found))
    return "\n".join(f"  {line}" for line in list(unified_diff(old, new, lineterm="", n=2))[2:])


def _short(file: File | None) -> str:
    if file is None:
        return "absent"
    return f"{file.mode:o} {file.data[:300]!r}"


def preview(before: State, dry: Run, real: Run, after: State, prefix: str) -> list[str]:
    """The dry run told what the real run did to the disk: no less, no more."""
    wrong = []
    if dry.code != real.code or real.code not in {0, 3}:
        wrong.append(
            f"preview: exit code {dry.code} of the dry run, {real.code} of the real one\n{dry.error}{real.error}"
        )
    wrong += [
        f"preview: the dry and the real run report {line}"
        for line in unequal(dry.report, real.report, "applied")
    ]
    if dry.report.get("exit_code") != dry.code or real.report.get("exit_code") != real.code:
        wrong.append("preview: the exit code in the JSON is another one")
    if dry.report.get("applied") is not False:
        wrong.append(f"preview: the dry run says applied = {dry.report.get('applied')}")
    told: set[str] = set()
    for change in dry.report.get("changes", ()):
        path = prefix + change["path"]
        told |= {path} | ({prefix + change["source"]} if change["kind"] == "move" else set())
        for name, tree in (("before", before.files), ("after", after.files)):
            if change[name] != _told(tree.get(path)):
                wrong.append(
                    f"preview: {change['kind']} {path}: {name} {change[name]}, on disk {_told(tree.get(path))}"
                )
    wrong += [
        f"preview: {path} changed and the preview does not say so"
        for path in unlike(before.files, after.files)
        if path not in told
    ]
    return wrong


def unequal(one: dict[str, Any], other: dict[str, Any], *but: str) -> list[str]:
    """Where two reports differ, some parts of them left out."""
    keys = sorted((one.keys() | other.keys()) - {*but, "changes"})
    wrong = [
        f"{key}: {one.get(key)!r} and {other.get(key)!r}" for key in keys if one.get(key) != other.get(key)
    ]
    told, again = (
        {change["path"]: change for change in report.get("changes", ())} for report in (one, other)
    )
    return wrong + [
        f"{path}: {told.get(path)} and {again.get(path)}"
        for path in sorted(told.keys() | again.keys())
        if told.get(path) != again.get(path)
    ]


def _told(file: File | None) -> dict[str, str] | None:
    """A file as the JSON has it."""
    return {"mode": f"{file.mode:o}", "id": file.id} if file else None


def untouched(repository: Path) -> dict[str, object]:
    """All that a dry run must leave alone; git's objects and the times in its index may change."""
    return dict(_all(repository))


# What may appear beside the repository's own: it keeps two updates apart that run at once.
LOCK = {".git/goldenpath", ".git/goldenpath/lock"}


def _all(repository: Path) -> Iterator[tuple[str, object]]:
    for path in sorted(repository.rglob("*")):
        name = path.relative_to(repository).as_posix()
        if name in LOCK:
            continue
        if path.is_dir():
            if not name.startswith(".git/objects"):
                yield name, None
        elif not name.startswith(".git/objects/") and name != ".git/index":
            yield name, (path.stat().st_mode & EXECUTABLE, path.read_bytes())
