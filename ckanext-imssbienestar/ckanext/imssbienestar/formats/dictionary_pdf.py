"""The data dictionary as it is printed: Anexo IV, its two columns and the dataset's name (A-33)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.formats.dictionary_documents import texts

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT = "OpenSans"
_MARGIN, _LINE = 18.0, 5.2  # millimetres
_NAME_WIDTH = 58.0
_PADDING = 1.6
# A row taller than this is continued in the next one, so that no text is too long for a page.
_LINES_IN_A_ROW = 30
_GUINDA = (157, 36, 73)
_PALE = (244, 236, 224)
_GREY = (84, 84, 84)
# Of every document: the same dictionary gives the same bytes.
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def dump_dictionary_pdf(
    dictionary: DataDictionary, *, dataset_title: str, file_title: str = "", language: str = "es"
) -> bytes:
    """Anexo IV as PDF (R-099, R-100, R-101): A4, numbered pages, the same bytes each time.

    A character that the font does not have is written as the ones it is made of, or as its
    Unicode number in brackets: nothing disappears.

    :param file_title: which file of the dataset the dictionary is of, when there are several.
    """
    said = texts("print", language)
    pdf = _document(dataset_title or file_title, said)
    shown = _Shown(pdf)
    _write_heading(pdf, shown, dataset_title, file_title, said)
    _write_table(pdf, shown, dictionary, said)
    return bytes(pdf.output())


class _Shown:
    """Texts as the font can show them."""

    def __init__(self, pdf: FPDF) -> None:
        self._known = pdf.current_font.cmap if pdf.current_font is not None else {}

    def __call__(self, text: str) -> str:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
        return "".join(self._character(character) for character in lines)

    def _character(self, character: str) -> str:
        if character == "\n" or ord(character) in self._known:
            return character
        parts = unicodedata.normalize("NFKC", character)
        if all(ord(part) in self._known for part in parts):
            return parts
        return f"(U+{ord(character):04X})"


def _document(title: str, said: Any) -> FPDF:
    # Imported here because only those who print need it, and it takes a while.
    from fpdf import FPDF
    from ttf_opensans import OPENSANS_BOLD, OPENSANS_REGULAR

    pdf = FPDF(format="A4")
    pdf.footer = partial(_write_footer, pdf, said["page"])
    pdf.add_font(_FONT, fname=OPENSANS_REGULAR.path)
    pdf.add_font(_FONT, style="B", fname=OPENSANS_BOLD.path)
    pdf.set_font(_FONT, size=10)
    pdf.set_creation_date(_MOMENT)
    pdf.set_lang(said["language"])
    pdf.set_title(f"{said['heading']} ({said['annex']}): {title}")
    pdf.set_author("IMSS-BIENESTAR")
    pdf.set_producer("ckanext-imssbienestar")
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN + 4)
    pdf.add_page()
    return pdf


def _write_footer(pdf: FPDF, page: str) -> None:
    pdf.set_y(-14)
    pdf.set_font(_FONT, size=8)
    pdf.set_text_color(*_GREY)
    # fpdf2 puts the number of pages in the place of {nb}.
    pdf.cell(w=0, text=page.format(page=pdf.page_no(), pages="{nb}"), align="R")


def _write_heading(pdf: FPDF, shown: _Shown, dataset: str, file: str, said: Any) -> None:
    width = pdf.epw
    pdf.set_text_color(*_GUINDA)
    pdf.set_font(_FONT, style="B", size=10)
    pdf.multi_cell(w=width, h=6, text=said["annex"], new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(_FONT, style="B", size=16)
    pdf.multi_cell(w=width, h=9, text=said["heading"], new_x="LMARGIN", new_y="NEXT")
    pdf.set_text_color(0, 0, 0)
    pdf.ln(2)
    pdf.set_font(_FONT, size=10)
    pdf.multi_cell(w=width, h=6, text=f"{said['dataset']}:", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(_FONT, style="B", size=12)
    pdf.multi_cell(w=width, h=7, text=shown(dataset), new_x="LMARGIN", new_y="NEXT")
    if file:
        pdf.set_font(_FONT, size=10)
        pdf.multi_cell(w=width, h=6, text=shown(file), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)


def _write_table(pdf: FPDF, shown: _Shown, dictionary: DataDictionary, said: Any) -> None:
    from fpdf.fonts import FontFace

    pdf.set_font(_FONT, size=10)
    pdf.set_draw_color(221, 201, 163)
    widths = (_NAME_WIDTH, pdf.epw - _NAME_WIDTH)
    heading = FontFace(emphasis="BOLD", color=(255, 255, 255), fill_color=_GUINDA)
    with pdf.table(
        col_widths=widths,
        width=sum(widths),
        line_height=_LINE,
        padding=_PADDING,
        text_align=("LEFT", "LEFT"),
        headings_style=heading,
        cell_fill_color=_PALE,
        cell_fill_mode="ROWS",
        v_align="T",
    ) as table:
        table.row((said["field"], said["description"]))
        for field in dictionary.fields:
            description = field.description.strip() or said["missing"]
            names = _parts(pdf, shown(field.name), widths[0])
            meanings = _parts(pdf, shown(description), widths[1])
            for name, meaning in _paired(names, meanings):
                row = table.row()
                row.cell(name)
                row.cell(meaning)


def _parts(pdf: FPDF, text: str, width: float) -> list[str]:
    """The text in pieces that each fit on a page, cut where a line ends."""
    lines = pdf.multi_cell(w=width - 2 * _PADDING, text=text, dry_run=True, output="LINES")
    if len(lines) <= _LINES_IN_A_ROW:
        return [text]
    return [
        "\n".join(lines[start : start + _LINES_IN_A_ROW])
        for start in range(0, len(lines), _LINES_IN_A_ROW)
    ]


def _paired(names: list[str], meanings: list[str]) -> Iterator[tuple[str, str]]:
    for number in range(max(len(names), len(meanings))):
        yield (
            names[number] if number < len(names) else "",
            meanings[number] if number < len(meanings) else "",
        )
