"""Small tables looked at as a whole: stacked tables, groups under their subtotal, the period.

What stands in a title belongs in a column. It is only taken where the dictionary asks for the
column, the file has none for it, and the title tells exactly one value.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryField,
    constraint_text,
    plain_words,
)
from ckanext.imssbienestar.formats.canonical.changes import ChangeLog
from ckanext.imssbienestar.formats.canonical.labels import pair_labels, stem
from ckanext.imssbienestar.formats.canonical.layout import limit, month_numbers, settings, words
from ckanext.imssbienestar.formats.canonical.numbers import (
    Form,
    canonical_number,
    proven_style,
    read_number,
)
from ckanext.imssbienestar.formats.canonical.rows import (
    DataRows,
    Header,
    filled,
    is_number,
    is_total,
)
from ckanext.imssbienestar.formats.canonical.source import Row, TableSent
from ckanext.imssbienestar.formats.canonical.survey import NUMERIC
from ckanext.imssbienestar.formats.canonical.text import one_line

_NUMBERED = re.compile(r"(\d+(?:\.\d+)*)\.?\s")


@dataclass
class AddedColumn:
    """A column of the copy that what was sent has no column for.

    :ivar values: the value of each row, by the row's number.
    :ivar constant: the value of all the others.
    """

    entry: DictionaryField
    values: dict[int, str] = field(default_factory=dict)
    constant: str = ""


@dataclass
class WholeTable:
    """A small table taken apart.

    :ivar candidates: for each column its labels, one for each header of a stacked table.
    :ivar titles: row number -> the titles above it, the nearest last.
    """

    rows: list[Row]
    candidates: list[list[str]]
    titles: dict[int, tuple[str, ...]]
    paired: dict[int, DictionaryField] = field(default_factory=dict)
    added: list[AddedColumn] = field(default_factory=list)

    @property
    def known(self) -> set[str]:
        """Names of the fields that have their column."""
        return {entry.name for entry in self.paired.values()} | {
            column.entry.name for column in self.added
        }


def take_apart(
    sent: TableSent, header: Header, dictionary: DataDictionary, log: ChangeLog
) -> WholeTable | None:
    """Look at all the rows under the header at once; None when they are too many for that."""
    most = limit("whole_table_rows")
    known = header.other_rows
    under = (row for row in sent.rows() if row[0] > header.row and row[0] not in known)
    rows = list(islice(under, most + 1))
    if len(rows) > most:
        return None
    if any(header.repeats(cells) for _, cells in rows):
        table = _unstacked(sent, header, rows, log)
    else:
        titles = tuple(text for _, text in header.titles if text)
        data = list(DataRows(sent, header).read(log))
        candidates = [[label] for label in header.labels]
        table = WholeTable(data, candidates, {number: titles for number, _ in data})
    table.paired = pair_labels(table.candidates, dictionary)
    _fill_from_groups(sent, table, dictionary, log)
    _fill_from_sections(table, dictionary, log)
    _fill_periods(table, dictionary, log)
    return table


# --- stacked tables ------------------------------------------------------------------------------


def _unstacked(sent: TableSent, header: Header, rows: Sequence[Row], log: ChangeLog) -> WholeTable:
    """Tables one under the other become one; their titles and headers are left out."""
    candidates = [[label] for label in header.labels]
    titles: list[str] = [text for _, text in header.titles if text]
    stack = _stacked(titles)
    table = WholeTable(rows=[], candidates=candidates, titles={})
    pending: list[Row] = []
    for number, cells in rows:
        places = filled(cells)
        if not places:
            log.cell("blank-row", None, sent.reference(number, 1))
        elif header.repeats(cells):
            for place in places:
                candidates[place].append(one_line(cells[place]))
            _leave_out(sent, "header-repeated", number, cells, log)
        elif is_total(cells):
            _leave_out(sent, "total-row", number, cells, log)
        elif len(places) == 1 and len(cells) > 1 and not is_number(cells[places[0]]):
            pending.append((number, cells))
            stack = _stacked([*stack, one_line(cells[places[0]])])
            continue
        else:
            for title in pending:
                _leave_out(sent, "section-row", *title, log)
            pending = []
            table.rows.append((number, cells))
            table.titles[number] = tuple(stack)
    for number, cells in pending:
        log.cell("note-row", None, sent.reference(number, filled(cells)[0] + 1))
    return table


def _stacked(titles: Sequence[str]) -> list[str]:
    """The titles in force: ``2.`` ends ``1.`` and ``1.1.``; the title of the file stays."""
    kept: list[str] = []
    for title in titles:
        level = _level(title)
        if level:
            kept = [other for other in kept if _level(other) < level]
        kept.append(title)
    return kept


def _level(title: str) -> int:
    numbered = _NUMBERED.match(title)
    return numbered[1].count(".") + 1 if numbered else 0


def _leave_out(
    sent: TableSent, kind: str, number: int, cells: Sequence[str], log: ChangeLog
) -> None:
    place = filled(cells)[0]
    reference = sent.reference(number, place + 1)
    log.cell(kind, None, reference, before=one_line(cells[place])[:60])


def _fill_from_sections(table: WholeTable, dictionary: DataDictionary, log: ChangeLog) -> None:
    """Allowed values that stand in the titles go to the column they belong to."""
    for entry in dictionary.fields:
        allowed = [constraint_text(value) for value in entry.constraints.enum]
        if entry.type is not FieldType.STRING or not allowed or entry.name in table.known:
            continue
        values = {number: _told_value(titles, allowed) for number, titles in table.titles.items()}
        if values and all(values.values()):
            column = AddedColumn(entry, {n: value for n, value in values.items() if value})
            table.added.append(column)
            log.note("section-value", column=entry.name, count=len(values))


def _told_value(titles: Sequence[str], allowed: Sequence[str]) -> str | None:
    """The value that the nearest title tells, if it tells one."""
    for title in reversed(titles):
        said = _stems(title)
        told = [value for value in allowed if _stems(value) and _stems(value) <= said]
        if len(told) == 1:
            return told[0]
    return None


def _stems(text: str) -> set[str]:
    return {stem(word) for word in set(plain_words(text).split()) - words("stop_words")}


# --- groups --------------------------------------------------------------------------------------


def _fill_from_groups(
    sent: TableSent, table: WholeTable, dictionary: DataDictionary, log: ChangeLog
) -> None:
    """A row that names a group and carries its sum gives its names to the rows that follow."""
    groups = _groups(table)
    if not groups:
        return
    details = [row for _, rows in groups for row in rows]
    named = [place for place in range(len(table.candidates)) if _all_filled(groups, place)]
    for place in named:
        entry = table.paired.get(place)
        if entry is None or entry.type in NUMERIC:
            continue
        under = [cells[place] if place < len(cells) else "" for _, cells in details]
        others = any(text.strip() for text in under)
        if others and not _split_numbers(table, dictionary, place, details, log):
            continue
        for (_, heading), rows in groups:
            for _, cells in rows:
                cells[place] = heading[place]
        log.note("group-value", column=entry.name, count=len(details))
    headings = {number for (number, _), _ in groups}
    for (number, cells), _ in groups:
        _leave_out(sent, "group-row", number, cells, log)
    table.rows = [row for row in table.rows if row[0] not in headings]
    table.titles = {n: titles for n, titles in table.titles.items() if n not in headings}


def _groups(table: WholeTable) -> list[tuple[Row, list[Row]]]:
    """Each heading and its rows, if every heading's amount is the sum of its rows."""
    first = min(table.paired, default=None)
    if first is None or table.paired[first].type in NUMERIC:
        return []
    groups: list[tuple[Row, list[Row]]] = []
    for row in table.rows:
        if row[1][first].strip():
            groups.append((row, []))
        elif not groups:
            return []
        else:
            groups[-1][1].append(row)
    measures = [place for place, entry in table.paired.items() if entry.type in NUMERIC]
    if not groups or not all(rows for _, rows in groups):
        return []
    proven = any(all(_sums(table, group, place) for group in groups) for place in measures)
    return groups if proven else []


