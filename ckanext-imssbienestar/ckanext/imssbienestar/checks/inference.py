"""A first dictionary from a file: names, types, units and examples; never a description.

A proposal for a person to correct. A column is only taken for a number when nothing would be
lost: codes with leading zeros stay texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.checks.cell_rules import is_valid
from ckanext.imssbienestar.checks.personal_data import scan_table, shown_label
from ckanext.imssbienestar.checks.personal_headers import normal_name
from ckanext.imssbienestar.checks.reading import read_bytes
from ckanext.imssbienestar.checks.recognise import foreign_content, recognise
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource, open_table
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DataDictionary

# The first type that every value fits. Boolean is left out: 0 and 1 are mostly numbers.
_CANDIDATES = (
    FieldType.DATE,
    FieldType.DATETIME,
    FieldType.TIME,
    FieldType.YEARMONTH,
    FieldType.INTEGER,
    FieldType.NUMBER,
)
_BOOLEAN_WORDS = "('true', 'false', 'True', 'False', 'TRUE', 'FALSE')"
_LEADING_ZERO = "[+-]?0[0-9]+"
_YEAR_NAMES = ("anio", "ano", "year", "ejercicio")
_MOST_VALUES = 12
_ROWS_PER_VALUE = 3
_EXAMPLES = 3
_EXAMPLE_LENGTH = 60


def infer_dictionary(path: str | Path) -> DataDictionary | None:
    """A dictionary proposed from the file, or None when it has no header to begin from.

    :raises InputFileError: the file cannot be read.
    """
    file = Path(path)
    facts = read_bytes(file)
    if not facts.size or facts.nul_byte is not None or foreign_content(file):
        return None
    with open_table(file, facts, recognise(file, facts, None)) as table:
        names = _unique_names(table)
        if not table.readable or not names:
            return None
        flagged = scan_table(table).hidden_columns
        hidden = {index for index, name in names.items() if shown_label(name, index + 1) in flagged}
        fields = [
            _field(table, index, name, private=index in hidden) for index, name in names.items()
        ]
    return DataDictionary.from_table_schema({"fields": fields})


def _unique_names(table: TableSource) -> dict[int, str]:
    """Column places with a name of their own; blank and repeated labels describe nothing."""
    return {
        index: label
        for index, label in enumerate(table.labels)
        if label.strip() and label not in table.labels[:index]
    }


def _field(table: TableSource, index: int, name: str, *, private: bool) -> dict[str, Any]:
    facts = _column_facts(table, f"c{index + 1}")
    kind = _kind_of(name, facts)
    field: dict[str, Any] = {"name": name, "title": _title(name), "type": str(kind)}
    if unit := _unit(name):
        field["unit"] = unit
    constraints: dict[str, Any] = {"required": True} if facts["filled"] == facts["rows"] else {}
    values = _values(table, f"c{index + 1}")
    few = len(values) <= _MOST_VALUES and facts["filled"] >= _ROWS_PER_VALUE * len(values) > 0
    if kind is FieldType.STRING and few and not private:
        constraints["enum"] = sorted(values)
    if constraints and facts["rows"]:
        field["constraints"] = constraints
    examples = [value for value in values if len(value) <= _EXAMPLE_LENGTH][:_EXAMPLES]
    if examples and not private:
        field["examples"] = examples
    return field


def _column_facts(table: TableSource, cell: str) -> Mapping[str, int]:
    tests = {kind: is_valid(cell, kind) for kind in (*_CANDIDATES, FieldType.YEAR)}
    tests_sql = [f"count(CASE WHEN {cell} <> '' AND {test} THEN 1 END)" for test in tests.values()]
    row = table.connection.execute(
        f"SELECT count(*), count(nullif({cell}, '')), "
        f"count(CASE WHEN regexp_full_match({cell}, '{_LEADING_ZERO}') THEN 1 END), "
        f"count(CASE WHEN {cell} IN {_BOOLEAN_WORDS} THEN 1 END), {', '.join(tests_sql)} "
        f"FROM {RELATION}"
    ).fetchone()
    names = ["rows", "filled", "leading_zeros", "boolean", *map(str, tests)]
    return dict(zip(names, row or [0] * len(names), strict=True))


def _kind_of(name: str, facts: Mapping[str, int]) -> FieldType:
    filled = facts["filled"]
    if not filled:
        return FieldType.STRING
    if facts["boolean"] == filled:
        return FieldType.BOOLEAN
    words = normal_name(name).split("_")
    if facts[str(FieldType.YEAR)] == filled and any(word in words for word in _YEAR_NAMES):
        return FieldType.YEAR
    for kind in _CANDIDATES:
        numeric = kind in (FieldType.INTEGER, FieldType.NUMBER)
        if facts[str(kind)] == filled and not (numeric and facts["leading_zeros"]):
            return kind
    return FieldType.STRING


def _values(table: TableSource, cell: str) -> list[str]:
    """Some distinct values, in order of first appearance; one more than an enumeration may have."""
    rows = table.connection.execute(
        f"SELECT {cell} FROM {RELATION} WHERE {cell} <> '' GROUP BY {cell} "
        f"ORDER BY min(r) LIMIT {_MOST_VALUES + 1}"
    ).fetchall()
    return [value for (value,) in rows]


def _title(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()


def _unit(name: str) -> str:
    plain = normal_name(name)
    units: Mapping[str, str] = read_yaml("program_texts.yaml")["units_by_name_ending"]
    endings = (end for end in units if plain == end or plain.endswith(f"_{end}"))
    longest = max(endings, key=len, default="")
    return units.get(longest, "")
