"""What is kept: versions, the ledger of what happened to them, requests, ground-truth labels.

Owned by the template: do not edit.
"""

from goldenpath_runtime.commands import Command

COMMANDS = {
    "register": Command("register", "add the trained model to the store", writes=True),
    "labels": Command("labels", "add ground-truth labels of answered rows"),
    "experiment": Command("experiments", "try other settings and keep the figures"),
    "compare": Command("comparison", "experiments and versions side by side"),
}
EXTRAS = {
    "rows of the store": "ledger:local_copy",
    "versions": "versions",
    "reference": "reference:keep",
    "rows that a version has not seen": "reference:unseen",
    "samples": "samples:Sampler",
    "hook of the ledger": "mirrors:followed",
}
