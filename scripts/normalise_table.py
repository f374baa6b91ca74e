#!/usr/bin/env python3
"""The canonical copy of a table that people really sent. See --help."""

import sys


def main() -> int:
    """Run the program; Ctrl-C is 130 from the first moment, imports included."""
    try:
        from ckanext.imssbienestar.formats.canonical.command import normalise_main

        return normalise_main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
