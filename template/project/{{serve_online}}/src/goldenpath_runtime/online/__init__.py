"""The service that answers over HTTP.

Owned by the template: do not edit.
"""

from goldenpath_runtime.commands import Command

COMMANDS = {
    "serve": Command("serve", "answer over HTTP"),
}
