"""Sentences the mirror says, by code, in Spanish or English (``schemas/federal/texts.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ckanext.imssbienestar.datafiles import read_yaml

Language = Literal["es", "en"]
DEFAULT_LANGUAGE: Language = "es"


@dataclass(frozen=True)
class Sentence:
    """Something to say, kept as a code and its facts until the reader's language is known."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def what(self, language: Language = DEFAULT_LANGUAGE) -> str:
        """What happened."""
        return self._fill(str(_entry(self.code)[language]), language)

    def next_step(self, language: Language = DEFAULT_LANGUAGE) -> str:
        """What to do about it; empty when there is nothing to do."""
        return self._fill(str(_entry(self.code).get(f"next_{language}", "")), language)

    def full(self, language: Language = DEFAULT_LANGUAGE) -> str:
        """What happened, then what to do."""
        return f"{self.what(language)} {self.next_step(language)}".strip()

    def _fill(self, template: str, language: Language) -> str:
        facts = {
            name: value.what(language) if isinstance(value, Sentence) else value
            for name, value in self.facts.items()
        }
        return template.format(**facts)


def say(code: str, **facts: Any) -> Sentence:
    """Shorthand for a :class:`Sentence`."""
    return Sentence(code, facts)


def codes() -> tuple[str, ...]:
    """Every code there is a text for."""
    return tuple(read_yaml("federal/texts.yaml")["texts"])


def _entry(code: str) -> Mapping[str, Any]:
    entry: Mapping[str, Any] = read_yaml("federal/texts.yaml")["texts"][code]
    return entry
