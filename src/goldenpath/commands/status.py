"""`goldenpath status`: which version a project has, whether a newer one waits, and what differs from the template."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from goldenpath import engine, git, lines, state, updates
from goldenpath.files import Files, on_disk, unmerged
from goldenpath.project import Project, open_project, typed
from goldenpath.sources import release

CURRENT, AVAILABLE, UNRESOLVED = 0, 4, 3


@dataclass(frozen=True)
class Options:
    """The arguments of the command, named as on the command line."""

    path: Path
    json: bool
    trust: bool
    answers_file: str | None


@dataclass(frozen=True)
class _Status:
    project: Project
    newest: str
    behind: bool
    drift: dict[str, str]
    unresolved: list[str]
    unfinished: str | None

    @property
    def exit_code(self) -> int:
        if self.unresolved or self.unfinished:
            return UNRESOLVED
        return AVAILABLE if self.behind else CURRENT

    def as_json(self) -> dict[str, Any]:
        return {
            "project": str(self.project.root),
            "template": self.project.template,
            "version": release(self.project.commit),
            "commit": self.project.commit,
            "newest": self.newest,
            "state": {0: "current", 4: "update available", 3: "unresolved"}[self.exit_code],
            "drift": self.drift,
            "unresolved": self.unresolved,
            "unfinished": self.unfinished,
            "exit_code": self.exit_code,
        }


def run(options: Options) -> int:
    """Show the state of a project and return the exit code: 0 current, 4 update available, 3 unresolved.

    Raises:
        GoldenpathError: The state cannot be told.
    """
    git.check_installed()
    found = open_project(options.path, options.answers_file)
    status = _status(found, options.path, trust=options.trust)
    print(json.dumps(status.as_json(), indent=2) if options.json else _text(status, options.path))
    return status.exit_code


def _status(found: Project, folder: Path, *, trust: bool) -> _Status:
    files = on_disk(found)
    source = engine.source(found.template, found.root)
    commit, newest = source.commit(found.commit), source.newest()
    version = engine.open_version(source, commit, trust=trust)
    behind = source.is_newer(newest, found.commit)
    drift = updates.drift(found, files, version)
    return _Status(found, newest, behind, drift, _unresolved(found, files), _begun(found, folder))


def _begun(found: Project, folder: Path) -> str | None:
    last = state.pending(found)
    if last is None or last.phase != state.APPLYING:
        return None
    return f"the update to {last.new} was cut off; type: {typed('update --abort', found, folder)}"


def _unresolved(found: Project, files: Files) -> list[str]:
    """Return the files that git calls unmerged, that have marks of a conflict, or what a merge rejected."""
    marked = {
        path for path, file in files.items() if path.endswith(".rej") or lines.has_conflict(file.content)
    }
    return sorted(marked | set(unmerged(found)))


def _text(status: _Status, folder: Path) -> str:
    at = f"{status.project.root.name} is at {status.project.commit} of {status.project.template}"
    rows = [at]
    if status.unfinished:
        rows += [f"  {status.unfinished}"]
    if status.unresolved:
        rows += [
            "  unresolved conflicts: mend them, then git add and git commit",
            *_listed(status.unresolved),
        ]
    rows += (
        [f"  {status.newest} is available; type: {typed('update', status.project, folder)}"]
        if status.behind
        else ["  that is the newest"]
    )
    if status.drift:
        rows += [
            "  differs from the template:",
            *_listed([f"{path} ({how})" for path, how in status.drift.items()]),
        ]
    return "\n".join(rows)


def _listed(names: list[str]) -> list[str]:
    return [f"    {name}" for name in names]
