"""The data dictionary as it is printed: Anexo IV, its two columns and the dataset's name (A-33)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.formats.dictionary.documents import texts
from ckanext.imssbienestar.formats.written.printed_pdf import (
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

_LINE = 5.2  # millimetres
_NAME_WIDTH = 58.0
_PADDING = 1.6


def dump_dictionary_pdf(
    dictionary: DataDictionary, *, dataset_title: str, file_title: str = "", language: str = "es"
) -> bytes:
    """Anexo IV as PDF (R-099, R-100, R-101): A4, numbered pages, the same bytes each time.

    A character that the font does not have is written as the ones it is made of, or as its
    Unicode number in brackets: nothing disappears.

    :param file_title: which file of the dataset the dictionary is of, when there are several.
    """
    said = texts("print", language)
    pdf = new_pdf(
        title=f"{said['heading']} ({said['annex']}): {dataset_title or file_title}",
        author="IMSS-BIENESTAR",
        language=said["language"],
        page=said["page"],
    )
    shown = FittingText(pdf)
    _write_heading(pdf, shown, dataset_title, file_title, said)
    _write_table(pdf, shown, dictionary, said)
    return bytes(pdf.output())


def _write_heading(pdf: FPDF, shown: FittingText, dataset: str, file: str, said: Any) -> None:
    width = pdf.epw
    pdf.set_text_color(*GUINDA)
    pdf.set_font(FONT, style="B", size=10)
    pdf.multi_cell(w=width, h=6, text=said["annex"], new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, style="B", size=16)
    pdf.multi_cell(w=width, h=9, text=said["heading"], new_x="LMARGIN", new_y="NEXT")
    pdf.set_text_color(0, 0, 0)
    pdf.ln(2)
    pdf.set_font(FONT, size=10)
    pdf.multi_cell(w=width, h=6, text=f"{said['dataset']}:", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, style="B", size=12)
    pdf.multi_cell(w=width, h=7, text=shown(dataset), new_x="LMARGIN", new_y="NEXT")
    if file:
        pdf.set_font(FONT, size=10)
        pdf.multi_cell(w=width, h=6, text=shown(file), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)


def _write_table(pdf: FPDF, shown: FittingText, dictionary: DataDictionary, said: Any) -> None:
    from fpdf.fonts import FontFace

    pdf.set_font(FONT, size=10)
    pdf.set_draw_color(*LINE_COLOUR)
    widths = (_NAME_WIDTH, pdf.epw - _NAME_WIDTH)
    heading = FontFace(emphasis="BOLD", color=(255, 255, 255), fill_color=GUINDA)
    with pdf.table(
        col_widths=widths,
        width=sum(widths),
        line_height=_LINE,
        padding=_PADDING,
        text_align=("LEFT", "LEFT"),
        headings_style=heading,
        cell_fill_color=PALE,
        cell_fill_mode="ROWS",
        v_align="T",
    ) as table:
        table.row((said["field"], said["description"]))
        for field in dictionary.fields:
            description = field.description.strip() or said["missing"]
            names = pieces_of_a_page(pdf, shown(field.name), widths[0] - 2 * _PADDING)
            meanings = pieces_of_a_page(pdf, shown(description), widths[1] - 2 * _PADDING)
            for name, meaning in _paired(names, meanings):
                row = table.row()
                row.cell(name)
                row.cell(meaning)


def _paired(names: list[str], meanings: list[str]) -> Iterator[tuple[str, str]]:
    for number in range(max(len(names), len(meanings))):
        yield (
            names[number] if number < len(names) else "",
            meanings[number] if number < len(meanings) else "",
        )
