"""Errors that are the user's to mend: a message, what to type next, an exit code."""

import re
import sys
from collections.abc import Callable

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


_PASSWORD = re.compile(r"(?<=://)[^/\s@]+(?=@)")


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


class TrustError(GoldenpathError):
    """A template runs code of its own, and nobody has said that it may."""


def plain_notes() -> Callable[..., None]:
    """Return a way to show each warning of a library once, as one plain line."""
    shown: set[str] = set()

    def show(message: Warning | str, *_: object) -> None:
        if str(message) not in shown:
            print(f"goldenpath: note: {message}", file=sys.stderr)
        shown.add(str(message))

    return show


def masked(text: str) -> str:
    """Return a text without the passwords of the addresses in it."""
    return _PASSWORD.sub("***", text)
