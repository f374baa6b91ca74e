"""The texts of the documents of a dictionary, read from ``schemas/dictionary_documents.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml

LANGUAGES = ("es", "en")


@cache
def documents() -> dict[str, Any]:
    """The whole data file."""
    data: dict[str, Any] = read_yaml("dictionary_documents.yaml")
    return data


def texts(part: str, language: str) -> Mapping[str, str]:
    """The texts of one part (``labels``, ``types``, ``print`` …) in a language."""
    found: Mapping[str, str] = documents()[part][_known(language)]
    return found


@cache
def units() -> Mapping[str, str]:
    """Ending of a column name -> the unit proposed for it."""
    found: Mapping[str, str] = documents()["units_by_name_ending"]
    return found


def _known(language: str) -> str:
    return language if language in LANGUAGES else LANGUAGES[0]
