"""What options of the template add to the modules that every repository has.

Owned by the template: do not edit. The steps and the service ask here for an addition by what it is
for; `options` hands it in. So no module that every repository has knows who supplies one.
"""

from collections.abc import Callable
from typing import Any

_HANDED_IN: dict[str, Callable[[], Any]] = {}


def hand_in(purpose: str, load: Callable[[], Any]) -> None:
    """Offer an addition; `load` imports it when it is first asked for."""
    _HANDED_IN[purpose] = load


def extra(purpose: str) -> Any:
    """What an option adds for that purpose; None in a repository without the option."""
    load = _HANDED_IN.get(purpose)
    return load() if load else None


def names(kind: str) -> list[str]:
    """Of a kind of which there may be several, such as `target`, the names that are here."""
    prefix = f"{kind} "
    return [purpose.removeprefix(prefix) for purpose in _HANDED_IN if purpose.startswith(prefix)]
