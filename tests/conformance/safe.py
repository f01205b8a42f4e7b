"""What `--policy safe` may do otherwise than `copier update`, judged by what is known of the history alone."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher
from itertools import pairwise

import yaml
from pathspec import GitIgnoreSpec

from tests.conformance import merges
from tests.conformance.history import History
from tests.conformance.repository import File, Tree

Found = File | None

STRUCTURED = (".toml", ".yml", ".yaml", ".json", ".cfg", ".ini", "Makefile", ".mk", "requirements.txt")


def kind(one: History, path: str, found: Found) -> str | None:
    """The name of the difference that explains `found` in place of what Copier left, or None if no listed one does."""
    for rule in RULES:
        if rule(one, path, found):
            return (rule.__doc__ or "").rstrip(".")
    return None


def _sides(one: History, path: str) -> tuple[Found, Found, Found]:
    return one.base.get(path), one.ours.get(path), one.theirs.get(path)


def _unchanged(one: History, path: str, found: Found) -> bool:
    """The template did not change it, so it is as the user left it."""
    base, ours, theirs = _sides(one, path)
    return base == theirs and found == ours


def _removed(one: History, path: str, found: Found) -> bool:
    """An edited file that the template removed is kept."""
    base, ours, theirs = _sides(one, path)
    return base is not None and theirs is None and ours is not None and base != ours == found


def _binary(one: History, path: str, found: Found) -> bool:
    """An edited binary file is kept."""
    base, ours, theirs = _sides(one, path)
    binary = any(file is not None and file.binary for file in (base, ours, theirs))
    return binary and ours is not None and found is not None and base != ours and found.data == ours.data


def _deleted(one: History, path: str, found: Found) -> bool:
    """What the user deleted stays deleted."""
    base, ours, _ = _sides(one, path)
    return base is not None and ours is None and found is None


def _ignored(one: History, path: str, found: Found) -> bool:
    """The edit of a file that git ignores is kept."""
    base, ours, _ = _sides(one, path)
    return path in one.untracked and base != ours == found


def _line(one: History, path: str, found: Found) -> bool:
    """Both changed it, and it is merged by lines, with the base shown in conflicts."""
    base, ours, theirs = _sides(one, path)
    return _merged(path, base, ours, theirs, found)


def _merged(path: str, base: Found, ours: Found, theirs: Found, found: Found) -> bool:
    if ours is None or theirs is None or found is None or found.mode != merges.mode(base, ours, theirs):
        return False
    if base and base.data == ours.data:
        return found.data == theirs.data
    one_side = ours.data == theirs.data or (base is not None and base.data == theirs.data)
    if one_side or any(file.binary for file in (ours, theirs, base or ours)):
        return found.data == ours.data
    return merges.by_line(base, ours, theirs, found) or merges.by_key(path, base, ours, theirs, found)


def _entry(one: History, path: str, found: Found) -> bool:
    """Both changed it, and it is merged by entries, with marks around those in dispute."""
    base, ours, theirs = _sides(one, path)
    if ours is None or theirs is None or found is None or found.mode != merges.mode(base, ours, theirs):
        return False
    if not path.endswith(STRUCTURED):
        return False
    # A line may go on under another key: then only the values tell.
    return merges.by_entry(base, ours, theirs, found) or merges.by_value(path, base, ours, theirs, found)


def _seed(one: History, path: str, found: Found) -> bool:
    """A new file that the template leaves out of updates is offered."""
    base, ours, theirs = _sides(one, path)
    return base is None and ours is None and theirs is not None and found in {None, theirs}


def _skipped(one: History, path: str, found: Found) -> bool:
    """What is to be written where there is none is written again, also in a sub-folder."""
    base, ours, theirs = _sides(one, path)
    spec = GitIgnoreSpec.from_lines(one.template.skipped)
    return base is not None and ours is None and spec.match_file(path) and found == theirs


def _template_rename(one: History, path: str, found: Found) -> bool:
    """The template renamed it, and the user's edit went along."""
    theirs = one.theirs.get(path)
    if theirs is None or path in one.base:
        return False
    return any(
        _merged(path, one.base[old], one.ours.get(old), theirs, found)
        or (old not in one.ours and found is None)
        for old in _like(theirs, one.base, one.theirs)
    )


def _user_rename(one: History, path: str, found: Found) -> bool:
    """The user renamed it in one commit, and the template's change went along."""
    ours = one.ours.get(path)
    if ours is None or path in one.base:
        return False
    gone = (old for old in one.base if old not in one.ours)
    return any(
        path in _followed(one, old) and _merged(path, one.base[old], ours, one.theirs.get(old), found)
        for old in gone
    )


def _followed(one: History, path: str) -> set[str]:
    """Where a file may be now: in the commit that removed it another came that is like it, and so on."""
    there = {path}
    for before, after in pairwise(one.commits):
        came = after.keys() - before.keys()
        for old in sorted(there & (before.keys() - after.keys())):
            there.remove(old)
            there |= {new for new in came if _similar(before[old], after[new])}
    return there


def _like(file: File, tree: Tree, gone_from: Tree) -> list[str]:
    """The files of `tree` that are not in `gone_from` any more and that `file` may once have been."""
    return [path for path, old in tree.items() if path not in gone_from and _similar(old, file)]


def _similar(one: File, other: File) -> bool:
    if one.data == other.data or one.binary or other.binary:
        return one.data == other.data
    return SequenceMatcher(None, one.lines, other.lines, autojunk=False).ratio() >= 0.4


def _follows(one: History, path: str, found: Found) -> bool:
    """An answer that was its version's default is empty."""
    theirs = one.theirs.get(path)
    if path != one.template.answers_file or not found or not theirs:
        return False
    told, wanted = yaml.safe_load(found.data), yaml.safe_load(theirs.data)
    other = {name for name in wanted if not name.startswith("_") and told.get(name) != wanted[name]}
    return (
        told.keys() == wanted.keys()
        and not other & one.data.keys()
        and all(told[name] in ("", []) for name in other)
    )


RULES: tuple[Callable[[History, str, Found], bool], ...] = (
    _unchanged,
    _removed,
    _binary,
    _deleted,
    _ignored,
    _line,
    _entry,
    _seed,
    _skipped,
    _template_rename,
    _user_rename,
    _follows,
)


def lost(one: History, files: Tree, conflicted: list[bytes]) -> list[str]:
    """Edits of the user that are nowhere any more: neither in a file nor on our side of a conflict."""
    everything = b"\0".join([*(file.data for file in files.values()), *conflicted])
    wrong = [
        f"safe: the user's line with '{word}' is lost"
        for word in sorted(one.words)
        if word.encode() not in everything
    ]
    kept = {file.data for file in [*files.values(), *one.base.values()]}
    wrong += [
        f"safe: the user's bytes of {path} are lost"
        for path, file in one.ours.items()
        if file.binary and file.data not in kept
    ]
    return wrong
