"""The guard looks everywhere: texts in no table, names of files, every kind of file."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from unittest import mock

import pytest
from document_files import (
    archive,
    make_docx,
    make_planted_docx,
    make_planted_odt,
    make_planted_pdf,
    make_planted_xlsx,
    new_pdf,
    paragraph,
    read_here,
)
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from workbook_files import make_ods, ods_row, ods_text

from ckanext.imssbienestar.checks import personal_data
from ckanext.imssbienestar.checks.errors import FileChangedError
from ckanext.imssbienestar.checks.personal.errors import GuardFailedError
from ckanext.imssbienestar.checks.personal.scan import scan_columns
from ckanext.imssbienestar.checks.personal_data import (
    FILE_NAME,
    PersonalDataReport,
    personal_data_findings,
    scan_file_name,
    scan_personal_data,
    scan_texts,
)
from ckanext.imssbienestar.checks.recognise import recognise
from ckanext.imssbienestar.formats.documents import document
from ckanext.imssbienestar.formats.documents.archive import around_cells
from ckanext.imssbienestar.formats.documents.parts import PartReader
from ckanext.imssbienestar.formats.workbooks import workbook
from ckanext.imssbienestar.formats.workbooks.guard import OLE_OPENING

# Made up, with a right check digit.
CURP = "GOHA800101MDFRRL01"

TEXTS = {
    f"Datos de {CURP.lower()} corregidos": "curp block",
    "La paciente María López Hernández pidió su baja": "person-name block",
    "Escribir a juan.perez82@gmail.com": "email block",
    "Avisar al cel. 55 1234 5678 por la tarde": "phone block",
    "su NSS: 12345678903": "nss block",
    "Elaboró: Juan Pérez López": "person-name review",
    "Guadalupe Hernández Cruz": "person-name review",
    # Nobody: offices, places, heroes, companies, switchboards.
    "Hospital General «Dr. Salvador Zubirán», Benito Juárez, Quintana Roo": "",
    "Padrón de personas beneficiarias: número por entidad. Incluye CURP y edad, agregados.": "",
    "contacto.transparencia@imssbienestar.gob.mx, teléfono 55 5090 3600 ext. 50030": "",
    "RFC de la empresa: ABC010101AB9. Contrato 050GYR019N12324-001-00": "",
    "Calle Gustavo E. Campa 54, colonia Guadalupe Inn, Álvaro Obregón, C. P. 01020": "",
    "Del 01/01/2024 al 31/12/2024; 1,234,567 consultas": "",
}


@pytest.fixture(autouse=True)
def readers_run_here() -> Iterator[None]:
    with (
        mock.patch.object(document, "run_reader", read_here),
        mock.patch.object(workbook, "run_reader", read_here),
    ):
        yield


@pytest.mark.req("R-201", "R-182")
def test_texts_in_no_table_are_judged_under_their_field() -> None:
    report = scan_texts({f"field {n}": text for n, text in enumerate(TEXTS)})
    found = {column.column: f"{column.kind} {column.decision}" for column in report.columns}
    assert [found.get(f"field {n}", "") for n in range(len(TEXTS))] == list(TEXTS.values())
    assert report.blocked
    assert not scan_texts({"notes": "Sin novedad", "title": " "}).columns
    # A field whose name is itself a value is told by its letter.
    assert scan_texts({CURP: f"curp {CURP}"}).columns[0].column == "A"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (f"CURP {CURP}.csv", "curp block"),
        (f"{CURP.lower()}_alta.xlsx", "curp block"),
        ("expediente Juan Pérez López.xlsx", "person-name block"),
        ("expediente_juan_perez_lopez.pdf", "person-name block"),
        ("Maria-Hernandez-Cruz.docx", "person-name review"),
        ("padron_de_personas_beneficiarias.header_only.csv", ""),
        ("consultas_por_unidad_2024-01-31.csv", ""),
        ("oficio_IMSSB_UT_0123_2026.pdf", ""),
        ("recetas_surtidas_benito_juarez.csv", ""),
    ],
)
def test_the_name_of_a_file_is_judged_and_not_shown(name: str, told: str) -> None:
    report = scan_file_name(name)
    found = [f"{column.kind} {column.decision}" for column in report.columns]
    assert found == ([told] if told else [])
    assert all(column.column == FILE_NAME for column in report.columns)
    assert report.file == (f"[…].{name.rpartition('.')[2]}" if told else name)


def blocked_places(path: Path) -> set[str]:
    """Where the guard found a CURP; and nothing it says shows it."""
    report = scan_personal_data(path)
    assert CURP not in report.model_dump_json()
    assert report.blocked
    return {column.column for column in report.columns if column.kind == "curp"}


@pytest.mark.req("R-182", "R-201")
def test_every_place_of_a_workbook_is_looked_at(tmp_path: Path) -> None:
    assert blocked_places(make_planted_xlsx(tmp_path / "libro.csv", CURP)) == {
        "Oculta!dato",
        "[comments]",
        "[formulas]",
        "[other-parts]",
        "[properties]",
        "[sheet 3]",
        "[sheet-settings]",
        "[stored-data]",
        "[workbook-names]",
        "[drawings]",
    }


@pytest.mark.req("R-182", "R-201")
def test_every_place_of_a_letter_is_looked_at(tmp_path: Path) -> None:
    assert blocked_places(make_planted_docx(tmp_path / "oficio.txt", CURP)) == {
        "[text]",
        "[headers-footers]",
        "[notes]",
        "[comments]",
        "[drawings]",
        "[properties]",
        "[other-parts]",
        "[attachment 1] dato",
    }
    assert blocked_places(make_planted_odt(tmp_path / "oficio.docx", CURP)) == {
        "[text]",
        "[headers-footers]",
        "[properties]",
    }
    assert blocked_places(make_planted_pdf(tmp_path / "oficio.pdf", CURP)) == {
        "[page 2]",
        "[properties]",
        "[annotations]",
        "[other-parts]",
        "[attachment 1] dato",
    }


def test_what_an_ods_shows_in_no_cell_is_looked_at(tmp_path: Path) -> None:
    note = f"<office:annotation><text:p>{CURP}</text:p></office:annotation>"
    cells = ods_row(
        ods_text("clave"),
        ods_text("5", f'table:formula="of:=IF(1;5;&quot;{CURP}&quot;)"', note),
    )
    tables = f'<table:table table:name="Datos">{cells}</table:table>'
    assert blocked_places(make_ods(tmp_path / "t.ods", tables)) == {"[text]"}


@given(st.lists(st.integers(1, 17), max_size=4), st.sampled_from(["", "w:ins", "w:del"]))
def test_an_identifier_is_found_however_a_letter_cuts_it(cuts: list[int], change: str) -> None:
    ends = [0, *sorted(set(cuts)), len(CURP)]
    runs = paragraph(*(CURP[a:b] for a, b in pairwise(ends)))[5:-6]
    inside = f"<{change}>{runs}</{change}>" if change else runs
    told: list[str] = []
    content = f"<w:p>{paragraph('Se anexa ')[5:-6]}{inside}</w:p>".encode()
    PartReader(lambda _, text: told.append(text)).read([content[:40], content[40:]])
    assert any(CURP in text for text in told)


@given(st.integers(1, 60), st.sampled_from(["", "x:"]), st.booleans())
def test_a_sheet_is_read_around_its_cells_however_it_arrives(
    size: int, prefix: str, alone: bool
) -> None:
    cells = "<p:sheetData><p:row><p:c><p:v>secreto</p:v></p:c></p:row></p:sheetData>"
    data = "<p:sheetData/>" if alone else cells
    sheet = f"<p:worksheet>{data}<p:oddFooter>pie de hoja</p:oddFooter></p:worksheet>"
    sheet = sheet.replace("p:", prefix)
    content = sheet.encode()
    pieces = (content[n : n + size] for n in range(0, len(content), size))
    told = b"".join(around_cells(pieces, mock.Mock()))
    assert b"pie de hoja" in told
    assert b"secreto" not in told


def test_the_table_of_a_letter_is_judged_as_a_table(tmp_path: Path) -> None:
    people = ["Juan Pérez López", "María Torres Ruiz", "Luis Gómez Díaz", "Ana Ramírez Cruz"]
    rows = [("Paciente", "Diagnóstico"), *((name, "Diabetes mellitus") for name in people)]
    signed = [("Elaboró", "Firma"), ("Lic. Ana Ruiz Luna", ""), ("Ing. Luis Cruz Mora", "")]

    def letter(name: str, table: Sequence[tuple[str, str]]) -> PersonalDataReport:
        body = "".join(
            "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
            for row in table
        )
        return scan_personal_data(make_docx(tmp_path / name, f"<w:tbl>{body}</w:tbl>"))

    listed = letter("lista.docx", rows)
    assert {c.column for c in listed.columns if c.decision == "block"} >= {"[table 1] Paciente"}
    assert not letter("firmas.docx", signed).blocked


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 y nada", "damaged"),
        (b"%PDF-1.7 y nada", "damaged"),
        (b"\x1f\x8b\x08" + bytes(200), "archive"),
        (bytes(range(256)) * 9, "unknown-content"),
        (OLE_OPENING + bytes(600) + "WordDocument\0".encode("utf-16-le"), "old-document"),
        (OLE_OPENING + bytes(600) + "EncryptedPackage\0".encode("utf-16-le"), "encrypted"),
    ],
)
@pytest.mark.req("R-182")
def test_what_cannot_be_read_stays_out(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    report = scan_personal_data(tmp_path / "t.csv")
    assert report.blocked
    assert [(c.column, c.kind, c.evidence) for c in report.columns] == [
        ("[file]", "unreadable", (reason,))
    ]
    # What is certain in it is told as well.
    (tmp_path / "t.csv").write_bytes(content + f" {CURP} ".encode("utf-16-le"))
    kinds = {column.kind for column in scan_personal_data(tmp_path / "t.csv").columns}
    assert kinds == {"curp", "unreadable"}
    for language in ("es", "en"):
        found = personal_data_findings(report, language)[0]
        assert (found.code, "[" in found.message) == ("personal-data-unreadable", False)


def test_an_archive_or_a_locked_document_stays_out(tmp_path: Path) -> None:
    nested = archive(tmp_path / "t.zip", {"a.csv": "clave\n1\n"})
    locked = new_pdf("Oficio")
    locked.set_encryption(owner_password="uno", user_password="dos")
    locked.output(str(tmp_path / "t.pdf"))
    inner = nested.read_bytes()
    for _ in range(4):
        path = make_docx(tmp_path / "t.docx", paragraph("Oficio"), {"word/embeddings/o": inner})
        inner = path.read_bytes()
    paths = (nested, tmp_path / "t.pdf", tmp_path / "t.docx")
    found = [column for path in paths for column in scan_personal_data(path).columns]
    assert [column.evidence[0] for column in found] == ["archive", "encrypted", "archive"]


def test_a_scanned_letter_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    picture = tmp_path / "t.jpg"
    Image.new("L", (900, 900)).save(picture)
    scanned = new_pdf("")
    scanned.image(str(picture), 0, 0, 200)
    scanned.output(str(tmp_path / "t.pdf"))
    for path in (picture, tmp_path / "t.pdf"):
        report = scan_personal_data(path)
        assert [(c.kind, c.decision) for c in report.columns] == [("image", "review")]
        assert personal_data_findings(report)[0].code == "personal-data-image"
    new_pdf("Oficio sin imagen").output(str(tmp_path / "t.pdf"))
    assert scan_personal_data(tmp_path / "t.pdf").columns == ()


def test_who_made_a_document_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    made = {"docProps/core.xml": "<c xmlns:d='d'><d:creator>Juan Pérez</d:creator></c>"}
    report = scan_personal_data(make_docx(tmp_path / "t.docx", paragraph("Oficio 12"), made))
    assert [(c.column, c.decision) for c in report.columns] == [("[properties]", "review")]
    assert "Quite las propiedades" in personal_data_findings(report)[0].fix


@pytest.mark.parametrize(
    "content",
    [
        f"dato,otro\n{CURP},1\n".encode("utf-16"),
        f"a,b\n1\0,{CURP}\n".encode(),
        b'[{"dato": "\\u0047' + CURP[1:].encode() + b'"}]',
        f"<html><p>&#71;{CURP[1:]}".encode(),
        f"<?xml?><a><b>{CURP[:9]}</b>{CURP[9:]}</a>".encode(),
        rf"{{\rtf1 se\'f1or {{\b {CURP[:9]}}}{CURP[9:]}}}".encode("cp1252"),
        f"<x\n1,{CURP}\n".encode(),
    ],
    ids=["utf-16", "nul", "json", "html", "xml", "rtf", "rows"],
)
def test_a_text_of_any_kind_is_looked_at(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.bin").write_bytes(content)
    assert blocked_places(tmp_path / "t.bin")


def test_a_table_may_speak_of_formats(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("formato,inicio\nPDF,%PDF-1.7\nZIP,PK\n")
    assert not scan_personal_data(tmp_path / "t.csv").columns


def test_records_are_judged_as_a_table(tmp_path: Path) -> None:
    people = ["Juan Pérez López", "María Torres Ruiz", "Luis Gómez Díaz", "Ana Ramírez Cruz"]
    records = [{"properties": {"paciente": name, "diagnostico": "asma"}} for name in people]
    (tmp_path / "t.json").write_text(json.dumps({"type": "x", "features": records}))
    (tmp_path / "l.json").write_text("\n".join(json.dumps(r["properties"]) for r in records))
    rows = "".join(f"<tr><td>{name}</td><td>asma</td></tr>" for name in people)
    page = f"<html><table><tr><th>paciente</th><th>diagnostico</th></tr>{rows}</table></html>"
    (tmp_path / "p.html").write_text(page, encoding="utf-8")
    for name, number in {"t.json": 2, "l.json": 1, "p.html": 1}.items():
        found = scan_personal_data(tmp_path / name)
        blocked = {column.column for column in found.columns if column.decision == "block"}
        assert f"[table {number}] paciente" in blocked


def test_a_file_that_changes_meanwhile_is_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("clave\n1\n")

    def changed(*_: object) -> object:
        path.write_text(f"clave\n{CURP}\n")
        return mock.DEFAULT

    with (
        mock.patch.object(personal_data, "recognise", wraps=recognise, side_effect=changed),
        pytest.raises(FileChangedError),
    ):
        scan_personal_data(path)


@pytest.mark.req("R-202")
def test_a_guard_that_stumbles_lets_nothing_through_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"clave\n{CURP}\n")
    with (
        mock.patch.object(personal_data, "open_table", side_effect=RuntimeError(CURP)),
        pytest.raises(GuardFailedError) as caught,
    ):
        scan_personal_data(tmp_path / "t.csv")
    told = "".join(traceback.format_exception(caught.value))
    assert "RuntimeError" in told
    assert CURP not in told
    assert caught.value.__context__ is None


FILLER = (
    "Se atendieron 45 consultas de diabetes mellitus",
    "Campaña de vacunación contra influenza concluida",
    "Sin observaciones relevantes este mes",
)
OF_PATIENTS = (
    ("Juan Pérez López, 45 años de edad, diabetes", "Ana Torres Ruiz hospitalizada el lunes"),
    ("Luis Gómez Díaz padece asma", "Rosa Cruz Mora fue diagnosticada con cáncer de mama"),
    ("PÉREZ LÓPEZ JUAN DX: HAS", "TORRES RUIZ ANA DX: DM2"),
)
OF_NOBODY = (
    ("Programa de diabetes a cargo de la coordinadora María López Hernández", "Sala de VIH"),
    ("Conferencia «Cáncer hoy», imparte Juan Pérez López", "Taller de depresión, Ana Torres Ruiz"),
    ("Elaboró Juan Pérez López. Tema: obesidad", "Revisó María Torres Ruiz. Tema: hipertensión"),
    ("Pérez López Juan. Prevalencia de diabetes. 2024", "Torres Ruiz Ana. Cáncer rural. 2023"),
    ("Fundación Juan Pérez López donó equipo para cáncer", "Ana Torres Ruiz A.C. apoya a enfermos"),
)


@pytest.mark.req("R-184")
@pytest.mark.parametrize(
    ("notes", "blocked"),
    [*((notes, True) for notes in OF_PATIENTS), *((notes, False) for notes in OF_NOBODY)],
)
def test_two_people_and_what_ails_them_in_a_text_are_enough(
    notes: Sequence[str], blocked: bool
) -> None:
    cells = [*FILLER * 15, *notes]
    report = scan_columns(["folio", "notas"], [list(map(str, range(len(cells)))), cells])
    assert report.blocked == blocked


def test_a_pdf_of_which_something_is_torn_never_passes(tmp_path: Path) -> None:
    whole = new_pdf(f"Se anexa {CURP}")
    whole.output(str(tmp_path / "t.pdf"))
    content = (tmp_path / "t.pdf").read_bytes()
    middle = content.index(b"stream\n") + 40
    for torn in (
        content[:middle] + b"~~~~" + content[middle + 4 :],
        content.replace(b"/Kids", b"/Kidz"),
        content.replace(b"/Contents", b"/Contentz"),
        content.replace(b"/FlateDecode", b"/FlateDecodz"),
    ):
        (tmp_path / "t.pdf").write_bytes(torn)
        assert scan_personal_data(tmp_path / "t.pdf").columns
    new_pdf("").output(str(tmp_path / "t.pdf"))
    assert not scan_personal_data(tmp_path / "t.pdf").columns  # blank, and nothing else
