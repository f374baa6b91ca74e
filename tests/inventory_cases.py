"""Entries of Formato 1 to test with: a good one, and any at all."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.domain.inventory_import import ReadInventory, ReadRow
from ckanext.imssbienestar.domain.inventory_layout import InventoryField, ValueKind
from ckanext.imssbienestar.domain.inventory_values import clean_text
from ckanext.imssbienestar.formats.inventory.layout import inventory_layout
from ckanext.imssbienestar.formats.inventory.ods import dump_inventory_ods
from ckanext.imssbienestar.formats.inventory.reading import inventory_of
from ckanext.imssbienestar.formats.inventory.workbook import dump_inventory_xlsx
from ckanext.imssbienestar.formats.workbooks.facts import column_letters
from ckanext.imssbienestar.formats.workbooks.process import read_workbook
from ckanext.imssbienestar.formats.workbooks.workbook import Workbook

LAYOUT = inventory_layout()
TODAY = datetime.date(2026, 11, 23)
DUMPS: dict[str, Callable[..., bytes]] = {
    "xlsx": dump_inventory_xlsx,
    "ods": dump_inventory_ods,
}
HEADER = InventoryHeader(
    {
        "unidad_administrativa": "Unidad de Planeación",
        "coordinacion_central": "Coordinación de Estadística",
        "fecha_de_elaboracion": "2026-11-02",
        "pais": "México",
        "estado": "09",
        "municipio": "Coyoacán",
    }
)
GOOD = {
    "nombre": "Consultas otorgadas",
    "descripcion": "Consultas de cada mes, por unidad médica.",
    "ubicacion": "Servidor de la división",
    "formato": "csv",
    "acceso": "internal",
    "responsable": "Jefatura de División de Estadística | Coordinación de Estadística",
    "fecha_de_creacion": "2019-05-31",
    "fecha_de_actualizacion": "2026-10-01",
    "tipo_de_datos": "open",
    "origen_de_los_datos": "own",
    "contiene_datos_personales": "no",
    "es_informacion_reservada": "no",
}


def entry(identifier: str = "CE-0001", **values: str) -> InventoryEntry:
    """A good entry, but for the values that are given."""
    return InventoryEntry(identifier, GOOD | values)


def entries(count: int) -> tuple[InventoryEntry, ...]:
    """So many good entries of different names."""
    return tuple(
        entry(f"CE-{n:04d}", nombre=f"Consultas otorgadas {n}") for n in range(1, count + 1)
    )


def as_read(
    found: Sequence[InventoryEntry | Mapping[str, str]], *, header: bool = True, marked: bool = True
) -> ReadInventory:
    """What a workbook of these entries says, without writing one; the table begins on row 15."""
    rows = []
    for number, one in enumerate(found, start=15):
        written = (
            {name: one.value(name) for name in LAYOUT.fields}
            | {names.MARK: one.mark if marked and one.identifier else ""}
            if isinstance(one, InventoryEntry)
            else {name: one.get(name, "") for name in LAYOUT.fields}
        )
        rows.append(ReadRow(number, written))
    letters = {name: column_letters(n) for n, name in enumerate(LAYOUT.fields, start=1)}
    values = dict(HEADER.values) if header else {}
    return ReadInventory("Formato 1", letters, values, {"coordinacion_central": "B6"}, tuple(rows))


def read_here(content: bytes, folder: Path) -> ReadInventory:
    """What a workbook says, read in this process: quicker than in one of its own."""
    path = folder / "libro"
    path.write_bytes(content)
    facts, _ = read_workbook(path, folder)
    return inventory_of(Workbook(facts, folder))


def csv_rows(path: Path) -> list[list[str]]:
    """The rows of a CSV."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


_TRICKY = ["=1+1", "+52", "-3", "@a", "007", "1.50", "2019-01-01", "_x000D_", "TRUE", "#N/A", "'a"]
_CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"
)
_TEXTS = st.one_of(
    st.sampled_from(_TRICKY),
    st.text(st.one_of(_CHARACTERS, st.sampled_from("\n  _x00;áéñ😀\"'<&|")), max_size=30),
    st.text(st.sampled_from(" \nab"), max_size=8),
    st.sampled_from(["largo " * 1300, "😀" * 100]),
)


def _values(field: InventoryField) -> st.SearchStrategy[str]:
    """Any value the field may store."""
    if field.choices:
        return st.sampled_from(["", *field.labels])
    match field.kind:
        case ValueKind.DATE | ValueKind.DATE_OR_YEAR:
            return st.dates(datetime.date(1900, 1, 1), TODAY).map(datetime.date.isoformat)
        case ValueKind.WHOLE_NUMBER:
            return st.one_of(st.just(""), st.integers(0, 10**15 - 1).map(str))
        case ValueKind.POST_AND_UNIT:
            return st.sampled_from(["", "Jefatura | Coordinación", "Solo el cargo"])
    return _TEXTS.map(lambda text: clean_text(clean_text(text)[: field.length]))


def any_entries(most: int = 4) -> st.SearchStrategy[list[InventoryEntry]]:
    """Entries with any values that can be stored, under any identifiers, all different."""
    columns = {
        field.name: _values(field)
        for field in (*LAYOUT.columns, *LAYOUT.system_columns)
        if field.name not in (names.IDENTIFIER, names.MARK)
    }
    identifiers = st.from_regex(LAYOUT.rules.identifier_pattern, fullmatch=True)
    one: Any = st.builds(InventoryEntry, identifiers, st.fixed_dictionaries(columns))
    return st.lists(one, max_size=most, unique_by=lambda entry: entry.identifier.upper())


def any_headers() -> st.SearchStrategy[InventoryHeader]:
    """Headers with any values that can be stored, but those that are the label of a field."""
    text = _TEXTS.map(lambda found: clean_text("Estado: a" + found)[:100].strip())
    kinds = {
        field.name: text
        if field.kind in (ValueKind.TEXT, ValueKind.MUNICIPALITY)
        else _values(field)
        for field in LAYOUT.header
    }
    return st.builds(InventoryHeader, st.fixed_dictionaries(kinds))
