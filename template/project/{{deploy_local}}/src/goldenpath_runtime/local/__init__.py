"""Versions as processes of this machine.

Owned by the template: do not edit.
"""

from goldenpath_runtime.commands import Command

COMMANDS = {
    "supervise": Command("supervisor", "keep an environment's processes alive; started by deploy"),
    "replica": Command("supervisor", "one process of a version; started by the supervisor"),
    "route": Command("front", "divide the requests among versions; started by the supervisor"),
}
EXTRAS = {
    "target local": "target:LocalTarget",
}
