"""The process that reads a workbook: ``python -m …formats.workbooks.process FILE FOLDER``.

Workbooks come from anywhere and their readers keep whole sheets in memory; python-calamine ends
its process when there is none left. So they are read by a process of their own, with a limit on
memory and on processor time, which leaves in FOLDER one CSV for each sheet, the texts outside of
the cells, and ``facts.json``, or ``error.json`` with the reason why not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import python_calamine as calamine

from ckanext.imssbienestar.formats.workbooks.cells import write_sheet
from ckanext.imssbienestar.formats.workbooks.facts import (
    MergedRange,
    SheetFacts,
    SheetState,
    WorkbookError,
    WorkbookFacts,
    WorkbookText,
    limit,
    workbook_layout,
)
from ckanext.imssbienestar.formats.workbooks.guard import (
    archive_kind,
    container_kind,
    guarded_archive,
    ole_kind,
    refuse_declared_entities,
)
from ckanext.imssbienestar.formats.workbooks.ods import scan_ods
from ckanext.imssbienestar.formats.workbooks.reader_process import bound_resources, leave_error
from ckanext.imssbienestar.formats.workbooks.sheet import scan_sheet
from ckanext.imssbienestar.formats.workbooks.xml import (
    cell_formats,
    sheet_parts,
    workbook_texts,
)

FACTS, TEXTS = "facts.json", "texts.jsonl"

# What is learnt of a sheet while its cells are written.
_OF_CELLS = ("rows", "columns", "long_numbers")

# The reader's own enumeration cannot be a key of a dictionary.
_STATES: tuple[tuple[object, SheetState], ...] = (
    (calamine.SheetVisibleEnum.Visible, "visible"),
    (calamine.SheetVisibleEnum.Hidden, "hidden"),
    (calamine.SheetVisibleEnum.VeryHidden, "very-hidden"),
)


def sheet_file(index: int) -> str:
    """The name of a sheet's CSV in the folder; sheets count from 0."""
    return f"sheet-{index}.csv"


def main(path: Path, folder: Path) -> int:
    """Read the workbook; 0 when it was read, 1 when ``error.json`` says why it was not."""
    bound_resources()
    try:
        facts, texts = read_workbook(path, folder)
    except WorkbookError as error:
        leave_error(folder, error.code, error.facts)
    except MemoryError:
        leave_error(folder, "workbook-too-large", {"variant": "memory"})
    else:
        with (folder / TEXTS).open("w", encoding="utf-8") as stream:
            stream.writelines(text.model_dump_json() + "\n" for text in texts)
        (folder / FACTS).write_text(facts.model_dump_json(), encoding="utf-8")
        return 0
    return 1


def read_workbook(path: Path, folder: Path) -> tuple[WorkbookFacts, list[WorkbookText]]:
    """Leave the sheets as CSV in the folder, and tell everything else.

    :raises WorkbookError: it is not a workbook that can be read.
    """
    facts, texts = _inspect(path)
    if facts.kind != "xlsx":
        _write_sheets(path, folder, facts)
        return facts, texts
    # Both take about as long, and the reader of cells works outside of Python.
    with ThreadPoolExecutor(1) as pool:
        scanned = pool.submit(_scan_sheets, path)
        try:
            _write_sheets(path, folder, facts)
        except WorkbookError:
            scanned.result()  # what the XML is refused for says more than that it is damaged
            raise
        facts.sheets = [
            found.model_copy(update={name: getattr(sheet, name) for name in _OF_CELLS})
            for found, sheet in zip(scanned.result(), facts.sheets, strict=True)
        ]
    return facts, texts


def _inspect(path: Path) -> tuple[WorkbookFacts, list[WorkbookText]]:
    """Everything but the cells, and but the structure of the sheets of an XLSX.

    :raises WorkbookError: it is not a workbook that can be read.
    """
    if container_kind(path) == "ole":
        kind = ole_kind(path)
        if kind == "encrypted":
            raise WorkbookError("workbook-encrypted")
        _require_readable(kind)
        return WorkbookFacts(kind=kind, structure_known=False), []
    with guarded_archive(path) as archive:
        kind = archive_kind(archive)
        _require_readable(kind)
        facts = WorkbookFacts(kind=kind, macros="xl/vbaProject.bin" in archive.namelist())
        comments: list[WorkbookText] = []
        if kind == "ods":
            refuse_declared_entities(archive, but=["content.xml"])
            facts.sheets, comments = scan_ods(archive)
        else:
            parts = sheet_parts(archive)
            refuse_declared_entities(archive, but={sheet.part for sheet in parts})
            facts.sheets = [SheetFacts(name=sheet.name, state=sheet.state) for sheet in parts]
        texts = [*comments, *workbook_texts(archive)]
        facts.comments = sum(text.kind == "comment" for text in texts)
        return facts, texts


def _scan_sheets(path: Path) -> list[SheetFacts]:
    """What the sheets of an XLSX have besides cells."""
    with guarded_archive(path) as archive:
        formats = cell_formats(archive)
        names = set(archive.namelist())
        return [
            scan_sheet(archive, sheet, formats)
            if sheet.part in names
            else SheetFacts(name=sheet.name, state=sheet.state)
            for sheet in sheet_parts(archive)
        ]


def _require_readable(kind: str) -> None:
    if kind not in workbook_layout()["readable"]:
        raise WorkbookError("format-error", kind=kind)


def _write_sheets(path: Path, folder: Path, facts: WorkbookFacts) -> None:
    """One CSV for each sheet, hidden ones too.

    :raises WorkbookError: the workbook's reader refuses it.
    """
    try:
        workbook = calamine.CalamineWorkbook.from_path(path)
        if not facts.sheets:
            facts.sheets = [
                SheetFacts(name=sheet.name, state=_state(sheet.visible))
                for sheet in workbook.sheets_metadata
            ]
        known = dict(zip(workbook.sheet_names, workbook.sheets_metadata, strict=True))
        for index, sheet in enumerate(facts.sheets):
            target = folder / sheet_file(index)
            described = known.get(sheet.name)
            if described is None or described.typ != calamine.SheetTypeEnum.WorkSheet:
                target.touch()  # a sheet that is only a chart
                continue
            _write_sheet(workbook.get_sheet_by_name(sheet.name), target, sheet)
    except calamine.PasswordError as error:
        raise WorkbookError("workbook-encrypted") from error
    except calamine.CalamineError as error:
        raise WorkbookError("workbook-damaged") from error


def _state(visible: object) -> SheetState:
    return next((state for known, state in _STATES if known == visible), "hidden")


def _write_sheet(sheet: calamine.CalamineSheet, target: Path, facts: SheetFacts) -> None:
    start, end = sheet.start, sheet.end
    if start is None or end is None:
        target.touch()
        return
    facts.columns = end[1] + 1
    write_sheet(sheet.iter_rows(), target, first_column=start[1], facts=facts)
    if not facts.merged.count:
        _add_merged(facts, sheet.merged_cell_ranges or [])


def _add_merged(
    facts: SheetFacts, ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]
) -> None:
    """The merged cells of an XLS, which only its reader knows."""
    for (first_row, first_column), (last_row, last_column) in ranges:
        merged = MergedRange(
            first_row=first_row + 1,
            first_column=first_column + 1,
            last_row=last_row + 1,
            last_column=last_column + 1,
        )
        facts.merged.add(merged.reference)
        if len(facts.merged_ranges) < limit("merged_ranges"):
            facts.merged_ranges.append(merged)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
