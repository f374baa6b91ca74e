"""Where the rows of a file cannot be told apart: a quote never closed, a row without an end.

The check of a table says so among its findings. Programs that only look at columns ask here first:
what they would say of the rows before such a place is not said of the file.
"""

from __future__ import annotations

import os
from pathlib import Path

from ckanext.imssbienestar.checks.layout import limit
from ckanext.imssbienestar.checks.reading import read_bytes
from ckanext.imssbienestar.checks.recognise import recognise
from ckanext.imssbienestar.checks.row_copy import copy_rows
from ckanext.imssbienestar.checks.texts import finding
from ckanext.imssbienestar.domain.findings import Finding


def torn_row(path: Path, language: str) -> Finding | None:
    """The finding that the check of this CSV would have, or None: all its rows are whole.

    Reads the file once, and row by row only where its bytes leave a doubt.

    :raises InputFileError: the file cannot be read.
    """
    facts = read_bytes(path)
    longest = limit("row_bytes")
    if facts.plain_rows and facts.unbroken < longest:
        return None
    # What is written of each row does not matter, only how reading them ends.
    read = copy_rows(path, recognise(path, facts, None), 1, Path(os.devnull))
    if read.cut_at is not None:
        return finding("row-too-long", language=language, row=read.cut_at, limit=longest)
    if read.unclosed_quote is not None:
        return finding("unclosed-quote", language=language, row=read.unclosed_quote)
    return None
