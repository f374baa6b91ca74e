"""Identifiers in a text in capitals: patterns with their check, numbers told by their length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ckanext.imssbienestar.checks.personal.patterns import compiled
from ckanext.imssbienestar.checks.personal.rules import Detector, detectors
from ckanext.imssbienestar.datafiles import read_yaml

_DIGIT_RUN = re.compile(r"[0-9](?:[ .()/\-]{0,2}[0-9]){9,24}")
_GROUPED_CARD = re.compile(r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{3,4}")
_SEPARATORS = str.maketrans("", "", " -./_()'\"\n\r\t")
_NEAR = 40
# A spreadsheet writes a whole number of a decimal column so.
_SAVED_AS_DECIMAL = re.compile(r"^([0-9]{6,20})[.]0$")


def identifier_signals(text: str) -> Iterator[str]:
    """Every identifier in a text that holds a digit."""
    text = _SAVED_AS_DECIMAL.sub(r"\1", text)
    if len(text) >= 10:
        yield from _digit_signals(text)
    if 12 <= len(text) <= 15 and _public_rfc().fullmatch(text):
        yield "public-rfc"
    elif len(text) >= 9 and _openings().search(text):
        yield from _pattern_signals(text)


def _pattern_signals(text: str) -> Iterator[str]:
    compact = text.translate(_SEPARATORS) if len(text) <= 48 else ""
    for detector in detectors():
        if detector.pattern is None:
            continue
        if compact and not detector.near and (whole := detector.pattern.fullmatch(compact)):
            yield from _strengths(detector, whole.group(), compact=True)
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
            if not (whole or near or _speaks_for_itself(detector, match.group())):
                continue
            checked = detector.holds is not None and detector.holds(digits)
            yield f"{detector.name}.form"
            if checked:
                yield f"{detector.name}.{'near' if near else 'checked'}"
        yield from _phone_signals(text, match, digits, whole=whole)


def _speaks_for_itself(detector: Detector, written: str) -> bool:
    """Whether a number in a text needs no word before it: a CLABE, a card in groups of four."""
    return detector.name == "clabe" or (
        detector.name == "card" and _GROUPED_CARD.fullmatch(written) is not None
    )


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


@cache
def _openings() -> re.Pattern[str]:
    """What every detector's pattern needs somewhere: spares looking closer at most numbers."""
    return compiled(read_yaml("personal_data/detectors.yaml")["opening"], name="opening")


@cache
def _public_rfc() -> re.Pattern[str]:
    return compiled(read_yaml("personal_data/detectors.yaml")["public_rfc"], name="public_rfc")


@cache
def _phone_tells() -> list[str]:
    tells: list[str] = read_yaml("personal_data/detectors.yaml")["phone"]["near"]
    return tells