def _sums(table: WholeTable, group: tuple[Row, list[Row]], place: int) -> bool:
    heading, rows = group
    forms: Counter[Form] = Counter()
    for _, cells in (heading, *rows):
        number = read_number(one_line(cells[place]))
        forms.update([number.form] if number else [])
    whole = table.paired[place].type is FieldType.INTEGER
    style = proven_style(forms, whole=whole)
    amounts = []
    for _, cells in (heading, *rows):
        number = read_number(one_line(cells[place]))
        text = canonical_number(number, style) if number else None
        if text is None:
            return False
        amounts.append(Decimal(text))
    return amounts[0] == sum(amounts[1:])


def _all_filled(groups: Sequence[tuple[Row, list[Row]]], place: int) -> bool:
    return all(place < len(cells) and cells[place].strip() for (_, cells), _ in groups)


def _split_numbers(
    table: WholeTable,
    dictionary: DataDictionary,
    place: int,
    details: Sequence[Row],
    log: ChangeLog,
) -> bool:
    """Numbers under a column of names are another column, if the dictionary lacks just one."""
    missing = [
        entry
        for entry in dictionary.fields
        if entry.type is FieldType.INTEGER and entry.name not in table.known
    ]
    texts = {number: cells[place].strip() for number, cells in details}
    if len(missing) != 1 or not all(text.isdigit() for text in texts.values()):
        return False
    table.added.append(AddedColumn(missing[0], texts))
    label = table.candidates[place][0]
    log.note("group-split", column=missing[0].name, count=len(texts), detail=label)
    return True


