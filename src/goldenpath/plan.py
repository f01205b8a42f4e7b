"""What an update would do to a project: values that the merge makes, commands show, and `apply` carries out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from goldenpath import paths
from goldenpath.git import blob_id
from goldenpath.tree import File


class Kind(StrEnum):
    """What becomes of one file; `KEEP` is a file of the user's that stays although the template's differs."""

    ADD = "add"
    UPDATE = "update"
    MERGE = "merge"
    MOVE = "move"
    REMOVE = "remove"
    KEEP = "keep"
    CONFLICT = "conflict"


class Raised(NamedTuple):
    """A pin that both sides raised: what is pinned, its three versions, and whose was taken, `ours` or `theirs`."""

    name: str
    base: str
    ours: str
    theirs: str
    taken: str

    def __str__(self) -> str:
        if self.taken == "ours":
            return f"pin of {self.name}: your {self.ours} stays, as it is newer than the template's {self.theirs}"
        return (
            f"pin of {self.name}: the template's {self.theirs} in place of your {self.ours}, as it is newer"
        )


class Outdated(NamedTuple):
    """A place of the project that names what the update moves by its `old` name, and must be changed to the `new` one."""

    path: str
    line: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.old} is {self.new} now"


@dataclass(frozen=True)
class Change:
    """One file of an update: what the project has, what it will have, and why.

    `before` and `after` are None where there is no file. `source` is the path that a moved file had.
    `sides` are those of a conflict: the template's old file, the project's, the template's new one.
    `owner` is "owned", "seed" or "shared" where the template tells whose its files are. `pins` are those that both
    sides raised, of which the newer was taken.
    """

    path: str
    kind: Kind
    before: File | None
    after: File | None
    why: str
    source: str | None = None
    sides: tuple[File | None, File | None, File | None] | None = None
    owner: str | None = None
    pins: tuple[Raised, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON values; files by mode and git's id of their content."""
        return {
            "path": self.path,
            "kind": str(self.kind),
            "source": self.source,
            "owner": self.owner,
            "why": self.why,
            "pins": [pin._asdict() for pin in self.pins],
            "before": _identity(self.before),
            "after": _identity(self.after),
        }


@dataclass(frozen=True)
class State:
    """A version of the template: its release (None between releases) and how `_commit` names it."""

    version: str | None
    commit: str

    def __str__(self) -> str:
        return self.version or self.commit


@dataclass(frozen=True)
class Plan:
    """An update of one project, with every file that it touches or that is worth a word.

    `answers` are those that change: name → (before, after), None where there is none. `plain` is why Copier itself
    had to render the template, None where it was rendered in memory. `notes` are what the user should know besides, `message` what the template
    says after an update. `follows` are the answers that become empty, for the template's value to take their place.
    `outdated` are the places that no merge can mend: those that name by its old name what moves.
    """

    project: Path
    template: str
    old: State
    new: State
    policy: str
    plain: str | None
    changes: Sequence[Change]
    answers: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    message: str = ""
    follows: Sequence[str] = ()
    outdated: Sequence[Outdated] = ()

    def __post_init__(self) -> None:
        """Refuse paths that lead out of the project or into git's own folder, whoever rendered them."""
        for change in self.changes:
            for path in filter(None, (change.path, change.source)):
                paths.check(path, f"The template '{self.template}'")

    @property
    def writes(self) -> list[Change]:
        """The changes that touch the disk."""
        return [change for change in self.changes if change.kind != Kind.KEEP]

    @property
    def conflicts(self) -> list[Change]:
        """The changes that a person must settle."""
        return [change for change in self.changes if change.kind == Kind.CONFLICT]

    @property
    def exit_code(self) -> int:
        """0 clean or nothing to do, 3 conflicts."""
        return 3 if self.conflicts else 0

    def as_json(self, *, applied: bool) -> dict[str, Any]:
        """Return the plan as JSON values, as docs/schemas/update.json describes them."""
        return {
            "project": str(self.project),
            "template": self.template,
            "from": {"version": self.old.version, "commit": self.old.commit},
            "to": {"version": self.new.version, "commit": self.new.commit},
            "policy": self.policy,
            "lane": "plain" if self.plain else "fast",
            "lane_reason": self.plain,
            "applied": applied,
            "answers": {name: {"from": old, "to": new} for name, (old, new) in self.answers.items()},
            "follows": list(self.follows),
            "summary": dict(Counter(str(change.kind) for change in self.changes)),
            "changes": [change.as_json() for change in self.changes],
            "outdated": [each._asdict() for each in self.outdated],
            "notes": list(self.notes),
            "exit_code": self.exit_code,
        }


def _identity(file: File | None) -> dict[str, str] | None:
    return {"mode": f"{file.mode:o}", "id": blob_id(file.content)} if file else None
