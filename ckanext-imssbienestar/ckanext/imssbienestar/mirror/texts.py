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

    def as_data(self) -> dict[str, Any]:
        """The same for JSON, so that what is kept can be said in either language later."""
        facts = {
            name: value.as_data() if isinstance(value, Sentence) else _plain(value)
            for name, value in self.facts.items()
        }
        return {"code": self.code, "facts": facts}

    def _fill(self, template: str, language: Language) -> str:
        facts = {
            name: value.what(language) if isinstance(value, Sentence) else value
            for name, value in self.facts.items()
        }
        return template.format(**facts)


def say(code: str, **facts: Any) -> Sentence:
    """Shorthand for a :class:`Sentence`."""
    return Sentence(code, facts)


def sentence_of(data: Mapping[str, Any]) -> Sentence:
    """What :meth:`Sentence.as_data` made; a code that there is no text for any more is named."""
    facts = {
        name: sentence_of(value) if isinstance(value, Mapping) else value
        for name, value in data["facts"].items()
    }
    found = Sentence(str(data["code"]), facts)
    try:
        found.full()
    except KeyError:
        return Sentence("text-forgotten", {"code": found.code})
    return found


def codes() -> tuple[str, ...]:
    """Every code there is a text for."""
    return tuple(read_yaml("federal/texts.yaml")["texts"])


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _entry(code: str) -> Mapping[str, Any]:
    entry: Mapping[str, Any] = read_yaml("federal/texts.yaml")["texts"][code]
    return entry
