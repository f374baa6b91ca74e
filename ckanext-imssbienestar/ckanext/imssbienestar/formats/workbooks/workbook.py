"""A workbook that arrived where a CSV is expected: its sheets, comments and properties as streams.

Reading happens in a process of its own, bounded in memory and time; what it leaves is a folder
of texts that lives as long as the workbook is open here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ckanext.imssbienestar.formats.workbooks.facts import SheetFacts, WorkbookFacts, WorkbookText
from ckanext.imssbienestar.formats.workbooks.guard import container_kind
from ckanext.imssbienestar.formats.workbooks.reader_process import run_reader
from ckanext.imssbienestar.private_files import private_folder

# As workbook_process writes them; importing it would load the workbook's reader here.
_FACTS, _TEXTS = "facts.json", "texts.jsonl"
_PROGRAM = "ckanext.imssbienestar.formats.workbooks.process"


@dataclass(frozen=True)
class Workbook:
    """An open workbook."""

    facts: WorkbookFacts
    folder: Path

    def sheet_file(self, sheet: SheetFacts) -> Path:
        """The sheet as CSV (UTF-8, LF): its row and column are those of the sheet.

        Cells are texts as a public table has them: ISO 8601 dates, decimal point. What a
        person typed as text is as typed.
        """
        return self.folder / f"sheet-{self.facts.sheets.index(sheet)}.csv"

    def rows(self, sheet: SheetFacts) -> Iterator[list[str]]:
        """The sheet's rows, from its first one, blank ones too."""
        with self.sheet_file(sheet).open(encoding="utf-8", newline="") as stream:
            yield from csv.reader(stream)

    def texts(self) -> Iterator[WorkbookText]:
        """What is written in the workbook and is not in a cell: comments and properties."""
        with (self.folder / _TEXTS).open(encoding="utf-8") as stream:
            for line in stream:
                yield WorkbookText.model_validate_json(line)

    @property
    def filled_sheets(self) -> list[SheetFacts]:
        """The sheets that hold something, in the order of their tabs."""
        return [sheet for sheet in self.facts.sheets if not sheet.is_empty]


def is_container(path: Path) -> bool:
    """Whether the file may be a workbook: a ZIP archive or an old Office file.

    :raises OSError: the file cannot be read.
    """
    return bool(container_kind(path))


@contextmanager
def open_workbook(path: str | Path) -> Iterator[Workbook]:
    """Read a workbook.

    :raises WorkbookError: it is damaged, protected, unsafe, too large, or not a workbook; its
        ``code`` is the finding to report.
    """
    with private_folder("workbook") as folder:
        run_reader(_PROGRAM, Path(path), folder)
        facts = WorkbookFacts.model_validate_json((folder / _FACTS).read_bytes())
        yield Workbook(facts=facts, folder=folder)
