"""All that must hold of one history."""

from __future__ import annotations

import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance import safe
from tests.conformance.compare import preview, same, unequal, unlike, untouched
from tests.conformance.history import History, build, history
from tests.conformance.oracle import State, by_copier, by_us, copy, damage, planned_plainly, state
from tests.conformance.repository import blob

# Every so many histories are also planned in the plain lane, which renders both versions in full.
LANES = 10
NO_MEASURE = "Copier is no measure here"


@dataclass
class Verdict:
    """What is wrong, nothing if all is well; and what the history was like, for the count."""

    seed: int
    template: str
    wrong: list[str] = field(default_factory=list)
    conflict: bool = False
    failed: str = ""
    kinds: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """For a reader, and how to make it again."""
        head = f"seed {self.seed} ({self.template}): python -m tests.conformance {self.seed}"
        return "\n".join([head, *self.wrong])


def judge(seed: int) -> Verdict:
    """Make a history, update copies of its project, and hold them against each other."""
    try:
        return _judge(seed)
    except Exception:  # noqa: BLE001 - one that breaks off is told with its seed, and the others are judged
        return Verdict(seed, "?", [f"broke off\n{traceback.format_exc(limit=-4)}"])


def _judge(seed: int) -> Verdict:
    one = history(seed)
    verdict = Verdict(seed, one.template.name)
    with tempfile.TemporaryDirectory() as home:
        start = Path(home, "start")
        build(one, start)
        manner = one.template.manner
        before = state(start, manner)
        copies = {name: copy(start, Path(home, name, "project")) for name in ("copier", "parity", "safe")}
        verdict.failed = by_copier(one, copies["copier"] / one.folder) if manner.comparable else NO_MEASURE
        expected = state(copies["copier"], manner)
        verdict.conflict = bool(expected.unmerged)
        if not verdict.failed:
            verdict.wrong += _parity(one, before, expected, copies["parity"])
        elif not manner.comparable:
            verdict.wrong += _previewed(one, before, copies["parity"], "copier", stuck=True)[0]
        verdict.wrong += _safe(
            one, before, None if verdict.failed else expected, copies["safe"], verdict.kinds
        )
    return verdict


def _parity(one: History, before: State, expected: State, repository: Path) -> list[str]:
    """With `--policy copier` the update is Copier's, in both lanes."""
    wrong, found = _previewed(one, before, repository, "copier")
    return wrong + same(expected, found, "policy copier")


def _safe(
    one: History, before: State, expected: State | None, repository: Path, kinds: list[str]
) -> list[str]:
    """With `--policy safe` it differs only as listed, and no edit is lost."""
    wrong, found = _previewed(one, before, repository, "safe", stuck=expected is None)
    conflicted = [blob(repository, oid) for (_, stage), (oid, _) in found.unmerged.items() if stage == 2]
    wrong += safe.lost(one, found.files, conflicted)
    prefix = _prefix(one)
    if found != before:
        wrong += _answers(one, found, prefix)
    outside = unlike(before.files, found.files)
    wrong += [
        f"safe: outside the project: {text}" for path, text in outside.items() if not path.startswith(prefix)
    ]
    for path, text in unlike(expected.files, found.files).items() if expected else ():
        if name := safe.kind(one, path.removeprefix(prefix), found.files.get(path)):
            kinds.append(name)
        else:
            wrong.append(f"safe: a difference that is not listed: {text}")
    return wrong


def _answers(one: History, found: State, prefix: str) -> list[str]:
    """The answers file is where the new version has it, and nowhere else."""
    moved = one.template.manner.moved_to
    if not moved or one.ref:
        return []
    there = {name for name in (moved, one.template.answers_file) if prefix + name in found.files}
    return [] if there == {moved} else [f"safe: the answers file is in {sorted(there)}, not in {moved}"]


def _prefix(one: History) -> str:
    return f"{one.folder}/" if one.folder else ""


def _previewed(
    one: History, before: State, repository: Path, policy: str, *, stuck: bool = False
) -> tuple[list[str], State]:
    """Run dry, in both lanes at times, then for real. Where Copier may be `stuck` we may refuse, and change nothing."""
    project = repository / one.folder
    files = untouched(repository)
    dry = by_us(one, project, "--policy", policy, "--dry-run")
    wrong = []
    if policy == "copier" and one.seed % LANES == 0:
        plain = planned_plainly(one, project, policy)
        if plain.report.get("lane") != "plain":
            wrong.append(f"{policy}: asked for the plain lane, got {plain.report.get('lane')}\n{plain.error}")
        wrong += [
            f"{policy}: the lanes plan {line}"
            for line in unequal(dry.report, plain.report, "lane", "lane_reason")
        ]
    left = untouched(repository)
    wrong += [
        f"{policy}: the dry run changed {path}"
        for path in files | left
        if files.get(path, 0) != left.get(path, 0)
    ]
    if state(repository, one.template.manner) != before:
        wrong.append(f"{policy}: the dry run changed the files or the index")
    real = by_us(one, project, "--policy", policy)
    after = state(repository, one.template.manner)
    if after.own != before.own:
        wrong.append(f"{policy}: HEAD, the configuration or a hook is another one")
    if found := damage(repository):
        wrong.append(f"{policy}: {found}")
    if dry.code == real.code == 1 and stuck and after == before:
        return wrong, after
    wrong += [f"{policy}: {line}" for line in preview(before, dry, real, after, _prefix(one))]
    if (real.code == 3) != bool(after.unmerged):
        wrong.append(f"{policy}: exit code {real.code}, unmerged {sorted(after.unmerged)}")
    return wrong, after
