"""Whichever reader took a file, the report is the same to the last letter."""

from __future__ import annotations

import csv
import dataclasses
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks import check_table, reading
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import CheckReport

DICTIONARY = DataDictionary.from_table_schema(
    {
        "fields": [
            {
                "name": "clave",
                "description": "Clave que identifica la fila.",
                "constraints": {"required": True, "unique": True, "maxLength": 4},
            },
            {
                "name": "sexo",
                "description": "Sexo de las personas contadas.",
                "constraints": {"enum": ["Mujeres", "Hombres", "Total"]},
            },
            {
                "name": "casos",
                "type": "integer",
                "description": "Casos contados en el mes.",
                "constraints": {"minimum": 0, "maximum": 99},
            },
        ],
        "primaryKey": ["clave", "sexo"],
    }
)
WORDS = ["", "A1", "A1", "B2", "largo de más", "Mujeres", "Total", "Suma", "x,y", "línea\notra"]
NUMBERS = ["5", "-1", "007", "1 2", "100", "99999999999999999999", '"12"']
CELLS = st.sampled_from([*WORDS, *NUMBERS])
ROWS = st.lists(st.lists(CELLS, max_size=5), max_size=30)


def report_of(path: Path, *, exact: bool) -> CheckReport:
    with pytest.MonkeyPatch.context() as patch:
        if exact:
            facts = dataclasses.replace(reading.read_bytes(path), plain_rows=False)
            patch.setattr(reading, "survey_bytes", lambda *_, **__: (facts, None))
        return check_table(path, DICTIONARY, limit=7)


@given(ROWS, st.sampled_from(["\n", "\r\n"]))
def test_the_report_does_not_depend_on_the_reader(rows: list[list[str]], ending: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=ending)
    writer.writerow(DICTIONARY.names)
    for row in rows:
        if row:
            writer.writerow(row)
        else:
            text.write(ending)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        assert report_of(path, exact=False) == report_of(path, exact=True)
