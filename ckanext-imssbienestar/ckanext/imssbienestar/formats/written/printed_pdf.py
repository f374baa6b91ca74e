"""What every printed document of the system has in common: fonts, margins, page numbers."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fpdf import FPDF

FONT = "OpenSans"
GUINDA = (157, 36, 73)
PALE = (244, 236, 224)
GREY = (84, 84, 84)
LINE_COLOUR = (221, 201, 163)
# A row taller than this is continued in the next one, so that no text is too long for a page.
LINES_IN_A_ROW = 30
_MARGIN = 18.0  # millimetres
# Of every document: the same content gives the same bytes.
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def new_pdf(
    *,
    title: str,
    author: str,
    language: str,
    page: str,
    orientation: Literal["portrait", "landscape"] = "portrait",
) -> FPDF:
    """An A4 document with its first page open, numbered at the foot.

    :param page: the words of the number, with ``{page}`` and ``{pages}``.
    """
    # Imported here because only those who print need it, and it takes a while.
    from fpdf import FPDF
    from ttf_opensans import OPENSANS_BOLD, OPENSANS_REGULAR

    pdf = FPDF(orientation=orientation, format="A4")
    pdf.footer = partial(_write_footer, pdf, page)
    pdf.add_font(FONT, fname=OPENSANS_REGULAR.path)
    pdf.add_font(FONT, style="B", fname=OPENSANS_BOLD.path)
    pdf.set_font(FONT, size=10)
    pdf.set_creation_date(_MOMENT)
    pdf.set_lang(language)
    pdf.set_title(title)
    pdf.set_author(author)
    pdf.set_producer("ckanext-imssbienestar")
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN + 4)
    pdf.add_page()
    return pdf


class FittingText:
    """Texts as the document's font can show them; nothing disappears.

    A character that the font does not have is written as the ones it is made of, or as its
    Unicode number in brackets.
    """

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


def pieces_of_a_page(pdf: FPDF, text: str, width: float) -> list[str]:
    """The text in pieces that each fit on a page, cut where a line ends.

    :param width: of the place that the text is written in, in millimetres.
    """
    if len(text) <= LINES_IN_A_ROW and "\n" not in text:
        return [text]
    lines = pdf.multi_cell(w=width, text=text, dry_run=True, output="LINES")
    if len(lines) <= LINES_IN_A_ROW:
        return [text]
    return [
        "\n".join(lines[start : start + LINES_IN_A_ROW])
        for start in range(0, len(lines), LINES_IN_A_ROW)
    ]


def _write_footer(pdf: FPDF, page: str) -> None:
    pdf.set_y(-14)
    pdf.set_font(FONT, size=8)
    pdf.set_text_color(*GREY)
    # fpdf2 puts the number of pages in the place of {nb}.
    text = page.replace("{page}", str(pdf.page_no())).replace("{pages}", "{nb}")
    pdf.cell(w=0, text=text, align="R")
