"""Other registries that follow the ledger, and the hook that brings them up to date.

Owned by the template: do not edit. No decision ever asks one. How far a mirror is stands in the
store, at `<model>/mirrors/<name>`: one that has failed, or whose command was killed, gets the same
entries again after the next command that writes.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from goldenpath_runtime.config import read_params
from goldenpath_runtime.errors import ProjectError
from goldenpath_runtime.extras import extra, names

from .ledger import Entry, Store, ledger, open_store


class Mirror(Protocol):
    """A copy of the ledger elsewhere.

    It can get an entry twice, and from another process an older one after a newer one. So it adds
    what it lacks, by the entry's number, and derives what is so now (the champion) from the whole
    ledger.
    """

    def take(self, store: Store, model: str, entries: Sequence[Entry]) -> None:
        """Add what these entries of a model say, the oldest first.

        An error of any kind where that fails.
        """


def followed(run: Callable[[Sequence[str]], Any], argv: Sequence[str]) -> int:
    """Run a command that writes entries, then bring the mirrors up to date.

    They are brought up to date where the command has failed, too. Its own exit code or error goes
    first; 1 where only a mirror has failed.
    """
    try:
        code = int(run(argv) or 0)
    except ProjectError:
        follow()
        raise
    behind = not follow()
    return code or int(behind)


def follow() -> bool:
    """Give each mirror all that it lacks of each model; whether none has failed."""
    models = read_params().models
    taken = [_give(name, model) for name in names("mirror") for model in models]
    return all(taken)


def _give(name: str, model: str) -> bool:
    """Give a mirror what it has not acknowledged until there is no more; whether it has taken all.

    What another process has given meanwhile is given again: it may have come before these older
    entries.
    """
    key = f"{model}/mirrors/{name}"
    try:
        store = open_store()
        mirror: Mirror = extra(f"mirror {name}")()
        number = _acknowledged(store, key)
        while entries := _after(store, model, number):
            mirror.take(store, model, entries)
            number += len(entries)
            store.write(key, str(number).encode())
    except Exception as error:  # noqa: BLE001 (each registry has errors of its own)
        why = str(error) or type(error).__name__
        print(
            f"error: the mirror {name} of {model} is behind: {why}. The ledger has all that this "
            "command recorded; "
            "the next command that writes to it, or this one again, gives the mirror what it lacks",
            file=sys.stderr,
        )
        return False
    return True


def _acknowledged(store: Store, key: str) -> int:
    try:
        return int(store.read(key))
    except FileNotFoundError:
        return 0


def _after(store: Store, model: str, number: int) -> list[Entry]:
    """The entries from the next number on, without a gap.

    A listing can miss one that is written at that moment.
    """
    found = ledger(store, model, after=number)
    return [entry for place, entry in enumerate(found, number + 1) if entry["number"] == place]
