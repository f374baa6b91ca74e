"""Which column of a sheet is which column of Formato 1, by its heading wherever it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory_layout import InventoryField, InventoryLayout
from ckanext.imssbienestar.domain.problems import Problem, Wording
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.formats.workbooks.facts import column_letters

# A row is the headings of a Formato 1 when it names the database and this many more columns.
_LEAST_OTHERS = 3
_QUOTED = 60


@dataclass(frozen=True)
class InventoryColumns:
    """Where the columns stand.

    :ivar row: the row of the headings.
    :ivar letters: name of the column -> its letters.
    :ivar notes: what is not as the form has it, and was read all the same.
    :ivar refusals: why the columns cannot be told.
    """

    row: int
    letters: Mapping[str, str]
    notes: tuple[Problem, ...] = ()
    refusals: tuple[Problem, ...] = ()


@dataclass
class _Headings:
    """The headings of one row, as they are recognised.

    :ivar places: name of the column -> positions, counted from 0, of its headings.
    :ivar renamed: position -> the heading that is not the printed one.
    """

    places: dict[str, list[int]] = field(default_factory=dict)
    renamed: dict[int, str] = field(default_factory=dict)
    extra: dict[int, str] = field(default_factory=dict)


def find_columns(rows: Sequence[Sequence[str]], layout: InventoryLayout) -> InventoryColumns | None:
    """The columns under the row that names the most of them; None when no row names enough."""
    known = _known_words()
    best, most = 0, 0
    for number, cells in enumerate(rows, start=1):
        found = {known[words] for words in map(plain_words, cells) if words in known}
        if names.NAME in found and len(found) > max(most, _LEAST_OTHERS):
            best, most = number, len(found)
    if not best:
        return None
    headings = _headings(rows[best - 1], layout)
    twice = {name: at for name, at in headings.places.items() if len(at) > 1}
    refusals = tuple(_twice(layout.fields[name], at, best) for name, at in twice.items())
    letters = {name: column_letters(at[0] + 1) for name, at in headings.places.items()}
    notes = _notes(headings, letters, best, layout)
    return InventoryColumns(best, letters, tuple(notes), refusals)


def repeats_headings(texts: Sequence[str]) -> bool:
    """Whether a row only says the double headings once more, as the annex's second row does."""
    filled = [text for text in texts if text.strip()]
    return bool(filled) and all(plain_words(text) in _group_words() for text in filled)


def _headings(cells: Sequence[str], layout: InventoryLayout) -> _Headings:
    """Each heading as the column it names; a printed heading wins over other names of it."""
    found, known, printed = _Headings(), _known_words(), _printed_words()
    words_of = [plain_words(cell) for cell in cells]
    exact = {printed[words] for words in words_of if words in printed}
    groups = _group_words()
    for at, words in enumerate(words_of):
        name = known.get(words, "")
        if name and (words in printed or name not in exact):
            found.places.setdefault(name, []).append(at)
            if words not in printed:
                found.renamed[at] = cells[at]
        elif words in groups or (not words and at and words_of[at - 1] in groups):
            _add_of_group(found, groups[words or words_of[at - 1]], at, cells, layout)
        elif words:
            found.extra[at] = cells[at]
    return found


def _add_of_group(
    found: _Headings, group: str, at: int, cells: Sequence[str], layout: InventoryLayout
) -> None:
    """A column under a double heading, whose own heading the annex lost: the next of its group."""
    free = [f.name for f in layout.columns if f.group == group and f.name not in found.places]
    if free:
        found.places[free[0]] = [at]
        found.renamed[at] = cells[at] or cells[at - 1]
    elif cells[at].strip():
        found.extra[at] = cells[at]


def _notes(
    headings: _Headings, letters: Mapping[str, str], row: int, layout: InventoryLayout
) -> list[Problem]:
    notes = list[Problem]()
    name_at = {at: name for name, places in headings.places.items() for at in places}
    for at, heading in headings.renamed.items():
        title = layout.fields[name_at[at]].title
        facts: dict[str, Wording | str | int] = {"heading": _short(heading)}
        notes.append(Problem("inventory-column-renamed", "", row, title, _cell(at, row), facts))
    for at, heading in headings.extra.items():
        facts = {"heading": _short(heading)}
        notes.append(Problem("inventory-column-extra", "", row, None, _cell(at, row), facts))
    ordered = [name for name in layout.fields if name in letters]
    placed = sorted(letters, key=lambda name: headings.places[name][0])
    if ordered != placed:
        moved = [layout.fields[n].title for n, p in zip(placed, ordered, strict=True) if n != p]
        notes.append(Problem("inventory-column-moved", row=row, facts={"columns": _listed(moved)}))
    missing = [f.title for f in layout.columns if f.name not in letters]
    if missing:
        facts = {"columns": _listed(missing)}
        notes.append(Problem("inventory-column-missing", row=row, facts=facts))
    return notes


def _twice(column: InventoryField, places: Sequence[int], row: int) -> Problem:
    facts: dict[str, Wording | str | int] = {"cells": ", ".join(_cell(at, row) for at in places)}
    cell = _cell(places[1], row)
    return Problem("inventory-column-twice", row=row, column=column.title, cell=cell, facts=facts)


def _cell(at: int, row: int) -> str:
    return f"{column_letters(at + 1)}{row}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"


def _listed(titles: Sequence[Wording]) -> Wording:
    return Wording(
        es=", ".join(title.es for title in titles), en=", ".join(title.en for title in titles)
    )


@cache
def _known_words() -> Mapping[str, str]:
    """Any heading that is read, in plain words -> the column it names."""
    return {
        plain_words(heading): column.name
        for column in inventory_layout().fields.values()
        for heading in column.headings
    }


@cache
def _printed_words() -> Mapping[str, str]:
    """The headings that are printed, in plain words -> the column they name."""
    return {
        plain_words(heading): column.name
        for column in inventory_layout().fields.values()
        for heading in (column.title.es, column.title.en)
    }


@cache
def _group_words() -> Mapping[str, str]:
    """The double headings, in plain words -> the name of the group."""
    groups = inventory_layout().groups
    return {
        plain_words(said): name for name, group in groups.items() for said in (group.es, group.en)
    }