# --- the period ----------------------------------------------------------------------------------


def _fill_periods(table: WholeTable, dictionary: DataDictionary, log: ChangeLog) -> None:
    """First and last day of the period that the titles tell, or of the month in the row."""
    texts = {text for titles in table.titles.values() for text in titles}
    told = {period for text in texts if (period := period_of(text))}
    if len(told) != 1:
        return
    (first, last), months = told.pop(), _months_of_rows(table)
    for entry in dictionary.fields:
        ending = plain_words(entry.name).replace(" ", "_") in settings()["period_end_names"]
        begins = plain_words(entry.name).replace(" ", "_") in settings()["period_start_names"]
        if entry.type is not FieldType.DATE or entry.name in table.known or not (begins or ending):
            continue
        column = AddedColumn(entry)
        for number, _ in table.rows:
            start, end = _days(first, last, months.get(number))
            column.values[number] = end if ending else start
        if not all(column.values.values()):
            continue
        table.added.append(column)
        detail = f"{_days(first, last, None)[0]}/{_days(first, last, None)[1]}"
        log.note("period", column=entry.name, count=len(column.values), detail=detail)


Month = tuple[int, int]
"""Year and month."""


def period_of(text: str) -> tuple[Month, Month] | None:
    """The months a title tells: ``octubre - diciembre de 2018``, ``marzo de 2024``."""
    names = "|".join(sorted(month_numbers(), key=len, reverse=True))
    found = re.search(
        rf"\b({names})(?: (?:a |al )?({names}))?(?: de| del)? (\d{{4}})\b", plain_words(text)
    )
    if not found:
        return None
    year, first = int(found[3]), month_numbers()[found[1]]
    last = month_numbers()[found[2]] if found[2] else first
    return ((year, first), (year, last)) if first <= last else None


def _months_of_rows(table: WholeTable) -> dict[int, int]:
    """Row number -> month, if some column holds the name of a month in every row."""
    for place in table.paired:
        found = {
            number: month_numbers().get(plain_words(cells[place]), 0)
            for number, cells in table.rows
        }
        if found and all(found.values()):
            return found
    return {}


def _days(first: Month, last: Month, month: int | None) -> tuple[str, str]:
    """First and last day; of the month, when the row has one that the period holds."""
    if month is not None:
        if not first[1] <= month <= last[1]:
            return "", ""
        first = last = (first[0], month)
    days = calendar.monthrange(*last)[1]
    return f"{first[0]}-{first[1]:02d}-01", f"{last[0]}-{last[1]:02d}-{days:02d}"
