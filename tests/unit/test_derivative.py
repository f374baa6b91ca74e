"""The safe derivative: what becomes of each column, what is left out, and when none is offered."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import pytest
from personal_corpus.people import Crowd

from ckanext.imssbienestar.checks.derivative.rules import derivative_rules, ladder
from ckanext.imssbienestar.checks.derivative.steps import generalised, places, understood
from ckanext.imssbienestar.checks.derivative.suggest import NoSafeDerivativeError, suggest
from ckanext.imssbienestar.checks.personal_data import scan_personal_data
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryField

HEADER = (
    *("curp", "nombre", "primer_apellido", "fecha_de_nacimiento", "sexo", "municipio"),
    *("codigo_postal", "diagnostico", "turno", "domicilio_particular", "notas", "peso"),
)


PERSON = Crowd(12).person()


def written(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def roll(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A roll of persons with about every kind of column."""
    rows = []
    for place, person in enumerate(Crowd(8).people(120)):
        town = ("Mérida", "Acapulco de Juárez")[place % 2]
        illness = ("E119", "J189", "I10X")[place % 3]
        shift = ("matutino", "vespertino")[place // 3 % 2]
        told = f"La paciente {person.full} vino con su madre"
        known = (person.curp, person.given, person.paternal, person.birth, person.sex, town)
        more = (f"{97000 + place}", illness, shift, person.address, told, f"{50 + place / 7:.2f}")
        rows.append((*known, *more))
    return written(tmp_path_factory.mktemp("roll") / "padron.csv", HEADER, rows)


@pytest.mark.req("R-081")
@pytest.mark.req("R-199")
def test_the_plan_the_counts_and_the_words(roll: Path, tmp_path: Path) -> None:
    known = DataDictionary(
        fields=tuple(DictionaryField(name=name, description=f"Dice {name}.") for name in HEADER)
    )
    with suggest(roll, known) as derivative:
        report, rows = derivative.report, derivative.preview()
        actions = {column.column: column.action for column in report.columns}
        results = [column.result for column in report.columns if column.result]
        derivative.save(tmp_path / "a.csv", tmp_path / "a.dictionary.csv")
        with pytest.raises(FileExistsError):
            derivative.save(tmp_path / "a.csv", tmp_path / "b.dictionary.csv")
        fields = {field.name: field for field in derivative.dictionary.fields}
        kept = derivative.path
    assert not kept.exists()
    assert not (tmp_path / "b.dictionary.csv").exists()
    dropped = {name for name, action in actions.items() if action == "drop"}
    identifying = {"curp", "nombre", "primer_apellido", "domicilio_particular", "notas"}
    assert identifying | {"codigo_postal", "peso"} <= dropped
    assert actions["fecha_de_nacimiento"] == "generalise"
    assert actions["sexo"] == "keep"
    assert sorted([*results, "numero_de_registros"]) == sorted(rows[0])
    assert sum(int(row[-1]) for row in rows[1:]) <= report.published == 120 - report.left_out
    assert fields["sexo"].description == "Dice sexo."
    [birth] = [field for name, field in fields.items() if "nacimiento" in name]
    assert birth.title.endswith("(generalizado de fecha_de_nacimiento)")
    assert not scan_personal_data(tmp_path / "a.csv").hidden_columns


def test_one_person_many_times_is_one_person(tmp_path: Path) -> None:
    frequent, *others = Crowd(9).people(40)
    rows = [[frequent.curp, n, "nocturno"] for n in range(20)]
    rows += [[p.curp, 20 + n, ("matutino", "vespertino")[n % 2]] for n, p in enumerate(others)]
    path = written(tmp_path / "visitas.csv", ["curp", "folio_paciente", "turno"], rows)
    with suggest(path) as derivative:
        shown = [row[0] for row in derivative.preview()[1:]]
        assert derivative.report.left_out == 20
    assert shown == ["matutino", "vespertino"]


def test_what_all_of_a_group_have_is_not_told_of_each(tmp_path: Path) -> None:
    rows = [
        [person.curp, "norte" if n < 10 else "sur", "VIH" if n < 10 else ("asma", "gripe")[n % 2]]
        for n, person in enumerate(Crowd(10).people(110))
    ]
    path = written(tmp_path / "zonas.csv", ["curp", "zona", "padecimiento"], rows)
    with suggest(path) as derivative:
        assert {row[0] for row in derivative.preview()[1:]} == {"sur"}
        assert derivative.report.left_out == 10


def test_fewer_than_k_rows_are_never_left_out_alone(tmp_path: Path) -> None:
    shifts = ["matutino"] * 40 + ["vespertino"] * 15 + ["mixto"] * 5 + ["nocturno"]
    people = Crowd(11).people(len(shifts))
    rows = [[p.curp, shift] for p, shift in zip(people, shifts, strict=True)]
    path = written(tmp_path / "turnos.csv", ["curp", "turno"], rows)
    with suggest(path, k=4) as derivative:
        # Of one row left out, everybody who knows its person would know the shift.
        assert derivative.report.left_out == 6
        assert [row[0] for row in derivative.preview()[1:]] == ["matutino", "vespertino"]


@pytest.mark.parametrize(
    ("header", "rows", "reason"),
    [
        ("clues,municipio", [["GRIMB000012", "Tlapa"]] * 5, "no se reconocieron datos personales"),
        ("curp,sexo", [], "no tiene filas"),
        (f"{PERSON.curp},Hombre", [[PERSON.curp, "Mujer"]], "nombres de las columnas"),
        ("curp,nota", [["GOML850101HOCMPS05", "x"]], "ninguna columna|grupos"),
        ("curp,sexo", [["GOML850101HOCMPS05", "Mujer"]] * 9, "grupos"),
    ],
)
def test_why_there_is_none(tmp_path: Path, header: str, rows: list[list[str]], reason: str) -> None:
    path = written(tmp_path / "t.csv", header.split(","), rows)
    with pytest.raises(NoSafeDerivativeError, match=f"(?i){reason}"), suggest(path):
        pass


STEPS: dict[str, dict[str, str | None]] = {
    "birth-year": {
        **dict.fromkeys(("1985-02-03", "3/2/1985", "03-FEB-85", "19850203"), "1985"),
        **{"3 de febrero de 1985": "1985", "03/02/12": "2012", "1785-01-01": None, "x": None},
    },
    "birth-five-years": {"1987-02-03": "1985-1989"},
    "birth-ten-years": {"1987-02-03": "1980-1989"},
    "age-five-years": {
        **{"0": "00-04", "4": "00-04", "5 años": "05-09", "8 meses": "00-04", "99": "85 y más"},
        **{"12.0": "10-14", "121": None, "-1": None, "joven": None},
    },
    "age-fifteen-years": {"14": "00-14", "15": "15-29", "75": "75 y más"},
    "age-stages": {"59": "15-59", "60": "60 y más"},
    "icd-category": {"E11.9": "E11", "e119": "E11", "U071": "U07", "diabetes": None},
    "icd-chapter": {
        **{"E119": "E00-E90", "C509": "C00-D48", "D50": "D50-D89", "U071": "U00-U99"},
        **{"V01": "V01-Y98", "Z992": "Z00-Z99"},
    },
    "municipality-key": {"200670001": "20067", "20067": "20067", "2006": None},
    "state-of-key": {"200670001": "Oaxaca", "99001": None},
    "state-of-postal": {"68000": "Oaxaca", "01000": "Ciudad de México", "6800": None},
    "as-is": {" sí ": "sí", " ": None},
}


def test_each_step_says_less_and_never_more() -> None:
    steps = {step.code: step for name in derivative_rules()["ladders"] for step in ladder(name)}
    ladders = {
        code: name for name, codes in derivative_rules()["ladders"].items() for code in codes
    }
    asked = [
        (
            generalised(steps[code], understood(ladders[code], f"'{cell}'"), ""),
            expected,
            f"{code} {cell}",
        )
        for code, cases in STEPS.items()
        for cell, expected in cases.items()
    ]
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {', '.join(sql for sql, *_ in asked)}").fetchall()[0]
    assert [(name, cell) for (_, _, name), cell in zip(asked, found, strict=True)] == [
        (name, expected) for _, expected, name in asked
    ]


def test_the_rules_are_whole() -> None:
    rules = derivative_rules()
    states = {entry["code"] for entry in read_yaml("vocabularies/states.yaml")["values"]}
    assert {entry["state"] for entry in rules["postal_states"]} == states - {"00"}
    assert set(rules["kinds"]) <= set(read_yaml("findings.yaml")["words"]["kinds"]["es"])
    assert rules["texts"]["es"].keys() == rules["texts"]["en"].keys()
    names = [name for name, _ in places()]
    assert len(names) == len(set(names))
    # A name that two states have tells neither.
    assert "benito juarez" not in names
