"""Importing a Formato 1: first told, row by row, then done; a pure function of what was read.

Nothing is lost when two people edit the same entry: each row of a workbook carries the version
mark it was exported with, and a row whose entry was changed meanwhile is refused with what changed.
Entries that are not in the workbook stay as they are: an import never removes.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory import (
    INCOMPLETE,
    InventoryEntry,
    InventoryHeader,
    entry_problems,
    header_problems,
    inventory_problems,
)
from ckanext.imssbienestar.domain.inventory_identifiers import IdentifierSeries
from ckanext.imssbienestar.domain.inventory_layout import InventoryLayout
from ckanext.imssbienestar.domain.inventory_plan import (
    ImportOutdated,
    ImportPlan,
    Inventory,
    ReadInventory,
    ReadRow,
    RowKind,
    RowOutcome,
)
from ckanext.imssbienestar.domain.inventory_values import clean_text, read_value
from ckanext.imssbienestar.domain.inventory_versions import ValueChange, entry_changes
from ckanext.imssbienestar.domain.problems import Problem, Wording

__all__ = [
    "ImportOutdated",
    "ImportPlan",
    "Inventory",
    "ReadInventory",
    "ReadRow",
    "RowKind",
    "RowOutcome",
    "apply_import",
    "plan_edit",
    "plan_import",
]

_WHOSE = (names.UNIT, names.COORDINATION)


def plan_import(
    read: ReadInventory, stored: Inventory, layout: InventoryLayout, today: datetime.date
) -> ImportPlan:
    """What the import of a workbook would do, row by row.

    :param today: the day in Mexico City.
    """
    header, changes, notes = _planned_header(read, stored, layout, today)
    refusals = read.refusals or _foreign_workbook(stored, read)
    based_on = {entry.identifier: entry.mark for entry in stored.entries}
    plan = ImportPlan(
        sheet=read.sheet,
        rows=(),
        header=stored.header,
        notes=(*read.notes, *notes),
        refusals=refusals,
        based_on=based_on,
    )
    if refusals:
        return plan
    outcomes = _RowPlanner(read, stored, layout, today).outcomes()
    named = {outcome.identifier.upper() for outcome in outcomes}
    return replace(
        plan,
        rows=tuple(_with_neighbours(outcomes, read, stored, layout)),
        header=header,
        header_changes=changes,
        absent=tuple(
            entry.identifier for entry in stored.entries if entry.identifier.upper() not in named
        ),
    )


def plan_edit(
    written: Mapping[str, str], stored: Inventory, layout: InventoryLayout, today: datetime.date
) -> RowOutcome:
    """What saving one entry from a form would do: the same rules and the same version marks.

    :param written: name of the column -> what the person wrote, with the identifier and the mark
        that the form was opened with; both empty for a new entry.
    """
    read = ReadInventory(rows=(ReadRow(1, written),))
    (outcome,) = plan_import(read, stored, layout, today).rows
    return outcome


def apply_import(plan: ImportPlan, entries: Sequence[InventoryEntry]) -> list[InventoryEntry]:
    """The entries after the import: those there are in their order, then the new ones.

    :param entries: the entries as stored now, read in the transaction that writes.
    :raises ImportOutdated: they are not those the plan was made on; nothing is applied.
    """
    now = {entry.identifier: entry.mark for entry in entries}
    touched = {
        outcome.identifier
        for outcome in plan.rows
        if outcome.kind in (RowKind.CREATED, RowKind.CHANGED)
    }
    moved = sorted(item for item in touched if now.get(item) != plan.based_on.get(item))
    if moved:
        raise ImportOutdated(moved)
    results = {o.identifier: o.entry for o in plan.rows if o.identifier in touched and o.entry}
    kept = [results.pop(entry.identifier, entry) for entry in entries]
    return [*kept, *results.values()]


class _RowPlanner:
    """Plans the rows one after the other; new identifiers are given in their order."""

    def __init__(
        self, read: ReadInventory, stored: Inventory, layout: InventoryLayout, today: datetime.date
    ) -> None:
        self.read, self.stored, self.layout, self.today = read, stored, layout, today
        self.present = {entry.identifier.upper(): entry for entry in stored.entries}
        self.elsewhere = {name.upper(): unit for name, unit in stored.elsewhere.items()}
        self.retired = {name.upper() for name in stored.retired}
        self.rows_of: dict[str, list[int]] = defaultdict(list)
        for row in read.rows:
            if identifier := clean_text(row.written.get(names.IDENTIFIER, "")):
                self.rows_of[identifier.upper()].append(row.row)
        taken = (*self.present, *self.elsewhere, *self.retired, *self.rows_of)
        self.series = IdentifierSeries(stored.prefix, taken, layout)
        self.fields_of = {field.title: name for name, field in layout.fields.items()}
        # What an entry says in the columns that the workbook has -> the entries that say it.
        self._twins: dict[tuple[str, ...], list[InventoryEntry]] | None = None

    def outcomes(self) -> list[RowOutcome]:
        return [self._outcome(row) for row in self.read.rows]

    def _outcome(self, row: ReadRow) -> RowOutcome:
        values, reasons, notes = self._values(row)
        identifier = values.pop(names.IDENTIFIER, "")
        mark = values.pop(names.MARK, "")
        known = self.present.get(identifier.upper()) if identifier else None
        outcome = RowOutcome(
            row=row.row,
            kind=RowKind.REFUSED,
            identifier=known.identifier if known else identifier,
            name=values.get(names.NAME) or (known.name if known else ""),
            notes=tuple(notes),
        )
        reasons = [*row.problems, *self._identity_reasons(identifier, mark, row), *reasons]
        if reasons:
            if not row.problems:
                entry = InventoryEntry(identifier, {**(known.values if known else {}), **values})
                reasons += self._further_reasons(entry, reasons, row.row)
            return replace(outcome, reasons=tuple(reasons))
        if known:
            return self._known(outcome, known, values, mark)
        if not identifier and (twin := self._taken_twin(values)):
            return self._there_already(outcome, twin)
        return self._new(outcome, InventoryEntry(identifier, values))

    def _values(self, row: ReadRow) -> tuple[dict[str, str], list[Problem], list[Problem]]:
        """The stored values of a row, what cannot be read, and how something was read."""
        values, reasons, notes = dict[str, str](), list[Problem](), list[Problem]()
        for name, written in row.written.items():
            read = read_value(self.layout.fields[name], written, self.layout)
            values[name] = read.value
            if read.problem:
                reasons.append(self._placed(read.problem, row.row))
            if read.note:
                notes.append(self._placed(read.note, row.row))
        return values, reasons, notes

    def _taken_twin(self, values: Mapping[str, str]) -> InventoryEntry | None:
        """The stored entry that says all that a row without identifier says.

        So a workbook that is imported twice, or a form sent twice, makes nothing twice. Each entry
        is given to one row, and to none when a row of the workbook has its identifier.
        """
        if self._twins is None:
            self._twins = defaultdict(list)
            for entry in reversed(self.stored.entries):
                if entry.identifier.upper() not in self.rows_of:
                    said = tuple(entry.value(name) for name in values)
                    self._twins[said].append(entry)
        twins = self._twins.get(tuple(values.values()))
        return twins.pop() if twins else None

    def _there_already(self, outcome: RowOutcome, twin: InventoryEntry) -> RowOutcome:
        title, facts = self.layout.fields[names.IDENTIFIER].title, {"identifier": twin.identifier}
        note = Problem("inventory-already-there", column=title, facts=facts)
        return replace(
            outcome,
            kind=RowKind.SAME,
            identifier=twin.identifier,
            entry=twin,
            notes=(*outcome.notes, self._placed(note, outcome.row)),
        )

    def _identity_reasons(self, identifier: str, mark: str, row: ReadRow) -> list[Problem]:
        """Why a row cannot be tied to an entry."""
        key, found = identifier.upper(), list[Problem]()
        facts: dict[str, Wording | str | int] = {"identifier": identifier}
        if not identifier:
            if mark:
                found.append(Problem("inventory-identifier-erased"))
        elif len(self.rows_of[key]) > 1:
            # The first ones alone: a sheet may say the same identifier in every row.
            others = [str(number) for number in self.rows_of[key][:7] if number != row.row]
            facts["rows"] = ", ".join(others[:5]) + (", …" if len(others) > 5 else "")
            found.append(Problem("inventory-identifier-repeated", "rows", facts=facts))
        elif key in self.elsewhere:
            facts["unit"] = self.elsewhere[key]
            found.append(Problem("inventory-other-unit", "entry", facts=facts))
        elif key in self.retired:
            found.append(Problem("inventory-identifier-retired", facts=facts))
        elif key not in self.present and mark:
            found.append(Problem("inventory-entry-gone", facts=facts))
        title = self.layout.fields[names.IDENTIFIER].title
        return [self._placed(replace(problem, column=title), row.row) for problem in found]

    def _further_reasons(
        self, entry: InventoryEntry, reasons: Iterable[Problem], row: int
    ) -> list[Problem]:
        """What else is wrong in a row that is refused already: all is told at once."""
        told = {problem.column for problem in reasons}
        return [
            self._placed(problem, row)
            for problem in entry_problems(entry, self.layout, self.today)
            if problem.code not in INCOMPLETE and problem.column not in told
        ]

    def _known(
        self, outcome: RowOutcome, known: InventoryEntry, values: Mapping[str, str], mark: str
    ) -> RowOutcome:
        # A column that the workbook lacks says nothing about the entry.
        entry = InventoryEntry(known.identifier, {**known.values, **values})
        changes = entry_changes(known, entry, self.layout)
        if not changes:
            return replace(outcome, kind=RowKind.SAME, entry=known)
        title, facts = self.layout.fields[names.MARK].title, {"identifier": known.identifier}
        if mark == known.mark:
            return self._ruled(replace(outcome, changes=changes), entry, RowKind.CHANGED)
        earlier = self.stored.earlier.get(mark)
        if mark and (entry.mark == mark or earlier == entry):
            # Exported, not edited, and changed by somebody else: there is nothing to import.
            note = Problem("inventory-newer-kept", column=title, facts=facts)
            notes = (*outcome.notes, self._placed(note, outcome.row))
            return replace(outcome, kind=RowKind.SAME, entry=known, notes=notes)
        code = "inventory-changed-meanwhile" if mark else "inventory-mark-missing"
        reason = self._placed(Problem(code, column=title, facts=facts), outcome.row)
        meanwhile = entry_changes(earlier or entry, known, self.layout) if mark else ()
        return replace(outcome, reasons=(reason,), changes=changes, meanwhile=meanwhile)

    def _new(self, outcome: RowOutcome, entry: InventoryEntry) -> RowOutcome:
        proposed = not entry.identifier
        given = entry.identifier or self.series.proposed()
        entry = entry.identified(given)
        changes = entry_changes(InventoryEntry(""), entry, self.layout)
        planned = replace(outcome, identifier=given, changes=changes, proposed=proposed)
        ruled = self._ruled(planned, entry, RowKind.CREATED)
        if proposed and ruled.kind is RowKind.REFUSED:
            return replace(ruled, identifier="", proposed=False)
        self.series.note(given)
        return ruled

    def _ruled(self, outcome: RowOutcome, entry: InventoryEntry, kind: RowKind) -> RowOutcome:
        """The outcome when the rules have nothing against it but that something is missing."""
        reasons, notes = list[Problem](), list[Problem]()
        for problem in entry_problems(entry, self.layout, self.today):
            placed = self._placed(problem, outcome.row)
            (notes if problem.code in INCOMPLETE else reasons).append(placed)
        kept = replace(outcome, notes=(*outcome.notes, *notes))
        if reasons:
            return replace(kept, reasons=tuple(reasons))
        return replace(kept, kind=kind, entry=entry)

    def _placed(self, problem: Problem, row: int) -> Problem:
        return placed(problem, row, self.read.letters, self.fields_of)


def placed(
    problem: Problem, row: int, letters: Mapping[str, str], fields_of: Mapping[Wording, str]
) -> Problem:
    """The problem at its cell in the sheet."""
    name = fields_of.get(problem.column, "") if isinstance(problem.column, Wording) else ""
    cell = f"{letters[name]}{row}" if name in letters else None
    return replace(problem, row=row, cell=cell)


def _planned_header(
    read: ReadInventory, stored: Inventory, layout: InventoryLayout, today: datetime.date
) -> tuple[InventoryHeader, tuple[ValueChange, ...], tuple[Problem, ...]]:
    """The header after the import; a value that cannot be read leaves the stored one."""
    values, notes = dict(stored.header.values), list[Problem]()
    for name, written in read.header.items():
        if name in _WHOSE and values.get(name):
            continue  # whose inventory this is does not change by an import
        value = read_value(layout.header_fields[name], written, layout)
        for problem in (value.problem, value.note):
            if problem:
                notes.append(replace(problem, cell=read.header_cells.get(name)))
        if value.value and not value.problem:
            values[name] = value.value
    header = InventoryHeader(values)
    notes += header_problems(header, layout, today)
    before = stored.header.values
    changes = tuple(
        ValueChange(name, before.get(name, ""), header.values.get(name, ""))
        for name in layout.header_fields
        if before.get(name, "") != header.values.get(name, "")
    )
    return header, changes, tuple(notes)


def _foreign_workbook(stored: Inventory, read: ReadInventory) -> tuple[Problem, ...]:
    """A workbook of another unit is refused whole: its rows are not this one's."""
    found = []
    for name in _WHOSE:
        mine = stored.header.values.get(name, "")
        theirs = clean_text(read.header.get(name, ""))
        if mine and theirs and plain_words(mine) != plain_words(theirs):
            facts = {"theirs": theirs, "mine": mine}
            cell = read.header_cells.get(name)
            found.append(Problem("inventory-other-unit", "workbook", cell=cell, facts=facts))
    return tuple(found)


def _with_neighbours(
    outcomes: Iterable[RowOutcome],
    read: ReadInventory,
    stored: Inventory,
    layout: InventoryLayout,
) -> Iterable[RowOutcome]:
    """With what the rules say of rows because of one another."""
    outcomes = list(outcomes)
    entries = {entry.identifier: entry for entry in stored.entries}
    entries |= {outcome.identifier: outcome.entry for outcome in outcomes if outcome.entry}
    fields_of = {field.title: name for name, field in layout.fields.items()}
    found = defaultdict(list)
    for entry, problem in inventory_problems(
        tuple(entries.values()), layout, elsewhere=stored.elsewhere
    ):
        found[entry.identifier].append(problem)
    for outcome in outcomes:
        if outcome.kind in (RowKind.CREATED, RowKind.CHANGED) and outcome.identifier in found:
            notes = (
                placed(problem, outcome.row, read.letters, fields_of)
                for problem in found[outcome.identifier]
            )
            yield replace(outcome, notes=(*outcome.notes, *notes))
        else:
            yield outcome
