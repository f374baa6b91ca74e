"""frictionless as referee of the rules over rows that it looks for only when asked."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import frictionless
from frictionless import Checklist, Package, checks
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.checks.catalogues import find_catalogue
from ckanext.imssbienestar.domain.dictionary import DataDictionary

TEXT = "Lo que dice la fuente de cada unidad."
STATES = ["01", "02", "09", "32"]
TOWNS = ["001", "002", "016", "999"]
KEYS = {
    "entidad": (["cve_ent"], "entidades", ["cve_ent"]),
    "municipio": (["cve_ent", "cve_mun"], "municipios", ["cve_ent", "cve_mun"]),
    "propia": (["superior"], "", ["clave"]),
}
NAMES = ["clave", "superior", "cve_ent", "cve_mun"]

cells = st.one_of(st.sampled_from(["a", "b", "c"]), st.just(""))
rows_of_keys = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        cells,
        st.sampled_from([*STATES, "1", "33", ""]),
        st.sampled_from([*TOWNS, "1", ""]),
    ),
    min_size=1,
    max_size=8,
)


def ours(rows: Sequence[Sequence[str]], schema: dict[str, Any], code: str) -> list[int | None]:
    """Rows with a finding of this code."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tabla.csv"
        path.write_text(written(rows, schema), encoding="utf-8")
        report = check_table(path, DataDictionary.from_table_schema(schema))
    return [found.row for found in report.findings if found.code == code]


def theirs(
    rows: Sequence[Sequence[str]], schema: dict[str, Any], code: str, *asked: Any
) -> list[int]:
    """The same from frictionless, which is given the catalogues as tables of the package."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "tabla.csv").write_text(written(rows, schema), encoding="utf-8")
        resources: list[dict[str, Any]] = [
            {"name": "tabla", "path": "tabla.csv", "encoding": "utf-8", "schema": schema}
        ]
        for name in ("entidades", "municipios"):
            listed = find_catalogue(name)
            assert listed
            described = [{"name": column, "type": "string"} for column in listed.columns]
            data = [
                list(listed.columns),
                *([row[c] for c in listed.columns] for row in listed.rows),
            ]
            resources.append({"name": name, "data": data, "schema": {"fields": described}})
        with frictionless.system.use_context(trusted=True):
            package = Package.from_descriptor({"resources": resources}, basepath=folder)
            report = package.get_resource("tabla").validate(Checklist(checks=list(asked)))
    return [error.row_number for error in report.tasks[0].errors if error.type == code]


def written(rows: Sequence[Sequence[str]], schema: dict[str, Any]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field["name"] for field in schema["fields"]])
    writer.writerows(rows)
    return text.getvalue()


def texts(*names: str) -> dict[str, Any]:
    return {"fields": [{"name": n, "type": "string", "description": TEXT} for n in names]}


@given(rows_of_keys, st.sets(st.sampled_from(list(KEYS)), min_size=1))
def test_same_rows_break_foreign_keys(rows: list[tuple[str, ...]], used: set[str]) -> None:
    schema = texts(*NAMES) | {
        "foreignKeys": [
            {"fields": names, "reference": {"resource": resource, "fields": columns}}
            for names, resource, columns in (KEYS[key] for key in sorted(used))
        ]
    }
    assert sorted(map(int, filter(None, ours(rows, schema, "foreign-key")))) == sorted(
        theirs(rows, schema, "foreign-key")
    )


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y,z", ""])), max_size=8))
def test_same_rows_are_repeated(rows: list[tuple[str, str]]) -> None:
    schema = texts("clave", "nota")
    assert ours(rows, schema, "duplicate-row") == theirs(
        rows, schema, "duplicate-row", checks.duplicate_row()
    )


@given(st.lists(st.integers(0, 5).map(str), max_size=8))
def test_the_first_gap_is_the_same(numbers: list[str]) -> None:
    schema = texts("numero_consecutivo", "nota")
    schema["fields"][0]["type"] = "integer"
    rows = [(number, "nota") for number in numbers]
    asked = checks.sequential_value(field_name="numero_consecutivo")
    found = theirs(rows, schema, "sequential-value", asked)
    # frictionless takes a zero for no number, and stops at its first gap.
    if "0" not in numbers:
        assert ours(rows, schema, "sequential-value")[:1] == found
