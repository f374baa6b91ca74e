"""Formato 2 as an OpenDocument spreadsheet, with the content of the Excel workbook."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from ckanext.imssbienestar.domain.concentrado import Concentrado
from ckanext.imssbienestar.formats.concentrado.layout import ShownConcentrado, show_concentrado
from ckanext.imssbienestar.formats.written.ods_parts import ods_archive, paragraphs

# A character of a sheet is about this wide (centimetres).
_CHARACTER = 0.2
_STYLES = (
    '<office:automatic-styles><style:page-layout style:name="page"><style:page-layout-properties'
    ' style:print-orientation="landscape" fo:page-width="29.7cm" fo:page-height="21cm"/>'
    "</style:page-layout></office:automatic-styles>"
    '<office:master-styles><style:master-page style:name="Default"'
    ' style:page-layout-name="page"/></office:master-styles>'
)
_CELL_STYLES = {
    "plain": ("", ""),
    "bold": ("", ' fo:font-weight="bold"'),
    "row": (' fo:border="0.5pt solid #ddc9a3"', ""),
    "title": (
        ' fo:background-color="#9d2449" fo:border="0.5pt solid #ddc9a3"',
        ' fo:font-weight="bold" fo:color="#ffffff"',
    ),
    "total": (
        ' fo:background-color="#f4ece0" fo:border="0.5pt solid #ddc9a3"',
        ' fo:font-weight="bold"',
    ),
}


def dump_concentrado_ods(concentrado: Concentrado, *, language: str = "es") -> bytes:
    """ODS with one protected sheet; every cell is text. The same bytes each time."""
    shown = show_concentrado(concentrado, language)
    return ods_archive(
        {"content": _content(shown), "meta": _meta(shown, language), "styles": _STYLES}
    )


def _content(shown: ShownConcentrado) -> str:
    across = len(shown.columns)
    rows = [
        *(_row([text], "bold") for text in (shown.organism, shown.annex, shown.annex_title)),
        *(_row([label, value], "plain", spanned=across - 1) for label, value in shown.header),
        _row([shown.table_title], "bold"),
    ]
    titles = _row([column.title for column in shown.columns], "title")
    rows.append(f"<table:table-header-rows>{titles}</table:table-header-rows>")
    rows += [_row(texts, "row") for texts in shown.rows]
    rows.append(_row(shown.total, "total"))
    columns = "".join(
        f'<table:table-column table:style-name="column{number}"/>' for number in range(across)
    )
    return (
        f"<office:automatic-styles>{_cell_styles()}{_column_styles(shown)}"
        "</office:automatic-styles><office:body><office:spreadsheet>"
        f"<table:table table:name={quoteattr(shown.titles['sheet'])}"
        f' table:protected="true">{columns}{"".join(rows)}</table:table>'
        "</office:spreadsheet></office:body>"
    )


def _meta(shown: ShownConcentrado, language: str) -> str:
    return (
        f"<office:meta><dc:title>{escape(shown.table_title)}</dc:title>"
        f"<dc:creator>{escape(shown.organism)}</dc:creator>"
        f"<dc:language>{escape(language)}</dc:language></office:meta>"
    )


def _cell_styles() -> str:
    return "".join(
        f'<style:style style:name="{name}" style:family="table-cell">'
        f'<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"{cell}/>'
        f"<style:text-properties{text}/></style:style>"
        for name, (cell, text) in _CELL_STYLES.items()
    )


def _column_styles(shown: ShownConcentrado) -> str:
    return "".join(
        f'<style:style style:name="column{number}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{column.width * _CHARACTER:.2f}cm"/>'
        "</style:style>"
        for number, column in enumerate(shown.columns)
    )


def _row(texts: Sequence[str], style: str, *, spanned: int = 1) -> str:
    """A row of cells; the last one stands over so many columns."""
    cells = [_cell(text, style) for text in texts[:-1]]
    cells.append(_cell(texts[-1], style, spanned))
    if spanned > 1:
        cells.append(f'<table:covered-table-cell table:number-columns-repeated="{spanned - 1}"/>')
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _cell(text: str, style: str, spanned: int = 1) -> str:
    """A cell that holds this text and nothing else; without a text, an empty one."""
    attributes = f' table:style-name="{style}"'
    if spanned > 1:
        attributes += f' table:number-columns-spanned="{spanned}"'
    if not text:
        return f"<table:table-cell{attributes}/>"
    return (
        f'<table:table-cell{attributes} office:value-type="string">{paragraphs(text)}'
        "</table:table-cell>"
    )
