"""What becomes of each file of a project when its template goes from one version to another. Pure.

`base` is what the old version rendered, `ours` the project, `theirs` what the new version renders. The policy
`copier` does what `copier update` does, to the byte; `safe` never drops what a user wrote:

- a file that the template renames takes the user's edits along, and one that the user renamed gets the template's;
- a file that the template drops stays if it was edited;
- an edited binary file stays, as a conflict;
- TOML, YAML and JSON are merged by key where lines conflict, or where merged lines lose or double something;
- the marks of a conflict show the base.
"""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from goldenpath import keys, lines, parity
from goldenpath.plan import Change, Kind, Policy
from goldenpath.tree import LINK, File, same

Files = Mapping[str, File]


@dataclass(frozen=True)
class Rules:
    """What binds a merge besides the three trees.

    `answers` is the path of the answers file, always the template's. `moves` are rendered paths that the template
    says it renamed. `skipped` tells the paths that are written once only (`_skip_if_exists`), `waived` gives the
    reason why the user keeps a path from the template. `generated` are all paths that the old version wrote at the
    start, those that updates leave out included; `untracked` those on the disk that git does not track. `prefix` is
    the project's folder below the top of the work tree.
    """

    policy: Policy = Policy.SAFE
    answers: str = ".copier-answers.yml"
    moves: Mapping[str, str] = field(default_factory=dict)
    skipped: Callable[[str], bool] = lambda _: False
    waived: Callable[[str], str | None] = lambda _: None
    generated: AbstractSet[str] = frozenset()
    untracked: AbstractSet[str] = frozenset()
    prefix: str = ""


def merge(base: Files, ours: Files, theirs: Files, rules: Rules) -> list[Change]:
    """Return a change for every path where the template's versions differ and something happens, in order."""
    touched = [path for path in base.keys() | theirs.keys() if _touched(path, base, theirs, rules)]
    if rules.policy == Policy.COPIER:
        return _sorted(_as_copier(touched, base, ours, theirs, rules))
    changes: list[Change | None] = []
    moved = _template_renames(touched, base, ours, theirs, rules)
    renamed = _user_renames(touched, base, ours, theirs, rules)
    for path in touched:
        if path in moved:
            changes += _move(path, moved[path], base, ours, theirs)
        elif path in renamed:
            changes.append(_follow(path, renamed[path], base, ours, theirs))
        elif path not in moved.values():
            changes.append(_safely(path, base.get(path), ours.get(path), theirs.get(path), rules))
    return _sorted(changes)


def _as_copier(
    touched: list[str], base: Files, ours: Files, theirs: Files, rules: Rules
) -> Iterator[Change | None]:
    forgotten, still = (parity.ignored(tree, set(base)) for tree in (base, theirs))
    for path in touched:
        old, mine, new = base.get(path), ours.get(path), theirs.get(path)
        skipped = rules.skipped(path)
        tracked = mine is None or (path not in rules.untracked and not (path in forgotten and path in still))
        if path == rules.answers:
            yield _answers(path, mine, new)
        elif mine and not skipped and not tracked:
            yield parity.decide_untracked(path, old, mine, new, ignored=path in forgotten)
        else:
            missed = old is not None and path not in forgotten and not rules.skipped(rules.prefix + path)
            gone_for_good = mine is None and missed
            yield None if gone_for_good else parity.decide(path, old, mine, new, skipped=skipped)


def _touched(path: str, base: Files, theirs: Files, rules: Rules) -> bool:
    if path == rules.answers or rules.skipped(path):
        return True
    return rules.policy == Policy.COPIER or not same(base.get(path), theirs.get(path))


def _sorted(changes: Iterator[Change | None] | list[Change | None]) -> list[Change]:
    real = (change for change in changes if change and not _nothing(change))
    return sorted(real, key=lambda change: change.path)


def _nothing(change: Change) -> bool:
    """Whether the user has already what a merge comes to."""
    return change.kind == Kind.MERGE and same(change.before, change.after)


def _template_renames(
    touched: list[str], base: Files, ours: Files, theirs: Files, rules: Rules
) -> dict[str, str]:
    """Old path → new path, for files that the user edited; of others nothing would be lost."""
    gone = [
        path
        for path in touched
        if path in base and path not in theirs and path in ours and not same(base[path], ours[path])
    ]
    gone = [path for path in gone if rules.waived(path) is None]
    if not gone:
        return {}
    came = [path for path in touched if path in theirs and path not in base and path not in ours]
    came = [path for path in came if rules.waived(path) is None]
    # One file cannot take the edits of two along.
    sources = {rules.moves[path]: path for path in reversed(gone) if rules.moves.get(path) in came}
    told = {old: new for new, old in sources.items()}
    rest = [path for path in came if path not in told.values()]
    return _detected([path for path in gone if path not in told], base, rest, theirs) | told


