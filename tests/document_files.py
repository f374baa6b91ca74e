"""Documents for tests: one value planted in every place that a format has."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from unittest import mock

import openpyxl
from fpdf import FPDF
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from workbook_files import rewrite

from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError

_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_OPEN = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def read_here(program: str, path: Path, folder: Path) -> None:
    """What ``run_reader`` does, in this process: a test need not start another one."""
    module = import_module(program)
    with mock.patch.object(module, "bound_resources"), mock.patch("logging.disable"):
        if module.main(path, folder):
            reason = json.loads((folder / "error.json").read_bytes())
            raise WorkbookError(reason["code"], **reason["facts"])


def archive(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    """An archive with these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return path


def paragraph(*runs: str) -> str:
    """A paragraph of a DOCX, cut into runs as its program cuts it."""
    return f"<w:p>{''.join(f'<w:r><w:t>{run}</w:t></w:r>' for run in runs)}</w:p>"


def make_docx(path: Path, body: str, parts: Mapping[str, str | bytes] | None = None) -> Path:
    """A DOCX with this body."""
    return archive(
        path,
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f"<w:document {_WORD}><w:body>{body}</w:body></w:document>",
            **(parts or {}),
        },
    )


def make_planted_docx(path: Path, value: str) -> Path:
    """The value in every place of a DOCX."""
    row = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Solicitud", value))
    body = (
        paragraph("Se anexa ", value[:4], value[4:])
        + f"<w:tbl><w:tr>{row}</w:tr></w:tbl>"
        + f'<w:p><w:del w:author="Otra"><w:r><w:delText>{value}</w:delText></w:r></w:del></w:p>'
    )

    def word(name: str, content: str) -> str:
        return f"<w:{name} {_WORD}>{content}</w:{name}>"

    note = f'<w:comment w:id="1" w:author="Otra">{paragraph(value)}</w:comment>'
    return make_docx(
        path,
        body,
        {
            "word/header1.xml": word("hdr", paragraph(value)),
            "word/footnotes.xml": word("footnotes", f"<w:footnote>{paragraph(value)}</w:footnote>"),
            "word/comments.xml": word("comments", note),
            "word/charts/chart1.xml": f"<c:chart xmlns:c='c'><c:v>{value}</c:v></c:chart>",
            "docProps/core.xml": f"<cp xmlns:dc='d'><dc:title>{value}</dc:title></cp>",
            "word/_rels/document.xml.rels": f'<R><S Target="mailto:x?subject={value}"/></R>',
            "word/embeddings/table.bin": f"dato\n{value}\n",
        },
    )


def make_planted_odt(path: Path, value: str) -> Path:
    """The value in every place of an ODT."""
    changed = f"<text:tracked-changes><text:p>{value}</text:p></text:tracked-changes>"
    body = (
        f"{changed}<text:p>Se <text:span>{value[:6]}</text:span>{value[6:]}</text:p>"
        f'<draw:frame draw:name="{value}"/>'
        f"<text:p>Nota<office:annotation><dc:creator>Otra</dc:creator><text:p>{value}</text:p>"
        "</office:annotation></text:p>"
    )
    return archive(
        path,
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content {_OPEN}>{body}</office:document-content>",
            "styles.xml": f"<office:document-styles {_OPEN}><text:p>{value}</text:p>"
            "</office:document-styles>",
            "meta.xml": f"<office:document-meta {_OPEN}>"
            f'<meta:user-defined meta:name="Clave">{value}</meta:user-defined>'
            "</office:document-meta>",
        },
    )


def make_planted_xlsx(path: Path, value: str) -> Path:
    """The value in every place of a workbook, none of them a cell that is seen."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Datos"
    for row in (["clave", "monto"], ["01", '=IF(1=2,"' + value + '",5)'], ["02", 7]):
        sheet.append(row)
    sheet["A2"].comment = Comment(value, "Otra")
    sheet.oddFooter.center.text = f"Hoja {value}"
    choice = DataValidation(type="list", formula1=f'"{value},otro"')
    choice.add("A3")
    sheet.add_data_validation(choice)
    hidden = workbook.create_sheet("Oculta")
    hidden.append(["dato", "otro"])
    hidden.append([value, 1])
    hidden.sheet_state = "hidden"
    hidden.column_dimensions["A"].hidden = True
    hidden.row_dimensions[2].hidden = True
    workbook.create_sheet(value)
    workbook.defined_names["rango"] = DefinedName("rango", attr_text=f'"{value}"')
    workbook.custom_doc_props.append(StringProperty(name="Clave", value=value))
    leftover = f"<si><t>{value}</t></si></sst>"
    plain = path.with_suffix(".plain")
    workbook.save(plain)
    return rewrite(
        plain,
        path,
        {"xl/sharedStrings.xml": lambda c: c.replace(b"</sst>", leftover.encode())},
        {
            "xl/drawings/drawing9.xml": f"<d {_DRAWING}><a:p><a:r><a:t>{value[:9]}</a:t></a:r>"
            f"<a:r><a:t>{value[9:]}</a:t></a:r></a:p></d>".encode(),
            "xl/pivotCache/pivotCacheDefinition1.xml": b"<p><cacheField name='x'><sharedItems>"
            + f"<s v='{value}'/></sharedItems></cacheField></p>".encode(),
            "xl/printerSettings/printerSettings1.bin": b"\0\1" + value.encode("utf-16-le"),
        },
    )


def make_planted_pdf(path: Path, value: str) -> Path:
    """The value in every place of a PDF."""
    pdf = new_pdf("Se remite la base de datos.")
    pdf.text_annotation(10, 10, f"Nota {value}", title="Otra")
    pdf.set_subject(f"Asunto {value}")
    pdf.start_section(f"Parte {value}")
    pdf.embed_file(bytes=f"dato\n{value}\n".encode(), basename="anexo.csv")
    pdf.add_page()
    # A page on which every letter was placed by itself.
    pdf.cell(text=" ".join(value))
    pdf.output(str(path))
    return path


def new_pdf(text: str) -> FPDF:
    """A PDF of one page with this text, not yet written."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica")
    if text:
        pdf.cell(text=text)
    return pdf
