"""`python -m goldenpath`: the same as the `goldenpath` script."""

import sys

from goldenpath.main import main

if __name__ == "__main__":
    sys.exit(main())