def _user_renames(
    touched: list[str], base: Files, ours: Files, theirs: Files, rules: Rules
) -> dict[str, str]:
    """Path of the template → path in the project, for files that the template changes."""
    gone = [
        path
        for path in touched
        if path in base and path in theirs and path not in ours and not rules.skipped(path)
    ]
    gone = [path for path in gone if rules.waived(path) is None]
    if not gone:
        return {}
    came = [path for path in ours if not (path in base or path in theirs or path in rules.generated)]
    return _detected(gone, base, [path for path in came if rules.waived(path) is None], ours)


def _detected(gone: list[str], before: Files, came: list[str], after: Files) -> dict[str, str]:
    return lines.renames(
        {path: before[path].content for path in gone if before[path].mode != LINK},
        {path: after[path].content for path in came if after[path].mode != LINK},
    )


def _move(old: str, new: str, base: Files, ours: Files, theirs: Files) -> list[Change | None]:
    merged = _content(
        new, base[old], ours[old], theirs[new], f"The template renamed it from {old}; your edits came along"
    )
    kind = Kind.MOVE if merged.kind == Kind.MERGE else merged.kind
    gone = Change(old, Kind.REMOVE, ours[old], None, f"The template renamed it to {new}")
    return [replace(merged, kind=kind, source=old, before=None), gone]


def _follow(path: str, mine: str, base: Files, ours: Files, theirs: Files) -> Change:
    why = f"You renamed it from {path}; the template's change came along"
    if same(base[path], ours[mine]):
        return Change(mine, Kind.UPDATE, ours[mine], theirs[path], why, source=path)
    return replace(_content(mine, base[path], ours[mine], theirs[path], why), source=path)


def _safely(
    path: str, base: File | None, ours: File | None, theirs: File | None, rules: Rules
) -> Change | None:
    if path == rules.answers:
        return _answers(path, ours, theirs)
    if same(ours, theirs) or (rules.skipped(path) and theirs and ours):
        return None
    reason = rules.waived(path)
    if reason is not None:
        return _keep(path, ours, f"Waived: {reason}")
    if ours is None:
        return _absent(path, base, theirs, rules)
    return _present(path, base, ours, theirs)


def _present(path: str, base: File | None, ours: File, theirs: File | None) -> Change:
    untouched = same(ours, base)
    if theirs is None and untouched:
        return Change(path, Kind.REMOVE, ours, None, "The template no longer has it")
    if theirs is None:
        return _keep(path, ours, "The template no longer has it; you edited it, so it is yours now")
    if untouched:
        return Change(path, Kind.UPDATE, ours, theirs, "The template changed it")
    return _content(path, base, ours, theirs, "Both changed it" if base else "Both added it")


def _absent(path: str, base: File | None, theirs: File | None, rules: Rules) -> Change | None:
    if theirs is None:
        return None
    if base is None or rules.skipped(path):
        return Change(path, Kind.ADD, None, theirs, "New in the template")
    return _keep(path, None, "You deleted it; the template changed it")


def _answers(path: str, ours: File | None, theirs: File | None) -> Change | None:
    if theirs is None or same(ours, theirs):
        return None
    return Change(path, Kind.UPDATE if ours else Kind.ADD, ours, theirs, "The answers, and the version")


def _keep(path: str, ours: File | None, why: str) -> Change:
    return Change(path, Kind.KEEP, ours, ours, why)


def _content(path: str, base: File | None, ours: File, theirs: File, why: str) -> Change:
    """Merge a file that both sides changed."""
    mode = theirs.mode if base and base.mode == ours.mode else ours.mode
    merged = File(mode, ours.content)
    if base and base.content == theirs.content:
        return Change(path, Kind.MERGE, ours, merged, why)
    if base and base.content == ours.content and LINK not in {ours.mode, theirs.mode}:
        return Change(path, Kind.MERGE, ours, File(mode, theirs.content), why)
    sides = (base, ours, theirs)
    if LINK in {ours.mode, theirs.mode} or any(side and lines.is_binary(side.content) for side in sides):
        return Change(path, Kind.CONFLICT, ours, ours, f"{why}, and it is no text: yours stays", sides=sides)
    texts = (base.content if base else b"", ours.content, theirs.content)
    found = lines.merge(*texts, show_base=True)
    if not found.conflict and keys.sound(path, *texts, found.text):
        return Change(path, Kind.MERGE, ours, File(mode, found.text), why)
    by_keys = keys.merge(path, *texts)
    if by_keys is not None:
        return Change(path, Kind.MERGE, ours, File(mode, by_keys), f"{why}; merged by keys")
    if not found.conflict:
        why = f"{why}; the merged lines no longer say what both meant"
    return Change(path, Kind.CONFLICT, ours, File(mode, found.text), why, sides=sides)
