"""Which rows of what was sent are data, and which are titles, headers, totals, notes or blank."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ckanext.imssbienestar.checks.layout import limit as table_limit
from ckanext.imssbienestar.checks.layout import table_layout
from ckanext.imssbienestar.checks.texts import finding
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.formats.normalise_changes import ChangeLog
from ckanext.imssbienestar.formats.normalise_layout import limit, words
from ckanext.imssbienestar.formats.normalise_numbers import read_number
from ckanext.imssbienestar.formats.normalise_source import CannotNormaliseError, Row, TableSent
from ckanext.imssbienestar.formats.normalise_text import one_line

_DIGIT = re.compile(r"\d")


def filled(cells: Sequence[str]) -> list[int]:
    """Places, from 0, of the cells that hold something."""
    return [place for place, cell in enumerate(cells) if cell.strip()]


def is_total(cells: Sequence[str]) -> bool:
    """Whether the row's first written cell says total, in the words of ``table_layout.yaml``."""
    first = next((cell for cell in cells if cell.strip()), "").strip()
    if not first or first[0] not in table_layout()["total_row_initials"]:
        return False
    return re.fullmatch(table_layout()["total_row"], first, re.IGNORECASE) is not None


def is_number(text: str) -> bool:
    """Whether a cell holds a number, however it is written."""
    return read_number(one_line(text)) is not None


@dataclass
class Header:
    """The column names of a table, and where they and the titles above them are.

    :ivar labels: one for each column; blank where the header has none.
    :ivar last_row: row where the header ends; data begin under it.
    """

    labels: list[str]
    first_row: int
    last_row: int
    titles: list[tuple[int, str]] = field(default_factory=list)

    def repeats(self, cells: Sequence[str]) -> bool:
        """Whether a row is this header again, other columns perhaps differing in wording."""
        places = filled(cells)
        if not places or len(places) < 2 or places[0] >= len(self.labels):
            return False
        same = one_line(cells[places[0]]) == self.labels[places[0]]
        return same and not any(is_number(cells[place]) for place in places)


def read_header(sent: TableSent) -> Header:
    """The header of what was sent; a header of two clear rows becomes one.

    :raises CannotNormaliseError: it has more columns than a table may have.
    """
    head = [cells for _, cells in _first(sent.rows(), sent.header_row + limit("sample_rows"))]
    place = min(sent.header_row, len(head)) - 1
    if len(head[place]) > table_limit("columns"):
        facts = {"found": len(head[place]), "limit": table_limit("columns")}
        raise CannotNormaliseError(finding("too-many-columns", language=sent.language, **facts))
    titles = [
        (number, one_line(" ".join(cells))) for number, cells in enumerate(head[:place], start=1)
    ]
    labels = list(map(one_line, head[place]))
    first = last = sent.header_row
    above = head[place - 1] if place else []
    if _is_parent(above, labels):
        labels = _joined(above, labels)
        titles.pop()
        first -= 1
    while last - first + 1 < limit("header_rows") and _continues(head[last:], labels):
        labels = _joined(labels, list(map(one_line, head[last])))
        last += 1
    return Header(labels=labels, first_row=first, last_row=last, titles=titles)


def _first(rows: Iterator[Row], count: int) -> Iterator[Row]:
    for row in rows:
        yield row
        if row[0] >= count:
            return


def _is_parent(above: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether the row above names groups of columns: it fills every blank of the header."""
    blanks = [place for place, label in enumerate(labels) if not label]
    places = filled(above)
    return bool(blanks) and len(places) > 1 and set(blanks) <= set(places)


def _continues(rows: Sequence[Sequence[str]], labels: Sequence[str]) -> bool:
    """Whether the first of these rows is still header: words over columns of numbers."""
    if len(rows) < 2:
        return False
    places = filled(rows[0])
    labelled = [place for place, label in enumerate(labels) if label]
    words_only = not any(_DIGIT.search(rows[0][place]) for place in places)
    if not places or not words_only or is_total(rows[0]) or max(places) >= len(labels):
        return False
    if not labels[places[0]] and len(places) < 2:
        return False
    under = [
        next((row[place] for row in rows[1:] if place < len(row) and row[place].strip()), "")
        for place in places
    ]
    if not all(map(is_number, under)):
        return False
    blanks = [place for place, label in enumerate(labels) if not label]
    # Either it fills all that the header leaves blank, or it adds to a few columns.
    return set(places) >= set(blanks) if blanks else 2 * len(places) <= len(labelled)


def _joined(above: Sequence[str], below: Sequence[str]) -> list[str]:
    """Two rows of a header as one: a name that spans columns goes before each of them."""
    joined = []
    spanning = ""
    for place in range(max(len(above), len(below))):
        over = one_line(above[place]) if place < len(above) else ""
        under = below[place] if place < len(below) else ""
        spanning = over or (spanning if under else "")
        joined.append(f"{spanning} {under}".strip())
    return joined


class DataRows:
    """The rows of data, to be read more than once; what is left out is noted on demand."""

    def __init__(self, sent: TableSent, header: Header) -> None:
        self.sent = sent
        self.header = header

    def read(self, log: ChangeLog | None = None) -> Iterator[Row]:
        """The data rows in order.

        :param log: told which rows are left out.
        """
        note = _RowNotes(self.sent, ChangeLog() if log is None else log)
        held: list[Row] = []
        after_end = False
        for number, cells in self.sent.rows():
            if number <= self.header.last_row:
                continue
            places = filled(cells)
            if not places:
                held.append((number, cells))
                continue
            if _is_note(cells, places, after_end=after_end or bool(held)):
                held.append((number, cells))
                continue
            # Something follows: what looked like a note under the table is none.
            yield from self._release(held, note)
            held.clear()
            after_end = is_total(cells)
            if after_end:
                note.row("total-row", number, cells)
            elif self.header.repeats(cells):
                note.row("header-repeated", number, cells)
            else:
                yield number, cells
        for number, cells in held:
            note.row("note-row" if filled(cells) else "blank-row", number, [])

    def _release(self, held: list[Row], note: _RowNotes) -> Iterator[Row]:
        for number, cells in held:
            if filled(cells):
                yield number, cells
            else:
                note.row("blank-row", number, cells)


class _RowNotes:
    """Tells a log which rows are left out, with the cell where each one begins."""

    def __init__(self, sent: TableSent, log: ChangeLog) -> None:
        self.sent = sent
        self.log = log

    def row(self, kind: str, number: int, cells: Sequence[str]) -> None:
        """One row left out."""
        place = next(iter(filled(cells)), 0)
        before = one_line(cells[place])[:60] if place < len(cells) else None
        self.log.cell(kind, None, self.sent.reference(number, place + 1), before=before)


def _is_note(cells: Sequence[str], places: Sequence[int], *, after_end: bool) -> bool:
    """Whether a row is a note under the table: one cell, opening as notes do."""
    if len(places) != 1 or not after_end or len(cells) < 2:
        return False
    said = plain_words(cells[places[0]]).split()
    return bool(said) and (said[0] in words("note_openings") or cells[places[0]].lstrip()[0] == "*")
