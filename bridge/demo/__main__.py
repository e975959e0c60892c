"""Run `python -m bridge.demo`."""

import sys

from bridge.demo.demo import main

if __name__ == "__main__":
    sys.exit(main())
