"""Both commands on copies of one edited project."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance.compare import unlike
from tests.conformance.repository import Tree
from tests.public import judge
from tests.public.edits import Work
from tests.public.judge import Seen, Wrong, look
from tests.public.machine import Done, Machine
from tests.public.project import NAME, Project, UnusableError, edited, last_line, make, tracked
from tests.public.templates import Pair, Template


@dataclass
class Side:
    """How one command ended: `refusal` is why it did nothing, `lost` are edits that are gone."""

    code: int = 0
    refusal: str = ""
    conflicts: int = 0
    lost: list[str] = field(default_factory=list)
    lane: str = ""


@dataclass
class Update:
    """One project between two versions, by Copier, by ours as Copier does it, and by ours."""

    template: str
    pair: str
    about: str
    edits: str
    unusable: str = ""
    copier: Side = field(default_factory=Side)
    parity: Side = field(default_factory=Side)
    safe: Side = field(default_factory=Side)
    why_plain: str = ""
    wrong: list[Wrong] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, who: str, found: Iterator[Wrong]) -> None:
        """Note what is wrong, and with which command."""
        self.wrong += [Wrong(each.kind, f"{who}: {each.text}") for each in found]


@dataclass(frozen=True)
class Scene:
    """All that the updates of one pair share."""

    machine: Machine
    template: Template
    pair: Pair
    source: Path
    made: Project

    def command(self, tool: str, *arguments: str) -> list[str]:
        """A command that runs in a project, with its answers file and trust."""
        trust = ["--trust"] if self.template.trust else []
        answers = ["--answers-file", self.made.answers] if self.made.answers != ".copier-answers.yml" else []
        return [tool, *arguments, *trust, *answers]

    def by_copier(self, project: Path) -> Done:
        """`copier update` to the new version."""
        also = [word for name, answer in self.pair.also.items() for word in ("--data", f"{name}={answer}")]
        arguments = ["update", "--quiet", "--defaults", "--vcs-ref", self.pair.new, *also]
        return self.machine.run(self.command("copier", *arguments), project)

    def by_us(self, project: Path, *options: str) -> Done:
        """`goldenpath update` to the new version."""
        also = [word for name, answer in self.pair.also.items() for word in ("--data", f"{name}={answer}")]
        arguments = ["update", "--json", "--to", self.pair.new, *also, *options]
        return self.machine.run(self.command("goldenpath", *arguments), project)

    def look(self, project: Path) -> Seen:
        """See all of a project."""
        return look(self.machine, project)


def updates(
    machine: Machine, template: Template, pair: Pair, source: Path, chosen: list[tuple[str, tuple[str, ...]]]
) -> Iterator[Update]:
    """Judge the updates of a pair; one that Copier cannot even begin is told as such."""
    home = machine.work / f"{template.name}-{pair.old}-{pair.new}".replace("/", "+")
    try:
        scene = Scene(machine, template, pair, source, make(machine, template, pair, source, home / "made"))
        untouched = _untouched(scene, home / "untouched by us" / NAME)
        for name, edits in chosen:
            yield _update(scene, name, edits, untouched, home / name.replace(",", "-"))
    except UnusableError as error:
        yield Update(template.name, str(pair), pair.about, "", unusable=str(error))
    finally:
        shutil.rmtree(home, ignore_errors=True)


@dataclass(frozen=True)
class _Untouched:
    """What Copier makes of a project that nobody edits: it tells where the template changes what."""

    folder: Path
    done: Done
    files: Tree


def _untouched(scene: Scene, folder: Path) -> _Untouched:
    shutil.copytree(scene.made.folder, folder, symlinks=True)
    done = scene.by_copier(folder)
    return _Untouched(folder, done, tracked(scene.machine, folder) if done.code == 0 else {})


def _update(scene: Scene, name: str, edits: tuple[str, ...], untouched: _Untouched, home: Path) -> Update:
    update = Update(scene.template.name, str(scene.pair), scene.pair.about, name)
    start, copier, parity, safe = (home / who / NAME for who in ("start", "copier", "parity", "safe"))
    work = edited(scene.machine, scene.made, edits, untouched.files, start)
    for folder, source in ((copier, start if edits else untouched.folder), (parity, start), (safe, start)):
        shutil.copytree(source, folder, symlinks=True)
    done = scene.by_copier(copier) if edits else untouched.done
    after = scene.look(copier)
    update.copier = _side(done, after, work, copier)
    if "Traceback" in done.err or done.code:
        update.copier.refusal = last_line(done.err)
    expected = after if done.code == 0 else None
    _parity(scene, update, parity, expected, start)
    _safe(scene, update, safe, expected, start, work)
    if scene.template.looks and not edits:
        _looks(scene, update, start)
    update.why_plain = _why_plain(scene) if "plain" in {update.parity.lane, update.safe.lane} else ""
    shutil.rmtree(home, ignore_errors=True)
    return update


def _side(done: Done, after: Seen, work: Work | None, project: Path) -> Side:
    error = done.report.get("error", {})
    return Side(
        code=done.code,
        refusal=f"{error.get('message', '')} {error.get('hint', '')}".strip(),
        conflicts=len({path for path, _ in after.state.unmerged}),
        lost=judge.lost(work, project, after) if work else [],
        lane=str(done.report.get("lane", "")),
    )


def _parity(scene: Scene, update: Update, project: Path, expected: Seen | None, start: Path) -> None:
    """With `--policy copier`: what Copier does."""
    before = scene.look(project)
    done = scene.by_us(project, "--policy", "copier")
    after = scene.look(project)
    update.parity = _side(done, after, None, project)
    update.add("policy copier", judge.sane(scene.machine, project, before, after, done))
    if done.code not in {0, 3}:
        update.add("policy copier", judge.refused(before, after, done))
        return
    update.add("policy copier", judge.exit_code(done, after))
    if expected is None:
        update.notes.append("ours succeeds where Copier breaks off")
        return
    update.add("policy copier", iter(_unequal(scene, update, project, expected, after, start)))


def _unequal(
    scene: Scene, update: Update, project: Path, expected: Seen, after: Seen, start: Path
) -> list[Wrong]:
    """Return where ours differs from Copier's, but for paths that a second run of Copier makes otherwise."""
    found = list(judge.equal(scene.machine, project, expected, after, set()))
    if not found:
        return []
    unstable = _unstable(scene, start, expected)
    notes = [f"Copier differs from itself in {path}" for path in sorted(unstable)]
    update.notes += [note for note in notes if note not in update.notes]
    return list(judge.equal(scene.machine, project, expected, after, unstable))


