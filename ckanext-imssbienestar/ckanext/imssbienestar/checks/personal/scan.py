"""The guard's three doors: a header alone, columns in memory, an open table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ckanext.imssbienestar.checks.layout import column_letter
from ckanext.imssbienestar.checks.personal.column_profile import ColumnProfile, judged_value
from ckanext.imssbienestar.checks.personal.combinations import (
    GroupCounter,
    count_in_memory,
    count_in_table,
)
from ckanext.imssbienestar.checks.personal.decision import judge
from ckanext.imssbienestar.checks.personal.profile import profile_columns, profile_table
from ckanext.imssbienestar.checks.personal.report import PersonalDataColumn, PersonalDataReport
from ckanext.imssbienestar.checks.personal.rules import Decision, screen
from ckanext.imssbienestar.checks.personal.values import signals_of
from ckanext.imssbienestar.checks.table_source import TableSource

# Signals that make a label a value: the file has no header, its first row stands there.
_VALUE_SIGNALS = frozenset(
    {
        "curp.checked",
        "voter-key.form",
        "rfc-person.checked",
        "email.person",
        "name.full",
        "clabe.checked",
    }
)


# Signals certain wherever they stand: their kind and evidence.
_CERTAIN = {
    "card.near": ("card", ("format", "check-digit", "context")),
    "curp.checked": ("curp", ("format", "check-digit")),
    "nss.near": ("nss", ("format", "check-digit", "context")),
    "passport.near": ("id-document", ("format", "context")),
    "voter-key.form": ("id-document", ("format",)),
}


def scan_labels(labels: Sequence[str], *, file_name: str = "") -> PersonalDataReport:
    """Judge column names alone: enough to refuse a file with no rows."""
    profiles = [ColumnProfile(n, label) for n, label in enumerate(labels, start=1)]
    return _report(file_name, 0, profiles, None)


def scan_columns(
    labels: Sequence[str], columns: Sequence[Sequence[str | None]], *, file_name: str = ""
) -> PersonalDataReport:
    """Judge columns held in memory, all of one length: a sheet of a workbook, a test."""
    profiles = profile_columns(labels, columns)
    rows = max(map(len, columns), default=0)
    return _report(file_name, rows, profiles, count_in_memory(columns) if rows else None)


def scan_open_table(table: TableSource, *, file_name: str = "") -> PersonalDataReport:
    """Judge an open table."""
    rows, profiles = profile_table(table)
    return _report(file_name, rows, profiles, count_in_table(table) if rows else None)


def scan_outside(texts: Iterable[str], number: int) -> PersonalDataColumn | None:
    """Judge text that is in no column: rows above the header, cells beyond it, broken rows.

    Only what is certain by itself counts: nothing around says what the rest would mean.

    :param texts: any pieces of the file. :param number: the column it is reported as.
    """
    clear = re.compile(screen("certain"))
    matches = 0
    found = ""
    for text in texts:
        if clear.search(text):
            signals = _CERTAIN.keys() & set(judged_value(text))
            matches += bool(signals)
            found = found or min(signals, default="")
    if not found:
        return None
    kind, evidence = _CERTAIN[found]
    return PersonalDataColumn(
        column=column_letter(number),
        kind=kind,
        sensitive=False,
        matches=matches,
        cells=matches,
        ratio=1.0,
        evidence=evidence,
        decision=Decision.BLOCK,
    )


def shown_label(label: str, number: int) -> str:
    """A column's name as a report may show it.

    In a file without a header the first row's values stand where names should be.
    """
    return column_letter(number) if _is_value(label) else label


def _is_value(label: str) -> bool:
    return not _VALUE_SIGNALS.isdisjoint(signals_of(label))


def _report(
    file_name: str,
    rows: int,
    profiles: Sequence[ColumnProfile],
    count: GroupCounter | None,
) -> PersonalDataReport:
    shown = [shown_label(profile.label, profile.index) for profile in profiles]
    for profile in profiles:
        if _is_value(profile.label):
            profile.cells += 1
            profile.add(profile.label, 1, signals_of(profile.label))
            profile.label = ""
    found = []
    for name, profile, verdict in zip(shown, profiles, judge(profiles, count), strict=True):
        if verdict is None:
            continue
        matches = min(verdict.matches, max(profile.cells, 0))
        found.append(
            PersonalDataColumn(
                column=name,
                kind=verdict.kind,
                sensitive=verdict.sensitive,
                matches=matches,
                cells=profile.cells,
                ratio=round(matches / profile.cells, 4) if profile.cells else 0.0,
                evidence=verdict.evidence,
                decision=verdict.decision,
            )
        )
    blocked = any(column.decision is Decision.BLOCK for column in found)
    return PersonalDataReport(file=file_name, rows=rows, blocked=blocked, columns=tuple(found))
