"""Run `python -m bridge.rules`."""

import sys

from bridge.rules.bot import main

if __name__ == "__main__":
    sys.exit(main())
