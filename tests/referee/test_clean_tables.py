"""What a survey proves, the table engine finds too: the same report, whoever gave it.

Tables, their dictionaries and small damages are made up, most of them nearly clean: only what is
proven clean is given to the engine, which must have nothing to say. The limit of values that a
column of few has is lowered, so that small tables have columns of many.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from ckanext.imssbienestar.checks import check_table, engine
from ckanext.imssbienestar.checks.clean_table import clean_rows
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.dictionary_lint import require_usable
from ckanext.imssbienestar.checks.layout import table_layout
from ckanext.imssbienestar.checks.reading import FileReading, read_bytes
from ckanext.imssbienestar.checks.survey import SWITCH, new_survey
from ckanext.imssbienestar.domain.cell_values import FieldType, read_value
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.findings import CheckReport
from ckanext.imssbienestar.formats import load_dictionary

pytestmark = pytest.mark.skipif(
    new_survey() is None, reason="the survey is not compiled here, or is switched off"
)

# Names that concern rules about persons, lists, keys, rows that are numbered, units.
LABELS = (
    "fecha fecha_de_apertura dia sexo edad municipio nombre clave_municipio consecutivo numero "
    "total_pacientes pacientes_atendidos diagnostico clave_entidad entidad localidad monto_pesos "
    "anio mes categoria nota clues estado_civil causa valor renglon casos region sector proveedor "
    "horario"
)
# Texts that some rule looks for, and others that none does.
WORDS = """Norte|Sur|Oriente|Guerrero|Hidalgo|Juan|María|Hernández|López|Juan Pérez López|madre
Hospital General|Total|total general|Suma|IMSS|ND|M|H|hombre|mujer|titular|Diabetes|E119|A90|O+|maya
juan.perez@gmail.com|contacto@imss.gob.mx|5512345678|PELJ800101HDFRPN09|Calle 5 número 3 colonia Sol
 x|x |ñandú|01|1|09|12 años|nacido el 3 de mayo de 1980|paciente Juan Pérez|2024|México|2024-01-05
