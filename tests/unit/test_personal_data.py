"""The guard: personal data are refused before the file is kept, and nothing else is."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path

import pytest

from ckanext.imssbienestar.checks import (
    personal_data_findings,
    scan_header,
    scan_personal_data,
)
from ckanext.imssbienestar.checks.personal.headers import header_rules
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.errors import InputFileError

# Made up, with right check digits; the first is the example of python-stdnum's manual.
CURPS = ("BOXW310820HNERXN09", "GOHA800101MDFRRL01", "GOHA800101XDFRRL05")


def decisions(header: str) -> dict[str, str]:
    report = scan_header(header.split(","))
    return {found.column: f"{found.kind} {found.decision}" for found in report.columns}


@pytest.mark.req("R-178", "R-182", "R-201")
def test_the_header_of_the_padron_is_refused_with_no_rows(samples: Path) -> None:
    report = scan_personal_data(samples / "padron_de_personas_beneficiarias.header_only.csv")
    schema = json.loads((samples / "padron_de_personas_beneficiarias.schema.json").read_text())
    assert (report.rows, report.blocked) == (0, True)
    assert [found.column for found in report.columns] == [f["name"] for f in schema["fields"]]
    said_sensitive = {
        f["name"] for f in schema["fields"] if f["sensitivity"] == "personal-sensible"
    }
    assert said_sensitive <= {found.column for found in report.columns if found.sensitive}


@pytest.mark.req("R-198", "R-201")
def test_every_public_sample_passes(samples: Path) -> None:
    apart = ("header_only", "dictionary")
    tables = [file for file in samples.glob("*.csv") if not any(x in file.name for x in apart)]
    assert len(tables) == 16
    for file in tables:
        report = scan_personal_data(file)
        assert (file.name, report.blocked, report.columns) == (file.name, False, ())


@pytest.mark.req("R-185")
@pytest.mark.parametrize(
    "written", [*CURPS, CURPS[0].lower(), "BOXW-310820-HNERXN09", " BOXW 310820 HNERXN09"]
)
def test_a_curp_is_found_by_its_value(written: str) -> None:
    report = scan_personal_data(io.BytesIO(f"id,dato\n1,{written}\n2,otro\n".encode()))
    found = report.columns[0]
    assert report.blocked
    assert (found.column, found.kind, found.matches, found.cells, found.ratio) == (
        "dato",
        "curp",
        1,
        2,
        0.5,
    )
    assert found.evidence == ("format", "check-digit")
    assert written.strip() not in report.model_dump_json()


@pytest.mark.parametrize(
    "text",
    [
        "BOXW310820HNERXN08",  # wrong check digit
        "BOXW311320HNERXN09",  # no such month
        "BOXW310820HZZRXN09",  # no such state
        "GRIMB000012",  # CLUES
        "012180026050783858",
        "Fundación IMSS, A.C.",
    ],
)
def test_what_only_looks_like_a_curp_passes(text: str) -> None:
    assert scan_personal_data(io.BytesIO(f'id,dato\n1,"{text}"\n'.encode())).columns == ()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("CURP", "curp block"),
        ("Clave Única de Registro de Población", "curp block"),
        ("curp_del_paciente", "curp block"),
        ("Apellido Paterno", "person-name block"),
        ("nombre_del_paciente", "person-name block"),
        ("Fecha de Nacimiento", "birth-date block"),
        ("NSS", "nss block"),
        ("huella_dactilar", "biometric block"),
        ("expediente_clinico", "health block"),
        ("rfc", "rfc-person review"),
        ("religion", "belief review"),
    ],
)
@pytest.mark.req("R-184", "R-186", "R-187", "R-189", "R-190", "R-192", "R-195")
def test_names_that_announce_personal_data(header: str, expected: str) -> None:
    assert decisions(header) == {header: expected}


@pytest.mark.parametrize(
    "header",
    [
        "entidad,nombre_del_beneficiario,nombre_del_indicador,campo_del_padron",
        "clues,nombre_de_la_unidad,domicilio_de_la_unidad,telefono",
        "nacimientos,defunciones,personas_con_discapacidad,menores_de_edad",
        "nombre,estado,municipio,sexo,edad,total_de_consultas",
        "folio_fiscal,proveedor,numero_de_contrato",
    ],
)
@pytest.mark.req("R-198", "R-199", "R-201")
def test_names_of_public_tables_pass(header: str) -> None:
    assert decisions(header) == {}


@pytest.mark.req("R-188", "R-198")
def test_the_address_of_a_place_passes_and_that_of_a_person_does_not() -> None:
    assert decisions("domicilio,colonia") == {"domicilio": "address block"}
    assert decisions("CLUES,Domicilio") == {"Domicilio": "address pass"}


def test_the_upload_is_read_where_it_is_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    upload = io.BytesIO(f"curp\n{CURPS[0]}\n".encode())
    upload.seek(7)
    assert scan_personal_data(upload, file_name="x.csv").blocked
    assert list(tmp_path.iterdir()) == []
    assert upload.tell() == 0


@pytest.mark.parametrize("content", [b"", b"\0\0", b"\n", b'"'])
def test_what_is_no_table_is_left_to_the_check(content: bytes) -> None:
    assert not scan_personal_data(io.BytesIO(content)).blocked


def test_latin_1_and_semicolons_hide_nothing() -> None:
    content = f"año;dato\n2024;{CURPS[0]}\n".encode("latin-1")
    assert scan_personal_data(io.BytesIO(content)).blocked


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputFileError):
        scan_personal_data(tmp_path / "nada.csv")


def test_findings_name_the_column_and_never_a_value() -> None:
    report = scan_personal_data(io.BytesIO(f"dato,rfc\n{CURPS[0]},x\n".encode()))
    findings = {found.column: found for found in personal_data_findings(report)}
    assert findings["dato"].blocks
    assert not findings["rfc"].blocks
    assert CURPS[0] not in "".join(found.model_dump_json() for found in findings.values())


def test_the_rules_are_data_with_a_source() -> None:
    kinds = read_yaml("findings.yaml")["words"]["kinds"]
    for entry in read_yaml("personal_data/headers.yaml")["rules"]:
        assert entry["rule"].startswith("R-")
        assert entry["numerals"]
        assert entry["kind"] in kinds["es"]
        assert entry["kind"] in kinds["en"]
    for detector in read_yaml("personal_data/detectors.yaml")["detectors"]:
        assert detector["rule"].startswith("R-")
        assert detector["source"]
        assert detector["kind"] in kinds["es"]
    for vocabulary in read_yaml("personal_data/tables.yaml")["vocabularies"]:
        assert vocabulary.get("kind", "curp") in kinds["es"]
    assert header_rules()
