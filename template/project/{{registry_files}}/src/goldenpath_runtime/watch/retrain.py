"""Retraining, with its reason: by hand, on a schedule, or because the rows have drifted.

Owned by the template: do not edit. The reason goes with the model (its lineage, its report) and
into the ledger.
"""

import os
from collections.abc import Sequence

from goldenpath_runtime.commands import command
from goldenpath_runtime.config import read_params
from goldenpath_runtime.pipeline import run_all
from goldenpath_runtime.project import Project, open_project
from goldenpath_runtime.store.ledger import Store, append, open_store
from goldenpath_runtime.store.register import register_model
from goldenpath_runtime.store.versions import versions

from .monitor import examine

REASONS = ("schedule", "drift", "webhook", "manual", "ci", "data")


def watch(argv: Sequence[str]) -> int:
    """The command: monitor the champion, and retrain where it has drifted.

    1 when the gate blocks that.
    """
    parser = command("watch", several=True)
    parser.add_argument("--since", help="an ISO time to start from")
    args = parser.parse_args(argv)
    store, projects = open_store(), map(open_project, read_params().select(args.model))
    return max(
        _train(store, p, "drift") if examine(store, p, since=args.since) == "drift" else 0
        for p in projects
    )


def retrain(argv: Sequence[str]) -> int:
    """The command: the whole pipeline for a reason, and register what passes the gate.

    1 when it is blocked.
    """
    parser = command("retrain", several=True)
    parser.add_argument("reason", choices=REASONS, help="why")
    args = parser.parse_args(argv)
    return max(
        _train(open_store(), open_project(name), args.reason)
        for name in read_params().select(args.model)
    )


def _train(store: Store, project: Project, reason: str) -> int:
    os.environ["GOLDENPATH_REASON"] = reason  # lineage.py writes it down
    blocked = [finding for finding in run_all(project) if not finding.passed]
    known = versions(store, project.name)
    version = None if blocked else register_model(store, project)
    rules = [finding.rule for finding in blocked]
    append(
        store,
        project.name,
        "retrain",
        version=version,
        reason=reason,
        passed=not blocked,
        blocked=rules or None,
    )
    for finding in blocked:
        print(finding)
    again = "; data and code are as before, so the model is too" if version in known else ""
    print(
        f"{project.name}: {reason}: "
        f"{f'version {version}{again}' if version else 'blocked by the gate'}"
    )
    return 1 if blocked else 0
