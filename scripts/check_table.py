#!/usr/bin/env python3
"""Is this file publishable? See --help."""

import sys

from ckanext.imssbienestar.checks.command import check_main

if __name__ == "__main__":
    sys.exit(check_main())
