"""Is a process of this machine still there?"""

from __future__ import annotations

import os


def process_exists(process: int) -> bool:
    """Whether some process has this number; it may be another one that got it since."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
