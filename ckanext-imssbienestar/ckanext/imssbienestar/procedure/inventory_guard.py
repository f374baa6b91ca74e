"""Texts of an inventory that show personal data are not kept: its versions are for ever (R-182)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ckanext.imssbienestar.checks.personal_data import Decision, scan_texts
from ckanext.imssbienestar.domain.inventory_layout import ValueKind
from ckanext.imssbienestar.domain.inventory_plan import (
    ImportPlan,
    ReadInventory,
    RowKind,
    RowOutcome,
)
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.procedure.inventory_plans import KeptPlan, restored_problem

_CODE = "inventory-personal-data"
_WRITTEN = (ValueKind.TEXT, ValueKind.POST_AND_UNIT)


def guarded(
    outcomes: Iterable[RowOutcome], letters: Mapping[str, str] | None = None
) -> Iterator[RowOutcome]:
    """The outcomes, refused where a text they would write shows somebody's data for certain.

    :param letters: name of the column -> its letters in the sheet, for the cell.
    :raises GuardFailedError: a text cannot be judged.
    """
    fields, shows = inventory_layout().fields, _Judge()
    for outcome in outcomes:
        if outcome.kind not in (RowKind.CREATED, RowKind.CHANGED):
            yield outcome
            continue
        told = [
            change.field
            for change in outcome.changes
            if change.after
            and fields[change.field].kind in _WRITTEN
            and shows.somebody(change.after)
        ]
        yield refused(outcome, [_problem(name, outcome.row, letters or {}) for name in told])


def header_problems(plan: ImportPlan, read: ReadInventory) -> tuple[Problem, ...]:
    """What of the header of a workbook shows somebody's data for certain.

    :raises GuardFailedError: a text cannot be judged.
    """
    fields, shows = inventory_layout().header_fields, _Judge()
    return tuple(
        Problem(
            _CODE,
            column=fields[change.field].title,
            cell=read.header_cells.get(change.field),
        )
        for change in plan.header_changes
        if change.after and shows.somebody(change.after)
    )


def refused(outcome: RowOutcome, reasons: Sequence[Problem]) -> RowOutcome:
    """The outcome, refused for these reasons; as it was when there is none."""
    if not reasons:
        return outcome
    return replace(
        outcome,
        kind=RowKind.REFUSED,
        entry=None,
        reasons=tuple(reasons),
        proposed=False,
        changes=(),
    )


def refused_rows(shown: KeptPlan) -> dict[int, tuple[Problem, ...]]:
    """Row -> why its texts were refused, in a plan that was shown."""
    found = {
        row["row"]: tuple(
            restored_problem(reason) for reason in row["reasons"] if reason["code"] == _CODE
        )
        for row in shown["rows"]
    }
    return {row: reasons for row, reasons in found.items() if reasons}


class _Judge:
    """Judges each text once: many databases have the same responsible and the same place."""

    def __init__(self) -> None:
        self._judged: dict[str, bool] = {}

    def somebody(self, text: str) -> bool:
        """Whether a text shows somebody's data for certain."""
        known = self._judged.get(text)
        if known is None:
            report = scan_texts({"text": text})
            known = any(column.decision is Decision.BLOCK for column in report.columns)
            self._judged[text] = known
        return known


def _problem(name: str, row: int, letters: Mapping[str, str]) -> Problem:
    cell = f"{letters[name]}{row}" if name in letters else None
    return Problem(_CODE, row=row, column=inventory_layout().fields[name].title, cell=cell)
