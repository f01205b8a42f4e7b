"""A memory that does not grow: what was asked for last, for the next time."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Recent(Generic[_K, _V]):
    """So many values by their keys; the ones that were asked for longest ago go first. Safe to share between threads."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._known: dict[_K, _V] = {}
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: _K | None, make: Callable[[], _V]) -> _V:
        """Return the value of a key, made if it is not known. What has no key, None, is always made."""
        if key is None:
            return make()
        with self._guard:
            if key in self._known:
                found = self._known[key] = self._known.pop(key)
                return found
        made = make()
        with self._guard:
            self._known[key] = made
            while len(self._known) > self.size:
                self._known.pop(next(iter(self._known)))
        return made
