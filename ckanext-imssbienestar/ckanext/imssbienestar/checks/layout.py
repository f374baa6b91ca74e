"""What a table looks like from outside: ``schemas/table_layout.yaml``, read once."""

from __future__ import annotations

from functools import cache
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml

# Findings given in full when nobody says how many.
DEFAULT_LIMIT = 1000


@cache
def table_layout() -> dict[str, Any]:
    """The whole layout file."""
    data: dict[str, Any] = read_yaml("table_layout.yaml")
    return data


def limit(name: str) -> int:
    """A limit of the system by its name."""
    return int(table_layout()["limits"][name])


def column_letter(number: int) -> str:
    """The spreadsheet letter of a column counted from 1: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_reference(row: int, column: int) -> str:
    """A spreadsheet reference such as ``C17``."""
    return f"{column_letter(column)}{row}"
