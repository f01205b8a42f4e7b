"""A project as it lies on the disk: which it is, its files, its answers, and what is known of it."""

from goldenpath.project.identity import (
    ANSWERS,
    OWN,
    WAIVERS,
    Found,
    Project,
    check_ready,
    ignores_case,
    open_project,
    read_answers,
    some,
    typed,
    work_tree,
)

__all__ = [
    "ANSWERS",
    "OWN",
    "WAIVERS",
    "Found",
    "Project",
    "check_ready",
    "ignores_case",
    "open_project",
    "read_answers",
    "some",
    "typed",
    "work_tree",
]
