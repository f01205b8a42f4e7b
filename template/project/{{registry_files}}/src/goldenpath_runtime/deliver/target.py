"""Where versions run: the verbs that a deploy target has.

Owned by the template: do not edit. The commands of delivery know these verbs only, so a new target
is one option with a class that has them, named in its `EXTRAS` as `target NAME`. The class is
called with the store, the environment's name and settings, and the model.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

Strategy = Literal["direct", "shadow", "canary", "bluegreen", "ab"]


class Target(Protocol):
    """One model in one environment. All verbs can be repeated, and killed and repeated."""

    @property
    def strategies(self) -> Collection[Strategy]:
        """How a version can get production traffic here; every target can do `direct`."""

    def start(self, version: str, folder: Path) -> None:
        """Run a version beside the others, without requests; back when it is ready.

        ProjectError when it is not.
        """

    def stop(self, version: str | None = None, warm: float = 0) -> None:
        """Stop a version after its requests are answered; without one, all of them.

        For `warm` seconds it may stay ready for the next `start`; then it ends by itself.
        """

    def weights(self, shares: Mapping[str, int], shadow: str | None = None) -> None:
        """Divide the requests by percentages that make 100.

        The shadow gets copies, and its answers are compared.
        """

    def figures(self) -> Mapping[str, Any]:
        """What was seen since the requests were last divided.

        `versions`: of each version with requests or copies its `requests`, `errors` and `refused`,
        and `p50_ms` and `p99_ms` of its answers; `compared` and `disagreed`: rows that a shadow
        answered too, and otherwise.
        """

    def status(self) -> Mapping[str, int]:
        """The running versions with their percentages, without those that only stay warm."""

    def logs(self, version: str) -> str:
        """What a version has printed."""

    def address(self) -> str | None:
        """Where clients ask, None when nothing runs."""
