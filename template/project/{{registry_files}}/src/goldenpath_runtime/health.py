"""How well the pipeline itself does: figures of the ledger, for the last 90 days.

Owned by the template: do not edit.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from .config import command, read_params
from .registry import champions
from .report import table
from .state import Entry, ledger, open_store

DAYS = 90


def health(argv: Sequence[str]) -> None:
    """The command: print the figures of each model as a table, or as JSON."""
    parser = command("health", several=True)
    parser.add_argument("--json", action="store_true", help="for programs")
    args = parser.parse_args(argv)
    store, now, names = open_store(), datetime.now(UTC), read_params().select(args.model)
    found = {name: figures(ledger(store, name), now) for name in names}
    rows = (
        [figure.replace("_", " "), *(each[figure] for each in found.values())]
        for figure in figures([], now)
    )
    print(json.dumps(found, indent=2) if args.json else table([f"last {DAYS} days", *found], rows))


def figures(entries: Sequence[Entry], now: datetime) -> dict[str, Any]:
    """The figures of one model's ledger, those of production; None for what did not happen yet.

    A change is a rollout, whether it was aborted or not, or a promotion without one. It failed when
    it was aborted or rolled back; the time to restore is from the bad version's deployment or
    promotion to that.
    """
    here = [entry for entry in entries if entry.get("env", "production") == "production"]
    recent = [entry for entry in here if now - _at(entry) < timedelta(days=DAYS)]
    made = {
        entry["version"]: _at(entry) for entry in reversed(here) if entry["event"] == "register"
    }
    promoted, rollouts, failed, retrained = (
        [entry for entry in recent if entry["event"] in events]
        for events in (
            ("promote", "reconcile"),
            ("rollout", "abort"),
            ("abort", "rollback"),
            ("retrain", "register"),
        )
    )
    changes = {entry["version"] for entry in promoted} - {entry["version"] for entry in rollouts}
    changed = len(changes) + len(rollouts)
    present = next(reversed(champions(here)), None)
    return {
        "promotions": len(promoted),
        "lead_time_hours": _middle(
            _at(e) - made[e["version"]] for e in promoted if e["version"] in made
        ),
        "changes": changed,
        "change_failure_rate": len(failed) / changed if changed else None,
        "time_to_restore_hours": _middle(_restored(here, failed)),
        "champion": present,
        "champion_age_days": (now - made[present]) / timedelta(days=1)
        if present and present in made
        else None,
        "last_retrain": retrained[-1]["at"] if retrained else None,
        "last_retrain_reason": retrained[-1]["reason"] if retrained else None,
    }


def _at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["at"])


def _middle(spans: Iterable[timedelta]) -> float | None:
    hours = [span / timedelta(hours=1) for span in spans]
    return median(hours) if hours else None


def _restored(entries: Sequence[Entry], failed: Sequence[Entry]) -> Iterator[timedelta]:
    for failure in failed:
        before = entries[: entries.index(failure)]
        bad = (
            failure["version"]
            if failure["event"] == "abort"
            else next(reversed(champions(before)), None)
        )
        if starts := [
            e for e in before if e["event"] in ("deploy", "promote") and e["version"] == bad
        ]:
            yield _at(failure) - _at(starts[-1])
