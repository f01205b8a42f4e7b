"""What of a project still names files by the names that they had before an update moved them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from goldenpath.merging.lines import is_binary
from goldenpath.merging.rules import Files, Rules
from goldenpath.plan import Change, Kind, Outdated
from goldenpath.planning.mentions import PYTHON, Text, mentions, unmarked
from goldenpath.planning.naming import names, package
from goldenpath.project.files import Files as Committed
from goldenpath.tree import LINK, File, same

_LARGE = 1_000_000  # bytes of a file that is no text for people


@dataclass(frozen=True)
class _Update:
    """The changes of an update by their path, and all paths before and after it, the template's included."""

    files: Committed
    changes: Mapping[str, Change]
    before: Collection[str]
    after: Collection[str]
    moved: Mapping[str, str]
    """Old path → new path, whoever's file is there."""

    @property
    def sources(self) -> dict[str, str]:
        """New path → old path, of the user's files that moved."""
        return {new: old for old, new in self.moved.items() if old in self.files}


def outdated(
    files: Committed, changes: Sequence[Change], base: Files, pure: Files, rules: Rules
) -> list[Outdated]:
    """Return the places of a project that an update leaves with the old name of what it moves.

    `base` is what the old version of the template rendered, `pure` what the new one renders at the start and later:
    what is like that is not looked at. Nothing is read where nothing moves.
    """
    gone = {change.path for change in changes if change.after is None and change.kind != Kind.KEEP}
    moved = {old: new for old, new in rules.moves.items() if old in base and new in pure and old not in pure}
    moved |= {
        each.source: each.path for each in changes if each.source in gone and each.path != rules.answers
    }
    stays = (files.keys() - gone) | {change.path for change in changes if change.after is not None}
    moved = {old: new for old, new in moved.items() if old not in stays and new in stays}
    if not moved:
        return []
    update = _Update(
        files,
        {change.path: change for change in changes},
        before=files.keys() | base.keys(),
        after=stays | pure.keys(),
        moved=moved,
    )
    paths = [path for path in sorted(stays) if path not in rules.untracked or path in update.changes]
    return list(_outdated(paths, update, pure))


def _outdated(paths: Sequence[str], update: _Update, pure: Files) -> Iterator[Outdated]:
    known = names(update.moved, update.before, update.after)
    words, sources = known.words, update.sources
    for path in paths:
        file = _text(path, update)
        if file is None:
            continue
        # In a module that moved itself, relative imports say something else, whatever they name.
        said = (path in sources and path.endswith(PYTHON)) or any(word in file.content for word in words)
        if said and not same(file, pure.get(path)):
            text = _placed(path, file, update, pure)
            yield from (Outdated(path, *each) for each in mentions(text, known))


def _text(path: str, update: _Update) -> File | None:
    """Return a file as it will be, if it is a text of a size that people write."""
    change = update.changes.get(path)
    file = change.after if change else update.files.peek(path)
    if file is None or file.mode == LINK or len(file.content) > _LARGE or is_binary(file.content):
        return None
    return File(file.mode, unmarked(file.content)) if change and change.kind == Kind.CONFLICT else file


def _placed(path: str, file: File, update: _Update, pure: Files) -> Text:
    source = update.sources.get(path)
    now = package(path, update.after)
    then = package(source, update.before) if source else now
    return Text(path, file.content, pure[path].content if path in pure else None, then, now)
