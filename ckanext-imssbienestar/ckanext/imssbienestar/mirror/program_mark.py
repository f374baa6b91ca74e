"""A mark of the program itself: two equal ones come to the same plan by the same facts."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import ckanext.imssbienestar.errors

# What a run of the mirror loads of this package, and reads of its data.
_PROGRAM = (
    "__init__.py",
    "checks/__init__.py",
    "datafiles.py",
    "domain/__init__.py",
    "domain/release.py",
    "errors.py",
    "mirror/**/*.py",
)
_OURS = "ckanext_imssbienestar"
_DATA = ("federal/*.yaml", "vocabularies/*.yaml")


@cache
def program_mark() -> str:
    """SHA-256 of the program's and its data's bytes, of Python and of the installed versions.

    Empty where the program is not in files that can be read.
    """
    mark = hashlib.sha256(sys.version.encode())
    files = list(program_files())
    try:
        for path in files:
            content = path.read_bytes()
            mark.update(f"\n{path.name} {len(content)}\n".encode() + content)
    except OSError:  # it is being replaced
        return ""
    mark.update("\n".join(sorted(_installed())).encode())
    return mark.hexdigest() if files else ""


def program_files() -> Iterator[Path]:
    """The files that the mark is of, always in the same order."""
    package = Path(ckanext.imssbienestar.errors.__file__).parent
    data = Path(next(iter(import_module("ckanext.imssbienestar.schemas").__path__)))
    for folder, patterns in ((package, _PROGRAM), (data, _DATA)):
        for pattern in patterns:
            yield from sorted(folder.glob(pattern))


def _installed() -> Iterator[str]:
    for folder in sys.path:
        if Path(folder).name == "_vendor":
            continue  # setuptools' own, there when something else of the process asked for them
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        # Ours is marked by its bytes; where it is being worked on, it may be listed twice.
        yield from (
            name
            for name in names
            if name.endswith((".dist-info", ".egg-info")) and not name.startswith(_OURS)
        )
