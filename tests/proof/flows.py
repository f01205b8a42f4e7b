"""The one table that every CI system is held to: flows, the jobs of each, and the make targets of each job in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Jobs = Mapping[str, Sequence[str]]

FLOWS: Mapping[str, Jobs] = {
    "check": {
        "check": ("setup", "check", "smoke", "package", "image", "summary"),
        "model": ("setup", "pipeline", "summary"),
        "scan": ("setup", "scan"),
        "publish": ("publish",),
    },
    "train": {
        "plan": ("setup", "preflight", "matrix"),
        "train": (
            "setup",
            "sign-in",
            "data",
            "train",
            "evaluate",
            "report",
            "gate",
            "register",
            "summary",
        ),
    },
    "deliver": {
        "staging": ("setup", "sign-in", "preflight", "deploy", "accept", "down"),
        "approval": ("setup", "sign-in", "approve"),
        "production": ("setup", "sign-in", "reconcile", "rollout", "promote"),
        "rollback": ("setup", "sign-in", "rollback"),
        "reconcile": ("setup", "sign-in", "reconcile"),
    },
    "watch": {
        "monitor": ("setup", "preflight", "sign-in", "monitor", "health", "matrix"),
    },
}
