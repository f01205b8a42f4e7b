"""Where versions run: the six verbs that a deploy target has, and the table of targets.

Owned by the template: do not edit. The flows know these verbs only, so a new target is one class with them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .config import ProjectError, layer
from .environments import Environment
from .state import Store

TARGETS = {"local": ("local", "LocalTarget")}  # answer: (module, class)


class Target(Protocol):
    """One model in one environment. All verbs can be repeated, and killed and repeated."""

    def start(self, version: str, folder: Path) -> None:
        """Run a version beside the others, without requests; back when it is ready. ProjectError when it is not."""

    def stop(self, version: str | None = None) -> None:
        """Stop a version after its requests are answered; without one, all of them."""

    def weights(self, shares: Mapping[str, int], shadow: str | None = None) -> None:
        """Divide the requests by percentages that make 100; the shadow gets copies, and its answers are compared."""

    def status(self) -> Mapping[str, int]:
        """The running versions with their percentages."""

    def logs(self, version: str) -> str:
        """What a version has printed."""

    def address(self) -> str | None:
        """Where clients ask, None when nothing runs."""


def open_target(store: Store, env: str, settings: Environment, model: str) -> Target | None:
    """The target of an environment; None where this repository has none."""
    module, name = TARGETS[settings.target]
    found = layer(module)
    target: Target | None = getattr(found, name)(store, env, settings, model) if found else None
    return target


def require_target(store: Store, env: str, settings: Environment, model: str) -> Target:
    """The same, for what cannot be done without one."""
    if (target := open_target(store, env, settings, model)) is None:
        raise ProjectError("this repository was made without a place to deploy to: see `deploy` of the template")
    return target
