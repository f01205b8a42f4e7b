"""What a command is, and the options that many of them have.

Owned by the template: do not edit.
"""

import argparse
from typing import NamedTuple


class Command(NamedTuple):
    """A command: the module with a function of its name, its help, whether it adds to a ledger."""

    module: str
    help: str
    writes: bool = False


def command(name: str, several: bool = False) -> argparse.ArgumentParser:
    """A parser for a command that is about one model, or about several."""
    if several:
        which = "`name`, `name@dataset` or `@dataset`; all without it"
    else:
        which = "not needed where there is one"
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--model", help=f"which model of params.yaml: {which}")
    return parser
