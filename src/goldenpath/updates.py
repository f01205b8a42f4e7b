"""What an update of a project would do: two versions of its template rendered, and merged with what it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pathspec import GitIgnoreSpec
from pygit2.enums import FilterMode

from goldenpath import answers, engine, room, waivers
from goldenpath.engine import Answered, Version
from goldenpath.errors import GoldenpathError
from goldenpath.files import Files, filtered, has_filters, with_ignored
from goldenpath.merge import Rules, merge
from goldenpath.plan import Change, Kind, Plan, Policy, State
from goldenpath.project import OWN, Project
from goldenpath.sources import Source, release
from goldenpath.tree import LINK, File, LaterFile, Tree, same

UPDATE, COPY = "update", "copy"


@dataclass(frozen=True)
class Request:
    """What is asked of an update.

    `to` is a tag, branch or commit of the template, by default its newest release. `data` are answers that change.
    `trust` lets the template run code of its own. Unless `defaults`, the user is asked what was never answered.
    """

    to: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy = Policy.SAFE
    trust: bool = False
    defaults: bool = True


@dataclass(frozen=True)
class _Side:
    """One version of the template with the answers of the project."""

    version: Version
    answered: Answered
    tree: Tree

    @property
    def state(self) -> State:
        return State(release(self.version.described), self.version.described)


def plan(project: Project, files: Files, request: Request) -> Plan:
    """Return what the update that `request` asks for does to a project with these committed files.

    Raises:
        GoldenpathError: It cannot be done; the message says why.
    """
    source = engine.source(project.template, project.root)
    target = request.to or _newest(source, project)
    commits = source.commit(project.commit), source.commit(target)
    _check_direction(source, project.commit, target)
    old, new = _sides(project, source, commits, request)
    tracked = set(files)
    seeded = new.version.render(new.answered, COPY).files
    files = with_ignored(project, files, set(old.tree.files) | set(new.tree.files) | seeded.keys())
    waived = waivers.read(files.get(waivers.FILE))
    rules = replace(
        _rules(project, request.policy, old, new),
        waived=waivers.lookup(waived),
        untracked=files.keys() - tracked,
    )
    return Plan(
        project=project.root,
        template=project.template,
        old=replace(old.state, commit=project.commit),
        new=new.state,
        policy=request.policy,
        lane=new.version.lane,
        changes=_changes(project, files, old, new, rules),
        answers=_changed_answers(project, new.answered),
        notes=[f"A waiver is over since {each.expires}: {each.path}" for each in waived if each.expired],
        message=new.version.message(new.answered),
    )


def _rules(project: Project, policy: Policy, old: _Side, new: _Side) -> Rules:
    return Rules(
        policy=policy,
        answers=project.answers_file,
        moves=new.version.moves,
        skipped=engine.matcher(new.version.skipped(new.answered)),
        generated=old.version.render(old.answered, COPY).files.keys(),
        prefix=project.prefix,
    )


def _changes(project: Project, files: Files, old: _Side, new: _Side, rules: Rules) -> list[Change]:
    base, theirs = _normalised(project, files, old.tree, new.tree)
    changes = merge(base, files, theirs, rules)
    if rules.policy == Policy.SAFE:
        changes = sorted([*changes, *_new_seeds(new, files, rules)], key=lambda change: change.path)
    room.check(project, files, changes)
    for change in changes:
        if change.after:
            change.after.content  # noqa: B018 (what cannot be rendered must not pass for a plan)
    owner = _owners(new.answered)
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
    versions = [engine.open_version(source, commit, trust=request.trust) for commit in commits]
    replayed = versions[0].replay(project.root, project.answers, project.answers_file)
    answered = versions[1].answer(
        project.root, project.answers, request.data, project.answers_file, defaults=request.defaults
    )
    answers.check_kept(request.data, answered.worker.answers.hidden)
    answers.check_fixed(project.answers, answered.stored, answered.values.get("set_once"))
    if request.policy == Policy.SAFE:
        _check_answers(project, answered, request)
    # What the new version leaves out on updates must not look as if it had dropped it.
    exclusions = versions[1].exclusions(answered, UPDATE)
    trees = versions[0].render(replayed, UPDATE, exclusions), versions[1].render(answered, UPDATE)
    return _Side(versions[0], replayed, trees[0]), _Side(versions[1], answered, trees[1])


def _check_answers(project: Project, answered: Answered, request: Request) -> None:
    """Refuse to answer in the user's place where the new version no longer takes what the project answered.

    Raises:
        GoldenpathError: It names the question.
    """
    for name, answer in project.answers.items():
        now = answered.stored.get(name)
        if name in OWN or name in request.data or name not in answered.stored or str(now) == str(answer):
            continue
        raise GoldenpathError(
            f"The template no longer takes '{answer}' as the answer to '{name}'.",
            f"Type --data {name}=..., for example --data {name}={now}",
        )


def _normalised(project: Project, files: Files, *trees: Tree) -> list[Mapping[str, File]]:
    """Return the files of rendered trees as git would keep them in this project: ends of lines, filters."""
    if not has_filters(project, files):
        return [tree.files for tree in trees]
    return [{path: _filtered(project, path, file) for path, file in tree.files.items()} for tree in trees]


def _filtered(project: Project, path: str, file: File) -> File:
    key = file.__dict__.get("key")
    make = partial(_clean, project, path, file)
    return LaterFile(file.mode, key and (path, key), make) if file.mode != LINK else file


def _clean(project: Project, path: str, file: File) -> bytes:
    return filtered(project, path, file.content, FilterMode.TO_ODB)


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


def _owners(answered: Answered) -> Any:
    """Return what tells whose a path is, None for templates that do not say."""
    listed = {
        kind: answered.values.get(f"{kind}s" if kind == "seed" else kind) for kind in ("seed", "shared")
    }
    if not isinstance(listed["seed"], list):
        return lambda _: None
    specs = {kind: GitIgnoreSpec.from_lines(map(str, lines or [])) for kind, lines in listed.items()}
    return lambda path: next((kind for kind, spec in specs.items() if spec.match_file(path)), "owned")


def _changed_answers(project: Project, answered: Answered) -> dict[str, tuple[Any, Any]]:
    names = [*answered.stored, *(name for name in project.answers if name not in answered.stored)]
    return {
        name: (project.answers.get(name), answered.stored.get(name))
        for name in names
        if not name.startswith("_") and project.answers.get(name) != answered.stored.get(name)
    }


def untouched(project: Project, files: Files, version: Version) -> Mapping[str, File]:
    """Return what the project would be if nobody had edited what the template wrote."""
    return _untouched(project, files, version)[0]


def drift(project: Project, files: Files, version: Version) -> dict[str, str]:
    """Return the template's own files that a project has otherwise: path → "edited", or "missing".

    Files that the template shares with its users are theirs to edit, and what is waived is meant.
    """
    pure, answered = _untouched(project, files, version)
    files = with_ignored(project, files, set(pure))
    owner, waived = _owners(answered), waivers.lookup(waivers.read(files.get(waivers.FILE)))
    return {
        path: "missing" if path not in files else "edited"
        for path, file in pure.items()
        if path != project.answers_file
        and owner(path) != "shared"
        and waived(path) is None
        and not same(file, files.get(path))
    }


def _untouched(project: Project, files: Files, version: Version) -> tuple[Mapping[str, File], Answered]:
    answered = version.replay(project.root, project.answers, project.answers_file)
    return _normalised(project, files, version.render(answered, UPDATE))[0], answered
