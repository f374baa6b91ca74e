"""What a rule of the domain has against something, before it has the words of a language.

A problem is a code and facts; ``schemas/findings.yaml`` has its severity and its sentences, and
``checks.texts.problem_findings`` makes findings of problems.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict


class Wording(BaseModel):
    """The same words in Spanish and English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    es: str
    en: str

    def label(self, language: str) -> str:
        """The words in a language; Spanish for a language we have none in."""
        return self.en if language == "en" else self.es


@dataclass(frozen=True)
class Problem:
    """One thing that a rule has against something.

    :ivar variant: a closer cause that has a text of its own.
    :ivar row: row of the file it was read from, the first being 1.
    :ivar column: what people call the column or field.
    :ivar cell: a spreadsheet reference such as ``C17``.
    :ivar facts: what the text's placeholders stand for.
    """

    code: str
    variant: str = ""
    row: int | None = None
    column: Wording | str | None = None
    cell: str | None = None
    facts: Mapping[str, Wording | str | int] = field(default_factory=dict)

    def arguments(self, language: str) -> dict[str, Any]:
        """The arguments of ``checks.texts.finding``, in the words of a language."""
        return {
            "code": self.code,
            "language": language,
            "variant": self.variant,
            "row": self.row,
            "column": _said(self.column, language),
            "cell": self.cell,
        } | {name: _said(value, language) for name, value in self.facts.items()}


def _said(value: Any, language: str) -> Any:
    return value.label(language) if isinstance(value, Wording) else value
