"""Putting a finished file where a person asked for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def place_file(source: Path, target: Path, *, overwrite: bool = False) -> None:
    """Copy a file to its place, whole or not at all, readable for everybody.

    :raises FileExistsError: there is a file already, and nobody said to replace it.
    :raises OSError: it cannot be written there.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream, source.open("rb") as content:
            shutil.copyfileobj(content, stream, 1 << 20)
            os.fchmod(stream.fileno(), 0o644)
        if overwrite:
            os.replace(name, target)
        else:
            os.link(name, target)
    finally:
        Path(name).unlink(missing_ok=True)