05/01/2024|12%|$5|Av.|\ufeffx|a\u00a0|pan|verde|soltero|en proceso|a, b""".replace("\n", "|").split(
    "|"
)
CODES = st.integers(1, 11).flatmap(
    lambda size: st.integers(0, 10**size - 1).map(lambda number: f"{number:0{size}}")
)
DAYS = st.dates().map(lambda day: day.isoformat())
VALUES: dict[str, Sequence[st.SearchStrategy[str]]] = {
    "string": [
        st.sampled_from(WORDS),
        CODES,
        DAYS,
        st.builds("{}{}".format, st.sampled_from("ABC"), st.integers(0, 999)),
        st.builds("{} {}".format, st.sampled_from(["Norte", "Sur"]), st.integers(0, 40)),
        st.sampled_from(["alfa", "beta", "gama"]),
        st.sampled_from(["Norte", "Sur", "en proceso"]),
    ],
    "integer": [
        st.integers(0, 4).map(str),
        st.integers(-(10**6), 10**10).map(str),
        st.sampled_from(["1", "01", "+1", "-0", " 7", "007", "9" * 19]),
    ],
    "number": [
        st.decimals(-(10**6), 10**11, places=2).map(str),
        st.integers(0, 10**10).map(lambda number: f"{number}.0"),
        st.sampled_from(["1", "1.0", "-0.0", "1e3", ".5", "5.", "0"]),
    ],
    "date": [DAYS, st.sampled_from(["2024-02-29", "2023-02-29", "0000-01-01", "2024-2-1"])],
    "year": [st.integers(1990, 2030).map(str), st.sampled_from(["0000", "20244"])],
    "yearmonth": [st.integers(1, 13).map(lambda month: f"2024-{month:02}")],
    "boolean": [st.sampled_from(["true", "false", "1", "0"])],
}
BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]
PATTERNS = [r"[0-9]{8}", r"\d+", "[0-9]{2,9}", "[A-C][0-9]{1,3}", "[A-Za-z ]+", ".*", "(a|b)+"]
DAMAGES = [b",", b"\n", b"\r\n", b'"', b'""', b"\xc3", b"\xed\xa0\x80", b" ", b"\t", b"\x01", b"9"]


def is_good(kind: str, cell: str) -> bool:
    return read_value(FieldType(kind), cell) is not None


@st.composite
def columns(draw: st.DrawFn, label: str, rows: int) -> tuple[dict[str, Any], list[str]]:
    kind = draw(st.sampled_from(["string", "string", "integer", "number", *VALUES]))
    cells = draw(st.lists(draw(st.sampled_from(VALUES[kind])), min_size=rows, max_size=rows))
    if kind in ("string", "integer") and draw(st.booleans()):
        first, wide = draw(st.integers(0, 99)), 8 if kind == "string" else 0
        cells = [f"{number:0{wide}}" for number in range(first, first + rows)]
    asked: list[tuple[str, int, st.SearchStrategy[Any]]] = [
        ("required", 2, st.just(value=True)),
        ("unique", 9, st.just(value=True)),
        ("enum", 6, st.just(sorted(cell for cell in cells if is_good(kind, cell)))),
    ]
    if kind == "string":
        asked += [("maxLength", 6, st.integers(1, 9)), ("pattern", 4, st.sampled_from(PATTERNS))]
    elif kind != "boolean" and any(is_good(kind, cell) for cell in cells):
        good = [cell for cell in cells if is_good(kind, cell)]
        asked.append((draw(st.sampled_from(BOUNDS)), 3, st.sampled_from([min(good), max(good)])))
    constraints = {
        name: draw(wanted) for name, odds, wanted in asked if not draw(st.integers(0, odds))
    }
    entry = {"name": label, "type": kind, "description": "Lo que significa esta columna."}
    return entry | {"constraints": constraints}, cells


@st.composite
def tables(draw: st.DrawFn) -> tuple[DataDictionary, bytes]:
    labels = draw(st.lists(st.sampled_from(LABELS.split()), min_size=1, max_size=4, unique=True))
    rows = draw(st.integers(1, 14))
    drawn = [draw(columns(label, rows)) for label in labels]
    schema: dict[str, Any] = {"fields": [entry for entry, _ in drawn]}
    if draw(st.booleans()):
        schema["primaryKey"] = labels[: draw(st.integers(1, 2))]
    if not draw(st.integers(0, 9)):
        reference = {"resource": "entidades", "fields": ["cve_ent"]}
        schema["foreignKeys"] = [{"fields": labels[-1:], "reference": reference}]
    lines = [labels, *map(list, zip(*(cells for _, cells in drawn), strict=True))]
    for _ in range(draw(st.sampled_from([0, 0, 0, 1]))):
        lines[draw(st.integers(1, rows))][draw(st.integers(0, len(labels) - 1))] = ""
    text = io.StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    csv.writer(text, lineterminator=end, quoting=quoting).writerows(lines)
    data = text.getvalue().encode()
    if not draw(st.integers(0, 9)):
        place = draw(st.integers(0, len(data)))
        data = data[:place] + draw(st.sampled_from(DAMAGES)) + data[place:]
    return dictionary_of(schema), data


def dictionary_of(schema: dict[str, Any]) -> DataDictionary:
    try:
        dictionary = DataDictionary.from_table_schema(schema)
        require_usable(dictionary)
    except DictionaryError:
        assume(condition=False)
    return dictionary


def both_reports(path: Path, dictionary: DataDictionary) -> list[CheckReport]:
    """With surveys, and as where there are none."""
    with pytest.MonkeyPatch.context() as patch:
        surveyed = check_table(path, dictionary, limit=9)
        patch.setenv(SWITCH, "yes")
        return [surveyed, check_table(path, dictionary, limit=9)]


def is_proven(path: Path, dictionary: DataDictionary) -> bool:
    collector = FindingCollector(limit=9, language="es")
    reading = FileReading(path, survey=new_survey())
    return clean_rows(path, reading, dictionary, collector) is not None


# Most of them are not proven clean, which takes no time.
@settings(max_examples=3 * settings.default.max_examples)
@given(tables(), st.sampled_from([2, 4, 50]))
def test_what_is_proven_clean_is_clean(table: tuple[DataDictionary, bytes], few: int) -> None:
    dictionary, data = table
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setitem(table_layout()["limits"], "few_values", few)
        path = Path(folder) / "t.csv"
        path.write_bytes(data)
        assert FileReading(path, survey=new_survey()).facts() == read_bytes(path)
        if is_proven(path, dictionary):
            event("proven clean")
            surveyed, engines = both_reports(path, dictionary)
            assert surveyed.model_dump_json() == engines.model_dump_json()


def test_the_samples_have_one_report(samples: Path) -> None:
    proven = 0
    for described in sorted(samples.glob("*.dictionary.csv")):
        dictionary = load_dictionary(described)
        path = described.with_name(described.name.replace(".dictionary", ""))
        surveyed, engines = both_reports(path, dictionary)
        assert surveyed == engines
        proven += is_proven(path, dictionary)
    assert proven >= 5


CLEAN = {
    "fields": [
        {"name": "clave_registro", "type": "string", "constraints": {"pattern": "[0-9]{8}"}},
        {"name": "fecha", "type": "date", "constraints": {"minimum": "2020-01-01"}},
        {"name": "consultas", "type": "integer", "constraints": {"minimum": 0}},
        {"name": "gasto_pesos", "type": "number", "constraints": {"maximum": 99999}},
        {"name": "region", "type": "string", "constraints": {"required": True}},
    ],
    "primaryKey": ["clave_registro"],
}


def clean_line(number: int) -> str:
    month, day = 1 + number // 28 % 12, 1 + number % 28
    return f"{number:08},2024-{month:02}-{day:02},{number % 97},{number / 8},Región {number % 5}"


@pytest.mark.parametrize(
    ("damaged", "code"),
    [
        ("", None),
        ("00000007,2024-01-01,1,1,Norte", "primary-key"),
        ("0000999,2024-01-01,1,1,Norte", "constraint-error"),
        ("00009999,2024-02-30,1,1,Norte", "type-error"),
        ("00009999,2019-12-31,1,1,Norte", "constraint-error"),
        ("00009999,2024-01-01,-1,1,Norte", "constraint-error"),
        ("00009999,2024-01-01,1.5,1,Norte", "type-error"),
        ("00009999,2024-01-01,1,99999.5,Norte", "constraint-error"),
        ("00009999,2024-01-01,1,1,", "constraint-error"),
        ("00009999,2024-01-01,1,1,Norte ", "outer-space"),
        ("00009999,2024-01-01,1,1,HGZ", "abbreviated-value"),
        ("Total,2024-01-01,1,1,Norte", "total-row"),
        (",,,,", "blank-row"),
        ("00009999,2024-01-01,1,1", "missing-cell"),
        ("00009999,2024-01-01,1,1,Norte,x", "extra-cell"),
    ],
)
def test_one_damage_among_many_rows_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str, code: str | None
) -> None:
    for entry in CLEAN["fields"]:
        entry["description"] = "Lo que dice cada celda de esta columna de la tabla."
    dictionary = DataDictionary.from_table_schema(CLEAN)
    monkeypatch.setitem(table_layout()["limits"], "few_values", 40)
    lines = [",".join(dictionary.names), *map(clean_line, range(3000))]
    lines[2000:2000] = [damaged] if damaged else []
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    surveyed, engines = both_reports(path, dictionary)
    assert surveyed == engines
    assert set(surveyed.counts) >= ({code} if code else set())
    assert is_proven(path, dictionary) == (code is None)
    assert engine.new_survey() is not None
