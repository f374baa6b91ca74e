"""Column names as people abbreviate them, paired with the dictionary's.

A label is compared with a field's name, title and description word by word; ``Mto. otorg.`` is
*Monto otorgado*. Pairs are taken from the surest down, and only when they are sure enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryField, plain_words
from ckanext.imssbienestar.formats.canonical.layout import words

_SURE_ENOUGH = 0.5
_IN_DESCRIPTION = 0.6
_SHORTEST = 3
_SETTLED_NAME = re.compile("[a-z][a-z0-9]*(_[a-z0-9]+)+")


def pair_labels(
    candidates: Sequence[Sequence[str]], dictionary: DataDictionary
) -> dict[int, DictionaryField]:
    """Which field each column is: place of the column, from 0, -> field.

    :param candidates: for each column the labels it has, one for each header of a stacked table.
    """
    scored = [
        (max((_score(label, field) for label in labels), default=0.0), column, place, field)
        for (column, labels), (place, field) in product(
            enumerate(candidates), enumerate(dictionary.fields)
        )
    ]
    paired: dict[int, DictionaryField] = {}
    for score, column, _, field in sorted(scored, key=lambda item: (-item[0], item[1], item[2])):
        if score < _SURE_ENOUGH:
            break
        if column not in paired and field not in paired.values():
            paired[column] = field
    return paired


def _score(label: str, field: DictionaryField) -> float:
    said = plain_words(label)
    if not said:
        return 0.0
    if said in (plain_words(field.name), plain_words(field.title)):
        # Above any likeness; the very name above its title.
        return 3.0 if label == field.name else 2.0
    tokens = _tokens(label)
    if not tokens:
        return 0.0
    names = _tokens(field.name) | _tokens(field.title)
    described = _tokens(field.description)
    if _SETTLED_NAME.fullmatch(label):
        # Somebody named it with care: it is this field, abbreviated word by word, or another.
        return float(all(any(abbreviates(token, word) for word in names) for token in tokens))
    total = 0.0
    for token in tokens:
        if any(abbreviates(token, word) for word in names):
            total += 1
        elif any(abbreviates(token, word) for word in described):
            total += _IN_DESCRIPTION
    return total / len(tokens)


def _tokens(text: str) -> set[str]:
    return set(plain_words(text).split()) - words("stop_words")


def abbreviates(token: str, word: str) -> bool:
    """Whether a word may be written so: itself, its beginning, or a contraction of it."""
    if stem(token) == stem(word):
        return True
    if len(token) < _SHORTEST or len(token) >= len(word):
        return False
    if word.startswith(token):
        return True
    # mto for monto, ctia for cuantia: first and last letter, and the others in their order.
    letters = iter(word)
    return token[0] == word[0] and token[-1] == word[-1] and all(c in letters for c in token)


def stem(word: str) -> str:
    """A word without the ending that tells gender and number: ``ganados``, ``ganado``."""
    for ending in ("os", "as", "es", "o", "a", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word[: -len(ending)]
    return word
