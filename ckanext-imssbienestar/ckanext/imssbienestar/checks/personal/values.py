"""What one value looks like: a set of signals, never the value itself.

A signal is a word such as ``curp.checked`` or ``name.full``. Columns are judged by how many of
their cells, and how many different ones, carry each signal.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import cache

from ckanext.imssbienestar.checks.personal.names import (
    is_given_name,
    is_place,
    is_surname,
    kind_of_name,
    names_in,
)
from ckanext.imssbienestar.checks.personal.patterns import compiled
from ckanext.imssbienestar.checks.personal.rules import (
    Detector,
    detectors,
    email_pattern,
    tables,
)
from ckanext.imssbienestar.checks.personal.text import capitals, plain, words_of
from ckanext.imssbienestar.datafiles import read_yaml

# Read of a longer cell: in windows, so that work grows with length and not faster.
LONGEST_TEXT = 20_000
_DIGIT = re.compile("[0-9]")
_LETTER = re.compile("[A-ZÑ]")
_DIGIT_RUN = re.compile(r"[0-9](?:[ .()/\-]{0,2}[0-9]){9,24}")
_GROUPED_CARD = re.compile(r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{3,4}")
_SEPARATORS = str.maketrans("", "", " -./_()'\"")
_NUMBER = re.compile(r"[-+]?[$]? ?[0-9][0-9,]{0,30}([.][0-9]{0,12})?(E[+][0-9]{1,2})? ?%?")
_SMALL = re.compile(r"[0-9]{1,3}([.]0)?")
_DATE = re.compile(
    r"(?P<y>(18|19|20)[0-9]{2})[-/.]?(?P<m>0[1-9]|1[0-2])[-/.]?(?P<d>[0-3][0-9])([T ][0-9:.Z]{4,18})?"
    r"|(?P<d2>[0-3]?[0-9])[-/. ](?P<m2>[01]?[0-9]|[A-Z]{3,10})[-/. ](?P<y2>(18|19|20)?[0-9]{2})"
    r"( [0-9:.]{4,12})?"
    r"|(?P<d3>[0-3]?[0-9]) DE (?P<m3>[A-Z]{4,10}) (DE|DEL) (?P<y3>(18|19|20)[0-9]{2})"
)
_DATE_IN_TEXT = re.compile(
    r"[0-9]{1,4}[-/. ](?:[0-9]{1,2}|[A-Z]{3,10}|DE [A-Z]{4,10} DE)[-/. ][0-9]{2,4}"
)
_MONTHS = "ENE FEB MAR ABR MAY JUN JUL AGO SEP OCT NOV DIC JAN APR AUG DEC".split()
_NEAR = 40


def signals_of(value: str) -> tuple[str, ...]:
    """Everything that one cell's text shows."""
    text = capitals(value.strip()[:LONGEST_TEXT])
    if len(text) < 2:
        return ("number", "small-number") if text.isdigit() else _vocabulary_signals(value)
    return tuple(dict.fromkeys(_signals(value, text)))


def _signals(value: str, text: str) -> Iterator[str]:
    has_digit = _DIGIT.search(text) is not None
    if has_digit:
        if _NUMBER.fullmatch(text):
            yield "number"
            if _SMALL.fullmatch(text):
                yield "small-number"
        date = year_of(text)
        if date:
            yield from ("date", f"year:{date}")
        if not date:
            if len(text) >= 10:
                yield from _digit_signals(text)
            if len(text) >= 9 and _openings().search(text):
                yield from _pattern_signals(text)
        if _icd().fullmatch(text):
            yield "icd"
    if "@" in text:
        yield from _email_signals(text)
    if len(text) <= _longest_word():
        yield from _vocabulary_signals(value)
    yield from _wording_signals(value, text, has_digit=has_digit)


def _wording_signals(value: str, text: str, *, has_digit: bool) -> Iterator[str]:
    if not _LETTER.search(text):
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
            for strength in names_in(value[:LONGEST_TEXT]):
                yield f"name.{strength}"
        yield from _told_signals(text)
    if len(text) > 60 or text.count(" ") >= 6:
        yield "text"


def _pattern_signals(text: str) -> Iterator[str]:
    compact = text.translate(_SEPARATORS) if len(text) <= 48 else ""
    for detector in detectors():
        if detector.pattern is None:
            continue
        if compact and (match := detector.pattern.fullmatch(compact)):
            if not detector.near:
                yield from _strengths(detector, match.group(), compact=True)
                continue
        if detector.whole:
            continue
        for match in detector.pattern.finditer(text):
            if detector.boundary != "none" and _touches(text, match.start(), match.end()):
                continue
            if detector.near and not _is_near(text, match.start(), detector.near):
                continue
            yield from _strengths(detector, match.group(), compact=False)


