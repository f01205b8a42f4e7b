"""What binds a merge besides the three trees, and what a policy is."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from goldenpath.plan import Change, Kind
from goldenpath.tree import File, same

Files = Mapping[str, File]


@dataclass(frozen=True)
class Policy:
    """What happens where Copier would drop what a user wrote.

    `changes` merges three trees: for each path, in any order, what becomes of it, or None. `beyond_copier` tells whether
    an update does what Copier does not: it looks for renames in the history, empties answers that follow, brings new
    seeds, and refuses what is no longer taken in place of falling back to a default.
    """

    name: str
    changes: "Callable[[Files, Files, Files, Rules], Iterator[Change | None]]"
    beyond_copier: bool


@dataclass(frozen=True)
class Rules:
    """What binds a merge besides the three trees.

    `answers` is the path of the answers file, always the template's. `moves` are rendered paths that the template
    says it renamed, `renamed` those that the user did, and `unknown` those of which nobody can say. `skipped` tells the
    paths that are written once only (`_skip_if_exists`), `waived` gives the reason why the user keeps a path from the
    template. `generated` are all paths that the old version wrote at the
    start, those that updates leave out included; `untracked` those on the disk that git does not track. `prefix` is
    the project's folder below the top of the work tree. `keeps_modes` is false where git does not ask the disk which
    files are executable.
    """

    policy: Policy
    answers: str = ".copier-answers.yml"
    moves: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    unknown: AbstractSet[str] = frozenset()
    skipped: Callable[[str], bool] = lambda _: False
    waived: Callable[[str], str | None] = lambda _: None
    generated: AbstractSet[str] = frozenset()
    untracked: AbstractSet[str] = frozenset()
    prefix: str = ""
    keeps_modes: bool = True


def answers_change(path: str, ours: File | None, theirs: File | None) -> Change | None:
    """Return what becomes of the answers file: it is always the template's."""
    if theirs is None or same(ours, theirs):
        return None
    return Change(path, Kind.UPDATE if ours else Kind.ADD, ours, theirs, "The answers, and the version")
