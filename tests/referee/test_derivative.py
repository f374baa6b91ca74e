"""Whatever the table of persons: what the safe derivative counts is counted again, by hand."""

from __future__ import annotations

import csv
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from personal_corpus.people import Crowd, Person

from ckanext.imssbienestar.checks.derivative.suggest import NoSafeDerivativeError, suggest
from ckanext.imssbienestar.checks.personal_data import scan_personal_data

CROWD = Crowd(20).people(60)
MUNICIPALITIES = {
    "Oaxaca de Juárez": "Oaxaca",
    "Salina Cruz": "Oaxaca",
    "Acapulco de Juárez": "Guerrero",
    "Mérida": "Yucatán",
}
Row = dict[str, str]
Cells = Callable[[Person, random.Random], str]

IDENTIFYING: dict[str, Cells] = {
    "curp": lambda person, _: person.curp,
    "nss": lambda person, _: person.nss,
    "nombre_completo": lambda person, _: person.full,
    "folio_paciente": lambda _, chance: f"F-{chance.randrange(10**9)}",
    "telefono_particular": lambda person, _: person.telephone,
    "correo_personal": lambda person, _: person.email,
    "domicilio_particular": lambda person, _: person.address,
    "observaciones": lambda person, _: f"La paciente {person.full} vive en {person.address}",
}
# Without one of these, a person who comes back looks like another one.
TELLING = {"curp", "nss", "nombre_completo"}
OTHERS: dict[str, Cells] = {
    "sexo": lambda person, _: {"H": "Hombre", "M": "Mujer"}[person.sex],
    "edad": lambda person, _: str(person.age),
    "fecha_de_nacimiento": lambda person, _: f"{person.birth:%d/%m/%Y}",
    "municipio": lambda person, chance: chance.choice(list(MUNICIPALITIES)),
    "codigo_postal": lambda person, chance: chance.choice(["68000", "39300", "97000", "roto"]),
    "diagnostico": lambda person, chance: chance.choice(["E11.9", "E102", "I10X", "J189", ""]),
    "turno": lambda person, chance: chance.choice(["matutino", "vespertino"]),
    "fecha_de_ingreso": lambda person, chance: f"20{chance.randint(20, 24)}-03-1{person.age % 9}",
    "estatura": lambda person, chance: f"1.{chance.randint(10, 99)}",
}


def counts(cell: str, name: str, row: Row) -> bool:
    """Whether a row of the original belongs under this cell of the result."""
    if name in row:
        return row[name].strip() == cell
    return BY_RESULT[name](row) == cell if name in BY_RESULT else in_band(cell, name, row)


def in_band(cell: str, name: str, row: Row) -> bool:
    number = int(row["edad"]) if name == "grupo_de_edad" else int(row["fecha_de_nacimiento"][-4:])
    first, _, last = cell.replace(" y más", "-999").partition("-")
    return int(first) <= number <= int(last or first)


def chapter(row: Row) -> str:
    ranges = {"E": "E00-E90", "I": "I00-I99", "J": "J00-J99"}
    return ranges.get(row["diagnostico"][:1], "")


def state(row: Row) -> str:
    if "municipio" in row:
        return MUNICIPALITIES[row["municipio"]]
    return {"68": "Oaxaca", "39": "Guerrero", "97": "Yucatán"}.get(row["codigo_postal"][:2], "")


BY_RESULT: dict[str, Callable[[Row], str]] = {
    "anio_de_ingreso": lambda row: row["fecha_de_ingreso"][:4],
    "categoria_de_diagnostico": lambda row: row["diagnostico"][:3],
    "capitulo_de_diagnostico": chapter,
    "entidad_federativa": state,
}


def table_of(seed: int, columns: list[str], size: int) -> tuple[list[Row], list[Person]]:
    """Rows of some persons, some of them more than once."""
    chance = random.Random(seed)
    people = chance.choices(CROWD, k=size)
    return [
        {name: (IDENTIFYING | OTHERS)[name](person, chance) for name in columns}
        for person in people
    ], people


@pytest.mark.req("R-183")
@pytest.mark.req("R-199")
@settings(max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "12")))
@given(
    seed=st.integers(0, 10**6),
    identifying=st.lists(st.sampled_from(sorted(IDENTIFYING)), min_size=1, max_size=3, unique=True),
    others=st.lists(st.sampled_from(sorted(OTHERS)), min_size=2, max_size=6, unique=True),
    size=st.integers(20, 400),
    k=st.integers(3, 10),
)
def test_every_group_is_of_at_least_k_persons_and_nothing_else_is_told(
    seed: int, identifying: list[str], others: list[str], size: int, k: int
) -> None:
    rows, people = table_of(seed, [*identifying, *others], size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "padron.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, [*identifying, *others])
            writer.writeheader()
            writer.writerows(rows)
        try:
            with suggest(path, k=k) as derivative:
                report = derivative.report
                content = derivative.path.read_text(encoding="utf-8")
                header, *groups = list(csv.reader(content.splitlines()))
                assert not scan_personal_data(derivative.path).hidden_columns
                assert derivative.dictionary.names == tuple(header)
        except NoSafeDerivativeError as error:
            event(error.message.replace(f" {k} ", " k "))
            return
        event(f"{len(header)} columns")
    total = 0
    for *cells, count in groups:
        members = [
            place
            for place, row in enumerate(rows)
            if all(counts(cell, name, row) for cell, name in zip(cells, header, strict=False))
        ]
        assert len(members) == int(count) >= k
        # Homonyms may count as one person; one person never as two, where a column tells.
        told_apart = k if TELLING & set(identifying) else 1
        assert len({people[place].curp for place in members}) >= told_apart
        total += int(count)
    assert total + report.left_out == report.rows == len(rows)
    assert report.left_out == 0 or report.left_out >= k
    assert groups == sorted(groups, key=lambda row: [*row[:-1], int(row[-1])])
    told = {cell for row in groups for cell in row[:-1]}
    for name in {*identifying, "estatura"} & rows[0].keys():
        assert told.isdisjoint(row[name] for row in rows)
        assert not any(len(row[name]) > 5 and row[name] in content for row in rows)
