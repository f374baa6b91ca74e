#!/usr/bin/env python3
"""Which columns hold personal data? See --help."""

import sys

from ckanext.imssbienestar.checks.command import scan_main

if __name__ == "__main__":
    sys.exit(scan_main())
