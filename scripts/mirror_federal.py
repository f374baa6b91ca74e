#!/usr/bin/env python3
"""Mirror what is published to the federal catalogue; see --help."""

import gc
import sys

gc.disable()  # loading makes many objects and no garbage: a tenth of the start

from ckanext.imssbienestar.mirror.command import main  # noqa: E402 - see above

gc.enable()

if __name__ == "__main__":
    sys.exit(main())
