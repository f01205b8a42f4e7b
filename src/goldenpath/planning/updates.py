"""What an update of a project would do: two versions of its template rendered, and merged with what it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from goldenpath import engine
from goldenpath.engine import COPY, UPDATE, Answered, Version
from goldenpath.errors import GoldenpathError
from goldenpath.merging.policies import SAFE
from goldenpath.merging.rules import Policy, Rules
from goldenpath.merging.safe import missing
from goldenpath.plan import Change, Kind, Outdated, Plan, State
from goldenpath.planning import history, moved, relocation, room
from goldenpath.planning.untouched import normalised, owners
from goldenpath.project import Project, answers, waivers
from goldenpath.project.files import Files, keeps_modes, with_ignored
from goldenpath.project.waivers import Waiver
from goldenpath.sources import Source, release
from goldenpath.tree import File, Tree

Trees = Sequence[Mapping[str, File]]


@dataclass(frozen=True)
class Request:
    """What is asked of an update.

    `to` is a tag, branch or commit of the template, by default its newest release. `data` are answers that change.
    `template` is its address where it has moved. `trust` lets the template run code of its own, `skip_tasks` leaves
    its tasks out. Unless `defaults`, the user is asked what was never answered; with `accept_defaults` a default takes
    the place of an answer that is no longer taken.
    """

    to: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy = SAFE
    trust: bool = False
    skip_tasks: bool = False
    defaults: bool = True
    accept_defaults: bool = False
    template: str | None = None


@dataclass(frozen=True)
class _Side:
    """One version of the template with the answers of the project."""

    version: Version
    answered: Answered
    tree: Tree
    follows: Sequence[str] = ()

    @property
    def why_plain(self) -> str | None:
        return self.version.why_plain(self.answered)

    @property
    def state(self) -> State:
        return State(release(self.version.described), self.version.described)


def plan(project: Project, files: Files, request: Request) -> Plan:
    """Return what the update that `request` asks for does to a project with these committed files.

    Raises:
        GoldenpathError: It cannot be done; the message says why.
    """
    source = engine.source(request.template or project.template, project.root)
    relocation.check_history(project, source)
    target = request.to or _newest(source, project)
    commits = source.commit(project.commit), source.commit(target)
    _check_direction(source, project.commit, target)
    old, new = _sides(project, source, commits, request)
    tracked = set(files)
    seeded = new.version.render(new.answered, COPY).files
    files = with_ignored(project, files, set(old.tree.files) | set(new.tree.files) | seeded.keys())
    waived = waivers.read(files.get(waivers.FILE))
    trees = normalised(project, files, old.tree, new.tree)
    rules = _rules(project, request.policy, old, new)
    rules = replace(rules, waived=waivers.lookup(waived), untracked=files.keys() - tracked)
    rules = _with_history(project, files, trees, rules)
    changes = _changes(project, files, trees, new, rules)
    return Plan(
        project=project.root,
        template=source.address,
        old=replace(old.state, commit=project.commit),
        new=new.state,
        policy=request.policy.name,
        plain=new.why_plain or old.why_plain,
        changes=changes,
        answers=_changed_answers(project, new.answered),
        notes=_notes(waived, rules),
        message=new.version.message(new.answered),
        follows=new.follows,
        outdated=_outdated(files, changes, trees, seeded, rules),
    )


def _notes(waived: Sequence[Waiver], rules: Rules) -> list[str]:
    over = [f"A waiver is over since {each.expires}: {each.path}" for each in waived if each.expired]
    return [*over, *([history.CUT_OFF] if rules.unknown else [])]


def _outdated(
    files: Files, changes: Sequence[Change], trees: Trees, seeded: Mapping[str, File], rules: Rules
) -> list[Outdated]:
    if not rules.policy.beyond_copier:
        return []
    return moved.outdated(files, changes, trees[0], {**seeded, **trees[1]}, rules)


def _rules(project: Project, policy: Policy, old: _Side, new: _Side) -> Rules:
    return Rules(
        policy,
        answers=relocation.target(project, new.answered, new.tree.files),
        moves=new.version.moves,
        skipped=engine.matcher(new.version.skipped(new.answered)),
        generated=old.version.render(old.answered, COPY).files.keys(),
        prefix=project.prefix,
        keeps_modes=keeps_modes(project),
    )


def _with_history(project: Project, files: Files, trees: Trees, rules: Rules) -> Rules:
    """Return the rules with what the history says of files that the project lacks; it is read for these only."""
    lacking = missing(trees[0], files, trees[1], rules) if rules.policy.beyond_copier else []
    found = history.renames(project, lacking)
    return replace(rules, renamed=found.renamed, unknown=found.unknown)


def _changes(project: Project, files: Files, trees: Trees, new: _Side, rules: Rules) -> list[Change]:
    changes = relocation.merge(project, trees[0], files, trees[1], rules)
    if rules.policy.beyond_copier:
        changes = sorted([*changes, *_new_seeds(new, files, rules)], key=lambda change: change.path)
    room.check(project, files, changes)
    for change in changes:
        if change.after:
            change.after.content  # noqa: B018 (what cannot be rendered must not pass for a plan)
    owner = owners(new.answered)
    return [replace(change, owner=owner(change.source or change.path)) for change in changes]


def _newest(source: Source, project: Project) -> str:
    """Return the newest release, or where the project is, if that is ahead of it."""
    newest = source.newest()
    return project.commit if source.is_newer(project.commit, newest) else newest


def _check_direction(source: Source, old: str, new: str) -> None:
    if source.is_newer(old, new):
        raise GoldenpathError(
            f"The project is at {old}, which is newer than {new}: an update does not go back.",
            "To undo the last update, revert its commit.",
        )


def _sides(
    project: Project, source: Source, commits: tuple[str, str], request: Request
) -> tuple[_Side, _Side]:
    # What it has of the template's address is that of its own version, wherever that version is now.
    versions = [
        engine.open_version(known, commit, trust=request.trust, skip_tasks=request.skip_tasks)
        for known, commit in zip((source.known_as(project.template), source), commits, strict=True)
    ]
    last = {**project.answers, "_src_path": source.address}
    replayed = relocation.replay(project, versions[0], request.policy)
    follows: Mapping[str, Any] = {}
    if request.policy.beyond_copier:
        follows = engine.emptied(versions[1], project.root, last, request.data, replayed)
    last |= follows
    answered = versions[1].answer(project.root, last, request.data, replayed.told, defaults=request.defaults)
    # Where somebody is asked, what is no longer taken is a question again.
    if request.defaults and not request.accept_defaults and request.policy.beyond_copier:
        versions[1].check_kept(answered, last, request.data)
    answers.check_kept(request.data, answered.worker.answers.hidden)
    answers.check_fixed(project.answers, answered.stored, answered.values.get("set_once"))
    engine.check_migrations(versions[0], versions[1], answered)
    # What the new version leaves out on updates must not look as if it had dropped it.
    exclusions = versions[1].exclusions(answered, UPDATE)
    trees = versions[0].render(replayed, UPDATE, exclusions), versions[1].render(answered, UPDATE)
    return _Side(versions[0], replayed, trees[0]), _Side(versions[1], answered, trees[1], tuple(follows))


def _new_seeds(new: _Side, files: Files, rules: Rules) -> list[Change]:
    """Return the files that later releases write once, at the start, and that this project never got."""
    if not new.answered.values.get("seeds"):
        return []
    after = new.version.render(new.answered, COPY).files
    return [
        Change(path, Kind.ADD, None, file, "New in the template, written once: yours from now on")
        for path, file in after.items()
        if not (path in rules.generated or path in new.tree.files or path in files or rules.waived(path))
    ]


def _changed_answers(project: Project, answered: Answered) -> dict[str, tuple[Any, Any]]:
    names = [*answered.stored, *(name for name in project.answers if name not in answered.stored)]
    return {
        name: (project.answers.get(name), answered.stored.get(name))
        for name in names
        if (name == "_src_path" or not name.startswith("_"))
        and project.answers.get(name) != answered.stored.get(name)
    }
