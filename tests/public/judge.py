"""What must hold after a command; every function returns what is wrong as kind and text."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conformance.compare import preview, unlike
from tests.conformance.manners import PLAIN
from tests.conformance.oracle import Run, State, state
from tests.conformance.repository import File, Tree, blob, read
from tests.public.edits import Work
from tests.public.machine import Done, Machine


@dataclass(frozen=True)
class Wrong:
    """One thing that must not be; `kind` is what it is counted under."""

    kind: str
    text: str


@dataclass(frozen=True)
class Seen:
    """A repository before or after a command: its files, index and those files of git that no update may touch."""

    state: State
    git: Tree
    status: str

    @property
    def files(self) -> Tree:
        """All its files, tracked or not, git's own left out."""
        return self.state.files


def look(machine: Machine, project: Path) -> Seen:
    """See all of a project; nothing of git's where its repository is broken."""
    own = {f"hooks/{path}": file for path, file in read(project / ".git" / "hooks").items()}
    for name in ("HEAD", "config"):
        if (project / ".git" / name).is_file():
            own[name] = File((project / ".git" / name).read_bytes())
    done = machine.run(["git", "status", "--porcelain=v2", "--branch", "--ignored"], project)
    whole = done.code == 0
    return Seen(
        state(project, PLAIN) if whole else State(read(project), {}, {}),
        own,
        done.out if whole else f"broken: {done.err}",
    )


def sane(machine: Machine, project: Path, before: Seen, after: Seen, done: Done) -> Iterator[Wrong]:
    """Whatever an update does: no traceback, git's own files are as before, its repository is whole."""
    if "Traceback" in done.err or done.code not in {0, 1, 2, 3}:
        yield Wrong("traceback", f"exit code {done.code}\n{done.err[-1500:]}")
    for text in unlike(before.git, after.git).values():
        yield Wrong("git", f".git/{text}")
    check = machine.run(["git", "fsck", "--no-dangling", "--no-progress"], project)
    if check.code:
        yield Wrong("fsck", check.err[-500:])


def refused(before: Seen, after: Seen, done: Done) -> Iterator[Wrong]:
    """What is refused says why and changes nothing."""
    if not done.report.get("error", {}).get("message"):
        yield Wrong("refusal", f"exit code {done.code} without a message\n{done.err[-500:]}")
    if after != before:
        yield Wrong(
            "half done", f"refused, and yet\n{_first(unlike(before.files, after.files))}{after.status}"
        )


def equal(
    machine: Machine, project: Path, expected: Seen, found: Seen, unstable: set[str]
) -> Iterator[Wrong]:
    """The files and unmerged entries are Copier's; what git ignores is told apart."""
    differences = unlike(expected.files, found.files)
    new = [path for path in differences if (path, 0) not in expected.state.index]
    asked = ["git", "-c", "core.quotePath=false", "check-ignore", "--", *new]
    listed = set(machine.run(asked, project).out.splitlines()) if new else set()
    for path, text in differences.items():
        if path not in unstable:
            yield Wrong("ignored file" if path in listed else "tree", text)
    old, new_entries = expected.state.unmerged, found.state.unmerged
    for path, stage in sorted(old.keys() | new_entries.keys()):
        if old.get((path, stage)) != new_entries.get((path, stage)) and path not in unstable:
            yield Wrong("index", f"stage {stage} of {path}")


def exit_code(done: Done, after: Seen) -> Iterator[Wrong]:
    """3 is said of conflicts, and of nothing else."""
    if (done.code == 3) != bool(after.state.unmerged):
        yield Wrong(
            "exit code", f"{done.code}, unmerged: {sorted({path for path, _ in after.state.unmerged})}"
        )


def foretold(before: Seen, dry: Done, done: Done, after: Seen) -> Iterator[Wrong]:
    """The dry run said what was then done, no less and no more."""
    told, did = (Run(each.code, each.report, each.err) for each in (dry, done))
    for text in preview(before.state, told, did, after.state, ""):
        yield Wrong("plan", text)


def lost(work: Work, project: Path, after: Seen) -> list[str]:
    """The words of the user that are neither in a file nor on a side of a conflict."""
    sides = [blob(project, oid) for oid, _ in after.state.unmerged.values()]
    everything = b"\0".join([*(file.data for file in after.files.values()), *sides])
    return [word for word in work.words if word.encode() not in everything]


def kept(work: Work, after: Seen) -> Iterator[Wrong]:
    """Files of the user's own are as they were."""
    for path, file in (work.kept | work.ignored).items():
        if after.files.get(path) != file:
            yield Wrong(
                "own file",
                unlike({path: file}, {path: after.files[path]} if path in after.files else {})[path],
            )


def back(work: Work, expected: Seen | None, after: Seen) -> Iterator[Wrong]:
    """What the user deleted or renamed does not come back, unless it does with Copier too."""
    for path in sorted(work.gone & after.files.keys()):
        if expected is None or path not in expected.files:
            yield Wrong("came back", path)


def parses(before: Seen, after: Seen, expected: Seen | None) -> Iterator[Wrong]:
    """What could be read before, and with Copier's result, can be read still, unless it is in conflict."""
    for path, file in after.files.items():
        old = before.files.get(path)
        if old in {None, file} or any((path, stage) in after.state.unmerged for stage in (1, 2, 3)):
            continue
        sources = [
            before.files[path],
            *([expected.files[path]] if expected and path in expected.files else []),
        ]
        if not _readable(path, file) and all(_readable(path, each) for each in sources):
            yield Wrong("parse", path)


def _readable(path: str, file: File) -> bool:
    reader = next((read for end, read in READERS.items() if path.endswith(end)), None)
    try:
        if reader:
            reader(file.data.decode())
    except (ValueError, yaml.YAMLError):
        return False
    return True


READERS: dict[str, Callable[[str], Any]] = {
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yml": lambda content: list(yaml.load_all(content, yaml.CSafeLoader)),
    ".yaml": lambda content: list(yaml.load_all(content, yaml.CSafeLoader)),
}


def taken_back(before: Seen, after: Seen, done: Done) -> Iterator[Wrong]:
    """`update --abort` brought back files, index, status and git's own files."""
    if done.code:
        yield Wrong("abort", f"exit code {done.code}\n{done.out[-800:]}{done.err[-800:]}")
    differences = unlike(before.files, after.files)
    if differences:
        yield Wrong("abort", f"{len(differences)} files are not as before\n{_first(differences)}")
    if after.state.index != before.state.index or after.status != before.status or after.git != before.git:
        yield Wrong("abort", f"index, status or git's own files are not as before\n{after.status[:500]}")


def _first(texts: dict[str, str]) -> str:
    return "".join(f"{text[:600]}\n" for text in list(texts.values())[:3])


def looked(project: str, done: Done, codes: Iterable[int]) -> Iterator[Wrong]:
    """`status` and `diff` answer in JSON and say nothing of git's own files."""
    if done.code not in set(codes) or not done.report:
        yield Wrong("look", f"{project}: exit code {done.code}\n{done.out[-500:]}{done.err[-800:]}")
    if "Traceback" in done.err:
        yield Wrong("traceback", f"{project}\n{done.err[-1500:]}")
    if '".git/' in done.out:
        yield Wrong("look", f"{project} lists files of .git")
