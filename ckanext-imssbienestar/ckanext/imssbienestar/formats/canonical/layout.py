"""``schemas/normalisation.yaml``, read once."""

from __future__ import annotations

from functools import cache
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import plain_words


@cache
def settings() -> dict[str, Any]:
    """The whole file."""
    data: dict[str, Any] = read_yaml("normalisation.yaml")
    return data


@cache
def limit(name: str) -> int:
    """A limit by its name."""
    return int(settings()["limits"][name])


@cache
def words(name: str) -> frozenset[str]:
    """A list of words, as :func:`plain_words` writes them."""
    return frozenset(plain_words(str(word)) for word in settings()[name]) - {""}


@cache
def month_numbers() -> dict[str, int]:
    """Every way of naming a month, in plain words -> its number: ``ene``, ``enero``."""
    names = {name: number for number, name in enumerate(settings()["months"], start=1)}
    names |= {other: names[name] for other, name in settings()["month_variants"].items()}
    return names | {name[:3]: number for name, number in names.items()}
