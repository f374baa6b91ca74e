"""Abbreviations, acronyms and codes in a text: what a person outside the institution cannot read.

The judgements are about spelling, so they err; the severity of each is data (A-35), and a term
that everybody knows is added to the word list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ckanext.imssbienestar.checks.word_list import WordList
from ckanext.imssbienestar.domain.dictionary import plain_words


class Shape(StrEnum):
    """Why a word is taken for a short form."""

    DOT = "dot"
    ACRONYM = "acronym"
    CODE = "code"
    LETTER = "letter"


@dataclass(frozen=True)
class ShortForm:
    """A short form as it is written."""

    text: str
    shape: Shape

    def is_explained(self, texts: Iterable[str], words: WordList) -> bool:
        """Whether one of these texts spells it out: «Salario diario integrado» for SDI."""
        if self.shape is not Shape.ACRONYM:
            return False
        letters, longest = plain_words(self.text), words.limits["judged_characters"]
        return any(
            letters in initials
            for text in texts
            for initials in _initials(text[:longest], words.stop_words)
        )


_WORD = re.compile(r"[^\W_]+")
_DOT = re.compile(r"\.(?P<space>\s*)(?P<next>\S?)")
_DOTTED_LETTERS = re.compile(r"(?<![\w.])(?:[A-ZÑ]\.){2,}")
_ROMAN = re.compile(r"(?=[IVXLC])(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_ORDINAL = re.compile(r"\d+(o|a|er|era|ro|ra|do|da|to|ta|vo|va|mo|ma|no|na|os|as|°|º|ª)?", re.I)
_UNIT_OF_TIME = re.compile(r"\d+(hrs?|h|am|pm)", re.I)
# No Spanish word ends like this, so a dot after it ends no sentence.
_CUT_SHORT = re.compile(r".*[bcfghkmpqtvwx]")
# A word that can be said in Spanish: syllables of one or two consonants, vowels, and a tail.
_ONSET = r"(?:[bcfgptk][rl]|dr|ch|ll|rr|qu|[bcdfghjklmnpqrstvxyz])"
_TAIL = r"(?:ns|[nslrdzxmcbpt])"
_SAYABLE = re.compile(rf"(?:{_ONSET}?[aeiou]+(?:y\b)?{_TAIL}?)+")


def short_forms(
    text: str, words: WordList, *, is_name: bool, in_capitals: bool = False
) -> Iterator[ShortForm]:
    """The short forms of a text, in order.

    :param is_name: the text names something: it ends in no full stop, and a word of letters and
        digits is a code.
    :param in_capitals: texts of its kind are written in capitals, so that capitals alone do not
        make an acronym.
    """
    open_text = words.without_accepted(text[: words.limits["judged_characters"]])
    for dotted in _DOTTED_LETTERS.findall(open_text):
        yield ShortForm(dotted, Shape.DOT)
    open_text = _DOTTED_LETTERS.sub("·", open_text)
    found = list(_WORD.finditer(open_text))
    if len(found) == 1 and len(found[0][0]) == 1 and found[0][0].isalpha():
        yield ShortForm(text.strip(), Shape.LETTER)
        return
    for match in found:
        word, dot = match[0], _DOT.match(open_text, match.end())
        if dot and _is_cut(word, dot["space"], dot["next"], words, is_name=is_name):
            yield ShortForm(f"{word}.", Shape.DOT)
        elif _is_acronym(word, words, in_capitals=in_capitals):
            yield ShortForm(word, Shape.ACRONYM)
        elif is_name and _is_code(word):
            yield ShortForm(word, Shape.CODE)


def written_in_capitals(texts: Iterable[str], words: WordList) -> bool:
    """Whether texts are in capitals out of style: some word in them is too long for an acronym."""
    longest = words.limits["acronym_letters"]
    return any(
        word.isupper() and len(word) > longest for text in texts for word in _WORD.findall(text)
    )


def is_unsayable(word: str) -> bool:
    """Whether a word in small letters has no vowel: ``mdp``, ``cct``."""
    plain = plain_words(word)
    return len(plain) > 1 and plain.isalpha() and not re.search("[aeiouy]", plain)


@lru_cache(maxsize=32)
def _initials(text: str, stop_words: frozenset[str]) -> tuple[str, str]:
    """The first letters of all words, and of those that mean something."""
    spoken = plain_words(text).split()
    meant = [word for word in spoken if word not in stop_words]
    return "".join(word[0] for word in spoken), "".join(word[0] for word in meant)


def _is_cut(word: str, space: str, after: str, words: WordList, *, is_name: bool) -> bool:
    """Whether the dot after a word cuts it short, and does not end a sentence.

    :param after: the character that comes next, empty at the end of the text.
    """
    if not word.isalpha() or (len(word) == 1 and word.isupper()):
        return False
    plain = plain_words(word)
    if word.isupper() and not is_name and not after:
        return False  # an acronym that ends a sentence
    if plain in words.meanings or is_unsayable(word) or _CUT_SHORT.fullmatch(plain):
        return True
    if not after:
        return is_name and len(word) <= words.limits["acronym_letters"] + 1
    if after in ",;/)":
        return True
    return after.islower() if space else after.isalnum()


def _is_acronym(word: str, words: WordList, *, in_capitals: bool) -> bool:
    plain = plain_words(word)
    if not (word.isupper() and word.isalpha() and 1 < len(word) <= words.limits["acronym_letters"]):
        return False
    if plain in words.short_words or _ROMAN.fullmatch(word):
        return False
    return not (in_capitals and _SAYABLE.fullmatch(plain))


def _is_code(word: str) -> bool:
    if not any(map(str.isalpha, word)) or not any(map(str.isdigit, word)):
        return False
    return not (_ORDINAL.fullmatch(word) or _UNIT_OF_TIME.fullmatch(word))
