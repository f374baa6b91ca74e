"""How a column's name is compared: without case, accents or punctuation."""

from __future__ import annotations

from ckanext.imssbienestar.domain.dictionary import plain_words


def normal_name(label: str) -> str:
    """A column name as rules write it: ``Fecha de Nacimiento`` is ``fecha_de_nacimiento``."""
    return plain_words(label).replace(" ", "_")
