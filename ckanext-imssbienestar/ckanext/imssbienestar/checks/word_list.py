"""The words of ``schemas/word_list.yaml`` in the forms that the language checks compare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from ckanext.imssbienestar.checks.personal_headers import normal_name
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import plain_words


@dataclass(frozen=True)
class WordList:
    """What may be written short, and what must be written out.

    :ivar accepted: terms as written; compared without case.
    :ivar meanings: short form or technical word, in plain words -> what to write.
    :ivar only_alone: the same for words that are short only as a whole name.
    """

    accepted: tuple[str, ...]
    column_names: frozenset[str]
    short_words: frozenset[str]
    meanings: Mapping[str, str]
    only_alone: Mapping[str, str]
    stop_words: frozenset[str]
    fillers: frozenset[str]
    file_extensions: tuple[str, ...]
    limits: Mapping[str, int]

    @cached_property
    def empty_words(self) -> frozenset[str]:
        """Words that say nothing by themselves, in plain words."""
        return self.stop_words | self.fillers

    @cached_property
    def accepted_words(self) -> frozenset[str]:
        """Accepted terms as parts of a column name."""
        return frozenset(map(normal_name, self.accepted))

    @cached_property
    def _accepted_pattern(self) -> re.Pattern[str]:
        terms = sorted(self.accepted, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, terms))})(?!\w)", re.IGNORECASE)

    def without_accepted(self, text: str) -> str:
        """``text`` with a neutral mark in the place of each accepted term."""
        return self._accepted_pattern.sub("·", text)


@cache
def word_list(accepted_terms: tuple[str, ...] = ()) -> WordList:
    """The list, with the terms that a catalogue accepts besides."""
    data: Mapping[str, Any] = read_yaml("word_list.yaml")
    accepted = dict(data["accepted"])
    column_names = accepted.pop("column_names")
    terms = [term for group in accepted.values() for term in group]
    return WordList(
        accepted=(*terms, *(term for term in accepted_terms if term.strip())),
        column_names=frozenset(map(normal_name, column_names)),
        short_words=_plain(data["short_words"]),
        meanings={
            plain_words(short): meaning
            for short, meaning in (data["abbreviations"] | data["technical"]).items()
        },
        only_alone={plain_words(short): word for short, word in data["only_alone"].items()},
        stop_words=_plain(data["stop_words"]),
        fillers=_plain(data["fillers"]),
        file_extensions=tuple(data["file_extensions"]),
        limits=data["limits"],
    )


def _plain(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(plain_words, words))
