"""Acceptance tests and rollouts, for any place to deploy to.

Owned by the template: do not edit.
"""

from goldenpath_runtime.commands import Command

COMMANDS = {
    "accept": Command(
        "accept", "test a deployed version: answers, load, golden rows, the champion's", writes=True
    ),
    "rollout": Command(
        "rollout",
        "give a version traffic by steps, and roll it back when it does worse",
        writes=True,
    ),
}
EXTRAS = {
    "acceptance": "accept",
}
