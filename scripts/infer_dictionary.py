#!/usr/bin/env python3
"""A first data dictionary from a file. See --help."""

import sys


def main() -> int:
    """Run the program; Ctrl-C is 130 from the first moment, imports included."""
    try:
        from ckanext.imssbienestar.checks.command import infer_main

        return infer_main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
