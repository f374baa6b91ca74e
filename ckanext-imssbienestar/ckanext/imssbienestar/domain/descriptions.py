"""Does the description of a column say anything that its name does not say (R-098, R-101)?

The lint of dictionaries and the editor ask here. The editor's script counts while somebody types,
by the same rule: a test holds both equal on the cases of ``tests/data/descriptions.yaml``.
"""

from __future__ import annotations

from collections.abc import Collection

from ckanext.imssbienestar.domain.dictionary import DictionaryField, plain_words

# Spanish plurals in -es follow one of these letters.
_BEFORE_ES = "dlnrsz"


def needs_description(field: DictionaryField, empty_words: Collection[str]) -> bool:
    """Whether a person still has to write what the column means.

    :param empty_words: see :func:`only_echoes`.
    """
    return not field.is_described or only_echoes(field, empty_words)


def only_echoes(field: DictionaryField, empty_words: Collection[str]) -> bool:
    """Whether all that the description says is in the name or in the title.

    :param empty_words: those that say nothing by themselves, as :func:`plain_words` gives them:
        articles, prepositions, «indica», «dato».
    """
    said = _content(field.description, empty_words)
    return said <= _content(field.name, empty_words) | _content(field.title, empty_words)


def _content(text: str, empty_words: Collection[str]) -> set[str]:
    """The words that say something, in the singular."""
    return {_singular(word) for word in plain_words(text).split() if word not in empty_words}


def _singular(word: str) -> str:
    """Near enough to tell that two words are one: plurals in -es and -s."""
    if len(word) > 4 and word.endswith("es") and word[-3] in _BEFORE_ES:
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
