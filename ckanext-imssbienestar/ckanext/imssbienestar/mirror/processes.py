"""Is a process of this machine still there, and is it the one we mean?"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

_BIRTH_FIELD = 19  # of /proc/PID/stat, counted after the name, which may hold spaces

living_runs: set[str] = set()
"""The runs under way in this process, which alone can tell its dead ones from its live ones."""


def process_exists(process: int) -> bool:
    """Whether some process has this number; it may be another one that got it since."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OverflowError:  # no process has such a number
        return False
    return True


def process_birth(process: int) -> str:
    """When a process started, in the kernel's ticks since boot; empty where that is not told."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return text.rpartition(")")[2].split()[_BIRTH_FIELD]
    except (OSError, IndexError):
        return ""


def process_lives(process: int, birth: str) -> bool:
    """Whether the process with this number and birth is still there."""
    return process_exists(process) and process_birth(process) == birth


@cache
def this_machine() -> str:
    """What two processes share when each can see the other by its number.

    The name of the host is not enough: containers may share it and number their processes apart.
    """
    parts = [socket.gethostname()]
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        parts += [boot.strip(), str(Path("/proc/self/ns/pid").readlink())]
    return " ".join(parts)


def whereabouts() -> dict[str, Any]:
    """Where this process is, as the columns of the ledger's rows that say who works."""
    process = os.getpid()
    return {
        "host": socket.gethostname(),
        "machine": this_machine(),
        "process": process,
        "birth": process_birth(process),
    }
