"""One file that both sides changed, merged: by lines, by keys where lines cannot, with pins settled first. Pure."""

from goldenpath.merging import keys, lines
from goldenpath.merging.keys.pins import settle
from goldenpath.plan import Change, Kind
from goldenpath.tree import LINK, File


def merge_file(path: str, base: File | None, ours: File, theirs: File, why: str) -> Change:
    """Return what becomes of a file that both sides changed; `why` says how, and is added to."""
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
    settled = settle(path, *texts)
    after, told = _text(path, texts[0], settled.ours, settled.theirs)
    why = "; ".join((f"{why}{told}", *map(str, settled.raised)))
    kind = Kind.CONFLICT if after.conflict else Kind.MERGE
    if kind == Kind.MERGE and after.text == ours.content and mode == ours.mode and settled.raised:
        kind = Kind.KEEP
    return Change(
        path,
        kind,
        ours,
        File(mode, after.text),
        why,
        sides=sides if after.conflict else None,
        pins=settled.raised,
    )


def _text(path: str, base: bytes, ours: bytes, theirs: bytes) -> tuple[lines.Merged, str]:
    """Return the text of both sides, and what should be said of it."""
    found = lines.merge_lines(base, ours, theirs, show_base=True)
    if not found.conflict and keys.sound(path, base, ours, theirs, found.text):
        return found, ""
    by_keys = keys.merge_keys(path, base, ours, theirs)
    if by_keys is not None:
        return lines.Merged(by_keys, conflict=False), "; merged by keys"
    marked = keys.marked(path, base, ours, theirs)
    if marked is not None:
        return lines.Merged(marked, conflict=True), "; merged by keys, save what is in dispute"
    said = "" if found.conflict else "; the merged lines no longer say what both meant"
    return lines.Merged(found.text, conflict=True), said
