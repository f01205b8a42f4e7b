"""The policy `copier`: what `copier update` does to each file, its losses included. The conformance suite holds it.

Copier renders the new version over the project, then applies what the user had changed as a patch; what the patch
does not fit is merged as a whole. So what git does not track, or a patch cannot say, is the template's in the end.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from goldenpath import git
from goldenpath.merging import lines
from goldenpath.merging.rules import Files, Rules, answers_change
from goldenpath.plan import Change, Kind
from goldenpath.tree import LINK, File, same

_Sides = tuple[File, File, File]


def changes(base: Files, ours: Files, theirs: Files, rules: Rules) -> Iterator[Change | None]:
    """Yield what Copier does to each path that either version of the template has."""
    forgotten, still = (_ignored(tree, set(base)) for tree in (base, theirs))
    for path in sorted({*base, *theirs}):
        old, mine, new = base.get(path), ours.get(path), theirs.get(path)
        skipped = rules.skipped(path)
        tracked = mine is None or (path not in rules.untracked and not (path in forgotten and path in still))
        if path == rules.answers:
            yield answers_change(path, mine, new)
        elif mine and not skipped and not tracked:
            yield _decide_untracked(path, old, mine, new, ignored=path in forgotten)
        elif mine and new and not skipped and not rules.keeps_modes:
            yield _decide_staged(path, old, mine, new)
        else:
            missed = old is not None and path not in forgotten and not rules.skipped(rules.prefix + path)
            gone_for_good = mine is None and missed
            yield None if gone_for_good else _decide(path, old, mine, new, skipped=skipped)


def _decide(
    path: str, base: File | None, ours: File | None, theirs: File | None, *, skipped: bool
) -> Change | None:
    """Return what becomes of one file that git tracks, or that is not there; `skipped` ones are written once only."""
    if ours is None:
        return Change(path, Kind.ADD, None, theirs, "New in the template") if theirs else None
    if theirs is None:
        kept = ours.mode == LINK
        return None if kept else Change(path, Kind.REMOVE, ours, None, "The template no longer has it")
    if same(ours, theirs) or skipped:
        return None
    if same(ours, base):
        return Change(path, Kind.UPDATE, ours, theirs, "The template changed it")
    return _changed(path, base, ours, theirs)


def _decide_staged(path: str, base: File | None, ours: File, theirs: File) -> Change | None:
    """Return what becomes of a file where git does not ask the disk for modes: Copier stages the template's."""
    if same(ours, theirs) or LINK in {ours.mode, theirs.mode}:
        return _decide(path, base, ours, theirs, skipped=False)
    staged = File(theirs.mode, ours.content)
    change = _decide(path, base and File(theirs.mode, base.content), staged, theirs, skipped=False)
    if change is None and ours.mode != theirs.mode:
        return Change(path, Kind.MERGE, ours, staged, "Its mode is the template's")
    return change and replace(change, before=ours)


def _decide_untracked(
    path: str, base: File | None, ours: File, theirs: File | None, *, ignored: bool
) -> Change | None:
    """Return what becomes of a file on the disk that git does not track; `ignored` by the template's old version."""
    # The patch that takes the file away fits what is unchanged, but no patch takes a binary file away.
    fits = base is not None and theirs is not None and base.content == theirs.content
    unchanged = fits and theirs is not None and not lines.is_binary(theirs.content)
    if theirs is None or (unchanged and not ignored):
        return Change(path, Kind.REMOVE, ours, None, "Copier takes it for deleted") if base else None
    return (
        None
        if same(ours, theirs)
        else Change(path, Kind.UPDATE, ours, theirs, "git does not track it, or the template ignores it")
    )


def _ignored(files: Files, paths: set[str]) -> set[str]:
    """Return those of some paths that git ignores where the .gitignore of these files hold."""
    sources = {path: file.content for path, file in files.items() if path.rpartition("/")[2] == ".gitignore"}
    return git.ignored(sources, paths) if sources else set()


def _changed(path: str, base: File | None, ours: File, theirs: File) -> Change | None:
    after, sides = _content(base, ours, theirs)
    if same(ours, after) and sides is None:
        return None
    kind = Kind.CONFLICT if sides else Kind.MERGE
    return Change(path, kind, ours, after, "Both changed it", sides=sides)


def _content(base: File | None, ours: File, theirs: File) -> tuple[File, _Sides | None]:
    """Return the file, and its sides if it is in conflict."""
    mode = theirs.mode if base and base.mode == ours.mode else ours.mode
    files = [file for file in (base, ours, theirs) if file]
    if any(file.mode == LINK or lines.is_binary(file.content) for file in files):
        return _unpatched(base, ours, theirs, mode), None
    old = base.content if base else b""
    patched = _patched(old, ours.content, theirs.content)
    if patched is not None:
        return File(mode, patched), None
    found = lines.merge_lines(old, ours.content, theirs.content, show_base=False)
    sides = (File(ours.mode, old), ours, File(ours.mode, theirs.content))
    return File(ours.mode, found.text), sides if found.conflict else None


def _unpatched(base: File | None, ours: File, theirs: File, mode: int) -> File:
    """What is left of a change of a binary file, or into one: no patch can say it."""
    if base and base.content == ours.content:
        return File(mode, theirs.content)
    text = all(file is None or not lines.is_binary(file.content) for file in (base, ours))
    return File(mode, ours.content) if text and base else File(theirs.mode if base else mode, theirs.content)


def _patched(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Return the template's new file with the user's changes as a patch, None where it does not fit."""
    with TemporaryDirectory(prefix="goldenpath-") as temporary:
        folder = Path(temporary)
        for name, content in (("a/file", base), ("b/file", ours), ("file", theirs)):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        options = ("--diff-algorithm=default", "--unified=3", "--inter-hunk-context=-1", "--output=patch")
        git.attempt(folder, "diff", "--no-index", "--no-prefix", *options, "a/file", "b/file")
        done = git.attempt(folder, "apply", "--whitespace=nowarn", "patch")
        return (folder / "file").read_bytes() if done.returncode == 0 else None
