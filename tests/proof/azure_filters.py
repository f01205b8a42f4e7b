"""Filters of branches, tags and paths, as triggers of Azure Pipelines have them."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any


def pushed(trigger: Any, ref: str, changed: list[str]) -> bool:
    """Whether a push to a branch or of a tag lets this trigger fire."""
    if ref.startswith("refs/tags/"):
        return trigger != "none" and _included(trigger.get("tags"), ref.removeprefix("refs/tags/"), False)
    return matches(trigger, ref.removeprefix("refs/heads/"), changed)


def matches(trigger: Any, branch: str, changed: list[str]) -> bool:
    """Whether branch filters, and the path filters for at least one changed file, let this through."""
    if trigger == "none":
        return False
    paths = trigger.get("paths")
    return _included(trigger.get("branches"), branch, True) and (
        not paths or not changed or any(_included(paths, path, True) for path in changed)
    )


def _included(filters: Mapping[str, list[str]] | None, name: str, default: bool) -> bool:
    if filters is None:
        return default
    include = filters.get("include")
    fits = include is None or any(_fits(name, pattern) for pattern in include)
    return fits and not any(_fits(name, pattern) for pattern in filters.get("exclude", []))


def _fits(name: str, pattern: str) -> bool:
    if "*" not in pattern:
        return name == pattern or name.startswith(f"{pattern}/")
    return fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name, pattern.removeprefix("**/"))
