"""Formato 2 as it is printed and signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ckanext.imssbienestar.domain.concentrado import Concentrado
from ckanext.imssbienestar.formats.concentrado.layout import ShownConcentrado, show_concentrado
from ckanext.imssbienestar.formats.written.printed_pdf import (
    FONT,
    GUINDA,
    FittingText,
    new_pdf,
)
from ckanext.imssbienestar.formats.written.printed_table import PrintedColumn, PrintedTable

if TYPE_CHECKING:
    from fpdf import FPDF

_LINE = 4.6  # millimetres
_CENTRED = ("personal", "open", "public_interest")


def dump_concentrado_pdf(concentrado: Concentrado, *, language: str = "es") -> bytes:
    """PDF: A4 across, numbered pages, the column titles on each; the same bytes each time."""
    shown = show_concentrado(concentrado, language)
    pdf = new_pdf(
        title=f"{shown.table_title}: {concentrado.unit}",
        author=shown.organism,
        language=shown.titles["language"],
        page=shown.titles["page"],
        orientation="landscape",
    )
    fitting = FittingText(pdf)
    _write_heading(pdf, fitting, shown)
    columns = [
        PrintedColumn(column.title, column.width, "C" if column.name in _CENTRED else "L")
        for column in shown.columns
    ]
    PrintedTable(pdf, fitting, columns).write(shown.rows, shown.total)
    return bytes(pdf.output())


def _write_heading(pdf: FPDF, fitting: FittingText, shown: ShownConcentrado) -> None:
    pdf.set_text_color(*GUINDA)
    for size, text in ((13, shown.organism), (10, shown.annex), (15, shown.annex_title)):
        _write(pdf, fitting(text), height=size * 0.55, style="B", size=size)
    pdf.set_text_color(0, 0, 0)
    pdf.ln(2)
    for label, value in shown.header:
        _write(pdf, fitting(label), height=_LINE, style="B", size=8)
        _write(pdf, fitting(value), height=_LINE, size=9)
    pdf.ln(2)
    _write(pdf, fitting(shown.table_title), height=7, style="B", size=11)


def _write(pdf: FPDF, text: str, *, height: float, size: float, style: str = "") -> None:
    pdf.set_font(FONT, style=style, size=size)
    pdf.multi_cell(w=0, h=height, text=text, align="L", new_x="LMARGIN", new_y="NEXT")
