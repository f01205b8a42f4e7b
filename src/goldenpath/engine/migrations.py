"""Which migrations of a template an update would run, by Copier's own rule."""

import warnings
from collections.abc import Iterator
from typing import Literal

from copier._template import Task
from copier._tools import cast_to_bool

from goldenpath.engine.answered import Answered
from goldenpath.engine.problems import explained
from goldenpath.engine.trust import shown
from goldenpath.engine.versions import UPDATE, Version
from goldenpath.errors import GoldenpathError

_STAGES: tuple[Literal["before", "after"], ...] = ("before", "after")


def check(old: Version, new: Version, answered: Answered) -> None:
    """Refuse an update that has the template change the project in place: nobody could foresee what it does.

    Raises:
        GoldenpathError: It names the migrations.
    """
    with explained(f"The template '{new.source.address}' has broken _migrations"):
        found = [shown(task) for task in _due(old, new, answered)]
    if found:
        raise GoldenpathError(
            f"From {old.described} to {new.described} the template '{new.source.address}' changes projects in place,"
            " which cannot be foreseen. Its migrations:" + "".join(f"\n    {each}" for each in found),
            f"If you trust it, type: copier update --trust --vcs-ref {new.described}",
        )


def _due(old: Version, new: Version, answered: Answered) -> Iterator[Task]:
    """Those of the new version alone that lie between the two, and whose condition holds."""
    if not new.template.config_data.get("migrations"):
        return  # to compare two versions, Copier asks git twenty times
    for stage in _STAGES:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            tasks = new.template.migration_tasks(stage, old.template)
        for task in tasks:
            extra = {f"_{name}": value for name, value in task.extra_vars.items()}
            context = {**extra, "_copier_operation": UPDATE}
            if cast_to_bool(answered.worker._render_value(task.condition, context)):  # noqa: SLF001
                yield task
