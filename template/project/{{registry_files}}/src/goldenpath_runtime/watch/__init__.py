"""A model in use: monitoring, drift, retraining, health.

Owned by the template: do not edit.
"""

from goldenpath_runtime.commands import Command

COMMANDS = {
    "monitor": Command("monitor", "compare recent requests with the training data", writes=True),
    "watch": Command("retrain", "monitor, and retrain on drift", writes=True),
    "retrain": Command("retrain", "retrain and register, for a reason", writes=True),
    "health": Command("health", "figures of the pipeline itself"),
}
EXTRAS = {
    "settings monitor": "drift:read_monitoring",
}
