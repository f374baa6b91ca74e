"""A report arranged for people: groups with counts, then the findings, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks import report_text
from ckanext.imssbienestar.checks.texts import severity_of, title_of
from ckanext.imssbienestar.domain.findings import CheckReport, Finding, FindingGroup, Severity
from ckanext.imssbienestar.domain.report_comparison import GroupChange, compare_reports
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.report_texts import standing_dict
from ckanext.imssbienestar.portal.reports import CheckStanding, Earlier

FINDINGS_ON_A_PAGE = 50

# Of each column, so many cells are named beside its count.
_CELLS_NAMED = 5


@dataclass(frozen=True)
class Choice:
    """Which findings somebody wants to see.

    :ivar column: "" for those that are of no column; None for every column.
    :ivar page: from 1.
    """

    code: str | None = None
    column: str | None = None
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Choice:
        """From the address of the page; what makes no sense there is passed over."""
        number = query.get("page", "1")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < 8 else 1
        return cls(query.get("code") or None, query.get("column"), max(1, page))

    @property
    def is_everything(self) -> bool:
        """No filter at all."""
        return self.code is None and self.column is None

    def takes(self, code: str, column: str | None) -> bool:
        """Is a finding, or a group, among them?"""
        return (self.code is None or code == self.code) and (
            self.column is None or (column or "") == self.column
        )


def view_of(
    standing: CheckStanding, choice: Choice, earlier: Earlier | None = None
) -> dict[str, Any]:
    """What the template shows of a check; ``report`` is None while there is none."""
    report = standing.report
    return {
        "standing": standing_dict(standing),
        "report": _report_view(report, choice) if report is not None else None,
        "comparison": _comparison_view(earlier, report) if earlier and report else None,
    }


def summary_rows(report: CheckReport) -> list[list[Any]]:
    """The first sheet of the workbook: verdict, facts, counts."""
    rows: list[list[Any]] = [
        [report_text.verdict(report, texts.language())],
        [],
        [tk._("File"), report.file],
        ["SHA-256", report.sha256],
        [tk._("Rows"), report.rows],
        [tk._("Findings"), report.total],
        [tk._("Findings in this file"), report.shown],
        [],
        [tk._("What"), tk._("Column"), tk._("Severity"), tk._("How many")],
    ]
    rows += [
        [
            title_of(group.code, texts.language()),
            group.column or "",
            _severity(group.code),
            group.count,
        ]
        for group in _ordered(report.groups)
    ]
    return rows


def _report_view(report: CheckReport, choice: Choice) -> dict[str, Any]:
    chosen = [found for found in report.findings if choice.takes(found.code, found.column)]
    pages = max(1, -(-len(chosen) // FINDINGS_ON_A_PAGE))
    page = min(choice.page, pages)
    first = (page - 1) * FINDINGS_ON_A_PAGE
    return {
        **report.model_dump(mode="json", exclude={"findings", "groups"}),
        "verdict": report_text.verdict(report, texts.language()),
        "kinds": _kinds(report),
        "findings": [
            found.model_dump(mode="json") for found in chosen[first : first + FINDINGS_ON_A_PAGE]
        ],
        "first": first + 1 if chosen else 0,
        "last": min(first + FINDINGS_ON_A_PAGE, len(chosen)),
        "chosen_kept": len(chosen),
        "chosen_total": sum(
            group.count for group in report.groups if choice.takes(group.code, group.column)
        ),
        "page": page,
        "pages": pages,
        "filtered": not choice.is_everything,
        "chosen_title": title_of(choice.code, texts.language())
        if choice.code in report.counts
        else "",
        "choice": choice,
    }


def _kinds(report: CheckReport) -> list[dict[str, Any]]:
    """The groups by code: what blocks first, else in the order of the check."""
    codes = dict.fromkeys(group.code for group in _ordered(report.groups))
    return [_kind(code, report) for code in codes]


def _kind(code: str, report: CheckReport) -> dict[str, Any]:
    alike = [found for found in report.findings if found.code == code]
    return {
        "code": code,
        "title": title_of(code, texts.language()),
        "severity": severity_of(code).value,
        "count": report.counts[code],
        "rule": alike[0].rule if alike else "",
        "columns": [
            {"column": group.column, "count": group.count, "cells": _cells(alike, group)}
            for group in report.groups
            if group.code == code
        ],
    }


def _cells(alike: Sequence[Finding], group: FindingGroup) -> list[str]:
    """The first places of a group, as a spreadsheet names them."""
    of_column = [found for found in alike if found.column == group.column]
    places = [_place(found) for found in of_column]
    return [place for place in places if place][:_CELLS_NAMED]


def _place(found: Finding) -> str:
    if found.cell:
        return found.cell
    return tk._("row {row}").format(row=found.row) if found.row else ""


def _ordered(groups: Sequence[FindingGroup]) -> list[FindingGroup]:
    return sorted(groups, key=lambda group: severity_of(group.code) is Severity.WARNING)


def _severity(code: str) -> str:
    return tk._("Blocks") if severity_of(code) is Severity.BLOCKING else tk._("Warning")


def _comparison_view(earlier: Earlier, report: CheckReport) -> dict[str, Any]:
    compared = compare_reports(earlier.groups, report.groups)
    return {
        "file_name": earlier.file_name,
        "since": earlier.since.isoformat(),
        "same_file": earlier.same_file,
        "solved": compared.solved,
        "remaining": compared.remaining,
        "new": compared.new,
        "changes": [_change(change) for change in sorted(compared.changes, key=_by_severity)],
    }


def _by_severity(change: GroupChange) -> tuple[bool, bool]:
    return change.now == 0, severity_of(change.code) is Severity.WARNING


def _change(change: GroupChange) -> dict[str, Any]:
    return {
        "title": title_of(change.code, texts.language()),
        "severity": severity_of(change.code).value,
        "column": change.column,
        "before": change.before,
        "now": change.now,
        "solved": change.solved,
        "remaining": change.remaining,
        "new": change.new,
    }
