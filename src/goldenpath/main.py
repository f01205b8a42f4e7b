"""The command line: the one command that the arguments call, and errors as exit codes.

Nothing heavy is imported before the command is known, so that `--help` answers at once.
"""

import argparse
import gc
import io
import json
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module

from goldenpath.arguments import parser
from goldenpath.errors import INTERRUPTED, GoldenpathError, masked, plain_notes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default those of the process) name, and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    as_json = "--json" in arguments
    warnings.showwarning = plain_notes()
    try:
        code = _run(parser().parse_args(arguments))
        sys.stdout.flush()
    except GoldenpathError as error:
        return _report(error.message, error.hint, error.exit_code, as_json=as_json)
    except KeyboardInterrupt:
        return _report("Interrupted: nothing was written.", "", INTERRUPTED, as_json=as_json)
    except BrokenPipeError:
        # The reader of our output has left, as `head` does; Python must not write to it again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _report(f"{error.strerror or error}{where}.", "", 1, as_json=as_json)
    return code


def _run(options: argparse.Namespace) -> int:
    from goldenpath.git import ELSEWHERE

    for name in ELSEWHERE & os.environ.keys():
        del os.environ[name]
    # One import per command: each brings libraries that the others do not need.
    arguments = vars(options)
    # What an import brings is no garbage: to look for some, again and again, is a tenth of its time.
    gc.disable()
    try:
        command = import_module(f"goldenpath.commands.{arguments.pop('command')}")
    finally:
        gc.enable()
    code: int = command.run(command.Options(**arguments))
    return code


def _report(message: str, hint: str, exit_code: int, *, as_json: bool) -> int:
    message, hint = masked(message), masked(hint)
    if as_json:
        print(json.dumps({"error": {"message": message, "hint": hint, "exit_code": exit_code}}, indent=2))
    else:
        print(f"goldenpath: {message}" + (f"\n  {hint}" if hint else ""), file=sys.stderr)
    return exit_code
