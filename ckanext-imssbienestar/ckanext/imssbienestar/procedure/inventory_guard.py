"""Texts of an inventory that show personal data are not kept: its versions are for ever (R-182)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ckanext.imssbienestar.checks.personal_data import Decision, scan_texts
from ckanext.imssbienestar.domain.inventory_layout import ValueKind
from ckanext.imssbienestar.domain.inventory_plan import RowKind, RowOutcome
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout

_WRITTEN = (ValueKind.TEXT, ValueKind.POST_AND_UNIT)


def guarded(outcome: RowOutcome, letters: Mapping[str, str] | None = None) -> RowOutcome:
    """The outcome, refused when a text that it would write shows somebody's data for certain.

    :param letters: name of the column -> its letters in the sheet, for the cell.
    :raises GuardFailedError: a text cannot be judged.
    """
    if outcome.kind not in (RowKind.CREATED, RowKind.CHANGED):
        return outcome
    fields = inventory_layout().fields
    written = {
        change.field: change.after
        for change in outcome.changes
        if change.after and fields[change.field].kind in _WRITTEN
    }
    # One look at all of them is enough for most rows.
    if not written or not _shows("\n\n".join(written.values())):
        return outcome
    reasons = tuple(
        Problem(
            "inventory-personal-data",
            row=outcome.row,
            column=fields[name].title,
            cell=f"{letters[name]}{outcome.row}" if letters and name in letters else None,
        )
        for name, text in written.items()
        if _shows(text)
    )
    if not reasons:
        return outcome
    return replace(
        outcome, kind=RowKind.REFUSED, entry=None, reasons=reasons, proposed=False, changes=()
    )


def _shows(text: str) -> bool:
    report = scan_texts({"text": text})
    return any(column.decision is Decision.BLOCK for column in report.columns)
