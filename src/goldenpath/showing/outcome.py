"""What `goldenpath update` has come to for one project: as JSON, in words, and what to type next."""

import sys
from dataclasses import dataclass
from typing import Any

from goldenpath.applying.verify import Verdict
from goldenpath.plan import Plan
from goldenpath.showing import show

CHANGED = 5
NEXT = "\nRead what has changed: git diff. Then commit: git add --all && git commit"
SETTLE = "\nNext, mend the files in conflict (git status lists them), then: git add --all && git commit"


def mend(places: int) -> str:
    """Return what to do about places that name what moved by its old name, nothing where there are none."""
    if not places:
        return ""
    return (
        f"\n{show.counted(places)} what moved by its old name, and must be changed; they are listed above. "
        "After that, run the checks of the project."
    )


@dataclass(frozen=True)
class Wish:
    """What the user asked of the command, as far as it changes what is done at the end and what is told of it.

    `branch` names a new branch for the commit, `commit` asks for one on the present branch.
    """

    dry_run: bool = False
    diff: bool = False
    markdown: bool = False
    exit_code: bool = False
    branch: str | None = None
    commit: bool = False

    @property
    def commits(self) -> bool:
        """Whether the command makes the commit of the update itself."""
        return self.commit or self.branch is not None


@dataclass(frozen=True)
class Outcome:
    """A plan for the commit `parent`, what the project's own check says of it, and the commit made of it, if any."""

    plan: Plan
    parent: str
    wish: Wish
    verdict: Verdict | None = None
    commit: str | None = None

    @property
    def exit_code(self) -> int:
        """3 for conflicts, else 5 for changes if that was asked for, else 0."""
        changed = bool(self.plan.writes) and self.wish.exit_code
        return self.plan.exit_code or (CHANGED if changed else 0)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, as docs/schemas/update.json describes them."""
        content = self.plan.as_json(applied=not self.wish.dry_run and bool(self.plan.writes))
        content |= {"verify": self.verdict.as_json()} if self.verdict else {}
        content |= {"diff": show.diff(self.plan)} if self.wish.diff else {}
        if self.wish.commits:
            content |= {"branch": self.commit and self.wish.branch, "commit": self.commit}
        return content | {"exit_code": self.exit_code}

    def text(self) -> str:
        """Return it in words."""
        if self.wish.markdown:
            return show.markdown(self.plan).rstrip("\n")
        diff = show.diff(self.plan, color=sys.stdout.isatty()) if self.wish.diff else ""
        parts = [show.summary(self.plan), diff.rstrip("\n"), self.verdict.text() if self.verdict else ""]
        return "\n\n".join(filter(None, parts))

    def next(self, back: str) -> str:
        """Return what to type now; `back` rolls back what was written here."""
        said = f"\n{self.plan.message}" if self.plan.message and not self.plan.conflicts else ""
        # What it says is for a work tree with an update that is not committed.
        after = f"\nThe template says, for after an update:\n{said}" if said else ""
        names = mend(len(self.plan.outdated))
        if self.wish.branch is not None:
            return f"{self._on_branch(self.wish.branch)}{names}{after}"
        if self.commit:
            went = f"git reset --keep {self.parent[:12]}"
            return f"\nCommitted. To go back to what was before, type: {went}{names}{after}"
        unsettled = self.wish.commit and self.plan.conflicts
        left = "\nNothing is committed, because of the conflicts." if unsettled else ""
        done = SETTLE if self.plan.conflicts else said or NEXT
        return f"{left}{names}{done}\nTo go back to what was before, type: {back}"

    def _on_branch(self, branch: str) -> str:
        mend = f"Mend the files in conflict there: git switch {branch}"
        look = mend if self.plan.conflicts else f"To look at it, type: git diff HEAD...{branch}"
        made = f"\nCommitted on the new branch {branch}; here nothing has changed."
        return f"{made} {look}\nTo drop it, type: git branch -D {branch}"
