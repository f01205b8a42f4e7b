"""The policy `safe`: nothing that a user wrote is dropped.

- a file that the template renames takes the user's edits along, and one that the user renamed gets the template's,
  where there is no doubt of it;
- a file that the template drops stays if it was edited;
- an edited binary file stays, as a conflict;
- structured files are merged by key where lines conflict, or where merged lines lose or double something, and
  only entries in dispute are a conflict;
- of a pin that both sides raised the newer version is taken, and listed;
- the marks of a conflict show the base.
"""

from collections.abc import Iterator
from dataclasses import replace

from goldenpath.merging.contents import merge_file
from goldenpath.merging.likeness import MOST, heir
from goldenpath.merging.rules import Files, Rules, answers_change
from goldenpath.plan import Change, Kind
from goldenpath.tree import File, same


def changes(base: Files, ours: Files, theirs: Files, rules: Rules) -> Iterator[Change | None]:
    """Yield what becomes of each path where the template's versions differ, and of the files that take its place."""
    # In order: which of two files takes the edits along must not hang on how a process walks a set.
    touched = [path for path in sorted({*base, *theirs}) if _touched(path, base, theirs, rules)]
    moved, doubted = _template_renames(touched, base, ours, theirs, rules)
    renamed = _user_renames(base, ours, theirs, rules)
    for path in touched:
        if path in moved:
            yield from _move(path, moved[path], base, ours, theirs)
        elif path in renamed:
            yield _follow(path, renamed[path], base, ours, theirs)
        elif path not in moved.values():
            change = _safely(path, base.get(path), ours.get(path), theirs.get(path), rules)
            yield _doubt(change, doubted[path]) if change and path in doubted else change


def missing(base: Files, ours: Files, theirs: Files, rules: Rules) -> list[str]:
    """Return the files that the template changes and the project lacks, in order: the user may have renamed them."""
    return [
        path
        for path in sorted(base.keys() & theirs.keys() - ours.keys())
        if not rules.skipped(path) and rules.waived(path) is None and not same(base[path], theirs[path])
    ]


def _touched(path: str, base: Files, theirs: Files, rules: Rules) -> bool:
    return path == rules.answers or rules.skipped(path) or not same(base.get(path), theirs.get(path))


def _template_renames(
    touched: list[str], base: Files, ours: Files, theirs: Files, rules: Rules
) -> tuple[dict[str, str], dict[str, str]]:
    """Old path → new path, for files that the user edited; of others nothing would be lost.

    First those that are told or beyond doubt, then those that may be.
    """
    gone = [
        path
        for path in touched
        if path in base and path not in theirs and path in ours and not same(base[path], ours[path])
    ]
    gone = [path for path in gone if rules.waived(path) is None]
    if not gone:
        return {}, {}
    came = [path for path in touched if path in theirs and path not in base and path not in ours]
    came = [path for path in came if rules.waived(path) is None]
    # One file cannot take the edits of two along.
    sources = {rules.moves[path]: path for path in reversed(gone) if rules.moves.get(path) in came}
    moved = {old: new for new, old in sources.items()}
    found = {path: heir(path, base, theirs, MOST) for path in gone if path not in moved}
    rest = [path for path in came if path not in sources]
    likely = {old: each for old, each in found.items() if each and each.path in rest}
    sure = {old: each.path for old, each in likely.items() if each.sure}
    return moved | sure, {old: each.path for old, each in likely.items() if not each.sure}


def _doubt(change: Change, new: str) -> Change:
    why = f"The template no longer has it; its new {new} is alike, but not surely the same: yours stays as it is"
    return replace(change, why=why)


def _user_renames(base: Files, ours: Files, theirs: Files, rules: Rules) -> dict[str, str]:
    """Path of the template → path in the project, for files that the template changes."""
    known = base.keys() | theirs.keys() | rules.generated
    renamed = {path: rules.renamed.get(path, path) for path in missing(base, ours, theirs, rules)}
    return {
        path: new
        for path, new in renamed.items()
        if new in ours and new not in known and rules.waived(new) is None
    }


def _move(old: str, new: str, base: Files, ours: Files, theirs: Files) -> list[Change | None]:
    merged = merge_file(
        new, base[old], ours[old], theirs[new], f"The template renamed it from {old}; your edits came along"
    )
    kind = Kind.CONFLICT if merged.kind == Kind.CONFLICT else Kind.MOVE
    gone = Change(old, Kind.REMOVE, ours[old], None, f"The template renamed it to {new}")
    return [replace(merged, kind=kind, source=old, before=None), gone]


def _follow(path: str, mine: str, base: Files, ours: Files, theirs: Files) -> Change:
    why = f"You renamed it from {path}; the template's change came along"
    if same(base[path], ours[mine]):
        return Change(mine, Kind.UPDATE, ours[mine], theirs[path], why, source=path)
    return replace(merge_file(mine, base[path], ours[mine], theirs[path], why), source=path)


def _safely(
    path: str, base: File | None, ours: File | None, theirs: File | None, rules: Rules
) -> Change | None:
    if path == rules.answers:
        return answers_change(path, ours, theirs)
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
    return merge_file(path, base, ours, theirs, "Both changed it" if base else "Both added it")


def _absent(path: str, base: File | None, theirs: File | None, rules: Rules) -> Change | None:
    if theirs is None:
        return None
    if base is None or rules.skipped(path):
        return Change(path, Kind.ADD, None, theirs, "New in the template")
    if path in rules.unknown:
        return _keep(path, None, "You deleted or renamed it; the template changed it")
    return _keep(path, None, "You deleted it; the template changed it")


def _keep(path: str, ours: File | None, why: str) -> Change:
    return Change(path, Kind.KEEP, ours, ours, why)
