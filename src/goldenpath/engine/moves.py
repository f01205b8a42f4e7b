"""The rendered paths that a template says it renamed, from its `moves.yml`."""

from collections.abc import Mapping

from packaging.version import Version


def flattened(listed: Mapping[str, Mapping[str, str | None]]) -> dict[str, str]:
    """Return renames by major release as old path → newest path; what was dropped leads nowhere."""
    moves: dict[str, str] = {}
    for _, renamed in sorted(listed.items(), key=lambda item: Version(item[0])):
        known = {old: renamed.get(new, new) for old, new in moves.items()}
        moves = {old: new for old, new in {**known, **renamed}.items() if new}
    return moves
