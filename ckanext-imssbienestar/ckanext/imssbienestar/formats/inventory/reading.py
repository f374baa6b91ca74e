"""A workbook of Formato 1 as people send it back: which sheet, which columns, which rows.

Reading the file itself happens in a bounded process of its own (:mod:`...workbooks.workbook`); what
is here looks at the texts of its cells, and says of everything unusual what was made of it.
"""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory_plan import ReadInventory, ReadRow
from ckanext.imssbienestar.domain.problems import Problem, Wording
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.formats.inventory.columns import (
    InventoryColumns,
    find_columns,
    repeats_headings,
)
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.formats.workbooks.facts import (
    SheetFacts,
    WorkbookError,
    column_letters,
    column_number,
)
from ckanext.imssbienestar.formats.workbooks.workbook import Workbook, is_container, open_workbook

# More merged ranges than this among the entries is no form that somebody filled in.
_MERGED = 1000
# Longer than any text of a person: four times what a spreadsheet program lets in a cell.
_LONGEST_CELL = 131_072


class _CellTooLongError(Exception):
    """Nothing of the workbook is taken."""


def read_inventory(path: str | Path) -> ReadInventory:
    """What a workbook of Formato 1 (XLSX, ODS) says, and what is strange about it.

    A file that cannot be read at all, or holds no such table, gives ``refusals``.

    :raises InputFileError: there is no such file, or it may not be read.
    """
    try:
        if not is_container(Path(path)):
            empty = not Path(path).stat().st_size
            return _refused(Problem("empty-file" if empty else "inventory-not-workbook"))
        with open_workbook(path) as workbook:
            return inventory_of(workbook)
    except OSError as error:
        raise InputFileError(
            f"The workbook {path} cannot be read: {error.strerror}.",
            path=str(path),
            next_step="Check the name of the file and its permissions.",
        ) from error
    except (_CellTooLongError, csv.Error):
        # The rows' reader refuses it too, from a length that others in this process may have set.
        facts: dict[str, Wording | str | int] = {"limit": _LONGEST_CELL}
        return _refused(Problem("inventory-text-too-long", "cell", facts=facts | {"length": ""}))
    except WorkbookError as error:
        return _refused(_workbook_problem(error))


def inventory_of(workbook: Workbook) -> ReadInventory:
    """What an open workbook says."""
    if not workbook.facts.structure_known:
        # Of an XLS nobody can say which cells are formulas.
        return _refused(Problem("inventory-not-workbook"))
    found = [
        (sheet, columns)
        for sheet in workbook.filled_sheets
        if sheet.state == "visible" and (columns := _columns_of(workbook, sheet))
    ]
    if not found:
        return _refused(Problem("inventory-no-table"))
    # A blank form is often left before the one that was filled in.
    sheet, columns = next((pair for pair in found if _has_rows(workbook, *pair)), found[0])
    notes = list(columns.notes)
    others = [other.name for other, _ in found if other is not sheet]
    if others:
        facts: dict[str, Wording | str | int] = {"sheet": sheet.name, "others": ", ".join(others)}
        notes.insert(0, Problem("inventory-sheet-chosen", facts=facts))
    if columns.refusals:
        return _refused(*columns.refusals, sheet=sheet.name)
    rows = _read_rows(workbook, sheet, columns)
    if rows is None:
        return _refused(
            Problem("inventory-too-many-rows", facts={"limit": inventory_layout().limits.rows}),
            sheet=sheet.name,
        )
    refusals, doubts = _doubted_rows(sheet, columns, [number for number, _ in rows])
    if refusals:
        return _refused(*refusals, sheet=sheet.name)
    header = _read_header(workbook, sheet, columns.row)
    if not header.values.keys() & {names.UNIT, names.COORDINATION}:
        notes.append(Problem("inventory-header-missing"))
    return ReadInventory(
        sheet=sheet.name,
        letters=columns.letters,
        header=header.values,
        header_cells=header.cells,
        rows=tuple(
            ReadRow(number, written, tuple(doubts.get(number, ()))) for number, written in rows
        ),
        notes=tuple(notes),
    )


def _refused(*problems: Problem, sheet: str = "") -> ReadInventory:
    return ReadInventory(sheet=sheet, refusals=problems)


def _workbook_problem(error: WorkbookError) -> Problem:
    facts: dict[str, Wording | str | int] = dict(error.facts)
    variant = str(facts.pop("variant", ""))
    if "kind" in facts:
        kind = str(facts["kind"])
        words = read_yaml("findings.yaml")["words"]["contents"]
        facts["kind"] = Wording(es=words["es"].get(kind, kind), en=words["en"].get(kind, kind))
    return Problem(error.code, variant, facts=facts)


def _columns_of(workbook: Workbook, sheet: SheetFacts) -> InventoryColumns | None:
    top = islice(workbook.rows(sheet), inventory_layout().limits.header_rows)
    return find_columns(list(top), inventory_layout())


def _has_rows(workbook: Workbook, sheet: SheetFacts, columns: InventoryColumns) -> bool:
    under = islice(workbook.rows(sheet), columns.row, None)
    return any(any(map(str.strip, cells)) for cells in under)


