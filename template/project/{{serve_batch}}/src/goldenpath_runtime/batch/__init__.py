"""Scoring a file of rows.

Owned by the template: do not edit.
"""

from goldenpath_runtime.commands import Command

COMMANDS = {
    "score": Command("score", "score a file of rows"),
}
