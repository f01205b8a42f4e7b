"""From a registered version to the champion: what is decided, and what is desired.

Owned by the template: do not edit.
"""

from goldenpath_runtime.commands import Command

COMMANDS = {
    "deploy": Command(
        "delivery", "run a version in an environment, without production traffic", writes=True
    ),
    "approve": Command("delivery", "say that a version may go into production", writes=True),
    "feedback": Command(
        "delivery", "note what somebody who tried a version says of it", writes=True
    ),
    "promote": Command("delivery", "make a version the champion, with all requests", writes=True),
    "rollback": Command("delivery", "the same to the champion before", writes=True),
    "reconcile": Command(
        "delivery", "make an environment what environments/<env>.yaml says", writes=True
    ),
    "history": Command("delivery", "what the ledger says"),
    "status": Command("delivery", "what runs in an environment"),
    "down": Command("delivery", "stop an environment", writes=True),
}
EXTRAS = {
    "settings environments": "environments:read_environments",
}
