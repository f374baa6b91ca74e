"""The one door to the data files under ``schemas/``."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def read_yaml(name: str) -> Any:
    """A YAML file of ``schemas/`` by its path there (``vocabularies/frequencies.yaml``).

    The value is shared between callers: treat it as read-only.
    """
    import yaml  # a program that reads none of them need not wait for it

    # The same safe loader in C, ten times as fast; PyYAML can be built without it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(_read(name), Loader=loader)  # noqa: S506 - a safe loader


@cache
def read_table(name: str) -> tuple[dict[str, str], ...]:
    """A CSV file of ``schemas/`` by its path there, one mapping for each row; all values texts.

    Shared between callers like :func:`read_yaml`'s: treat it as read-only.
    """
    return tuple(csv.DictReader(io.StringIO(_read(name), newline="")))


def _read(name: str) -> str:
    source = files("ckanext.imssbienestar.schemas").joinpath(name)
    return source.read_text(encoding="utf-8")
