"""Tables as wholes: the labelled corpus as a floor, contexts, combinations, and silence."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from personal_corpus.cases import Case, corpus
from personal_corpus.people import Crowd

from ckanext.imssbienestar.checks.errors import TableEngineError
from ckanext.imssbienestar.checks.personal import column_profile, profile, rules, sampling, values
from ckanext.imssbienestar.checks.personal.errors import GuardFailedError
from ckanext.imssbienestar.checks.personal.report import PersonalDataReport
from ckanext.imssbienestar.checks.personal.scan import scan_columns, scan_labels
from ckanext.imssbienestar.checks.personal_data import scan_personal_data
from ckanext.imssbienestar.checks.table_source import TableSource

SEVERITY = {"pass": 0, "review": 1, "block": 2}
PEOPLE = Crowd(5).people(30)


def in_memory(case: Case) -> PersonalDataReport:
    columns = [[str(row[n]) for row in case.rows] for n in range(len(case.header))]
    return scan_columns(case.header, columns)


def scan(header: str, rows: Sequence[Sequence[object]]) -> dict[str, str]:
    labels = header.split(",")
    columns = [[str(row[n]) for row in rows] for n in range(len(labels))]
    found = scan_columns(labels, columns).columns
    return {column.column: f"{column.kind} {column.decision}" for column in found}


@pytest.mark.parametrize("held_out", [False, True], ids=["corpus", "held-out"])
@pytest.mark.req("R-183", "R-199", "R-201")
def test_the_floor_of_recall_and_precision(held_out: bool) -> None:
    tally: Counter[str] = Counter()
    wrong = []
    for case in corpus(held_out=held_out):
        said = max((SEVERITY[found.decision] for found in in_memory(case).columns), default=0)
        wanted = SEVERITY[case.label]
        right = said >= wanted if wanted else not said
        tally["positive" if wanted else "negative", right] += 1  # type: ignore[index]
        if not right:
            wrong.append(case.name)
    found, missed = tally["positive", True], tally["positive", False]  # type: ignore[index]
    alarms = tally["negative", False]  # type: ignore[index]
    assert found / (found + missed) >= 0.99, wrong
    assert found / (found + alarms) >= 0.97, wrong


def test_the_engine_and_the_memory_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [case for case in corpus() if case.delimiter == "," and case.encoding == "utf-8"][::22]
    monkeypatch.setattr(
        sampling, "setting", lambda name: {"sample": 25, "suspects": 25}.get(name, 40)
    )
    monkeypatch.setattr(sampling, "_LEAST_SAMPLE", 20)
    for case in chosen:
        path = tmp_path / f"{case.name}.csv"
        path.write_bytes(case.content)
        whole, sampled = in_memory(case), scan_personal_data(path)
        assert (case.name, [(c.column, c.decision) for c in whole.columns]) == (
            case.name,
            [(c.column, c.decision) for c in sampled.columns],
        )


def test_one_curp_among_many_suspects_is_not_lost_in_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "setting", lambda name: 20)
    monkeypatch.setattr(sampling, "_LEAST_SAMPLE", 20)
    path = tmp_path / "many.csv"
    lines = [f"{n},orden {n:010d} entregada a María en marzo" for n in range(3000)]
    lines[1234] = f"1234,orden {PEOPLE[0].curp}"
    path.write_text("folio,detalle\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = {column.column: column for column in scan_personal_data(path).columns}
    assert (found["detalle"].kind, found["detalle"].decision) == ("curp", "block")


def test_the_screens_let_nothing_pass_that_a_detector_would_find() -> None:
    screens = {name: re.compile(rules.screen(name)) for name in ("suspect", "certain", "exact")}
    missed: dict[str, set[str]] = {name: set() for name in screens}
    for case in corpus():
        for value in {str(cell) for row in case.rows for cell in row if len(str(cell)) >= 8}:
            for signal in values.signals_of(value):
                kind, _, strength = signal.partition(".")
                if kind in ("name", "phone", "email", "word", "rfc-person-short"):
                    needed = {"told": "certain", "person": "suspect"}.get(strength, "")
                else:
                    needed = "suspect" if strength in ("checked", "near") else ""
                if signal == "curp.checked" and value.isascii():
                    needed = "exact"
                if needed and not screens[needed].search(value):
                    missed[needed].add(f"{case.name} {signal}")
    assert missed == {name: set() for name in screens}


@pytest.mark.req("R-202")
def test_no_value_is_in_a_report_an_error_or_a_representation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = PEOPLE[0]
    planted = [
        person.curp, person.rfc, person.nss, person.clabe, person.card, person.voter_key,
        person.email, person.telephone, person.full, person.address, str(person.birth),
    ]  # fmt: skip
    header = ["curp", *planted[1:]]
    rows = [planted, [PEOPLE[1].curp, *planted[1:]]]
    columns = [list(column) for column in zip(*rows, strict=True)]
    report = scan_columns(header, columns)
    profiles = profile.profile_columns(header, columns)
    shown = report.model_dump_json() + repr(report) + repr([p.weight for p in profiles])
    assert report.blocked
    secret = [person.curp, person.rfc, person.email, person.full, person.voter_key]
    assert not [text for text in secret if text in shown]

    def fail(value: str) -> tuple[str, ...]:
        raise ValueError(f"invalid literal: {value}")

    monkeypatch.setattr(column_profile, "signals_of", fail)
    with pytest.raises(GuardFailedError) as raised:
        profile.profile_columns(["dato"], [[person.curp]])
    assert raised.value.__context__ is None
    assert person.curp not in f"{raised.value!r} {raised.value}"


@pytest.mark.req("R-202")
def test_the_engine_s_message_may_quote_a_cell_and_goes_no_further(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(self: TableSource, query: str) -> list[object]:
        raise duckdb.ConversionException(f"Could not convert string '{PEOPLE[0].curp}'")

    monkeypatch.setattr(TableSource, "fetch", fail)
    with pytest.raises(TableEngineError) as raised:
        scan_personal_data(io.BytesIO(b"dato,otro\nx,y\n"))
    assert PEOPLE[0].curp not in f"{raised.value!r} {raised.value}"


def test_a_scanner_that_crashes_lets_nothing_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(value: str) -> str:
        raise RecursionError

    monkeypatch.setattr(values, "kind_of_name", fail)
    with pytest.raises(GuardFailedError):
        scan_personal_data(io.BytesIO(b"dato\nhola\n"))


@pytest.mark.req("R-188", "R-198")
def test_the_same_address_at_home_and_at_a_clinic() -> None:
    rows = [
        (f"Centro de Salud {n}", person.address, person.telephone)
        for n, person in enumerate(PEOPLE)
    ]
    assert scan("unidad_medica,domicilio,telefono", rows) == {"domicilio": "address pass"}
    rows = [(person.full, person.address, person.telephone) for person in PEOPLE]
    assert scan("nombre,domicilio,telefono", rows) == {
        "nombre": "person-name block",
        "domicilio": "address block",
        "telefono": "phone block",
    }


@pytest.mark.req("R-201")
def test_public_servants_are_published_by_name_and_patients_are_not() -> None:
    rows = [(p.given, p.paternal, p.maternal, "Jefe de Departamento", "Finanzas") for p in PEOPLE]
    assert scan("nombre,primer_apellido,segundo_apellido,cargo,area_de_adscripcion", rows) == {}
    rows = [(p.full, "Medicina interna", p.nss) for p in PEOPLE]
    found = scan("nombre_del_paciente,servicio,nss", rows)
    assert found["nombre_del_paciente"] == "person-name block"


@pytest.mark.req("R-190")
def test_minors_row_by_row_are_the_highest_level() -> None:
    rows = [(age, "Mujer", "Toluca") for age in (4, 8, 30, 15)]
    report = scan_columns(
        ["edad", "sexo", "municipio"],
        [list(c) for c in zip(*[map(str, r) for r in rows], strict=True)],
    )
    ages = report.columns[0]
    assert (ages.kind, ages.sensitive, ages.decision, ages.matches) == ("minor", True, "block", 3)
    assert scan("edad,sexo,poblacion", [(n, "Mujer", 900 + n) for n in range(18)]) == {}


@pytest.mark.req("R-183")
def test_birth_date_sex_and_place_tell_persons_without_any_name() -> None:
    rows = [(p.birth, p.sex, ("Toluca", "Lerma")[n % 2]) for n, p in enumerate(PEOPLE)]
    found = scan("fecha,sexo,municipio", rows)
    assert found["fecha"].endswith("block")
    assert found["sexo"] == "combination block"


@pytest.mark.req("R-199")
def test_small_cells_warn_and_large_ones_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def table(least: int) -> dict[str, str]:
        rows = [
            (m, s, least + n)
            for n, (m, s) in enumerate(
                (m, s) for m in ("Toluca", "Lerma") for s in ("Hombre", "Mujer")
            )
        ]
        return scan("municipio,sexo,casos", rows)

    assert table(1) == {"casos": "small-cells review"}
    assert table(5) == {}
    monkeypatch.setitem(rules.tables()["settings"], "k", 10)
    assert table(5) == {"casos": "small-cells review"}


def test_a_file_without_a_header_shows_no_person_as_a_column() -> None:
    person = PEOPLE[0]
    report = scan_labels([person.curp, person.full, "x"])
    assert [column.column for column in report.columns] == ["A", "B"]
    assert report.blocked


@pytest.mark.parametrize("name", ["larga.csv", "con * y ?.csv"])
def test_cells_beyond_the_header_are_searched_in_the_lines_that_matter(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    rows = [f"{n},orden {n:06d},2024" for n in range(5000)]
    rows[4321] += f",sobra,{PEOPLE[0].curp}"
    path.write_text("folio,detalle,anio\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = [(c.kind, c.decision, c.matches) for c in scan_personal_data(path).columns]
    assert found == [("curp", "block", 1)]


@pytest.mark.parametrize("odd", ["", "\x01"], ids=["engine", "python"])
def test_no_number_of_lookalikes_hides_one_person_beyond_the_header(
    odd: str, tmp_path: Path
) -> None:
    # Each line has the form that is searched for, and only the last one is somebody's.
    path = tmp_path / "muchas.csv"
    rows = [f"{n},orden,2024,la señora {'abc'[n % 3] * 4} dijo" for n in range(20_000)]
    rows[-1] += f" {PEOPLE[0].curp}"
    rows[7] += odd
    path.write_text("folio,detalle,anio\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert [(c.kind, c.decision) for c in scan_personal_data(path).columns] == [("curp", "block")]


def test_a_row_just_beyond_the_limit_is_left_to_the_check(tmp_path: Path) -> None:
    path = tmp_path / "larga.csv"
    path.write_bytes(b"a\n" + b"x" * 9_000_000)
    assert scan_personal_data(path).columns == ()


def test_a_row_without_an_end_is_not_read_for_minutes(tmp_path: Path) -> None:
    path = tmp_path / "sin_fin.csv"
    path.write_bytes(b"a,b\n" + b"x," * 12_000_000)
    found = scan_personal_data(path)
    assert (found.blocked, found.columns[0].kind) == (True, "unreadable")
