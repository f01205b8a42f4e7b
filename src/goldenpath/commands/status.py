"""`goldenpath status`: which version a project has, whether a newer one waits, and what differs from the template."""

import json
import shlex
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from goldenpath import git, sources
from goldenpath.errors import GoldenpathError, masked
from goldenpath.merging import lines
from goldenpath.monorepo import projects
from goldenpath.monorepo.projects import Member
from goldenpath.monorepo.several import Row, each, urgent
from goldenpath.project import Project, kept, state, typed
from goldenpath.project.drift import Told, differing
from goldenpath.project.files import Files, on_disk, unmerged
from goldenpath.sources import Source, release

CURRENT, AVAILABLE, UNRESOLVED = 0, 4, 3


@dataclass(frozen=True)
class Options:
    """The arguments of the command, named as on the command line."""

    path: Path
    to: str | None
    json: bool
    trust: bool
    skip_tasks: bool
    answers_file: str | None


@dataclass(frozen=True)
class _Status:
    project: Project
    newest: str
    to: str | None
    behind: bool
    told: Told
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
            "answers_file": self.project.answers_file,
            "template": self.project.template,
            "version": release(self.project.commit),
            "commit": self.project.commit,
            "newest": self.newest,
            "state": {0: "current", 4: "update available", 3: "unresolved"}[self.exit_code],
            "drift": self.told.files,
            "chosen": {name: each._asdict() for name, each in self.told.answers.items()},
            "notes": self.told.notes,
            "unresolved": self.unresolved,
            "unfinished": self.unfinished,
            "exit_code": self.exit_code,
        }


def run(options: Options) -> int:
    """Show the state of a project, or of all at and below a folder, and return the exit code of the most urgent one.

    It is 0 current, 4 update available, 3 unresolved, 1 where one of several cannot be told.

    Raises:
        GoldenpathError: The state cannot be told.
    """
    git.check_installed()
    members = [] if options.answers_file else projects.members(options.path)
    if len(members) > 1 or any(member.place.folder for member in members):
        return _run_all(members, options)
    found = members[0].found if members else projects.open_project(options.path, options.answers_file)
    if isinstance(found, GoldenpathError):
        raise found
    status = _status(found, options, options.path)
    print(json.dumps(status.as_json(), indent=2) if options.json else _text(status, options.path))
    return status.exit_code


def _run_all(members: list[Member], options: Options) -> int:
    rows = each(members, lambda found, below: _status(found, options, options.path / below))
    code = urgent(rows)
    if options.json:
        listed = [row.as_json(_Status.as_json) for row in rows]
        # A folder that is itself a project says of that what it would say alone.
        own = listed[0] if not rows[0].member.place.folder else {"project": str(options.path.resolve())}
        print(json.dumps(own | {"projects": listed, "exit_code": code}, indent=2))
        return code
    cells = [(row.name, *_cells(row)) for row in rows]
    widths = [max(len(line[number]) for line in cells) for number in range(3)]
    print(f"{len(rows)} projects in {options.path.resolve()}:")
    for name, version, newest, how in cells:
        print(f"  {name:{widths[0]}}  {version:{widths[1]}}  {newest:{widths[2]}}  {how}".rstrip())
    if any(isinstance(row.outcome, _Status) and row.outcome.behind for row in rows):
        where = "" if options.path == Path() else f" {shlex.quote(str(options.path))}"
        print(f"To bring all of them to the newest, type: goldenpath update --all{_to(options.to)}{where}")
    return code


def _cells(row: Row[_Status]) -> tuple[str, str, str]:
    """Return version, newest version and state of one of several projects."""
    status = row.outcome
    if isinstance(status, GoldenpathError):
        return "?", "?", f"cannot be told: {masked(status.message)}"
    parts = [status.as_json()["state"]]
    for what, differing_ones in (("file", status.told.files), ("answer", status.told.answers)):
        if count := len(differing_ones):
            parts += [f"1 {what} differs" if count == 1 else f"{count} {what}s differ"]
    parts += [status.unfinished] if status.unfinished else []
    return status.project.commit, status.newest, "; ".join(parts)


def _status(found: Project, options: Options, folder: Path) -> _Status:
    files = on_disk(found)
    source, told = _told(found, files, options)
    newest = source.described(options.to) if options.to else source.newest()
    return _Status(
        found,
        newest,
        options.to,
        source.is_newer(options.to or newest, found.commit),
        told,
        _unresolved(found, files),
        _begun(found, folder),
    )


def _told(found: Project, files: Files, options: Options) -> tuple[Source, Told]:
    """Return where the template is, and what differs from it as far as that can be told."""
    entry = kept.find(found, files)
    if entry:
        source = sources.located(found.template, found.root, lambda: entry.url)
        if source.commit(found.commit) == entry.commit:
            return source, Told(differing(found, files, entry.files), entry.chosen, [])
    # Copier and its libraries take longer to import than all the rest takes.
    pristine = import_module("goldenpath.planning.pristine")
    source = pristine.source(found)
    return source, pristine.told(found, files, source, trust=options.trust, skip_tasks=options.skip_tasks)


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
        [f"  {status.newest} is available; type: {typed('update' + _to(status.to), status.project, folder)}"]
        if status.behind
        else [f"  it has all of {status.newest}" if status.to else "  that is the newest"]
    )
    if status.told.files:
        rows += [
            "  differs from the template:",
            *_listed([f"{path} ({how})" for path, how in status.told.files.items()]),
        ]
    if status.told.answers:
        rows += _chosen(status, folder)
    rows += [f"  note: {note}" for note in status.told.notes]
    return "\n".join(rows)


def _chosen(status: _Status, folder: Path) -> list[str]:
    own = status.told.answers
    name, first = next(iter(own.items()))
    empty = shlex.quote(f"{name}=[]") if isinstance(first.answer, list) else f"{name}="
    return [
        "  chosen here, so no update moves it:",
        *_listed(
            [f"{name}: {each.answer!r}; the template has {each.release!r}" for name, each in own.items()]
        ),
        f"    to follow the template again, type: {typed('update --data ' + empty, status.project, folder)}",
    ]


def _to(ref: str | None) -> str:
    return f" --to {shlex.quote(ref)}" if ref else ""


def _listed(names: list[str]) -> list[str]:
    return [f"    {name}" for name in names]
