#!/usr/bin/env python3
"""Mirror what is published to the federal catalogue; see --help."""

import sys

from ckanext.imssbienestar.mirror.command import main

if __name__ == "__main__":
    sys.exit(main())
