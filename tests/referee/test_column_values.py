"""Judging a column's values instead of its cells changes no count, whatever the table."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from personal_corpus.people import Crowd

from ckanext.imssbienestar.checks import (
    column_values,
    layout,
    table_source,
    value_rules,
)
from ckanext.imssbienestar.checks.engine import check_table
from ckanext.imssbienestar.checks.personal_data import scan_personal_data
from ckanext.imssbienestar.checks.reading import read_bytes
from ckanext.imssbienestar.checks.recognise import recognise
from ckanext.imssbienestar.checks.table_rules import RowCounts, TableRules
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource, open_table
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import CheckReport

DICTIONARY = DataDictionary.from_table_schema(
    {
        "fields": [
            {"name": "mes", "type": "date", "description": "Día en que se contó lo que se cuenta."},
            {
                "name": "casos",
                "type": "integer",
                "description": "Número de casos que se contaron ese día.",
                "constraints": {"minimum": 0, "required": True},
            },
            {
                "name": "nivel",
                "description": "Nivel de atención de la unidad que los contó.",
                "constraints": {"enum": ["primero", "segundo"], "maxLength": 7},
            },
        ]
    }
)
CELLS = st.sampled_from(
    ["2024-01-31", "2023-02-29", "", "7", "-1", "7.5", "primero", "tercero", "Total", " ", "ñ"]
)


def judged(path: Path, rows: list[list[str]]) -> CheckReport:
    lines = [",".join(row) for row in [["mes", "casos", "nivel"], *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return check_table(path, DICTIONARY, limit=50)


@settings(max_examples=40)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12))
def test_values_and_cells_count_the_same(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "t.csv"
        by_value = judged(path, rows)
        # No column then has few enough values.
        patch.setattr(value_rules, "few_values", lambda table: -1)
        by_cell = judged(path, rows)
    assert by_value == by_cell


def test_a_column_that_changes_its_mind_is_counted_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_source, "_SOME_ROWS", 50)
    monkeypatch.setattr(TableSource, "_rows_are_lines", False)
    limits = {"few_values": 100, "values_in_memory": 100_000}
    monkeypatch.setattr(column_values, "limit", lambda name: limits.get(name) or layout.limit(name))
    rows = [["2024-01-31", "1", "primero"]] * 60
    rows += [["2024-01-31", f"{-n if n % 3 else n}.", "primero"] for n in range(900)]
    report = judged(tmp_path / "t.csv", rows)
    assert report.counts == {"duplicate-row": 59, "type-error": 900}


@pytest.mark.req("R-183")
def test_the_guard_without_room_for_values_samples_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As it is with 36 MB for 300,000 different texts after 5,000 equal ones.
    texts = [f"texto {n:09d} distinto de todos los demás" for n in range(9_000)]
    texts[-3] = f"CURP {Crowd(5).people(1)[0].curp} de la paciente"
    path = tmp_path / "t.csv"
    path.write_text("nota\n" + "\n".join(texts) + "\n", encoding="utf-8")
    measure, asked = TableSource.measure, []

    def without_room(table: TableSource, aggregates: Any, source: str = RELATION) -> Any:
        asked.append([sql for sql in aggregates if "histogram" in sql])
        if asked[-1]:
            raise duckdb.OutOfMemoryException
        return measure(table, aggregates, source)

    monkeypatch.setattr(TableSource, "measure", without_room)
    found = {column.column: column.kind for column in scan_personal_data(path).columns}
    assert found == {"nota": "curp"}
    assert [bool(histograms) for histograms in asked][:2] == [True, False]


def test_a_check_without_room_for_values_counts_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["2024-01-31", "1", "primero"], ["2024-02-30", "x", "tercero"], ["", "", "Total"]]
    expected = judged(tmp_path / "t.csv", rows)
    count, asked = TableRules.count, []

    def without_room(rules: TableRules, keys: Any = (), also: Any = ()) -> RowCounts:
        asked.append(len(also))
        if len(asked) == 1:
            raise duckdb.OutOfMemoryException
        return count(rules, keys, also)

    monkeypatch.setattr(TableRules, "count", without_room)
    assert judged(tmp_path / "t.csv", rows) == expected
    assert len(asked) == 2


def test_a_sorted_table_promises_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    # One state after the other; a note that comes back every five thousand rows.
    lines = [f"{n // 1000:02d},{n:08d},nota {n % 5000}\n" for n in range(30_000)]
    path.write_text("entidad,clave,nota\n" + "".join(lines), encoding="utf-8")
    facts = read_bytes(path)
    with open_table(path, facts, recognise(path, facts, None)) as table:
        states, keys, notes = column_values.expected_values(table)
    assert 5 < states <= 30
    assert keys > 20_000
    assert 2_500 <= notes <= 15_000


@pytest.mark.req("R-183")
def test_one_identifier_among_numbers_that_look_like_one_is_found(tmp_path: Path) -> None:
    rows = [f"{n},{10_000_000_000 + n * 7919}" for n in range(30_000)]
    rows[17_001] = f"17001,{Crowd(5).people(1)[0].curp}"
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["orden,clave", *rows, ""]), encoding="utf-8")
    found = {column.column: column for column in scan_personal_data(path).columns}
    assert found.keys() == {"clave"}
    assert (found["clave"].kind, found["clave"].matches) == ("curp", 1)


@pytest.mark.req("R-183")
def test_a_sample_of_texts_counts_about_what_they_hold(tmp_path: Path) -> None:
    people = Crowd(7).people(3_000)
    texts = [f"Visita número {n} a la unidad" for n in range(30_000)]
    for n, person in enumerate(people):
        texts[10 * n] = f"Visita número {n} de la paciente {person.full}"
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["nota", *texts, ""]), encoding="utf-8")
    (found,) = scan_personal_data(path).columns
    assert (found.kind, found.cells) == ("person-name", 30_000)
    assert 2_000 <= found.matches <= 4_000


@pytest.mark.parametrize(("values", "rows"), [(500, 1_000), (20_000, 10**6), (10**6, 10**6)])
def test_the_first_rows_promise_about_as_many_values_as_there_are(values: int, rows: int) -> None:
    chance = random.Random(values)
    looked = min(4096, rows)
    seen: Counter[str | None] = Counter(str(chance.randrange(values)) for _ in range(looked))
    # A value that stands for nothing is not drawn by lot, and must not deceive.
    seen["ND"] = looked // 10
    expected = column_values._different(seen, looked, rows)
    true = len({chance.randrange(values) for _ in range(rows)})
    assert true / 2 <= expected <= true * 2
