#!/usr/bin/env python3
"""Which columns hold personal data? See --help."""

import sys


def main() -> int:
    """Run the program; Ctrl-C is 130 from the first moment, imports included."""
    try:
        from ckanext.imssbienestar.checks.command import scan_main

        return scan_main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
