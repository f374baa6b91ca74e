"""Formato 2 as it is shown: the same texts on screen, in XLSX, in ODS and in PDF.

The writers and the page only place what stands here, so they cannot differ in what they say.
Titles, labels, columns and words of the notes are data (``schemas/formato_2.yaml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.concentrado import Concentrado, ConcentradoRow, Note
from ckanext.imssbienestar.domain.written_text import writable

LANGUAGES = ("es", "en")


@dataclass(frozen=True)
class ShownColumn:
    """A column's title and its share of the width, in characters of a sheet."""

    name: str
    title: str
    width: int


@dataclass(frozen=True)
class ShownConcentrado:
    """Formato 2 in the words of a language, in the order in which it is read.

    :ivar header: label and value of each line above the table.
    :ivar rows: one text for each column; a mark is a text too.
    :ivar total: the last row (R-079).
    :ivar titles: the words around it (``annex``, ``sheet``, ``page``, ``language``).
    """

    organism: str
    annex: str
    annex_title: str
    table_title: str
    header: tuple[tuple[str, str], ...]
    columns: tuple[ShownColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    titles: Mapping[str, str]

    @property
    def lines(self) -> tuple[tuple[str, ...], ...]:
        """Every line from the masthead to the total: what all forms of it have in common."""
        return (
            (self.organism,),
            (self.annex,),
            (self.annex_title,),
            *self.header,
            (self.table_title,),
            tuple(column.title for column in self.columns),
            *self.rows,
            self.total,
        )


def show_concentrado(concentrado: Concentrado, language: str = "es") -> ShownConcentrado:
    """Formato 2 with its titles (R-070), masthead (R-071), header (R-072 to R-074) and rows.

    Characters that no office document can hold (control characters) are left out, and a tab is a
    space: a cell of a form has no columns of its own.

    :param language: Spanish is what is signed; another is for reading.
    """
    layout, said = read_yaml("formato_2.yaml"), language if language in LANGUAGES else LANGUAGES[0]
    titles = layout["titles"][said]
    columns = tuple(
        ShownColumn(column["name"], column[said], int(column["width"]))
        for column in layout["columns"]
    )
    values = _header_values(concentrado, layout["inventory"][said])
    return ShownConcentrado(
        organism=_shown_text(concentrado.header.organism),
        annex=titles["annex"],
        annex_title=titles["annex_title"],
        table_title=titles["table_title"],
        header=tuple((line[said], _shown_text(values[line["name"]])) for line in layout["header"]),
        columns=columns,
        rows=tuple(_placed(columns, _row_texts(row, layout, said)) for row in concentrado.rows),
        total=_placed(columns, _total_texts(concentrado, layout["total"][said])),
        titles=titles,
    )


def _header_values(concentrado: Concentrado, inventory: str) -> Mapping[str, str]:
    header = concentrado.header
    return {
        "unit": concentrado.unit,
        "coordination": concentrado.coordination,
        "date": header.made_on.isoformat(),
        "attributions": "\n".join(text.strip() for text in header.attributions if text.strip()),
        "version": str(header.version),
        "inventory": inventory.format(
            version=concentrado.inventory_version, digest=concentrado.inventory_digest
        ),
        "digest": concentrado.digest,
    }


def _row_texts(row: ConcentradoRow, layout: Mapping[str, Any], language: str) -> Mapping[str, str]:
    mark, words = layout["mark"], layout["notes"][language]
    return {
        "name": row.name,
        "personal": mark if row.marks.personal else "",
        "open": mark if row.marks.open else "",
        "public_interest": mark if row.marks.public_interest else "",
        "identifier": row.identifier,
        "note": "\n".join(_note_text(note, words) for note in row.notes),
    }


def _note_text(note: Note, words: Mapping[str, str]) -> str:
    # Not str.format: the text of a person may have braces of its own, and is put in as it is.
    before, field, after = words[str(note.kind)].partition("{")
    return before + note.text + after.partition("}")[2] if field else before


def _total_texts(concentrado: Concentrado, total: str) -> Mapping[str, str]:
    totals = concentrado.totals
    return {
        "name": total.format(databases=totals.databases),
        "personal": str(totals.personal),
        "open": str(totals.open),
        "public_interest": str(totals.public_interest),
    }


def _shown_text(text: str) -> str:
    return writable(text).replace("\t", " ")


def _placed(columns: tuple[ShownColumn, ...], texts: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_shown_text(texts.get(column.name, "")) for column in columns)
