"""The tables of frictionless' own test-suite: both judges find the same in them.

Each table is judged twice: with a dictionary of texts, and with the types frictionless infers.
"""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import frictionless
import pytest
import yaml
from frictionless import Dialect, Resource
from frictionless.formats import CsvControl
from frictionless_referee import ours, referee

from ckanext.imssbienestar.checks.differences import DIFFERENCES
from ckanext.imssbienestar.domain.cell_values import FieldType

FOLDER = Path(__file__).parents[1] / "data" / "frictionless"
TABLES: dict[str, str] = yaml.safe_load((FOLDER / "tables.yaml").read_text(encoding="utf-8"))

# The tables that meet a difference of checks/differences.py, which has its own test.
MEET_A_DIFFERENCE = {
    "capitals.csv": "label-spaces",
    "escaping.csv": "label-spaces",
    "issue-1109.csv": "label-spaces",
    "table-limits.csv": "label-spaces",
    "timezone.csv": "label-spaces",
    "country-2.csv": "delimiter",
    "countries.csv": "header-place",
    "matrix-with-comment.csv": "header-place",
}


def labels_of(text: str) -> list[str]:
    """The first row, each label given a name of its own."""
    names: list[str] = []
    for number, label in enumerate(next(csv.reader(io.StringIO(text.lstrip("\ufeff")))), start=1):
        name = label.strip() or f"columna_{number}"
        names.append(f"{name}_{number}" if name in names else name)
    return names


def inferred_types(text: str, width: int) -> list[str]:
    """The types frictionless proposes; a text where it proposes one no dictionary has."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        with frictionless.system.use_context(trusted=True):
            dialect = Dialect(controls=[CsvControl(delimiter=",")])
            resource = Resource(path=file.name, format="csv", encoding="utf-8", dialect=dialect)
            resource.infer()
            found = [field.type for field in resource.schema.fields]
    known = {str(kind) for kind in FieldType}
    return [kind if kind in known else "string" for kind in [*found, *["string"] * width][:width]]


def schema_of(names: list[str], types: list[str]) -> dict[str, Any]:
    fields = zip(names, types, strict=True)
    described = "Lo que significa esta columna."
    return {"fields": [{"name": n, "type": t, "description": described} for n, t in fields]}


@pytest.mark.parametrize("name", sorted(set(TABLES) - set(MEET_A_DIFFERENCE)))
def test_same_findings(name: str) -> None:
    text = TABLES[name]
    names = labels_of(text)
    for types in (["string"] * len(names), inferred_types(text, len(names))):
        schema = schema_of(names, types)
        assert ours(text, schema) == referee(text, schema)


@pytest.mark.parametrize(("name", "difference"), sorted(MEET_A_DIFFERENCE.items()))
def test_the_others_differ_as_documented(name: str, difference: str) -> None:
    assert difference in DIFFERENCES
    text = TABLES[name]
    names = labels_of(text)
    schema = schema_of(names, ["string"] * len(names))
    assert ours(text, schema) != referee(text, schema)
