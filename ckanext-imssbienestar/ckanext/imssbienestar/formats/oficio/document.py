"""The Oficio de Validación as a document that can still be edited before it is signed."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ckanext.imssbienestar.domain.oficio import Oficio
from ckanext.imssbienestar.domain.oficio_template import OficioTemplate
from ckanext.imssbienestar.formats.oficio.layout import ShownOficio, show_oficio
from ckanext.imssbienestar.formats.written.steady_zip import steadied
from ckanext.imssbienestar.formats.written.workbook import MOMENT

if TYPE_CHECKING:
    from docx.document import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH

_FONT = "Open Sans"
_LANGUAGE = "es-MX"
_CODE = 36.0  # millimetres


def dump_oficio_document(oficio: Oficio, template: OficioTemplate) -> bytes:
    """The letter as DOCX: A4, real paragraphs and tables; the same bytes each time."""
    # Imported here because only those who make letters need it, and it takes a while.
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGNED

    shown = show_oficio(oficio, template)
    document = docx.Document()
    _set_up(document, shown)
    _write(document, [shown.organism], bold=True, size=13)
    _write(document, [shown.number, shown.subject], bold=True, aligned=ALIGNED.RIGHT)
    _write(document, [shown.date, ""], aligned=ALIGNED.RIGHT)
    _write(document, [*shown.addressee, ""], bold=True)
    _write(document, shown.paragraphs, aligned=ALIGNED.JUSTIFY, after=6)
    _write_table(document, shown)
    _write(document, ["", shown.covered])
    for found in shown.digests:
        _write(document, [found.label], size=9)
        _write(document, [found.digest], size=8, bold=True)
    _write(document, ["", shown.farewell, ""])
    _write(document, [shown.attention, "", "", ""], bold=True, aligned=ALIGNED.CENTER)
    _write(document, [*shown.signature, ""], bold=True, aligned=ALIGNED.CENTER)
    _write(document, [*shown.copies, ""], size=8)
    _write_codes(document, shown)
    written = io.BytesIO()
    document.save(written)
    return steadied(written.getvalue())


def _set_up(document: Document, shown: ShownOficio) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin = section.bottom_margin = Mm(20)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(10)
    # Else the words are checked as English ones.
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), _LANGUAGE)
    properties = document.core_properties
    properties.title, properties.author = shown.title, shown.organism
    properties.language = _LANGUAGE
    properties.comments = ""  # the library leaves its name there
    properties.created = properties.modified = MOMENT


def _write(
    document: Document,
    texts: Iterable[str],
    *,
    bold: bool = False,
    size: float = 10,
    aligned: WD_ALIGN_PARAGRAPH | None = None,
    after: float = 0,
) -> None:
    from docx.shared import Pt

    for text in texts:
        paragraph = document.add_paragraph()
        if aligned is not None:
            paragraph.alignment = aligned
        paragraph.paragraph_format.space_after = Pt(after)
        run = paragraph.add_run(text)
        run.bold, run.font.size = bold, Pt(size)


def _write_table(document: Document, shown: ShownOficio) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGNED

    table = document.add_table(rows=0, cols=len(shown.table[0]))
    table.style = "Table Grid"
    for number, texts in enumerate(shown.table):
        cells = table.add_row().cells
        for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
            paragraph = cell.paragraphs[0]
            paragraph.add_run(text).bold = number in (0, len(shown.table) - 1)
            if place:
                paragraph.alignment = ALIGNED.RIGHT


def _write_codes(document: Document, shown: ShownOficio) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    for code in shown.codes:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        paragraph.add_run().add_picture(io.BytesIO(code.png()), width=Mm(_CODE))
        # What the code says, for whoever hears the document.
        for picture in paragraph._p.iter(qn("wp:docPr")):
            picture.set("descr", code.payload)
        caption = document.add_paragraph().add_run(code.caption)
        caption.font.size = Pt(7)
