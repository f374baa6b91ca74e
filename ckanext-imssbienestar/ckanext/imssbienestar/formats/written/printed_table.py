"""Tables of thousands of rows in a printed document.

fpdf2's own tables lay out each cell several times; these break every text once, by the widths of
its characters, and take an eighth of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ckanext.imssbienestar.formats.written.printed_pdf import (
    FONT,
    GUINDA,
    LINE_COLOUR,
    LINES_IN_A_ROW,
    PALE,
    FittingText,
)

if TYPE_CHECKING:
    from fpdf import FPDF

_SIZE = 8  # points
_LINE, _PADDING = 4.6, 1.2  # millimetres


@dataclass(frozen=True)
class PrintedColumn:
    """A column of a printed table.

    :ivar share: of the width of the page, in any unit that all columns share.
    """

    title: str
    share: float
    align: Literal["L", "C", "R"] = "L"


class PrintedTable:
    """A table that goes on over pages, with the titles on each of them."""

    def __init__(self, pdf: FPDF, fitting: FittingText, columns: Sequence[PrintedColumn]) -> None:
        self._pdf = pdf
        self._fitting = fitting
        self._columns = columns
        whole = sum(column.share for column in columns)
        self._widths = [pdf.epw * column.share / whole for column in columns]
        self._known: dict[tuple[str, str], float] = {}

    def write(self, rows: Iterable[Sequence[str]], total: Sequence[str]) -> None:
        """The titles, the rows, and a last row that stands out."""
        self._pdf.set_draw_color(*LINE_COLOUR)
        self._write_titles()
        for texts in rows:
            self._write_row(texts)
        self._write_row(total, style="B", fill=PALE)

    def _write_titles(self) -> None:
        self._pdf.set_text_color(255, 255, 255)
        titles = [column.title for column in self._columns]
        self._draw(self._broken(titles, "B"), style="B", fill=GUINDA)
        self._pdf.set_text_color(0, 0, 0)

    def _write_row(
        self, texts: Sequence[str], *, style: str = "", fill: tuple[int, int, int] | None = None
    ) -> None:
        cells = self._broken(texts, style)
        # A row taller than a page is continued in the next one.
        for start in range(0, max(map(len, cells)), LINES_IN_A_ROW):
            part = [lines[start : start + LINES_IN_A_ROW] for lines in cells]
            height = max(map(len, part)) * _LINE + 2 * _PADDING
            if self._pdf.will_page_break(height):
                self._pdf.add_page()
                self._write_titles()
            self._draw(part, style=style, fill=fill)

    def _draw(
        self,
        cells: Sequence[Sequence[str]],
        *,
        style: str,
        fill: tuple[int, int, int] | None,
    ) -> None:
        pdf = self._pdf
        pdf.set_font(FONT, style=style, size=_SIZE)
        if fill:
            pdf.set_fill_color(*fill)
        left, top = pdf.l_margin, pdf.get_y()
        height = max(map(len, cells)) * _LINE + 2 * _PADDING
        for column, width, lines in zip(self._columns, self._widths, cells, strict=True):
            pdf.rect(left, top, width, height, style="DF" if fill else "D")
            for number, line in enumerate(lines):
                pdf.set_xy(left, top + _PADDING + number * _LINE)
                if line:
                    pdf.cell(w=width, h=_LINE, text=line, align=column.align)
            left += width
        pdf.set_xy(pdf.l_margin, top + height)

    def _broken(self, texts: Sequence[str], style: str) -> list[list[str]]:
        """Each text in lines that fit in its column."""
        self._pdf.set_font(FONT, style=style, size=_SIZE)
        room = 2 * max(_PADDING, self._pdf.c_margin)
        return [
            [
                line
                for paragraph in self._fitting(text).split("\n")
                for line in self._lines(paragraph, width - room, style)
            ]
            for text, width in zip(texts, self._widths, strict=True)
        ]

    def _lines(self, paragraph: str, width: float, style: str) -> list[str]:
        lines, line, used = [], "", 0.0
        for number, word in enumerate(paragraph.split(" ")):
            piece = f" {word}" if number else word
            length = self._length(piece, style)
            if used + length <= width:
                line, used = line + piece, used + length
                continue
            if line:
                lines.append(line)
            *whole, line = self._cut(word, width, style)
            lines += whole
            used = self._length(line, style)
        return [*lines, line]

    def _cut(self, word: str, width: float, style: str) -> list[str]:
        """A word that is longer than a line, in pieces that are not."""
        pieces, piece, used = [], "", 0.0
        for character in word:
            length = self._length(character, style)
            if piece and used + length > width:
                pieces.append(piece)
                piece, used = "", 0.0
            piece, used = piece + character, used + length
        return [*pieces, piece]

    def _length(self, text: str, style: str) -> float:
        """In millimetres; the font that is set must be the one of the style."""
        length = 0.0
        for character in text:
            known = self._known.get((style, character))
            if known is None:
                known = self._known[style, character] = self._pdf.get_string_width(character)
            length += known
        return length
