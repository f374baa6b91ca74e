#!/usr/bin/env python3
"""Is this file publishable? See --help."""

import gc
import os
import sys


def main() -> int:
    """Run the program; Ctrl-C is 130 from the first moment, imports included."""
    # A short life with few cycles to collect: looking for them is a tenth of a check.
    gc.disable()
    # The thread that reads the file waits this long for its turn, many times, while this one
    # loads what it works with.
    sys.setswitchinterval(0.0005)
    # Pydantic would read what every installed package declares, to find plugins we do not use.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from ckanext.imssbienestar.checks.check_command import check_main

        return check_main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    try:
        code = main()
    except SystemExit as ending:  # of the parser of arguments
        sys.exit(ending.code)
    # All is written and every temporary file is gone: the system takes memory back faster than
    # Python does piece by piece.
    sys.stderr.flush()
    os._exit(code)
