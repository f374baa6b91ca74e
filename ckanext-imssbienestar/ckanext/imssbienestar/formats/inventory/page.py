"""What a workbook of Formato 1 shows, cell by cell, whatever program will open it.

The XLSX and the ODS are two ways to write this page; every cell is text, so what looks like a
formula, a number or a date comes back as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.domain.inventory_layout import InventoryField, InventoryLayout
from ckanext.imssbienestar.domain.inventory_values import shown_value
from ckanext.imssbienestar.domain.written_text import is_writable
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.formats.inventory.layout import (
    inventory_layout,
    spare_rows,
    template_texts,
)
from ckanext.imssbienestar.formats.workbooks.facts import column_letters

# Excel keeps no more in a cell, counted in UTF-16, and cuts what is longer without a word.
_CELL_LENGTH = 32_767


class UnwritableInventory(TerminalError):
    """A value cannot be kept in a workbook.

    :ivar identifier: of the entry; empty for the header.
    """

    def __init__(self, identifier: str, column: str) -> None:
        self.identifier, self.column = identifier, column
        super().__init__(
            f"The value of “{column}” in {identifier or 'the header'} does not fit in a workbook.",
            next_step="Shorten it, or take out its control characters, and export again.",
        )


@dataclass(frozen=True)
class Choices:
    """Cells in which one of some words is to be chosen; rows count from 1, both included."""

    letter: str
    first_row: int
    last_row: int
    words: tuple[str, ...]

    @property
    def where(self) -> str:
        """As a spreadsheet writes it: ``E15:E514``."""
        return f"{self.letter}{self.first_row}:{self.letter}{self.last_row}"


@dataclass(frozen=True)
class InventoryPage:
    """The sheet of Formato 1, from its first row.

    :ivar heading: the rows above the table: a label, what is said, a label, what is said.
    :ivar groups: the row of the double headings.
    :ivar titles: the row of the headings; it stays in view.
    :ivar rows: one for each entry.
    :ivar texts: what else the workbook says, in its language.
    :ivar help: the rows of the sheet of help.
    """

    fields: tuple[InventoryField, ...]
    heading: tuple[tuple[str, ...], ...]
    groups: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    choices: tuple[Choices, ...]
    help: tuple[tuple[str, ...], ...]
    texts: Mapping[str, str]
    language: str

    @property
    def first_field_row(self) -> int:
        """The row of the first field of the header; titles stand above it."""
        return 4

    @property
    def title_row(self) -> int:
        """The row of the headings."""
        return len(self.heading) + 2


def inventory_page(
    header: InventoryHeader, entries: Sequence[InventoryEntry], *, language: str = "es"
) -> InventoryPage:
    """The page of an inventory, or the blank form when there are no entries.

    :raises UnwritableInventory: a value cannot be kept in a workbook.
    """
    layout = inventory_layout()
    fields = (*layout.columns, *layout.system_columns)
    texts = {name: said.label(language) for name, said in template_texts().items()}
    heading, places = _heading(layout, header, language, texts)
    first = len(heading) + 3
    groups = [field.group for field in fields]
    return InventoryPage(
        fields=fields,
        heading=heading,
        # Of a double heading the first cell says it.
        groups=tuple(
            layout.groups[group].label(language) if group and group not in groups[:number] else ""
            for number, group in enumerate(groups)
        ),
        titles=tuple(field.title.label(language) for field in fields),
        rows=tuple(_row(entry, fields, language) for entry in entries),
        choices=(
            *_choices_of_header(layout, places, language),
            *_choices(fields, first, first + len(entries) + spare_rows() - 1, language),
        ),
        help=_help(layout, fields, language, texts),
        texts=texts,
        language=language,
    )


def _heading(
    layout: InventoryLayout, header: InventoryHeader, language: str, texts: Mapping[str, str]
) -> tuple[tuple[tuple[str, ...], ...], dict[str, str]]:
    """The rows above the table, and the cell of each field of the header."""
    titles = {name: said.label(language) for name, said in layout.titles.items()}
    rows: list[tuple[str, ...]] = [
        (titles["annex"],),
        (titles["form"], "", titles["label"], titles["form_name"]),
        (texts["instruction"],),
    ]
    places, completed, beside = dict[str, str](), header.completed(layout), list[str]()
    for number, field in enumerate(layout.header):
        # Two fields a row: all that is above the headings stays in view, so it must be little.
        title = field.title.label(language)
        value = shown_value(field, completed.values.get(field.name, ""), language)
        places[field.name] = f"{'BD'[number % 2]}{len(rows) + 1}"
        beside += [title, _fitting(value, "", title)]
        if len(beside) == 4 or number == len(layout.header) - 1:
            rows.append(tuple(beside))
            beside = []
    return tuple(rows), places


def _row(entry: InventoryEntry, fields: Iterable[InventoryField], language: str) -> tuple[str, ...]:
    cells = []
    for field in fields:
        if field.name == names.MARK:
            # Without an identifier it is not stored yet: there is nothing to go stale.
            cells.append(entry.mark if entry.identifier else "")
            continue
        shown = shown_value(field, entry.value(field.name), language)
        cells.append(_fitting(shown, entry.identifier, field.title.label(language)))
    return tuple(cells)


def _fitting(text: str, identifier: str, column: str) -> str:
    too_long = len(text) * 2 > _CELL_LENGTH and len(text.encode("utf-16-le", "surrogatepass")) > (
        2 * _CELL_LENGTH
    )
    if too_long or not is_writable(text):
        raise UnwritableInventory(identifier, column)
    return text


def _words(field: InventoryField, language: str) -> tuple[str, ...]:
    return tuple(choice.label(language) for choice in field.choices)


def _choices(
    fields: Sequence[InventoryField], first: int, last: int, language: str
) -> Iterable[Choices]:
    for number, field in enumerate(fields, start=1):
        if field.choices:
            yield Choices(column_letters(number), first, last, _words(field, language))


def _choices_of_header(
    layout: InventoryLayout, places: Mapping[str, str], language: str
) -> Iterable[Choices]:
    for field in layout.header:
        if field.choices:
            letter, row = places[field.name][0], int(places[field.name][1:])
            yield Choices(letter, row, row, _words(field, language))


def _help(
    layout: InventoryLayout,
    fields: Sequence[InventoryField],
    language: str,
    texts: Mapping[str, str],
) -> tuple[tuple[str, ...], ...]:
    required = {choice.code: choice.label(language) for choice in _answers(layout)}
    rows: list[tuple[str, ...]] = [
        (texts["help_title"],),
        (
            texts["help_column"],
            texts["help_meaning"],
            texts["help_required"],
            texts["help_choices"],
        ),
    ]
    rows += [
        (
            field.title.label(language),
            field.help.label(language),
            required[names.YES if field.required else names.NO],
            "\n".join(_words(field, language)),
        )
        for field in (*layout.header, *fields)
    ]
    return tuple(rows)


def _answers(layout: InventoryLayout) -> Iterable[names.Choice]:
    return layout.fields[names.PERSONAL].choices