def _strengths(detector: Detector, written: str, *, compact: bool) -> Iterator[str]:
    plain_form = "".join(filter(str.isalnum, written)) if not compact else written
    if "&" in written:
        plain_form = written.translate(_SEPARATORS)
    if plain_form in detector.exceptions:
        return
    if detector.near:
        yield f"{detector.name}.near"
        return
    yield f"{detector.name}.form"
    if detector.holds and detector.holds(plain_form):
        yield f"{detector.name}.checked"


def _touches(text: str, start: int, end: int) -> bool:
    return (start > 0 and text[start - 1].isalnum()) or (end < len(text) and text[end].isalnum())


def _is_near(text: str, place: int, tells: tuple[str, ...]) -> bool:
    before = text[max(0, place - _NEAR) : place]
    return any(tell in before for tell in tells)


def _digit_signals(text: str) -> Iterator[str]:
    """Numbers told by their length: NSS, CLABE, card, telephone."""
    for match in _DIGIT_RUN.finditer(text):
        if _touches(text, match.start(), match.end()) or _is_decimal(text, match):
            continue
        digits = "".join(filter(str.isdigit, match.group()))
        whole = match.group() == text or len(text) - len(match.group()) <= 3
        for detector in detectors():
            if detector.pattern is not None or len(digits) not in detector.lengths:
                continue
            # A zero that a spreadsheet dropped is only dropped from a cell of its own.
            if len(digits) < max(detector.lengths) and detector.name != "card" and not whole:
                continue
            near = not whole and _is_near(text, match.start(), detector.near)
            if not whole and not near and detector.name != "clabe":
                if not (detector.name == "card" and _GROUPED_CARD.fullmatch(match.group())):
                    continue
            checked = detector.holds is not None and detector.holds(digits)
            if len(digits) == max(detector.lengths) or checked:
                yield f"{detector.name}.form"
            if checked:
                yield f"{detector.name}.{'near' if near else 'checked'}"
        yield from _phone_signals(text, match, digits, whole=whole)


def _is_decimal(text: str, match: re.Match[str]) -> bool:
    """Whether the run is an amount of money or a coordinate: one point, no other mark."""
    run = match.group()
    return run.count(".") == 1 and not set(run) & set(" -()/") and len(run) == len(text)


def _phone_signals(text: str, match: re.Match[str], digits: str, *, whole: bool) -> Iterator[str]:
    national = re.sub(r"^(00)?(521?|044|045|01)(?=[0-9]{10}$)", "", digits)
    if len(national) != 10 or national[0] in "01":
        return
    if whole:
        yield "phone.form"
        if match.group() != digits:
            yield "phone.written"
    elif _is_near(text, match.start(), tuple(_phone_tells())):
        yield "phone.near"


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
    words = re.findall(r"[A-ZÑ0-9]+", text[:200])
    marks = sum(word.replace("Ñ", "N").lower() in _address_words() for word in words)
    numbers = sum(any(map(str.isdigit, word)) for word in words) + ("S/N" in text)
    return 3 <= len(words) <= 30 and ((marks >= 1 and numbers >= 1) or marks >= 2)


def year_of(text: str) -> int:
    """The year of a cell that is a date, else 0; two digits are of the last hundred years."""
    match = _DATE.fullmatch(text)
    if not match:
        return 0
    found = match.groupdict()
    year = found["y"] or found["y2"] or found["y3"]
    month = found["m"] or found["m2"] or found["m3"]
    day = found["d"] or found["d2"] or found["d3"]
    if month.isalpha():
        if month[:3] not in _MONTHS:
            return 0
        month = "1"
    number = int(year)
    if number < 100:
        number += 1900 if number > _this_year() % 100 else 2000
    first, second = int(month), int(day)
    if not (1 <= first <= 12 and 1 <= second <= 31) and not (
        1 <= second <= 12 and 1 <= first <= 31
    ):
        return 0
    return number


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
def _openings() -> re.Pattern[str]:
    """What every detector's pattern needs somewhere: spares looking closer at most numbers."""
    return compiled(read_yaml("personal_data/detectors.yaml")["opening"], name="opening")


@cache
def _this_year() -> int:
    return datetime.datetime.now(tz=datetime.UTC).year


@cache
def _tells() -> re.Pattern[str]:
    tells = [*_text_tells()["birth"], *_text_tells()["home"]]
    return re.compile("|".join(map(re.escape, sorted(tells, key=len, reverse=True))))


@cache
def _phone_tells() -> list[str]:
    tells: list[str] = read_yaml("personal_data/detectors.yaml")["phone"]["near"]
    return tells


@cache
def _icd() -> re.Pattern[str]:
    return compiled(tables()["icd"], name="icd")
