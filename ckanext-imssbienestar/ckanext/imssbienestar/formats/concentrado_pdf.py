"""Formato 2 as it is printed and signed."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from ckanext.imssbienestar.domain.concentrado import Concentrado
from ckanext.imssbienestar.formats.concentrado_layout import ShownConcentrado, show_concentrado
from ckanext.imssbienestar.formats.printed_pdf import (
    FONT,
    GUINDA,
    LINE_COLOUR,
    PALE,
    FittingText,
    new_pdf,
    pieces_of_a_page,
)

if TYPE_CHECKING:
    from fpdf import FPDF

_LINE, _PADDING = 4.6, 1.2  # millimetres
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
    _write_table(pdf, fitting, shown)
    return bytes(pdf.output())


def _write_heading(pdf: FPDF, fitting: FittingText, shown: ShownConcentrado) -> None:
    pdf.set_text_color(*GUINDA)
    for size, text in ((13, shown.organism), (10, shown.annex), (15, shown.annex_title)):
        pdf.set_font(FONT, style="B", size=size)
        pdf.multi_cell(w=0, h=size * 0.55, text=fitting(text), new_x="LMARGIN", new_y="NEXT")
    pdf.set_text_color(0, 0, 0)
    pdf.ln(2)
    for label, value in shown.header:
        pdf.set_font(FONT, style="B", size=8)
        pdf.multi_cell(w=0, h=_LINE, text=fitting(label), new_x="LMARGIN", new_y="NEXT")
        pdf.set_font(FONT, size=9)
        pdf.multi_cell(w=0, h=_LINE, text=fitting(value), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)
    pdf.set_font(FONT, style="B", size=11)
    pdf.multi_cell(w=0, h=7, text=fitting(shown.table_title), new_x="LMARGIN", new_y="NEXT")


def _write_table(pdf: FPDF, fitting: FittingText, shown: ShownConcentrado) -> None:
    from fpdf.fonts import FontFace

    pdf.set_font(FONT, size=8)
    pdf.set_draw_color(*LINE_COLOUR)
    share = pdf.epw / sum(column.width for column in shown.columns)
    widths = tuple(column.width * share for column in shown.columns)
    total = FontFace(emphasis="BOLD", fill_color=PALE)
    with pdf.table(
        col_widths=widths,
        width=pdf.epw,
        line_height=_LINE,
        padding=_PADDING,
        text_align=tuple(
            "CENTER" if column.name in _CENTRED else "LEFT" for column in shown.columns
        ),
        headings_style=FontFace(emphasis="BOLD", color=(255, 255, 255), fill_color=GUINDA),
        v_align="T",
    ) as table:
        table.row(tuple(column.title for column in shown.columns))
        for texts in shown.rows:
            pieces = (
                pieces_of_a_page(pdf, fitting(text), width - 2 * _PADDING)
                for text, width in zip(texts, widths, strict=True)
            )
            for line in zip_longest(*pieces, fillvalue=""):
                table.row(line)
        table.row(tuple(fitting(text) for text in shown.total), style=total)
