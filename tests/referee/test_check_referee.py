"""frictionless as referee: on what both can judge, the same findings in the same places.

hypothesis makes dictionaries, tables that fit them and corruptions of both. The deliberate
differences of ``checks/differences.py`` are kept out of the generated tables, and each has a
test of its own at the end.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import frictionless
import pytest
from frictionless_referee import Place, ours, referee
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.checks.differences import DIFFERENCES
from ckanext.imssbienestar.domain.dictionary import DataDictionary

TEXTS = st.text(
    st.sampled_from("abcñéÑ,\"'; \n01-") | st.characters(min_codepoint=33, max_codepoint=0x24F),
    max_size=8,
)
DAYS = st.dates().map(lambda day: day.isoformat())
VALUES: dict[str, st.SearchStrategy[str]] = {
    "string": TEXTS,
    "integer": st.integers(-(10**6), 10**6).map(str) | st.sampled_from(["007", "+5", " 3 ", "-0"]),
    "number": st.decimals(-(10**6), 10**6, places=2, allow_nan=False).map(str)
    | st.sampled_from(["1e3", ".5", "5.", "-0.0", " 2.50"]),
    "boolean": st.sampled_from(["true", "false", "1", "0", "True", "FALSE"]),
    "date": DAYS,
    "time": st.times().map(lambda clock: clock.replace(microsecond=0).isoformat()),
    "datetime": st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat()),
    "year": st.integers(0, 9999).map(lambda year: f"{year:04d}"),
    "yearmonth": st.dates().map(lambda day: day.isoformat()[:7]),
}
WRONG = st.sampled_from(["x", "1,5", "--", "2018-13-45", "12/31/2018", "si", "1.5.2", "$5", "1 2"])


@st.composite
def fields(draw: st.DrawFn, number: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(list(VALUES)))
    field: dict[str, Any] = {
        "name": f"columna_{number}",
        "type": kind,
        "description": "Lo que significa esta columna.",
    }
    constraints: dict[str, Any] = {}
    if draw(st.booleans()):
        constraints["required"] = True
    if draw(st.integers(0, 3)) == 0:
        constraints["unique"] = True
    if draw(st.integers(0, 3)) == 0 and kind not in ("string", "boolean"):
        edge = draw(VALUES[kind])
        constraints[draw(st.sampled_from(["minimum", "maximum"]))] = edge
    if draw(st.integers(0, 3)) == 0 and kind != "boolean":
        values = draw(st.lists(VALUES[kind].filter(bool), min_size=1, max_size=4, unique=True))
        constraints["enum"] = values
    if kind == "string" and draw(st.integers(0, 2)) == 0:
        constraints[draw(st.sampled_from(["minLength", "maxLength"]))] = draw(st.integers(0, 6))
    if kind == "string" and draw(st.integers(0, 3)) == 0:
        constraints["pattern"] = draw(st.sampled_from(["[a-z]+", "[0-9]{2}", ".*[01].*", "ab?c*"]))
    if constraints:
        field["constraints"] = constraints
    return field


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, Any], list[list[str]]]:
    width = draw(st.integers(1, 4))
    schema: dict[str, Any] = {
        "fields": [draw(fields(number)) for number in range(1, width + 1)],
    }
    names = [field["name"] for field in schema["fields"]]
    if draw(st.integers(0, 3)) == 0:
        schema["primaryKey"] = names[: draw(st.integers(1, width))]
    rows = []
    for _ in range(draw(st.integers(1, 8))):
        row = []
        for field in schema["fields"]:
            cells = VALUES[field["type"]]
            if "enum" in field.get("constraints", {}) and draw(st.booleans()):
                cells = st.sampled_from(field["constraints"]["enum"])
            row.append(draw(st.one_of(cells, cells, cells, st.just(""), WRONG)))
        rows.append(row)
    for _ in range(draw(st.integers(0, 2))):
        spoil(draw, rows)
    return schema, [names, *rows]


def spoil(draw: st.DrawFn, rows: list[list[str]]) -> None:
    where = draw(st.integers(0, len(rows) - 1))
    match draw(st.sampled_from(["blank", "empty", "short", "long", "repeat"])):
        case "blank":
            rows.insert(where, [])
        case "empty":
            rows.insert(where, [""] * len(rows[where]))
        case "short":
            rows[where] = rows[where][:-1]
        case "long":
            rows[where] = [*rows[where], "sobra"]
        case "repeat":
            rows.append(list(rows[where]))


def written(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        if row:
            writer.writerow(row)
        else:
            text.write("\n")
    return text.getvalue()


@given(tables())
@pytest.mark.req("R-098")
def test_same_findings_on_generated_tables(case: tuple[dict[str, Any], list[list[str]]]) -> None:
    schema, rows = case
    text = written(rows)
    assert ours(text, schema) == referee(text, schema)


SCHEMA: dict[str, Any] = {
    "fields": [
        {"name": "clave", "type": "string", "description": "Clave de la unidad médica."},
        {"name": "fecha", "type": "date", "description": "Día del registro del dato."},
        {"name": "monto", "type": "integer", "description": "Cantidad pagada en el periodo."},
    ],
}


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ("clave,fecha,monto", "exact"),
        ("clave,fecha,total", "exact"),
        ("clave,dia,cuanto", "exact"),
        ("clave,fecha,", "exact"),
        ("clave,fecha,clave", "exact"),
        ("clave,fecha", "exact"),
        ("clave,fecha,monto,otra", "exact"),
        ("clave,monto", "equal"),
        ("fecha,clave,otra,monto", "equal"),
    ],
)
@pytest.mark.req("R-098", "R-100")
def test_same_findings_on_headers(header: str, match: str) -> None:
    width = header.count(",") + 1
    text = f"{header}\n" + ",".join(["", "", "", "", ""][:width]) + "\n"
    labels = {"missing-label", "extra-label", "incorrect-label", "duplicate-label", "blank-label"}

    def only_labels(places: Counter[Place]) -> Counter[Place]:
        return Counter({place: n for place, n in places.items() if place[0] in labels})

    assert only_labels(ours(text, SCHEMA)) == only_labels(referee(text, SCHEMA, match=match))


def both(text: str, kind: str = "string", **constraints: object) -> tuple[set[str], set[str]]:
    """Codes found by us and by frictionless in a one-column table of this type."""
    field: dict[str, Any] = {"name": "dato", "type": kind, "description": "El dato de la fila."}
    schema = {"fields": [field | ({"constraints": constraints} if constraints else {})]}
    found = {place[0] for place in ours(f"dato\n{text}\n", schema)}
    return found, {place[0] for place in referee(f"dato\n{text}\n", schema)}


DIFFERENT_CELLS = [
    ("iso-dates", "2018-1-5", "date", {}),
    ("iso-dates", "2018-1", "yearmonth", {}),
    ("iso-year", "+201", "year", {}),
    ("number-words", "NaN", "number", {}),
    ("number-words", "Infinity", "number", {}),
    ("number-forms", "1_000", "integer", {}),
    ("number-forms", "١٢", "integer", {}),
    ("clock", "24:00:00", "time", {}),
    ("clock", "2018-W01-1T10:00:00", "datetime", {}),
]


@pytest.mark.parametrize(("difference", "cell", "kind", "constraints"), DIFFERENT_CELLS)
def test_stricter_on_purpose(
    difference: str, cell: str, kind: str, constraints: dict[str, object]
) -> None:
    assert difference in DIFFERENCES
    assert both(cell, kind, **constraints) == ({"type-error"}, set())


def test_difference_pattern() -> None:
    # frictionless writes ^ab|c$: the alternatives lose their anchors.
    assert both("abX", pattern="ab|c") == ({"constraint-error"}, set())


def test_difference_encoding(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("clave,nota\n1,Atención médica\n".encode("latin-1"))
    schema = {
        "fields": [
            {"name": "clave", "description": "La clave única."},
            {"name": "nota", "description": "Lo que se anotó."},
        ]
    }
    report = check_table(path, DataDictionary.from_table_schema(schema))
    assert report.counts == {"encoding-error": 1}
    with frictionless.system.use_context(trusted=True):
        assert frictionless.validate(str(path)).valid


def test_difference_labels_by_name() -> None:
    text = "clave,monto\na,5\n"
    assert ours(text, SCHEMA) == Counter({("missing-label", 1, 3): 1})
    assert referee(text, SCHEMA)["incorrect-label", 1, 2] == 1


def test_difference_label_spaces() -> None:
    text = " clave,fecha,monto\na,2018-01-01,5\n"
    assert ours(text, SCHEMA) == Counter({("incorrect-label", 1, 1): 1})
    assert referee(text, SCHEMA) == Counter()


def test_difference_cells_by_name() -> None:
    text = "clave,monto,fecha\na,5,2018-01-01\n"
    assert set(ours(text, SCHEMA)) == {("incorrect-label", 1, 2), ("incorrect-label", 1, 3)}
    assert ("type-error", 2, 2) in referee(text, SCHEMA)


def test_difference_total_row() -> None:
    text = "clave,fecha,monto\na,2018-01-01,5\nTOTAL,,ocho\n"
    assert ours(text, SCHEMA) == Counter({("total-row", 3, 1): 1})
    assert referee(text, SCHEMA) == Counter({("type-error", 3, 3): 1})


def test_difference_title_rows() -> None:
    text = "Informe,,\nclave,fecha,monto\na,2018-01-01,5\n"
    assert ours(text, SCHEMA) == Counter({("merged-title-row", 1, 0): 1})
    assert ("type-error", 2, 2) in referee(text, SCHEMA)


def test_difference_header_place() -> None:
    # The dictionary names the one label of row 1, and the rest of the rows are too wide for it.
    schema = {"fields": [{"name": "nota", "type": "string", "description": "Lo que se anotó."}]}
    text = "nota\nid,nombre,edad\n1,a,5\n2,b,6\n3,c,7\n"
    assert {place[0] for place in ours(text, schema)} == {"extra-cell"}
    assert ("extra-label", 1, 2) in referee(text, schema)


def test_difference_unclosed_quote() -> None:
    text = 'clave,fecha,monto\na,2018-01-01,5\n"b,2018-01-02,6\nc,2018-01-03,7\n'
    assert ours(text, SCHEMA) == Counter({("unclosed-quote", 3, 0): 1})
    assert ("missing-cell", 3, 2) in referee(text, SCHEMA)


def test_difference_delimiter() -> None:
    text = "clave;fecha;monto\na;2018-01-01;5\n"
    assert ours(text, SCHEMA) == Counter({("wrong-delimiter", 1, 0): 1})
    assert ("missing-label", 1, 2) in referee(text, SCHEMA)


def test_difference_zones() -> None:
    found, _ = both("2018-01-01T23:00:00-06:00", "datetime", maximum="2018-01-02T00:00:00-06:00")
    assert found == set()


def test_difference_header_missing() -> None:
    text = "x,2018-01-01,5\ny,2018-01-02,6\n"
    assert set(ours(text, SCHEMA)) == {("header-missing", 1, 0)}
    assert referee(text, SCHEMA)["incorrect-label", 1, 1] == 1


def test_difference_row_text() -> None:
    text = "clave,fecha,monto\na,2018-01-01,7\na,2018-01-01,007\n"
    asked = frictionless.Checklist(checks=[frictionless.checks.duplicate_row()])
    assert ours(text, SCHEMA, also={"duplicate-row"}) == Counter()
    assert referee(text, SCHEMA, asked=asked) == Counter({("duplicate-row", 3, 0): 1})


def test_difference_gaps() -> None:
    schema = {"fields": [SCHEMA["fields"][2] | {"name": "numero"}, SCHEMA["fields"][0]]}
    text = "numero,clave\n1,a\n3,b\n6,c\n"
    asked = frictionless.Checklist(
        checks=[frictionless.checks.sequential_value(field_name="numero")]
    )
    found = ours(text, schema, also={"sequential-value"})
    assert {place[:2] for place in found} == {("sequential-value", 3), ("sequential-value", 4)}
    assert {place[:2] for place in referee(text, schema, asked=asked)} == {("sequential-value", 3)}


def test_every_difference_is_tested() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    named = {name for name, *_ in DIFFERENT_CELLS}
    tested = {name for name in DIFFERENCES if f"test_difference_{name.replace('-', '_')}" in source}
    assert named | tested == set(DIFFERENCES)
