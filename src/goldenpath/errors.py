"""Errors that are the user's to mend: a message, what to type next, an exit code."""

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


class GoldenpathError(Exception):
    """Something the command needs is not as it must be: a folder, a template, the disk.

    `message` says what went wrong and where, `hint` what to type next (may be empty).
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GoldenpathError):
    """What was typed cannot be meant: a flag, an answer, a file of answers."""

    exit_code = 2
