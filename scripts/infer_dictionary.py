#!/usr/bin/env python3
"""A first data dictionary from a file. See --help."""

import sys

from ckanext.imssbienestar.checks.command import infer_main

if __name__ == "__main__":
    sys.exit(infer_main())
