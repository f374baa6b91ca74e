"""Units as the rows of a table: read from CSV or a workbook, written as CSV.

The columns are those of ``schemas/units.yaml``. A cell is known by its own address in the sheet,
so that whoever sent the file finds it again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.canonical_csv import CanonicalWriter
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.units import UnitPeriod, UnitRegister
from ckanext.imssbienestar.errors import InputFileError, TerminalError
from ckanext.imssbienestar.formats.workbooks.facts import SheetFacts, column_letters
from ckanext.imssbienestar.formats.workbooks.workbook import Workbook, is_container, open_workbook

_DELIMITERS = ",;\t"


class UnitsFileError(TerminalError):
    """A file of units of which nothing can be read.

    :ivar problem: why.
    """

    def __init__(self, code: str, **facts: str | int) -> None:
        self.problem = Problem(code, facts=facts)
        super().__init__(
            f"The file of units cannot be read: {code}.",
            next_step="Correct the file and load it again.",
        )


@dataclass(frozen=True)
class UnitRow:
    """One row as it was written.

    :ivar number: its row in the file, the first one being 1.
    :ivar texts: property -> text for the columns the file has; spaces of any kind are one space,
        none around it.
    :ivar columns: property -> number of its column, from 1.
    """

    number: int
    texts: Mapping[str, str]
    columns: Mapping[str, int]

    def address(self, name: str) -> str | None:
        """The cell of a property, such as ``C17``; None when the file has no such column."""
        number = self.columns.get(name)
        return f"{column_letters(number)}{self.number}" if number else None


@cache
def headers() -> dict[str, str]:
    """Property of a unit -> the header we write."""
    return {name: column["header"] for name, column in _layout()["columns"].items()}


def read_unit_rows(path: str | Path) -> tuple[UnitRow, ...]:
    """The rows of a CSV file (UTF-8), an XLSX or an ODS workbook.

    :raises InputFileError: the file cannot be opened.
    :raises UnitsFileError: it holds no table of units.
    :raises WorkbookError: it is a workbook that cannot be read.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            content = stream.read(limit("bytes") + 1)
        if len(content) > limit("bytes"):
            raise UnitsFileError("units-file-too-large", limit=limit("bytes"))
        container = is_container(file)
    except OSError as error:
        raise InputFileError(
            f"The file {path} cannot be read: {error.strerror}.",
            path=str(path),
            next_step="Check the name of the file and its permissions.",
        ) from error
    if not container:
        return parse_unit_rows(_csv_rows(content))
    with open_workbook(file) as workbook:
        return _workbook_rows(workbook)


def parse_unit_rows(rows: Iterable[Sequence[str]]) -> tuple[UnitRow, ...]:
    """The units of a table; rows above the header and blank ones are passed over.

    :raises UnitsFileError: no row has the needed headers, one has a header twice, or there are
        too many rows.
    """
    columns: dict[str, int] = {}
    found: list[UnitRow] = []
    for number, row in enumerate(rows, start=1):
        if not columns:
            if number > limit("header_within"):
                break
            columns = _columns_of(row)
        elif any(cell.strip() for cell in row):
            if len(found) == limit("rows"):
                raise UnitsFileError("units-file-too-long", limit=limit("rows"))
            found.append(UnitRow(number, _texts(row, columns), columns))
    if not columns:
        raise UnitsFileError("units-file-without-header", columns=_needed())
    return tuple(found)


def dump_units_csv(register: UnitRegister) -> str:
    """All periods of all units as CSV text that :func:`parse_unit_rows` reads back."""
    text = io.StringIO(newline="")
    writer = CanonicalWriter(text)
    writer.writerow(list(headers().values()))
    for unit_id in register.unit_ids:
        writer.writerows(_record(period, register) for period in register.history(unit_id))
    return text.getvalue()


def _record(period: UnitPeriod, register: UnitRegister) -> list[str]:
    kind = register.rules.kind(period.kind)
    texts = {
        "unit_id": period.unit_id,
        "name": period.name,
        "kind": kind.es if kind else period.kind,
        "parent_id": period.parent_id or "",
        "valid_from": period.valid_from.isoformat(),
        "valid_to": period.valid_to.isoformat() if period.valid_to else "",
    }
    return [texts[name] for name in headers()]


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise UnitsFileError("units-file-not-utf8", line=row) from error
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise UnitsFileError("units-file-not-table") from error


def _workbook_rows(workbook: Workbook) -> tuple[UnitRow, ...]:
    """The one sheet shown that has the needed headers."""
    if not workbook.facts.structure_known:  # nobody would see its merged cells
        raise UnitsFileError("units-file-old-workbook")
    refusal = UnitsFileError("units-file-without-header", columns=_needed())
    found: dict[str, tuple[UnitRow, ...]] = {}
    for sheet in workbook.filled_sheets:
        if sheet.state != "visible":
            continue
        try:
            found[sheet.name] = parse_unit_rows(workbook.rows(sheet))
        except UnitsFileError as error:
            # A sheet that is nearly right tells more than one of something else.
            if refusal.problem.code == "units-file-without-header":
                refusal = error
        else:
            _refuse_unclear_cells(sheet, found[sheet.name])
    if len(found) > 1:
        raise UnitsFileError("units-file-two-sheets", sheets=", ".join(found))
    if not found:
        raise refusal
    return next(iter(found.values()))


def _refuse_unclear_cells(sheet: SheetFacts, rows: Sequence[UnitRow]) -> None:
    """No cell may be empty because it could not be read, and no key may have lost its zeros."""
    if not rows:
        return
    merged = [area.reference for area in sheet.merged_ranges if area.last_row >= rows[0].number]
    keys = [rows[0].columns.get(name) for name in ("unit_id", "parent_id")]
    zeros = [column_letters(number) for number in keys if number in sheet.zero_formats]
    unread = [*sheet.formulas_without_value.first, *sheet.errors.first, *merged, *zeros]
    if unread:
        cells = ", ".join(unread[:12])
        raise UnitsFileError("units-file-unclear-cells", cells=cells, sheet=sheet.name)


def _columns_of(row: Sequence[str]) -> dict[str, int]:
    """Property -> column of a header row; empty when the row is none.

    :raises UnitsFileError: two columns are one property.
    """
    found: dict[str, int] = {}
    twice: list[str] = []
    for number, cell in enumerate(row, start=1):
        name = _property_by_header().get(plain_words(cell))
        if name in found:
            twice.append(headers()[name])
        elif name:
            found[name] = number
    if not set(_layout()["needed_columns"]) <= found.keys():
        return {}
    if twice:
        raise UnitsFileError("units-file-header-twice", columns=", ".join(twice))
    return found


def _texts(row: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    return {
        name: " ".join(row[number - 1].split()) if number <= len(row) else ""
        for name, number in columns.items()
    }


def _needed() -> str:
    return ", ".join(headers()[name] for name in _layout()["needed_columns"])


@cache
def _property_by_header() -> dict[str, str]:
    return {
        plain_words(header): name
        for name, column in _layout()["columns"].items()
        for header in (column["header"], *column["also"])
    }


def _layout() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml("units.yaml")
    return data


def limit(name: str) -> int:
    """A limit of ``schemas/units.yaml`` by its name."""
    return int(_layout()["limits"][name])
