"""The policy `copier`: what `copier update` does to each file, its losses included. The conformance suite holds it."""

from goldenpath import lines
from goldenpath.plan import Change, Kind
from goldenpath.tree import LINK, File, same

_Sides = tuple[File | None, File, File]


def decide(
    path: str, base: File | None, ours: File | None, theirs: File | None, *, skipped: bool
) -> Change | None:
    """Return what becomes of one file; `skipped` says that the template writes it once only."""
    if ours is None:
        deleted = base is not None and not skipped
        return Change(path, Kind.ADD, None, theirs, "New in the template") if theirs and not deleted else None
    if theirs is None:
        kept = ours.mode == LINK
        return None if kept else Change(path, Kind.REMOVE, ours, None, "The template no longer has it")
    if same(ours, theirs) or skipped:
        return None
    if same(ours, base):
        return Change(path, Kind.UPDATE, ours, theirs, "The template changed it")
    return _changed(path, base, ours, theirs)


def _changed(path: str, base: File | None, ours: File, theirs: File) -> Change | None:
    after, sides = _content(base, ours, theirs)
    if same(ours, after) and sides is None:
        return None
    kind = Kind.CONFLICT if sides else Kind.MERGE
    return Change(path, kind, ours, after, "Both changed it", sides=sides)


def _content(base: File | None, ours: File, theirs: File) -> tuple[File, _Sides | None]:
    """Return the file, and its sides if it is in conflict."""
    mode = theirs.mode if base and base.mode == ours.mode else ours.mode
    sides = (base, ours, theirs)
    if any(side and (side.mode == LINK or lines.is_binary(side.content)) for side in sides):
        return File(mode, theirs.content), None
    found = lines.merge(base.content if base else b"", ours.content, theirs.content, show_base=False)
    if not found.conflict:
        return File(mode, found.text), None
    return File(ours.mode, found.text), (base, ours, theirs)
