"""The dictionary itself: does it describe every column for people (R-096 to R-098, R-101)?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ckanext.imssbienestar.checks.catalogues import foreign_key_problems
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.language_lint import (
    Lint,
    key_type_lints,
    name_lints,
    text_lints,
    unit_lints,
)
from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE
from ckanext.imssbienestar.checks.short_forms import Shape, short_forms, written_in_capitals
from ckanext.imssbienestar.checks.texts import finding, listed, quoted
from ckanext.imssbienestar.checks.word_list import WordList, word_list
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.descriptions import only_echoes
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryField,
    DictionaryProblem,
    constraint_text,
    plain_words,
)
from ckanext.imssbienestar.domain.findings import Finding

# Letters, digits, lists of them and how often each: what most patterns are made of.
_PLAIN_PATTERN = re.compile(
    r"(?:[A-Za-z0-9 _,;:/@-]|\\[.dw]|\[(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9ÁÉÍÓÚÑáéíóúñ _.,/])+\])"
    r"(?:[?*+]|\{[0-9]{1,3}(?:,[0-9]{1,3})?\})?"
)
_PLAIN_LENGTH = 100


def lint_dictionary(
    dictionary: DataDictionary | None,
    language: str = DEFAULT_LANGUAGE,
    *,
    accepted_terms: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Everything to be said of a dictionary without looking at its file.

    :param accepted_terms: short forms that this catalogue accepts besides the word list's.
    """
    if dictionary is None:
        return (finding("dictionary-missing", language=language),)
    words = word_list(tuple(accepted_terms))
    capitals = written_in_capitals(dictionary.names, words)
    return tuple(
        finding(lint.code, language=language, column=field.name, **lint.facts)
        for field in dictionary.fields
        for lint in _field_lints(field, words, language, names_in_capitals=capitals)
    )


def check_dictionary(dictionary: DataDictionary | None, collector: FindingCollector) -> None:
    """Collect everything to be said of the dictionary."""
    collector.extend(
        lint_dictionary(dictionary, collector.language, accepted_terms=collector.accepted_terms)
    )


def require_usable(dictionary: DataDictionary) -> None:
    """Refuse what the engine cannot check.

    :raises DictionaryError: names each pattern that is not a regular expression, or needs
        back-references or look-around (no linear time), and each foreign key to a catalogue or
        column there is not.
    """
    problems = [*foreign_key_problems(dictionary), *_pattern_problems(dictionary)]
    if problems:
        raise DictionaryError(problems)


def _field_lints(
    field: DictionaryField, words: WordList, language: str, *, names_in_capitals: bool
) -> Iterator[Lint]:
    said = (field.title, field.description)
    yield from name_lints(field.name, words, language, in_capitals=names_in_capitals)
    if plain_words(field.title) != plain_words(field.name):
        yield from text_lints("abbreviated-title", field.title, words, language, is_name=True)
    yield from unit_lints(field)
    yield from key_type_lints(field)
    yield from _description_lints(field, words, language)
    if field.type is FieldType.STRING:
        values = [constraint_text(value) for value in field.constraints.enum]
        for value, forms in short_values(values, words, language, explanations=said):
            shown = quoted(value, language)
            yield Lint("abbreviated-value", {"value": shown, "forms": forms, "variant": "listed"})


def short_values(
    values: Sequence[str], words: WordList, language: str, *, explanations: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    """The values of a list that hold short forms (R-096), each with those forms."""
    capitals, initials = written_in_capitals(values, words), _are_initials(values)
    for value in values:
        found = [
            form.text
            for form in short_forms(value, words, is_name=False, in_capitals=capitals)
            if (initials or form.shape is not Shape.LETTER)
            and not form.is_explained(explanations, words)
        ]
        if found:
            yield value, listed(quoted(form, language) for form in dict.fromkeys(found))


def _are_initials(values: Sequence[str]) -> bool:
    """Whether single letters stand for words (M, H), and are not an order (A, B, C)."""
    letters = sorted({value.strip().upper() for value in values})
    if not letters or any(len(letter) != 1 for letter in letters):
        return False
    return ord(letters[-1]) - ord(letters[0]) >= len(letters)


def _description_lints(field: DictionaryField, words: WordList, language: str) -> Iterator[Lint]:
    description = field.description.strip()
    if not field.is_described:
        yield Lint("description-missing")
        return
    if only_echoes(field, words.empty_words):
        yield Lint("echo-description")
        return
    limits = words.limits
    least = limits["description_words_at_least"], limits["description_characters_at_least"]
    if len(plain_words(description).split()) < least[0] or len(description) < least[1]:
        yield Lint("short-description")
    yield from text_lints(
        "jargon-description",
        description,
        words,
        language,
        explanations=(field.title,),
        is_name=False,
    )


def is_plain_pattern(pattern: str) -> bool:
    """Whether every engine surely knows the pattern and takes linear time: spares asking it."""
    if len(pattern) > _PLAIN_LENGTH or _PLAIN_PATTERN.sub("", pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _pattern_problems(dictionary: DataDictionary) -> Iterator[DictionaryProblem]:
    patterned = [
        (field, pattern)
        for field in dictionary.fields
        if (pattern := field.constraints.pattern) and not is_plain_pattern(pattern)
    ]
    if not patterned:
        return
    # Imported here: most dictionaries ask for nothing that only the engine knows.
    import duckdb

    with duckdb.connect() as connection:
        for field, pattern in patterned:
            try:
                connection.execute("SELECT regexp_full_match('', ?)", [pattern]).fetchone()
            except duckdb.Error:
                yield DictionaryProblem("dictionary-pattern", field=field.name, value=pattern)
