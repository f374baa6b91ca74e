"""Text that is in no column: what it says of persons, judged by itself.

Around it there are no other cells to say what a weak sign means, so what blocks and what is for
a person to look at is a list of its own, ``schemas/personal_data/files.yaml``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from ckanext.imssbienestar.checks.personal.column_profile import judged_value
from ckanext.imssbienestar.checks.personal.report import PersonalDataColumn, PersonalDataReport
from ckanext.imssbienestar.checks.personal.rules import Decision, screen
from ckanext.imssbienestar.checks.personal.text import plain
from ckanext.imssbienestar.datafiles import read_yaml

FILE_NAME = "[file-name]"
"""The place that a file's own name is reported as."""

_MASK = "[…]"
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_SMALL_FIRST = re.compile(r"\b[^\W\d_]")
_SEVERITY = {Decision.PASS: 0, Decision.REVIEW: 1, Decision.BLOCK: 2}


def judge_text(text: str, place: str) -> PersonalDataColumn | None:
    """What one text shows, or None.

    :param place: what it is reported as: the name of a field, a place in a file.
    :raises GuardFailedError: it cannot be judged; the error holds nothing of it.
    """
    return _told(judged_value(text), place)


class TextJudge:
    """Judges pieces of text and tells each place once: the worst, and how many pieces show it."""

    def __init__(self) -> None:
        self._worst: dict[str, PersonalDataColumn] = {}
        self._pieces: Counter[str] = Counter()
        self._judged = 0
        self._shown: Counter[tuple[str, Decision]] = Counter()

    def add(self, place: str, text: str, kind: str = "text") -> None:
        """Judge one piece.

        :param kind: ``text``; ``author``, the name of who wrote; ``signature``, what is in a
            certificate; ``raw``, printable characters among others; ``compact``, no spaces.
        :raises GuardFailedError: it cannot be judged.
        """
        self._pieces[place] += 1
        # Of an endless text, what is certain; a name alone only asks for a person anyway.
        if self._judged > _data()["limits"]["judged_characters"]:
            kind = "raw"
        self._judged += len(text)
        found = _of_kind(text, place, kind)
        if found is None:
            return
        self._shown[place, found.decision] += 1
        known = self._worst.get(place)
        if known is None or _rank(found) > _rank(known):
            self._worst[place] = found

    def found(self) -> Iterator[PersonalDataColumn]:
        """What was found, by place in the order of finding."""
        for place, worst in self._worst.items():
            matches, pieces = self._shown[place, worst.decision], self._pieces[place]
            counts = {"matches": matches, "cells": pieces, "ratio": round(matches / pieces, 4)}
            yield worst.model_copy(update=counts)


def _of_kind(text: str, place: str, kind: str) -> PersonalDataColumn | None:
    if kind in ("raw", "compact"):
        if not _certain().search(text):
            return None
        carried = set(judged_value(text))
        return _told(tuple(carried & _signal_set(kind)), place)
    signals = judged_value(text)
    if kind == "author" and "name.name" in signals:
        signals = (*signals, "name.full")
    found = _told(signals, place)
    lawful = kind == "signature" or (
        kind == "author" and found is not None and found.kind in _data()["authors"]
    )
    if found is None or not lawful:
        return found
    return found.model_copy(update={"decision": Decision.REVIEW})


def judge_file_name(name: str) -> PersonalDataColumn | None:
    """What the name of a file shows: «CURP GOMC…csv», «expediente Juan Pérez López.xlsx»."""
    spoken = re.sub(r"[_+.\-]+", " ", _ENDING.sub("", name)).strip()
    found = _worse(judge_text(name, FILE_NAME), judge_text(spoken, FILE_NAME))
    if not any(map(str.isupper, spoken)):
        # Names of persons are told by their capitals, and names of files often have none.
        capitalised = _SMALL_FIRST.sub(lambda first: first.group().upper(), spoken)
        found = _worse(found, judge_text(capitalised, FILE_NAME))
    if found is None or found.kind != "person-name" or found.decision is Decision.BLOCK:
        return found
    if _signal_set("file_name_tells").isdisjoint(plain(spoken).split()):
        return found
    told = {"decision": Decision.BLOCK, "evidence": ("names", "context")}
    return found.model_copy(update=told)


def shown_file_name(name: str) -> str:
    """A file's name as a report may show it: without itself when it shows a person."""
    if judge_file_name(name) is None:
        return name
    ending = _ENDING.search(name)
    return _MASK + (ending.group().lower() if ending else "")


def report_of(file_name: str, columns: Iterable[PersonalDataColumn | None]) -> PersonalDataReport:
    """A report without rows on what was found; the file's name is judged and shown as it may."""
    named = judge_file_name(file_name) if file_name else None
    found = tuple(column for column in (*columns, named) if column is not None)
    return PersonalDataReport(
        file=shown_file_name(file_name),
        rows=0,
        blocked=any(column.decision is Decision.BLOCK for column in found),
        columns=found,
    )


def _told(signals: tuple[str, ...], place: str) -> PersonalDataColumn | None:
    carried = set(signals)
    for signal, said in _signals().items():
        if signal in carried:
            return PersonalDataColumn(
                column=place,
                kind=said["kind"],
                sensitive=said.get("sensitive", False),
                matches=1,
                cells=1,
                ratio=1.0,
                evidence=tuple(said["evidence"]),
                decision=Decision(said["decision"]),
            )
    return None


def _worse(
    one: PersonalDataColumn | None, other: PersonalDataColumn | None
) -> PersonalDataColumn | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=_rank)


def _rank(found: PersonalDataColumn) -> tuple[int, bool]:
    return _SEVERITY[found.decision], found.sensitive


def _signals() -> Mapping[str, Mapping[str, Any]]:
    signals: Mapping[str, Mapping[str, Any]] = _data()["signals"]
    return signals


@cache
def _signal_set(name: str) -> frozenset[str]:
    return frozenset(_data()[name])


@cache
def _certain() -> re.Pattern[str]:
    return re.compile(screen("certain"))


def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = read_yaml("personal_data/files.yaml")
    return data