def _unstable(scene: Scene, start: Path, expected: Seen) -> set[str]:
    """The paths that a second run of Copier makes otherwise than the first: random or timed by the template."""
    again = start.parent.parent / "again" / NAME
    shutil.rmtree(again.parent, ignore_errors=True)
    shutil.copytree(start, again, symlinks=True)
    scene.by_copier(again)
    return set(unlike(expected.files, scene.look(again).files))


def _safe(
    scene: Scene, update: Update, project: Path, expected: Seen | None, start: Path, work: Work
) -> None:
    """Ours as it is by default: dry, then for real, then taken back."""
    before = scene.look(project)
    dry = scene.by_us(project, "--dry-run")
    if scene.look(project) != before:
        update.add("dry run", iter([Wrong("half done", "the dry run changed the project")]))
    done = scene.by_us(project)
    after = scene.look(project)
    update.safe = _side(done, after, work, project)
    update.add("safe", judge.sane(scene.machine, project, before, after, done))
    if done.code not in {0, 3}:
        update.add("safe", judge.refused(before, after, done))
        return
    update.add("safe", judge.exit_code(done, after))
    update.add("safe", judge.foretold(before, dry, done, after))
    update.add("safe", (Wrong("lost", word) for word in update.safe.lost))
    update.add("safe", judge.kept(work, after))
    update.add("safe", judge.back(work, expected, after))
    update.add("safe", judge.parses(before, after, expected))
    if expected and update.edits == "untouched":
        found = _unequal(scene, update, project, expected, after, start)
        update.add("safe, untouched", (each for each in found if each.kind != "ignored file"))
    if after != before:
        aborted = scene.machine.run(scene.command("goldenpath", "update", "--abort", "--json"), project)
        update.add("abort", judge.taken_back(before, scene.look(project), aborted))
        update.add("abort", judge.sane(scene.machine, project, before, scene.look(project), aborted))


def _looks(scene: Scene, update: Update, project: Path) -> None:
    """`status` and `diff` of a project as it was generated."""
    status = scene.machine.run(scene.command("goldenpath", "status", "--json"), project)
    update.add("status", judge.looked("status", status, (0, 4)))
    if drift := status.report.get("drift"):
        update.add("status", iter([Wrong("look", f"a project as generated differs: {drift}")]))
    diff = scene.machine.run(scene.command("goldenpath", "diff", "--json"), project)
    update.add("diff", judge.looked("diff", diff, (0,)))


def _why_plain(scene: Scene) -> str:
    """What of the two versions keeps them from the fast lane, as far as their settings tell."""
    reasons = []
    for ref in (scene.pair.old, scene.pair.new):
        for name in ("copier.yml", "copier.yaml"):
            done = scene.machine.run(["git", "show", f"{ref}:{name}"], scene.source)
            keys = [line.split(":")[0] for line in done.out.splitlines()] if done.code == 0 else []
            reasons += [key.lstrip("_") for key in ("_tasks", "_jinja_extensions") if key in keys]
    return ", ".join(dict.fromkeys(reasons)) or "not by its settings: something in its files"
