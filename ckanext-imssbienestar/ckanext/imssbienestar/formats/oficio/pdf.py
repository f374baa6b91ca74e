"""The Oficio de Validación as it is printed, or signed with an e.firma."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ckanext.imssbienestar.domain.oficio import Oficio
from ckanext.imssbienestar.domain.oficio_template import OficioTemplate
from ckanext.imssbienestar.formats.oficio.layout import ShownCode, ShownOficio, show_oficio
from ckanext.imssbienestar.formats.written.printed_pdf import (
    FONT,
    GUINDA,
    FittingText,
    new_pdf,
)
from ckanext.imssbienestar.formats.written.printed_table import PrintedColumn, PrintedTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fpdf import FPDF

# Millimetres.
_LINE, _CODE, _CAPTION = 5.2, 36.0, 8.0
_SIGNATURE_SPACE = 22.0
_CODES_ACROSS = 4
# How much wider the names are than a number.
_NAME_SHARE = 2.4


def dump_oficio_pdf(oficio: Oficio, template: OficioTemplate) -> bytes:
    """The letter as PDF: A4, numbered pages, its texts searchable; the same bytes each time."""
    shown = show_oficio(oficio, template)
    pdf = new_pdf(title=shown.title, author=shown.organism, language="es-MX", page=shown.page)
    fitting = FittingText(pdf)
    _write_head(pdf, fitting, shown)
    for text in shown.paragraphs:
        _write(pdf, fitting, [text], align="J")
        pdf.ln(2)
    _write_table(pdf, fitting, shown)
    _write_digests(pdf, fitting, shown)
    _write_end(pdf, fitting, shown)
    _write_codes(pdf, fitting, shown)
    return bytes(pdf.output())


def _write_head(pdf: FPDF, fitting: FittingText, shown: ShownOficio) -> None:
    pdf.set_text_color(*GUINDA)
    _write(pdf, fitting, [shown.organism], style="B", size=13)
    pdf.set_text_color(0, 0, 0)
    pdf.ln(3)
    _write(pdf, fitting, [shown.number, shown.subject], style="B", align="R")
    _write(pdf, fitting, [shown.date], align="R")
    pdf.ln(5)
    _write(pdf, fitting, shown.addressee, style="B")
    pdf.ln(4)


def _write_table(pdf: FPDF, fitting: FittingText, shown: ShownOficio) -> None:
    titles, *rows, total = shown.table
    columns = [
        PrintedColumn(title, _NAME_SHARE if not number else 1, "R" if number else "L")
        for number, title in enumerate(titles)
    ]
    pdf.ln(1)
    PrintedTable(pdf, fitting, columns).write(rows, total)
    pdf.ln(4)


def _write_digests(pdf: FPDF, fitting: FittingText, shown: ShownOficio) -> None:
    _write(pdf, fitting, [shown.covered])
    pdf.ln(1)
    for found in shown.digests:
        # A hash stays on one line, under its name, so that it can be searched for.
        _keep_together(pdf, 3 * _LINE)
        _write(pdf, fitting, [found.label], size=9)
        _write(pdf, fitting, [found.digest], size=8, style="B")
    pdf.ln(3)


def _write_end(pdf: FPDF, fitting: FittingText, shown: ShownOficio) -> None:
    _keep_together(pdf, _SIGNATURE_SPACE + (8 + len(shown.signature)) * _LINE)
    _write(pdf, fitting, [shown.farewell])
    pdf.ln(4)
    _write(pdf, fitting, [shown.attention], style="B", align="C")
    pdf.ln(_SIGNATURE_SPACE)
    _write(pdf, fitting, shown.signature, style="B", align="C")
    pdf.ln(5)
    _write(pdf, fitting, shown.copies, size=8)
    pdf.ln(4)


def _write_codes(pdf: FPDF, fitting: FittingText, shown: ShownOficio) -> None:
    for start in range(0, len(shown.codes), _CODES_ACROSS):
        line = shown.codes[start : start + _CODES_ACROSS]
        _keep_together(pdf, _CODE + 2 * _CAPTION)
        top, lowest = pdf.get_y(), pdf.get_y()
        for number, code in enumerate(line):
            left = pdf.l_margin + number * pdf.epw / _CODES_ACROSS
            pdf.set_xy(left, top)
            lowest = max(lowest, _write_code(pdf, fitting, code, left, top))
        pdf.set_xy(pdf.l_margin, lowest + 2)


def _keep_together(pdf: FPDF, height: float) -> None:
    """Begin a new page when what follows does not fit on this one."""
    if pdf.will_page_break(height):
        pdf.add_page()


def _write_code(pdf: FPDF, fitting: FittingText, code: ShownCode, left: float, top: float) -> float:
    """Draw one; where its caption ends, in millimetres from the top."""
    pdf.image(io.BytesIO(code.png()), x=left, y=top, w=_CODE, alt_text=code.payload)
    pdf.set_xy(left, top + _CODE)
    pdf.set_font(FONT, size=6)
    pdf.multi_cell(w=_CODE, h=2.6, text=fitting(code.caption), align="L")
    return float(pdf.get_y())


def _write(
    pdf: FPDF,
    fitting: FittingText,
    texts: Iterable[str],
    *,
    style: str = "",
    size: float = 10,
    align: str = "L",
) -> None:
    pdf.set_font(FONT, style=style, size=size)
    for text in texts:
        pdf.multi_cell(
            w=0, h=_LINE * size / 10, text=fitting(text), align=align, new_x="LMARGIN", new_y="NEXT"
        )
