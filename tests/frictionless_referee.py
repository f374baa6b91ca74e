"""Our findings and frictionless' on the same text, in a form in which they can be compared."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import frictionless
from frictionless import Checklist, Dialect, Resource, Schema
from frictionless.formats import CsvControl

from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.domain.dictionary import DataDictionary

# Codes of ours that frictionless has no check for.
OURS_ONLY = {
    "description-missing",
    "echo-description",
    "empty-table",
    "byte-order-mark",
    "abbreviated-name",
    "abbreviated-title",
    "abbreviated-value",
    "column-name-form",
    "jargon-description",
    "key-as-number",
    "outer-space",
    "short-description",
    "unclear-name",
    "unit-missing",
    "mixed-type",
    "date-form",
    "unpadded-key",
    "personal-data",
    "personal-data-review",
    # frictionless has these, and looks for them only when asked (test_row_referee.py asks).
    "duplicate-row",
    "sequential-value",
}

Place = tuple[str, int, int]
"""Code, row, column number (0 where a finding has none)."""


def referee(
    text: str, schema: dict[str, Any], *, match: str = "exact", asked: Checklist | None = None
) -> Counter[Place]:
    """What frictionless finds: code, row, column number (0 where it has none).

    :param asked: checks of its own that it makes only when asked.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        with frictionless.system.use_context(trusted=True):
            resource = Resource(
                path=file.name,
                format="csv",
                encoding="utf-8",
                dialect=Dialect(controls=[CsvControl(delimiter=",", skip_initial_space=False)]),
                schema=Schema.from_descriptor(schema | {"fieldsMatch": match}),
            )
            report = resource.validate(asked or Checklist(), limit_errors=100_000)
    task = report.tasks[0]
    places: Counter[Place] = Counter()
    for error in task.errors:
        row = getattr(error, "row_number", None) or 1
        has_cell = error.type.endswith(("-cell", "-label")) or error.type in (
            "type-error",
            "constraint-error",
            "unique-error",
        )
        number = getattr(error, "field_number", 0) if has_cell else 0
        places[error.type, row, number] += 1
    return places


def ours(
    text: str, schema: dict[str, Any], *, also: frozenset[str] | set[str] = frozenset()
) -> Counter[Place]:
    """What we find, in the same form.

    :param also: codes to tell besides those that both look for without being asked.
    """
    dictionary = DataDictionary.from_table_schema(schema)
    names = list(dictionary.names)
    labels = next(csv.reader(io.StringIO(text)), [])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tabla.csv"
        path.write_text(text, encoding="utf-8", newline="")
        report = check_table(path, dictionary, limit=100_000)
    assert report.shown == report.total == sum(report.counts.values())
    assert Counter(finding.code for finding in report.findings) == report.counts
    places: Counter[Place] = Counter()
    for finding in report.findings:
        if finding.code in OURS_ONLY - also:
            continue
        number = 0
        if finding.cell:
            number = column_number(finding.cell)
        elif finding.code == "missing-label":
            absent = [name for name in names if name not in labels]
            number = len(labels) + 1 + absent.index(finding.column or "")
        places[finding.code, finding.row or 1, number] += 1
    return places


def column_number(cell: str) -> int:
    number = 0
    for letter in cell.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
