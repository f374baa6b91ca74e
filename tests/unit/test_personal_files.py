"""The guard looks everywhere: texts in no table, names of files, every kind of file."""

from __future__ import annotations

import pytest

from ckanext.imssbienestar.checks.personal_data import (
    FILE_NAME,
    scan_file_name,
    scan_texts,
)

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
