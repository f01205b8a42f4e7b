"""The commands behind make: `python -m goldenpath_runtime COMMAND`. One line of import each, so that `--help` is fast.

Owned by the template: do not edit.
"""

import argparse
import sys
from importlib import import_module
from importlib.util import find_spec

from .errors import ProjectError

COMMANDS = {  # name: (module, help)
    "data": ("commands", "read, validate and split the rows"),
    "train": ("commands", "fit all candidates, choose the best, export it"),
    "evaluate": ("commands", "measure the exported model on the test rows"),
    "report": ("commands", "write the model card"),
    "gate": ("commands", "decide whether the model may be used; fails when not"),
    "pipeline": ("commands", "all of these in one process"),
    "smoke": ("commands", "all of these on the small sample"),
    "sample": ("commands", "write the small sample from the real rows"),
    "schema": ("commands", "print a first schema.yaml for a file of rows"),
    "serve": ("online", "answer over HTTP"),
    "score": ("batch", "score a file of rows"),
    "embed": ("embedded", "write a folder that scores with onnxruntime and numpy alone"),
}


def main(argv: list[str]) -> int:
    """Run one command; 0 when it did its work, 1 with a message when it did not, 2 for a wrong call."""
    parser = argparse.ArgumentParser(
        prog="python -m goldenpath_runtime",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:9} {text}" for name, (_, text) in COMMANDS.items()),
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    command = parser.parse_args(argv[:1]).command
    module = f"{__package__}.{COMMANDS[command][0]}"
    try:
        if find_spec(module) is None:
            kind = COMMANDS[command][0]
            raise ProjectError(
                f"this repository was made without {kind}; add {kind} to the answer `serve` of the template"
            )
        result: int | None = getattr(import_module(module), command)(argv[1:])
        return result or 0
    except ProjectError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
