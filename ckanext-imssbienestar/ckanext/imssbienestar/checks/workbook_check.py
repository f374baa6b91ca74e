"""A workbook where a CSV is expected: what is wrong with it, and the check of the sheet in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE
from ckanext.imssbienestar.checks.layout import limit
from ckanext.imssbienestar.checks.texts import finding, phrase, word
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.formats.workbooks.facts import Finds, SheetFacts, WorkbookError
from ckanext.imssbienestar.formats.workbooks.workbook import Workbook, is_container, open_workbook

# References named in a message; the report of a normalised copy has more.
_PLACES = 5
_PLAIN_NAME = re.compile(r"\w+")


class SheetUnclearError(TerminalError):
    """A workbook without a sheet that could be the table, or with several."""

    def __init__(self, found: Finding) -> None:
        self.finding = found
        super().__init__(found.message, next_step=found.fix)


def sheet_reference(sheet: SheetFacts, cell: str) -> str:
    """A cell with its sheet, as spreadsheets write it: ``Datos!C17``, ``'Mi hoja'!C17``."""
    plain = _PLAIN_NAME.fullmatch(sheet.name)
    quoted = sheet.name if plain else "'" + sheet.name.replace("'", "''") + "'"
    return f"{quoted}!{cell}"


def workbook_finding(error: WorkbookError, language: str = DEFAULT_LANGUAGE) -> Finding:
    """Why a workbook cannot be read, as a finding."""
    told: dict[str, Any] = dict(error.facts)
    if "kind" in told:
        told["kind"] = word("contents", told["kind"], language)
    return finding(error.code, language=language, variant=told.pop("variant", ""), **told)


def check_workbook(
    path: Path,
    dictionary: DataDictionary | None,
    collector: FindingCollector,
    check: Callable[[Path, FindingCollector], int],
) -> int:
    """Say what a workbook has that cannot be published, then check the table in it.

    :param check: the check of a CSV; its findings get the references of the sheet.
    :returns: the number of data rows.
    """
    language = collector.language
    try:
        with open_workbook(path) as workbook:
            sheet = choose_sheet(workbook, dictionary, sheet=None, language=language)
            kind = word("contents", workbook.facts.kind, language)
            collector.add("workbook-file", kind=kind, sheet=sheet.name)
            collector.extend(sheet_findings(workbook, sheet, language))
            inner = FindingCollector(
                limit=collector.room, language=language, accepted_terms=collector.accepted_terms
            )
            rows = check(workbook.sheet_file(sheet), inner)
            collector.adopt(inner, lambda found: _in_sheet(found, sheet, language))
            return rows
    except WorkbookError as error:
        collector.extend([workbook_finding(error, language)])
    except SheetUnclearError as error:
        collector.extend([error.finding])
    return 0


def _in_sheet(found: Finding, sheet: SheetFacts, language: str) -> Finding:
    """A finding about a sheet's CSV as one about the sheet: rows and columns are the same."""
    if found.row is None and found.cell is None:
        return found
    message = phrase("in_sheet", language, sheet=sheet.name, message=found.message)
    cell = sheet_reference(sheet, found.cell) if found.cell else None
    return found.model_copy(update={"message": message, "cell": cell})


@contextmanager
def as_csv(path: Path, language: str = DEFAULT_LANGUAGE) -> Iterator[Path]:
    """The file itself, or the CSV of the only table of a workbook.

    :raises WorkbookError: it is a workbook that cannot be read.
    :raises SheetUnclearError: it cannot be told which sheet is the table.
    """
    if not is_container(path):
        yield path
        return
    with open_workbook(path) as workbook:
        sheet = choose_sheet(workbook, None, sheet=None, language=language)
        yield workbook.sheet_file(sheet)


def choose_sheet(
    workbook: Workbook, dictionary: DataDictionary | None, *, sheet: str | None, language: str
) -> SheetFacts:
    """The sheet that is meant: the one named, the only one, or the one the dictionary describes.

    :raises SheetUnclearError: there is none, or it cannot be told.
    """
    filled = workbook.filled_sheets
    names = ", ".join(found.name for found in filled)
    if sheet is not None:
        named = [found for found in workbook.facts.sheets if found.name == sheet]
        if not named:
            unknown = finding("sheet-unknown", language=language, sheet=sheet, sheets=names)
            raise SheetUnclearError(unknown)
        return named[0]
    visible = [found for found in filled if found.state == "visible"]
    if not visible:
        raise SheetUnclearError(finding("empty-workbook", language=language))
    if len(visible) == 1:
        return visible[0]
    matches = [_matching_labels(workbook, found, dictionary) for found in visible]
    if matches.count(max(matches)) > 1:
        unclear = finding("several-sheets", language=language, variant="choose", sheets=names)
        raise SheetUnclearError(unclear)
    return visible[matches.index(max(matches))]


def _matching_labels(
    workbook: Workbook, sheet: SheetFacts, dictionary: DataDictionary | None
) -> int:
    if dictionary is None:
        return 0
    names = {text for entry in dictionary.fields for text in (entry.name, entry.title)}
    rows = zip(range(limit("header_search_rows")), workbook.rows(sheet), strict=False)
    return max((len(names & set(row)) for _, row in rows), default=0)


def sheet_findings(workbook: Workbook, sheet: SheetFacts, language: str) -> Iterator[Finding]:
    """What a workbook and one of its sheets have that a CSV cannot have."""
    others = [found for found in workbook.filled_sheets if found is not sheet]
    for code, names in (
        ("several-sheets", [found.name for found in others if found.state == "visible"]),
        ("hidden-sheet", [found.name for found in others if found.state != "visible"]),
    ):
        if names:
            yield finding(code, language=language, sheets=", ".join(names))
    if workbook.facts.comments:
        yield finding("workbook-comments", language=language, count=workbook.facts.comments)
    if workbook.facts.macros:
        yield finding("workbook-macros", language=language)
    if not workbook.facts.structure_known:
        yield finding("workbook-old-format", language=language)
    for code, finds in _sheet_finds(sheet):
        if finds.count:
            more = ", …" if finds.count > _PLACES else ""
            first = (sheet_reference(sheet, place) for place in finds.first[:_PLACES])
            places = ", ".join(first) + more
            yield finding(code, language=language, count=finds.count, places=places)


def _sheet_finds(sheet: SheetFacts) -> Iterator[tuple[str, Finds]]:
    yield from (
        ("hidden-rows", sheet.hidden_rows),
        ("hidden-columns", sheet.hidden_columns),
        ("merged-cells", sheet.merged),
        ("formula-without-value", sheet.formulas_without_value),
        ("formula-error", sheet.errors),
        ("long-numbers", sheet.long_numbers),
        ("percent-format", sheet.percents),
    )
