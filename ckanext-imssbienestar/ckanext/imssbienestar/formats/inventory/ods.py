"""Formato 1 as an OpenDocument spreadsheet (ODF 1.3): the page of the Excel workbook, as ODS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.formats.inventory.page import Choices, InventoryPage, inventory_page
from ckanext.imssbienestar.formats.workbooks.facts import column_letters, column_number
from ckanext.imssbienestar.formats.written.ods_parts import ods_archive, paragraphs

# Width of a character of the usual font, in centimetres.
_CHARACTER = 0.19
_CELL_STYLES = """
<style:style style:name="top" style:family="table-cell" style:data-style-name="text">
<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/></style:style>
<style:style style:name="value" style:family="table-cell" style:data-style-name="text">
<style:table-cell-properties fo:background-color="#F4ECE0"/></style:style>
<style:style style:name="bold" style:family="table-cell" style:data-style-name="text">
<style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="title" style:family="table-cell" style:data-style-name="text">
<style:table-cell-properties fo:background-color="#9D2449" fo:wrap-option="wrap"
 style:vertical-align="middle"/>
<style:text-properties fo:font-weight="bold" fo:color="#FFFFFF"/></style:style>
"""
_TEXT_FORMAT = '<number:text-style style:name="text"><number:text-content/></number:text-style>'


def dump_inventory_ods(
    header: InventoryHeader, entries: Sequence[InventoryEntry] = (), *, language: str = "es"
) -> bytes:
    """The inventory as ODS, the blank form when there are no entries; the same bytes each time.

    :raises UnwritableInventory: a value cannot be kept in a workbook.
    """
    page = inventory_page(header, entries, language=language)
    return ods_archive(
        {
            "content": "".join(_content(page)),
            "settings": _settings(page),
            "meta": (
                f"<office:meta><dc:title>{escape(page.heading[1][0])}</dc:title>"
                f"<dc:creator>IMSS-BIENESTAR</dc:creator><dc:language>{language}</dc:language>"
                "</office:meta>"
            ),
        }
    )


def _content(page: InventoryPage) -> Iterator[str]:
    yield f"<office:automatic-styles>{_TEXT_FORMAT}{_CELL_STYLES}"
    widths = [field.width for field in page.fields]
    help_widths = [36, 90, 14, 36]
    for name, columns in (("column", widths), ("help", help_widths)):
        for number, width in enumerate(columns):
            yield (
                f'<style:style style:name="{name}{number}" style:family="table-column">'
                f'<style:table-column-properties style:column-width="{width * _CHARACTER:.2f}cm"/>'
                "</style:style>"
            )
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    yield "<table:content-validations>"
    for number, choices in enumerate(page.choices):
        yield _validation(number, choices, page)
    yield "</table:content-validations>"
    yield from _table(page)
    yield f"<table:table table:name={quoteattr(page.texts['help_sheet'])}>"
    yield _columns("help", len(help_widths))
    for number, texts in enumerate(page.help):
        yield _row(_cell(text, "bold" if number < 2 else "top") for text in texts)
    yield "</table:table></office:spreadsheet></office:body>"


def _table(page: InventoryPage) -> Iterator[str]:
    yield f"<table:table table:name={quoteattr(page.texts['sheet'])}>"
    yield _columns("column", len(page.fields))
    rules = {
        f"{choices.letter}{choices.first_row}": f"choice{number}"
        for number, choices in enumerate(page.choices)
    }
    for row, texts in enumerate(page.heading, start=1):
        to_fill = row >= page.first_field_row
        yield _row(
            _cell(text, "value", rules.get(f"{column_letters(at + 1)}{row}", ""))
            if to_fill and at % 2
            else _cell(text, "bold")
            for at, text in enumerate(texts)
        )
    yield _row(_cell(text, "bold") for text in page.groups)
    yield _row(
        _cell(title, "title", note=field.help.label(page.language))
        for field, title in zip(page.fields, page.titles, strict=True)
    )
    first = page.title_row + 1
    rule_of = _rules_of_columns(page, first, len(page.fields))
    for texts in page.rows:
        yield _row(_cell(text, "top", rule) for text, rule in zip(texts, rule_of, strict=True))
    last = max((choices.last_row for choices in page.choices), default=first)
    spare = max(1, last - first - len(page.rows) + 1)
    yield _row((_cell("", "top", rule) for rule in rule_of), repeated=spare)
    yield "</table:table>"


def _rules_of_columns(page: InventoryPage, first: int, columns: int) -> list[str]:
    """The name of the rule of each column of the table; an empty text where there is none."""
    rules = [""] * columns
    for number, choices in enumerate(page.choices):
        if choices.first_row == first:
            rules[column_number(choices.letter) - 1] = f"choice{number}"
    return rules


def _columns(name: str, count: int) -> str:
    return "".join(
        f'<table:table-column table:style-name="{name}{number}"'
        ' table:default-cell-style-name="top"/>'
        for number in range(count)
    )


def _row(cells: Iterable[str], repeated: int = 1) -> str:
    times = f' table:number-rows-repeated="{repeated}"' if repeated > 1 else ""
    content = "".join(cells) or "<table:table-cell/>"
    return f"<table:table-row{times}>{content}</table:table-row>"


def _cell(text: str, style: str, rule: str = "", *, note: str = "") -> str:
    """A cell that holds this text and nothing else: never a formula, a number or a date."""
    attributes = f' table:style-name="{style}"'
    if rule:
        attributes += f' table:content-validation-name="{rule}"'
    if not text:
        return f"<table:table-cell{attributes}/>"
    told = f"<office:annotation>{paragraphs(note)}</office:annotation>" if note else ""
    return (
        f'<table:table-cell{attributes} office:value-type="string">'
        f"{told}{paragraphs(text)}</table:table-cell>"
    )


def _validation(number: int, choices: Choices, page: InventoryPage) -> str:
    words = ";".join('"' + word.replace('"', '""') + '"' for word in choices.words)
    condition = quoteattr(f"of:cell-content-is-in-list({words})")
    base = quoteattr(f"$'{page.texts['sheet']}'.{choices.letter}{choices.first_row}")
    return (
        f'<table:content-validation table:name="choice{number}" table:condition={condition}'
        f' table:allow-empty-cell="true" table:display-list="unsorted"'
        f" table:base-cell-address={base}>"
        f'<table:error-message table:message-type="stop" table:display="true"'
        f" table:title={quoteattr(page.texts['wrong_title'])}>"
        f"<text:p>{escape(page.texts['wrong'])}</text:p></table:error-message>"
        "</table:content-validation>"
    )


def _settings(page: InventoryPage) -> str:
    """The headings and the first two columns stay in view."""
    frozen = {
        "HorizontalSplitMode": ("short", 2),
        "VerticalSplitMode": ("short", 2),
        "HorizontalSplitPosition": ("int", 2),
        "VerticalSplitPosition": ("int", page.title_row),
        "PositionRight": ("int", 2),
        "PositionBottom": ("int", page.title_row),
        "ActiveSplitRange": ("short", 3),
    }
    items = "".join(
        f'<config:config-item config:name="{name}" config:type="{kind}">{value}'
        "</config:config-item>"
        for name, (kind, value) in frozen.items()
    )
    return (
        '<office:settings><config:config-item-set config:name="ooo:view-settings">'
        '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
        '<config:config-item config:name="ViewId" config:type="string">view1</config:config-item>'
        '<config:config-item-map-named config:name="Tables">'
        f"<config:config-item-map-entry config:name={quoteattr(page.texts['sheet'])}>{items}"
        "</config:config-item-map-entry></config:config-item-map-named>"
        "</config:config-item-map-entry></config:config-item-map-indexed>"
        "</config:config-item-set></office:settings>"
    )
