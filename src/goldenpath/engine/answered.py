"""What a project has answered to one version of a template."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copier import Phase
from copier._main import Worker

from goldenpath.engine.memo import QuickWorker
from goldenpath.engine.plain import Rendered


@dataclass(frozen=True)
class Answered:
    """The answers of one project at one version: `stored` go into its answers file, `values` are all of them."""

    stored: Mapping[str, Any]
    values: Mapping[str, Any]
    worker: Worker = field(repr=False)
    rendered: dict[str, Rendered] = field(default_factory=dict, repr=False, compare=False)

    @property
    def told(self) -> str | None:
        """The path that the answers file was said to have, None where the version itself says."""
        told = self.worker.answers_file
        return None if told is None else Path(told).as_posix()

    @property
    def answers_file(self) -> str:
        """The path of the answers file."""
        return self.worker.answers_relpath.as_posix()


def settled(worker: Worker) -> Answered:
    """Have a worker ask what is open, and return all answers."""
    if isinstance(worker, QuickWorker):
        worker.question()
    else:
        with Phase.use(Phase.PROMPT):
            worker._ask()  # noqa: SLF001 (held by the conformance suite)
    return Answered(dict(worker._answers_to_remember()), worker.answers.combined, worker)  # noqa: SLF001
