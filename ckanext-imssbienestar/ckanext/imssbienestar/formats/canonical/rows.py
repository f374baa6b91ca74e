"""Which rows of what was sent are data, and which are titles, headers, totals, notes or blank."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ckanext.imssbienestar.checks.layout import limit as table_limit
from ckanext.imssbienestar.checks.layout import table_layout
from ckanext.imssbienestar.checks.texts import finding
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.formats.canonical.changes import ChangeLog
from ckanext.imssbienestar.formats.canonical.layout import limit, words
from ckanext.imssbienestar.formats.canonical.numbers import read_number
from ckanext.imssbienestar.formats.canonical.source import CannotNormaliseError, Row, TableSent
from ckanext.imssbienestar.formats.canonical.text import one_line

_WORD = re.compile(r"[^\W\d_]{2}")


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
    :ivar row: the row with the names; data begin under it.
    :ivar other_rows: rows that complete the names, above or below that one.
    """

    labels: list[str]
    row: int
    other_rows: frozenset[int] = frozenset()
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

    :raises CannotNormaliseError: it is blank, or has more columns than a table may have.
    """
    head = [cells for _, cells in _first(sent.rows(), sent.header_row + limit("sample_rows"))]
    place = min(sent.header_row, len(head)) - 1
    labels = list(map(one_line, head[place]))
    facts: dict[str, Any] = {"row": sent.header_row}
    if not any(labels):
        raise CannotNormaliseError(finding("blank-header", language=sent.language, **facts))
    if len(labels) > table_limit("columns"):
        facts = {"found": len(labels), "limit": table_limit("columns")}
        raise CannotNormaliseError(finding("too-many-columns", language=sent.language, **facts))
    titles = [
        (number, one_line(" ".join(cells))) for number, cells in enumerate(head[:place], start=1)
    ]
    header = Header(labels=labels, row=sent.header_row, titles=titles)
    others: set[int] = set()
    above = head[place - 1] if place else []
    if _is_parent(above, labels):
        header.labels = _joined(above, labels)
        others.add(titles.pop()[0])
    # What is left out anyway does not stand between a header and its second row.
    below = [
        (number, cells)
        for number, cells in enumerate(head[place + 1 :], start=header.row + 1)
        if filled(cells) and not is_total(cells) and not header.repeats(cells)
    ]
    while len(others) + 1 < limit("header_rows") and _continues(below, header.labels):
        number, cells = below.pop(0)
        header.labels = _joined(header.labels, list(map(one_line, cells)))
        others.add(number)
    header.other_rows = frozenset(others)
    return header


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


def _continues(rows: Sequence[Row], labels: Sequence[str]) -> bool:
    """Whether the first of these rows is still header: words over columns of numbers.

    The first column has its name already, and under every word there are only numbers.
    """
    if len(rows) < 2:
        return False
    cells = rows[0][1]
    places = filled(cells)
    if not places or places[0] == 0 or not labels[0] or places[-1] >= len(labels):
        return False
    if not all(_WORD.search(cells[place]) for place in places):
        return False
    for place in places:
        under = [row[place] for _, row in rows[1:] if place < len(row) and row[place].strip()]
        if not under or not all(map(is_number, under)):
            return False
    blanks = {place for place, label in enumerate(labels) if not label}
    # Either it fills all that the header leaves blank, or it adds to a few columns.
    return blanks <= set(places) if blanks else 2 * len(places) <= len(labels)


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
        self.openings = str(table_layout()["total_row_initials"])

    def read(self, log: ChangeLog | None = None) -> Iterator[Row]:
        """The data rows in order.

        :param log: told which rows are left out.
        """
        note = _RowNotes(self.sent, ChangeLog() if log is None else log)
        held: list[Row] = []
        ended = False  # by a total or a blank row: notes may follow
        for number, cells in self.sent.rows():
            if number <= self.header.row or number in self.header.other_rows:
                continue
            if not held and self._is_plain(cells):
                ended = False
                yield number, cells
                continue
            places = filled(cells)
            if not places:
                note.row("blank-row", number, cells)
                ended = True
            elif _is_note(cells, places, after_end=ended):
                held.append((number, cells))
            else:
                # Something follows: what looked like a note under the table is none.
                yield from held
                held.clear()
                ended = is_total(cells)
                if ended:
                    note.row("total-row", number, cells)
                elif self.header.repeats(cells):
                    note.row("header-repeated", number, cells)
                else:
                    yield number, cells
        for number, _ in held:
            note.row("note-row", number, [])

    def _is_plain(self, cells: Sequence[str]) -> bool:
        """Whether a look at two cells is enough to know a row of data: most of them."""
        if len(cells) < 2 or not cells[0][:1].isalnum() or not cells[1].strip():
            return False
        first = cells[0][0]
        return first not in self.openings and first != self.header.labels[0][:1]


class _RowNotes:
    """Tells a log which rows are left out, with the cell where each one begins."""

    def __init__(self, sent: TableSent, log: ChangeLog) -> None:
        self.sent = sent
        self.log = log
        self.told: Counter[str] = Counter()

    def row(self, kind: str, number: int, cells: Sequence[str]) -> None:
        """One row left out."""
        self.told[kind] += 1
        if self.told[kind] > limit("examples"):
            self.log.note(kind)  # there may be a million of them
            return
        place = next(iter(filled(cells)), 0)
        before = one_line(cells[place])[:60] if place < len(cells) else None
        self.log.cell(kind, None, self.sent.reference(number, place + 1), before=before)


def _is_note(cells: Sequence[str], places: Sequence[int], *, after_end: bool) -> bool:
    """Whether a row is a note under the table: one cell, opening as notes do."""
    if len(places) != 1 or not after_end or len(cells) < 2:
        return False
    said = plain_words(cells[places[0]]).split()
    return bool(said) and (said[0] in words("note_openings") or cells[places[0]].lstrip()[0] == "*")
