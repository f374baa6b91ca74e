"""The vocabularies as choices of the forms."""

from __future__ import annotations

from functools import cache

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.vocabulary import Vocabulary, parse_vocabulary

Choice = dict[str, object]


@cache
def vocabulary(name: str) -> Vocabulary:
    """The vocabulary of ``schemas/vocabularies/NAME.yaml``."""
    return parse_vocabulary(read_yaml(f"vocabularies/{name}.yaml"))


def choices(name: str) -> list[Choice]:
    """A vocabulary as ckanext-scheming wants choices: value and label in each language."""
    return [
        {"value": term.code, "label": {"es": term.es, "en": term.en}}
        for term in vocabulary(name).values
    ]
