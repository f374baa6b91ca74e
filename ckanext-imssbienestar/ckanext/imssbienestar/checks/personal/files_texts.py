"""Text that is in no column: what it says of persons, judged by itself.

Around it there are no other cells to say what a weak sign means, so what blocks and what is for
a person to look at is a list of its own, ``schemas/personal_data/files.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from ckanext.imssbienestar.checks.personal.profile import judged_value
from ckanext.imssbienestar.checks.personal.report import PersonalDataColumn, PersonalDataReport
from ckanext.imssbienestar.checks.personal.rules import Decision
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


def judge_texts(texts: Iterable[str], place: str) -> PersonalDataColumn | None:
    """What many pieces of one place show, told once: the worst, and how many pieces show it."""
    worst: PersonalDataColumn | None = None
    pieces, shown = 0, dict.fromkeys(Decision, 0)
    for text in texts:
        pieces += 1
        found = judge_text(text, place)
        if found is None:
            continue
        shown[found.decision] += 1
        if worst is None or _rank(found) > _rank(worst):
            worst = found
    if worst is None:
        return None
    matches = shown[worst.decision]
    counts = {"matches": matches, "cells": pieces, "ratio": round(matches / pieces, 4)}
    return worst.model_copy(update=counts)


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
    if _file_name_tells().isdisjoint(plain(spoken).split()):
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


@cache
def _signals() -> Mapping[str, Mapping[str, Any]]:
    signals: Mapping[str, Mapping[str, Any]] = read_yaml("personal_data/files.yaml")["signals"]
    return signals


@cache
def _file_name_tells() -> frozenset[str]:
    return frozenset(read_yaml("personal_data/files.yaml")["file_name_tells"])
