"""``python -m tracknet_core``: the same as ``tracknet``."""

import sys

from tracknet_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
