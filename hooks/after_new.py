"""Set a new repository up: type for the user what the README tells them to.

`goldenpath new` runs this in the new repository, and only from a template that the user trusts. Copier never
runs it, so nothing in a generated repository may need it.
"""

import shutil
import subprocess
import sys


def main() -> int:
    """Run `make setup` and return its exit code."""
    make = shutil.which("make")
    if make is None:
        print("There is no make here: the README lists what to type in its place.")
        return 1
    return subprocess.run([make, "setup"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
