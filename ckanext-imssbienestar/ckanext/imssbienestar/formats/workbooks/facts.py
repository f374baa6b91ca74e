"""What is known about a workbook besides its cells, and why one cannot be read."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.errors import TerminalError

SheetState = Literal["visible", "hidden", "very-hidden"]


class Finds(BaseModel):
    """How often something was found, and where first.

    :ivar first: references in the sheet: cells (``C17``), rows (``17``) or columns (``C``).
    """

    count: int = 0
    first: list[str] = []

    def add(self, reference: str) -> None:
        """Count one more; its reference is kept while there is room."""
        self.count += 1
        if len(self.first) < limit("references"):
            self.first.append(reference)


class MergedRange(BaseModel):
    """Cells that a spreadsheet shows as one; rows and columns count from 1, ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    @property
    def reference(self) -> str:
        """As a spreadsheet writes it: ``B6:D6``."""
        first = f"{column_letters(self.first_column)}{self.first_row}"
        return f"{first}:{column_letters(self.last_column)}{self.last_row}"


class SheetFacts(BaseModel):
    """One sheet.

    :ivar rows: number of the last row that holds something.
    :ivar columns: number of the last column that holds something.
    :ivar formula_columns: letters of a column -> formulas in it.
    :ivar formulas_without_value: formulas that nobody calculated: their cells read as empty.
    :ivar errors: cells such as ``#N/A``: they read as empty too.
    :ivar long_numbers: numbers of more digits than a spreadsheet keeps.
    :ivar percents: numbers that are shown as percentages: 0.25 is seen as 25 %.
    :ivar zero_formats: column -> digits shown -> cells, for formats such as ``00000``.
    """

    name: str
    state: SheetState = "visible"
    rows: int = 0
    columns: int = 0
    hidden_rows: Finds = Finds()
    hidden_columns: Finds = Finds()
    merged: Finds = Finds()
    merged_ranges: list[MergedRange] = []
    formulas: int = 0
    formula_cells: Finds = Finds()
    formula_columns: dict[str, int] = {}
    formulas_without_value: Finds = Finds()
    errors: Finds = Finds()
    long_numbers: Finds = Finds()
    percents: Finds = Finds()
    zero_formats: dict[int, dict[int, int]] = {}

    def add_formula(self, reference: str) -> None:
        """Count one more formula, in all and in its column."""
        self.formulas += 1
        self.formula_cells.add(reference)
        letters = reference.rstrip("0123456789")
        self.formula_columns[letters] = self.formula_columns.get(letters, 0) + 1

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds anything."""
        return not self.rows


class WorkbookFacts(BaseModel):
    """One workbook.

    :ivar structure_known: hidden rows, formulas and merged cells were looked for; of an XLS
        only what its reader tells is known.
    """

    kind: str
    sheets: list[SheetFacts] = []
    macros: bool = False
    comments: int = 0
    structure_known: bool = True


class WorkbookText(BaseModel):
    """A text of a workbook that is not in a cell: what a person may have left behind.

    :ivar kind: ``comment``, ``author`` or ``property``.
    :ivar sheet: the sheet of a comment.
    :ivar cell: the cell of a comment, or the name of a property.
    """

    kind: Literal["comment", "author", "property"]
    sheet: str = ""
    cell: str = ""
    text: str


class WorkbookError(TerminalError):
    """A workbook that cannot be read.

    :ivar code: its code in ``findings.yaml``.
    :ivar facts: what the finding's text tells: ``variant``, ``limit``, ``kind``.
    """

    def __init__(self, code: str, **facts: str) -> None:
        self.code = code
        self.facts = facts
        told = ", ".join(f"{name} {value}" for name, value in facts.items())
        super().__init__(
            f"The workbook cannot be read: {code}{f' ({told})' if told else ''}.",
            next_step="Save it again from its own program, without a password, or as CSV UTF-8.",
        )


@cache
def workbook_layout() -> dict[str, Any]:
    """The whole of ``schemas/workbooks.yaml``."""
    data: dict[str, Any] = read_yaml("workbooks.yaml")
    return data


@cache
def limit(name: str) -> int:
    """A limit on workbooks by its name."""
    return int(workbook_layout()["limits"][name])


def column_number(letters: str) -> int:
    """The number of a spreadsheet column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """The letters of a spreadsheet column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
