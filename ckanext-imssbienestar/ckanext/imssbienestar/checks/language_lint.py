"""Names that people understand: of columns, of their titles and of datasets (R-095 to R-097).

No abbreviations, acronyms nor codes; column names in small ASCII letters with underscores; the
unit in the name of an amount (Guía 2017). What is certain blocks and what is probable warns: the
severity of each code is data (A-35).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ckanext.imssbienestar.checks import guide
from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE
from ckanext.imssbienestar.checks.personal_headers import normal_name
from ckanext.imssbienestar.checks.short_forms import (
    Shape,
    ShortForm,
    is_unsayable,
    short_forms,
)
from ckanext.imssbienestar.checks.texts import finding, listed, quoted, word
from ckanext.imssbienestar.checks.word_list import WordList, word_list
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DictionaryField, plain_words
from ckanext.imssbienestar.domain.findings import Finding

_GOOD_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_MONEY_UNIT = "pesos"


@dataclass(frozen=True)
class Lint:
    """A finding still without its place.

    :ivar facts: what its text asks for.
    """

    code: str
    facts: dict[str, Any] = field(default_factory=dict)


def name_lints(
    name: str, words: WordList, language: str, *, in_capitals: bool = False
) -> Iterator[Lint]:
    """What is wrong with the name of a column.

    :param in_capitals: the names of its table are written in capitals.
    """
    plain = normal_name(name)
    if plain in words.column_names:
        return
    short = list(short_forms(name.replace("_", " "), words, is_name=True, in_capitals=in_capitals))
    certain = [form for form in short if form.shape is not Shape.LETTER]
    if certain:
        yield Lint("abbreviated-name", _short_facts(certain, words, language))
        return
    if unclear := list(_unclear_words(plain, words)):
        meanings = [words.meanings.get(part) or words.only_alone.get(part, "") for part in unclear]
        yield Lint("unclear-name", _facts(unclear, meanings, language))
    if not _GOOD_NAME.fullmatch(name):
        yield Lint("column-name-form", {"expected": _good_name(name)})


def unit_lints(entry: DictionaryField) -> Iterator[Lint]:
    """An amount or a measure whose name does not say its unit."""
    measure = guide.missing_unit(entry.name) if entry.type in _NUMBERS else ""
    if measure:
        unit = normal_name(entry.unit.partition("(")[0])
        if not unit or len(unit.split("_")) > 3:
            unit = _MONEY_UNIT if guide.is_money(measure) else ""
        plain = normal_name(entry.name)
        expected = f"{plain}_{unit}" if unit else f"{plain}_…"
        yield Lint("unit-missing", {"measure": measure, "expected": expected})


def key_type_lints(entry: DictionaryField) -> Iterator[Lint]:
    """An INEGI key declared as a number: 01 would be 1."""
    digits = guide.key_digits(entry.name)
    if digits is not None and entry.type in _NUMBERS:
        yield Lint("key-as-number", {"digits": digits})


def text_lints(
    code: str,
    text: str,
    words: WordList,
    language: str,
    *,
    explanations: Sequence[str] = (),
    is_name: bool,
) -> Iterator[Lint]:
    """Short forms in a title or a description that no text beside it spells out."""
    found = [
        form
        for form in short_forms(text, words, is_name=is_name)
        if not form.is_explained((text, *explanations), words)
    ]
    if found:
        yield Lint(code, _short_facts(found, words, language))


def title_findings(
    title: str,
    language: str = DEFAULT_LANGUAGE,
    *,
    accepted_terms: Sequence[str] = (),
    column: str = "title",
) -> tuple[Finding, ...]:
    """What keeps the title of a dataset from being clear and simple (R-095).

    :param column: name of the metadata field, for the finding's place.
    """
    words = word_list(tuple(accepted_terms))
    return tuple(
        finding(lint.code, language=language, column=column, title=title, **lint.facts)
        for lint in _title_lints(title.strip(), words, language)
    )


def _title_lints(title: str, words: WordList, language: str) -> Iterator[Lint]:
    if not title:
        return  # a missing title is a missing metadata field
    faults = []
    if "_" in title:
        faults.append(word("title_faults", "underscore", language))
    ending = title.lower().rpartition(".")[2] if "." in title else ""
    if ending in words.file_extensions:
        faults.append(word("title_faults", "extension", language))
        title = title[: -len(ending) - 1]
    found = [
        form
        for form in short_forms(title.replace("_", " "), words, is_name=True)
        if not form.is_explained([title], words)
    ]
    faults += [_fault(form, language) for form in found]
    if faults:
        yield Lint("unclear-title", {"faults": listed(faults)})
    if len(title) > words.limits["title_characters"]:
        limit = words.limits["title_characters"]
        yield Lint("long-title", {"found": len(title), "limit": limit})
    if len(plain_words(title).split()) < words.limits["title_words_at_least"]:
        yield Lint("short-title")


def _fault(form: ShortForm, language: str) -> str:
    return f"{word('title_faults', form.shape, language)} {quoted(form.text, language)}"


def _good_name(name: str) -> str:
    """The name as it should be written; the year keeps its sound."""
    plain = normal_name(re.sub(r"\b([Aa])ño(s?)\b", r"\1nio\2", name.replace("_", " ")))
    return plain if _GOOD_NAME.fullmatch(plain) else f"columna_{plain}".rstrip("_")


def _unclear_words(plain: str, words: WordList) -> Iterator[str]:
    """Parts of a column name that are probably short for something."""
    if plain in words.only_alone:
        yield plain
        return
    if len(plain) == 1 and plain.isalpha():
        yield plain
        return
    for part in plain.split("_"):
        if part in words.accepted_words:
            continue
        if part in words.meanings or is_unsayable(part):
            yield part


def _short_facts(forms: Sequence[ShortForm], words: WordList, language: str) -> dict[str, Any]:
    spelled = [words.meanings.get(plain_words(form.text), "") for form in forms]
    return _facts([form.text for form in forms], spelled, language)


def _facts(forms: Sequence[str], meanings: Sequence[str], language: str) -> dict[str, Any]:
    """The short forms, and what to write for those that are known."""
    advice = listed(dict.fromkeys(filter(None, meanings)))
    shown = (quoted(form, language) for form in dict.fromkeys(forms))
    return {"forms": listed(shown), "advice": advice, "variant": "advice" if advice else ""}
