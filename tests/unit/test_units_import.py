"""The dry run of a table of units: what each row would do, and the cell when it is refused."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organism import TODAY, UNIT_RULES, UNITS

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.units import UnitRegister, unit_problems
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.formats.units.importing import RowOutcome, UnitsPlan, plan_units
from ckanext.imssbienestar.formats.units.table import (
    UnitsFileError,
    dump_units_csv,
    parse_unit_rows,
    read_unit_rows,
)

HEADER = "clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde,vigente_hasta\n"
EMPTY = UnitRegister((), UNIT_RULES)


def plan(text: str, register: UnitRegister = UNITS) -> UnitsPlan:
    return plan_units(parse_unit_rows(csv.reader(text.splitlines())), register)


def refusals(text: str, register: UnitRegister = UNITS) -> list[tuple[str, str | None]]:
    found = plan(text, register)
    return [(problem.code, problem.cell) for row in found.changes for problem in row.problems]


@pytest.mark.req("R-011", "R-175")
def test_a_real_structure_of_five_levels_goes_in_and_out(samples: Path) -> None:
    rows = read_unit_rows(samples / "estructura_de_la_unidad_de_integridad_y_transparencia.csv")
    made = plan_units(rows, EMPTY)
    assert made.counts == {
        RowOutcome.CREATED: 17,
        RowOutcome.CHANGED: 0,
        RowOutcome.SAME: 0,
        RowOutcome.REFUSED: 0,
    }
    tree = made.register.on(TODAY)
    assert [unit.unit_id for unit in tree.ancestors("7.1.2.2.2")] == ["7.1.2.2", "7.1.2", "7.1"]
    again = plan(dump_units_csv(made.register), made.register)
    assert again.counts[RowOutcome.SAME] == 17
    assert again.register == made.register
    assert plan(dump_units_csv(made.register), EMPTY).register.on(TODAY) == tree


def test_each_row_has_its_outcome() -> None:
    found = plan(
        HEADER + "C1,Unidad C1,Coordinación central,U1,2024-01-01,\n"
        "C2,Otro nombre,coordinacion,U2,2025-07-01,\n"
        "D3,Unidad D3 corregida,División,C2,2024-01-01,\n"
        "D9,División Nueva,division,C4,2025-01-01,2025-12-31\n"
        "D8,División,Ministerio,C4,2025-01-01,\n"
    )
    outcomes = [row.outcome for row in found.changes]
    assert outcomes == ["same", "changed", "changed", "created", "refused"]
    assert found.changes[1].differences == (
        ("name", "Unidad C2", "Otro nombre"),
        ("parent_id", "U1", "U2"),
        ("valid_from", "2024-01-01", "2025-07-01"),
    )
    assert found.changes[2].differences == (("name", "Unidad D3", "Unidad D3 corregida"),)
    assert [(p.row, p.cell, p.column) for p in found.changes[4].problems] == [(6, "C6", "tipo")]
    assert UNITS.history("D9") == ()
    assert [unit.valid_to for unit in found.register.history("C2")] == [
        datetime.date(2025, 6, 30),
        None,
    ]
    assert unit_problems(found.register) == ()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("C1,Otro,coordinacion,U1,2023-01-01,", ("unit-change-not-later", "E2")),
        ("C9,Nueva,coordinacion,none,2025-01-01,", ("unit-parent-unknown", "D2")),
        ("C9,Nueva,coordinacion,D1,2025-01-01,", ("unit-kind-under", "C2")),
        ("U1,Unidad,unidad,C1,2025-01-01,", ("unit-kind-under", "C2")),
        ("C9,Nueva,coordinacion,U1,01/02/2025,", ("units-date", "E2")),
        ("C9,Nueva,coordinacion,U1,2025-02-30,", ("units-date", "E2")),
        ("C9,Nueva,coordinacion,U1,2025-02-01,2025-01-01", ("unit-dates-backwards", "F2")),
        (",Nueva,coordinacion,U1,2025-02-01,", ("units-cell-empty", "A2")),
        ("C9,Ni\x00ña,coordinacion,U1,2025-02-01,", ("units-cell-invisible", "B2")),
        ("C9," + "x" * 501 + ",coordinacion,U1,2025-02-01,", ("units-cell-too-long", "B2")),
        # Ending a unit is refused while others hang from it.
        ("U1,Unidad U1,unidad,DG,2024-01-01,2025-01-01", ("unit-outside-parent", "E2")),
    ],
)
def test_why_a_row_is_refused(row: str, expected: tuple[str, str]) -> None:
    assert refusals(HEADER + row)[0] == expected
    assert plan(HEADER + row).register.on(TODAY) == UNITS.on(TODAY)


def test_whoever_hangs_from_a_refused_row_is_refused_too() -> None:
    text = HEADER + (
        "U9,Nueva,unidad,none,2025-01-01,\n"
        "C9,Suya,coordinacion,U9,2025-01-01,\n"
        "C9,Suya otra vez,coordinacion,U1,2025-01-01,\n"
    )
    assert refusals(text)[:2] == [("unit-parent-unknown", "D2"), ("unit-parent-unknown", "D3")]


def test_a_table_in_another_order_with_titles_above() -> None:
    text = "Estructura,,\n,,\nVigente desde,Tipo,NOMBRE,Otra,Clave\n2025-01-01,Unidad,A,x,U9\n\n"
    found = plan(text, EMPTY)
    assert [(row.row, row.unit_id, row.outcome) for row in found.changes] == [(4, "U9", "created")]
    # Without the column of superiors, a known unit keeps its own.
    kept = plan("clave,nombre,tipo,vigente_desde\nC2,Otro,coordinacion,2025-01-01\n")
    assert kept.register.history("C2")[-1].parent_id == "U1"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,b\n1,2\n", "units-file-without-header"),
        (b"", "units-file-without-header"),
        (b"clave,nombre,tipo,vigente_desde,clave\n", "units-file-header-twice"),
        ("clave,niñez".encode("latin-1"), "units-file-not-utf8"),
        (b"clave," + b"x" * 200_000, "units-file-not-table"),
    ],
)
def test_files_that_are_no_table_of_units(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "unidades.csv"
    path.write_bytes(content)
    limit = csv.field_size_limit(131_072)
    try:
        with pytest.raises(UnitsFileError) as refused:
            read_unit_rows(path)
    finally:
        csv.field_size_limit(limit)
    assert refused.value.problem.code == code
    for language in ("es", "en"):
        assert problem_findings([refused.value.problem], language)[0].blocks
    with pytest.raises(InputFileError):
        read_unit_rows(tmp_path)


CELLS = {
    "unit": st.sampled_from(["C1", "C2", "D3", "U1", "N1", "N2", "N3", ""]),
    "kind": st.sampled_from(["unidad", "coordinacion", "division", "ministerio"]),
    "parent": st.sampled_from(["DG", "U1", "C1", "C2", "N1", "N2", "N3", "none", ""]),
    "since": st.sampled_from(["2023-12-31", "2024-01-01", "2025-07-01", "2026-01-01", "ayer"]),
    "until": st.sampled_from(["", "", "2025-06-30", "2026-12-31"]),
}


@pytest.mark.req("R-011")
@given(st.lists(st.fixed_dictionaries(CELLS), max_size=5))
def test_no_table_leaves_the_register_against_the_rules(rows: list[dict[str, str]]) -> None:
    lines = ["{unit},Nombre,{kind},{parent},{since},{until}".format_map(row) for row in rows]
    found = plan(HEADER + "\n".join(lines))
    assert unit_problems(found.register) == ()
    assert [change.row for change in found.changes] == list(range(2, len(rows) + 2))
    for change in found.changes:
        assert bool(change.problems) == (change.outcome is RowOutcome.REFUSED)
        assert all(problem.row == change.row for problem in change.problems)
    # What it would make is all there is to make: the same register again changes nothing.
    again = plan(dump_units_csv(found.register), found.register)
    assert again.counts[RowOutcome.SAME] == len(again.changes)


def test_every_refusal_has_its_sentence() -> None:
    found = plan(HEADER + "C9,Nueva,coordinacion,D1,2025-01-01,\nX,,tipo,,ayer,\n")
    problems = [problem for row in found.changes for problem in row.problems]
    messages = [finding.message for finding in problem_findings(problems, "en")]
    assert messages[0] == (
        "“Nueva” (Central Coordination) cannot hang from “Unidad D1” (Division)."
    )
    assert "Cell E3 (vigente_desde) says “ayer”" in messages[-1]
