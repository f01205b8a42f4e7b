"""What becomes of each file of a project when its template goes from one version to another. Pure.

`base` is what the old version rendered, `ours` the project, `theirs` what the new version renders.
"""

from goldenpath.merging.rules import Files, Rules
from goldenpath.plan import Change, Kind
from goldenpath.tree import same


def merge_trees(base: Files, ours: Files, theirs: Files, rules: Rules) -> list[Change]:
    """Return a change for every path where something happens, in order."""
    found = rules.policy.changes(base, ours, theirs, rules)
    return sorted((each for each in found if each and not _nothing(each)), key=lambda change: change.path)


def _nothing(change: Change) -> bool:
    """Whether the user has already what a merge comes to."""
    return change.kind == Kind.MERGE and same(change.before, change.after)
