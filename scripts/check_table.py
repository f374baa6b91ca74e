#!/usr/bin/env python3
"""Is this file publishable? See --help."""

import gc
import os
import sys


def main() -> int:
    """Run the program; Ctrl-C is 130 from the first moment, imports included."""
    # A short life with few cycles to collect: looking for them is a tenth of a small check.
    gc.set_threshold(100_000)
    # Pydantic would read what every installed package declares, to find plugins we do not use.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from ckanext.imssbienestar.checks.check_command import check_main

        return check_main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
