"""Controlled vocabularies: dated lists of codes with their words in each language."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class Term(BaseModel):
    """One code of a vocabulary.

    :ivar eu: the code in the EU authority table of the vocabulary, when there is one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    es: str
    en: str
    eu: str = ""

    def label(self, language: str) -> str:
        """The word in a language; Spanish for a language we have no words in."""
        return self.en if language == "en" else self.es


class Vocabulary(BaseModel):
    """A dated list with its source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: datetime.date
    source: str
    authority: str = ""
    values: tuple[Term, ...]

    def find(self, code: str) -> Term | None:
        """The term of a code, or None."""
        return next((term for term in self.values if term.code == code), None)


def parse_vocabulary(data: Mapping[str, Any]) -> Vocabulary:
    """A vocabulary from the content of its data file."""
    return Vocabulary.model_validate(data)