def _read_rows(
    workbook: Workbook, sheet: SheetFacts, columns: InventoryColumns
) -> list[tuple[int, dict[str, str]]] | None:
    """The rows under the headings that hold something; None when there are too many."""
    rows, most = list[tuple[int, dict[str, str]]](), inventory_layout().limits.rows
    places = [(name, column_number(letters) - 1) for name, letters in columns.letters.items()]
    for number, cells in enumerate(workbook.rows(sheet), start=1):
        if number <= columns.row or not any(cells):
            continue
        if max(map(len, cells)) > _LONGEST_CELL:
            raise _CellTooLongError
        width = len(cells)
        written = {name: cells[at] if at < width else "" for name, at in places}
        texts = list(written.values())
        if not any(map(str.strip, texts)) or repeats_headings(texts):
            continue
        if len(rows) == most:
            return None
        rows.append((number, written))
    return rows


def _doubted_rows(
    sheet: SheetFacts, columns: InventoryColumns, rows: Sequence[int]
) -> tuple[list[Problem], dict[int, list[Problem]]]:
    """Rows whose cells say something else than what somebody wrote; or why none can be believed.

    Where a sheet has more formulas or errors than were noted, nobody can say which rows they are.
    """
    doubts: dict[int, list[Problem]] = {}
    refusals = list[Problem]()
    used = {letters: name for name, letters in columns.letters.items()}
    formulas = sum(count for letters, count in sheet.formula_columns.items() if letters in used)
    noted = [cell for cell in sheet.formula_cells.first if _letters(cell) in used]
    if formulas > len(noted):
        facts: dict[str, Wording | str | int] = {
            "count": formulas,
            "cells": ", ".join((noted or sheet.formula_cells.first)[:5]),
        }
        refusals.append(Problem("inventory-formula", "many", facts=facts))
    if sheet.errors.count > len(sheet.errors.first):
        facts = {"count": sheet.errors.count, "cells": ", ".join(sheet.errors.first[:5])}
        refusals.append(Problem("inventory-formula", "many_errors", facts=facts))
    for cell in noted:
        _doubt(doubts, "inventory-formula", "", cell, used)
    for cell in sheet.errors.first:
        # An error of a formula was told already.
        if _letters(cell) in used and cell not in noted:
            _doubt(doubts, "inventory-formula", "error", cell, used)
    merged = [
        found
        for found in sheet.merged_ranges
        if found.last_row > columns.row
        and any(
            found.first_column <= column_number(letters) <= found.last_column for letters in used
        )
    ]
    if len(merged) > _MERGED or (merged and sheet.merged.count > len(sheet.merged_ranges)):
        facts = {"count": sheet.merged.count, "range": merged[0].reference}
        refusals.append(Problem("inventory-merged", "many", facts=facts))
        return refusals, doubts
    for found in merged:
        covered = rows[bisect_left(rows, found.first_row) : bisect_right(rows, found.last_row)]
        for number in covered:
            cell = f"{column_letters(found.first_column)}{number}"
            facts = {"range": found.reference}
            problem = Problem("inventory-merged", row=number, cell=cell, facts=facts)
            doubts.setdefault(number, []).append(problem)
    return refusals, doubts


def _doubt(
    doubts: dict[int, list[Problem]], code: str, variant: str, cell: str, used: Mapping[str, str]
) -> None:
    row = int(cell.removeprefix(_letters(cell)))
    title = inventory_layout().fields[used[_letters(cell)]].title
    problem = Problem(code, variant, row=row, column=title, cell=cell)
    doubts.setdefault(row, []).append(problem)


def _letters(cell: str) -> str:
    return cell.rstrip("0123456789")


@dataclass
class _Header:
    values: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)


def _read_header(workbook: Workbook, sheet: SheetFacts, before: int) -> _Header:
    """What stands beside the labels above the table; of a label that is there twice, the first."""
    header, known = _Header(), _header_labels()
    for number, cells in enumerate(islice(workbook.rows(sheet), before - 1), start=1):
        words_of = [plain_words(cell) for cell in cells]
        values = set[int]()
        for at, words in enumerate(words_of):
            # «ESTADO: Jalisco» in one cell is a label and its value.
            label, _, value = cells[at].partition(":")
            name = known.get(words) or known.get(plain_words(label), "")
            if not name or name in header.values or at in values:
                continue
            if words not in known:
                header.cells[name] = f"{column_letters(at + 1)}{number}"
                header.values[name] = value.strip()
                continue
            # Merged cells may lie between a label and its value.
            beside = next((to for to in range(at + 1, len(cells)) if cells[to].strip()), None)
            if beside is not None and words_of[beside] not in known:
                header.cells[name] = f"{column_letters(beside + 1)}{number}"
                header.values[name] = cells[beside]
                values.add(beside)
    return header


@cache
def _header_labels() -> Mapping[str, str]:
    """Any label that is read, in plain words -> the field of the header."""
    return {
        plain_words(heading): known.name
        for known in inventory_layout().header
        for heading in known.headings
    }
