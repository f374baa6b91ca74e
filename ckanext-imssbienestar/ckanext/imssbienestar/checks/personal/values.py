"""What one value looks like: a set of signals, never the value itself.

A signal is a word such as ``curp.checked`` or ``name.full``. Columns are judged by how many of
their cells, and how many different ones, carry each signal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ckanext.imssbienestar.checks.personal.dates import is_age, is_small_number, year_of
from ckanext.imssbienestar.checks.personal.names import (
    is_given_name,
    is_place,
    is_surname,
    kind_of_name,
    names_in,
)
from ckanext.imssbienestar.checks.personal.numbers import identifier_signals
from ckanext.imssbienestar.checks.personal.patterns import compiled
from ckanext.imssbienestar.checks.personal.rules import (
    email_pattern,
    tables,
)
from ckanext.imssbienestar.checks.personal.text import capitals, has_letters, plain, words_of
from ckanext.imssbienestar.datafiles import read_yaml

# A longer cell is read in windows that overlap by more than an identifier and what tells of it.
_WINDOW, _OVERLAP = 20_000, 200
# Signals that a piece of a text cannot give.
_WHOLE_CELL = ("number", "small-number", "date", "year:", "age", "icd", "word.", "name.given")
_DIGIT = re.compile("[0-9]")
_LETTER = re.compile("[A-ZÑ]")
_NUMBER = re.compile(r"[-+]?[$]? ?[0-9][0-9,]{0,30}([.][0-9]{0,12})?(E[+][0-9]{1,2})? ?%?")
_DATE_IN_TEXT = re.compile(
    r"[0-9]{1,4}[-/. ](?:[0-9]{1,2}|[A-Z]{3,10}|DE [A-Z]{4,10} DE)[-/. ][0-9]{2,4}"
)


def signals_of(value: str) -> tuple[str, ...]:
    """Everything that one cell's text shows."""
    if len(value) > _WINDOW:
        return _signals_of_long(value)
    text = capitals(value.strip())
    if len(text) < 2:
        return ("number", "small-number") if text.isdigit() else _vocabulary_signals(value)
    return tuple(dict.fromkeys(_signals(value, text)))


def _signals_of_long(value: str) -> tuple[str, ...]:
    """A very long text piece by piece: none is so long that reading it twice over would hurt."""
    found = dict.fromkeys(["text"])
    for start in range(0, len(value), _WINDOW - _OVERLAP):
        found |= dict.fromkeys(signals_of(value[start : start + _WINDOW]))
    return tuple(signal for signal in found if not signal.startswith(_WHOLE_CELL))


def _signals(value: str, text: str) -> Iterator[str]:
    has_digit = _DIGIT.search(text) is not None
    if has_digit:
        if _NUMBER.fullmatch(text):
            yield "number"
            if is_small_number(text):
                yield "small-number"
        if year := year_of(text):
            yield from ("date", f"year:{year}")
        else:
            yield from identifier_signals(text)
            if is_age(text):
                yield "age"
            if _icd().fullmatch(text):
                yield "icd"
    if "@" in text:
        yield from _email_signals(text)
    # No word of the vocabulary is without letters.
    if len(text) <= _longest_word() and has_letters(text):
        yield from _vocabulary_signals(value)
    yield from _wording_signals(value, text, has_digit=has_digit)


def _wording_signals(value: str, text: str, *, has_digit: bool) -> Iterator[str]:
    if not has_letters(text) or not _LETTER.search(text):
        return
    is_long = len(text) >= 15 and " " in text
    if is_long and has_digit and _is_address(text):
        yield "address"
        kind = ""
    else:
        kind = kind_of_name(text)
    if kind:
        yield f"name.{kind}"
    if kind in ("surname", "given") and is_place(value):
        yield "name.place"
    if is_long:
        if kind not in ("full", "name"):
            for strength in names_in(value):
                yield f"name.{strength}"
        yield from _told_signals(text)
    if len(text) > 60 or text.count(" ") >= 6:
        yield "text"


def _email_signals(text: str) -> Iterator[str]:
    for match in email_pattern().finditer(text):
        local, _, domain = match.group().lower().partition("@")
        if _is_personal_mail(local, domain.rstrip(".")):
            yield "email.person"
            if _names_a_person(local):
                yield "email.named"
        else:
            yield "email.office"


def _is_personal_mail(local: str, domain: str) -> bool:
    data = read_yaml("personal_data/detectors.yaml")["email"]
    if any(domain == end or domain.endswith("." + end) for end in data["institutional_endings"]):
        return False
    words = re.findall(r"[a-z]+", local)
    offices = data["office_words"]
    if any(w in offices or any(len(o) > 4 and o in w for o in offices) for w in words):
        return False
    if domain.split(".")[0] in data["personal_domains"]:
        return True
    return _names_a_person(local)


def _names_a_person(local: str) -> bool:
    """«juan.perez», «perezj80» is not enough."""
    words = re.findall(r"[a-z]+", local)
    names = [word for word in words if is_given_name(word) or is_surname(word)]
    return len(names) >= 2 and any(map(is_given_name, names))


def _told_signals(text: str) -> Iterator[str]:
    """What a text tells of a person: birth date, home."""
    for match in _tells().finditer(text):
        tell = match.group()
        if tell in _text_tells()["birth"]:
            if _DATE_IN_TEXT.search(text[match.start() : match.start() + 60]):
                yield "birth.near"
        elif _is_address(text[match.start() : match.start() + 120]):
            yield "home.near"


def _is_address(text: str) -> bool:
    words = re.findall(r"[A-ZÑ0-9]+", text[:160].replace("C.P", "CP"))
    marks = sum(word.replace("Ñ", "N").lower() in _address_words() for word in words)
    numbers = sum(any(map(str.isdigit, word)) for word in words) + ("S/N" in text)
    return 3 <= len(words) <= 25 and ((marks >= 1 and numbers >= 1) or marks >= 2)


def _vocabulary_signals(value: str) -> tuple[str, ...]:
    return _vocabulary().get(_wording(value), ())


def _wording(value: str) -> str:
    text = value.strip().lower()
    return text if text[-1:] in "+-" and len(text) < 8 else plain(value)


@cache
def _vocabulary() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for entry in tables()["vocabularies"]:
        for word in entry["words"]:
            found[word] = (*found.get(word, ()), f"word.{entry['name']}")
    for word in tables()["servant_values"]:
        found.setdefault(word, ("servant",))
    return found


@cache
def _longest_word() -> int:
    return max(map(len, _vocabulary())) + 2


def begins_like_a_post(value: str) -> bool:
    """«Jefe de Departamento»: a post in public office."""
    if not has_letters(value):
        return False
    words = words_of(capitals(value[:40]))
    return bool(words) and words[0].lower() in _servant_words()


@cache
def _servant_words() -> frozenset[str]:
    return frozenset(tables()["servant_values"])


@cache
def _address_words() -> frozenset[str]:
    return frozenset(word for phrase in tables()["address_words"] for word in phrase.split())


@cache
def _text_tells() -> dict[str, list[str]]:
    tells: dict[str, list[str]] = read_yaml("personal_data/detectors.yaml")["text"]
    return tells


@cache
def _tells() -> re.Pattern[str]:
    tells = [*_text_tells()["birth"], *_text_tells()["home"]]
    return re.compile("|".join(map(re.escape, sorted(tells, key=len, reverse=True))))


@cache
def _icd() -> re.Pattern[str]:
    return compiled(tables()["icd"], name="icd")
