"""How well the pipeline itself does: figures of the ledger, for the last 90 days.

Owned by the template: do not edit.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import read_params
from goldenpath_runtime.report import table
from goldenpath_runtime.store.ledger import Entry, ledger, open_store
from goldenpath_runtime.store.versions import champions

DAYS = 90


def health(argv: Sequence[str]) -> None:
    """The command: print the figures of each model as a table, or as JSON."""
    parser = command("health", several=True)
    parser.add_argument("--json", action="store_true", help="for programs")
    args = parser.parse_args(argv)
    store = open_store()
    now = datetime.now(UTC)
    names = read_params().select(args.model)
    found = {name: figures(ledger(store, name), now) for name in names}
    if args.json:
        print(json.dumps(found, indent=2))
        return
    rows = []
    for figure in figures([], now):
        title = figure.replace("_", " ")
        values = [each[figure] for each in found.values()]
        rows.append([title, *values])
    print(table([f"last {DAYS} days", *found], rows))


def figures(entries: Sequence[Entry], now: datetime) -> dict[str, Any]:
    """The figures of one model's ledger, those of production; None for what did not happen yet.

    A change is a rollout, whether it was aborted or not, or a promotion without one. It failed when
    it was aborted or rolled back; the time to restore is from the bad version's deployment or
    promotion to that.
    """
    here = [entry for entry in entries if entry.get("env", "production") == "production"]
    first = now - timedelta(days=DAYS)
    recent = [entry for entry in here if _at(entry) > first]
    promoted = _of(recent, "promote", "reconcile")
    rollouts = _of(recent, "rollout", "abort")
    failed = _of(recent, "abort", "rollback")
    retrained = _of(recent, "retrain", "register")
    registered = _of(here, "register")
    made = {entry["version"]: _at(entry) for entry in reversed(registered)}
    without_rollout = _versions(promoted) - _versions(rollouts)
    changes = len(without_rollout) + len(rollouts)
    known = [entry for entry in promoted if entry["version"] in made]
    leads = [_at(entry) - made[entry["version"]] for entry in known]
    failure_rate = None
    if changes:
        failure_rate = len(failed) / changes
    present = _present(here)
    age_days = None
    if present and present in made:
        age = now - made[present]
        age_days = age / timedelta(days=1)
    last = retrained[-1] if retrained else {"at": None, "reason": None}
    return {
        "promotions": len(promoted),
        "lead_time_hours": _middle(leads),
        "changes": changes,
        "change_failure_rate": failure_rate,
        "time_to_restore_hours": _middle(_restored(here, failed)),
        "champion": present,
        "champion_age_days": age_days,
        "last_retrain": last["at"],
        "last_retrain_reason": last["reason"],
    }


def _of(entries: Sequence[Entry], *events: str) -> list[Entry]:
    """The entries that note one of these events."""
    return [entry for entry in entries if entry["event"] in events]


def _versions(entries: Sequence[Entry]) -> set[str]:
    return {entry["version"] for entry in entries}


def _present(entries: Sequence[Entry]) -> str | None:
    """The champion after these entries; None where there is none."""
    found = champions(entries)
    return found[-1] if found else None


def _at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["at"])


def _middle(spans: Iterable[timedelta]) -> float | None:
    hours = [span / timedelta(hours=1) for span in spans]
    if not hours:
        return None
    return median(hours)


def _bad(failure: Entry, before: Sequence[Entry]) -> str | None:
    """The version that failed: the one that was tried, or the champion that was rolled back."""
    if failure["event"] == "abort":
        version: str = failure["version"]
        return version
    return _present(before)


def _restored(entries: Sequence[Entry], failed: Sequence[Entry]) -> Iterator[timedelta]:
    """How long each bad version had requests."""
    for failure in failed:
        place = entries.index(failure)
        before = entries[:place]
        bad = _bad(failure, before)
        started = _of(before, "deploy", "promote")
        times = [_at(entry) for entry in started if entry["version"] == bad]
        if times:
            yield _at(failure) - times[-1]
