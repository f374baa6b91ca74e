"""Foreign keys: the values of these columns, taken together, are in a catalogue (Table Schema)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ckanext.imssbienestar.checks.catalogues import find_catalogue
from ckanext.imssbienestar.checks.cell_rules import Column, literal
from ckanext.imssbienestar.checks.layout import cell_reference
from ckanext.imssbienestar.checks.texts import word
from ckanext.imssbienestar.checks.whole_table import Probe, RowFinding, WholeTable
from ckanext.imssbienestar.domain.dictionary import ForeignKey

_CODE = "foreign-key"
# In no key and no name.
_MARK = "|"


def foreign_keys(table: WholeTable) -> Iterator[Probe]:
    """One probe for each foreign key whose columns the file has."""
    for key in table.dictionary.foreign_keys if table.dictionary else ():
        columns = [column for name in key.fields if (column := table.named(name))]
        # A key column that the file lacks is already a missing-label.
        if len(columns) == len(key.fields):
            yield Probe((), partial(_judge, table, key, columns))


def _judge(table: WholeTable, key: ForeignKey, columns: Sequence[Column]) -> Iterator[RowFinding]:
    known = _known_keys(table, key)
    parts = [f"({column.key})" for column in columns]
    names = [f"k{number}" for number in range(1, len(parts) + 1)]
    keyed = ", ".join(f"{part} AS {name}" for part, name in zip(parts, names, strict=True))
    cells = ", ".join(column.sql for column in columns)
    # A row without any of its parts has no key, and that may be allowed.
    filled = " OR ".join(f"{name} IS NOT NULL" for name in names)
    same = " AND ".join(f"known.{name} = cells.{name}" for name in names)
    unknown = (
        f"FROM (SELECT r, {cells}, {keyed} FROM {table.relation}) AS cells "
        f"WHERE ({filled}) AND NOT EXISTS (SELECT 1 FROM ({known}) AS known WHERE {same})"
    )
    total = int(table.fetch(f"SELECT count(*) {unknown}")[0][0])
    table.collector.count(_CODE, total, _label(columns))
    if total and table.limit:
        query = f"SELECT r, {cells} {unknown} ORDER BY r LIMIT {table.limit}"
        for row, *values in table.fetch(query):
            yield _finding(table, key, columns, row, values)


def _known_keys(table: WholeTable, key: ForeignKey) -> str:
    """SQL of the keys there are: those of a catalogue, or of other columns of the table."""
    reference = key.reference
    names = [f"k{number}" for number in range(1, len(reference.fields) + 1)]
    catalogue = find_catalogue(reference.resource)
    if catalogue is not None:
        # One literal a column: thousands of them would take longer to parse than to look up.
        parts = zip(*catalogue.values(reference.fields), strict=True)
        split = (f"string_split({literal(_MARK.join(part))}, {literal(_MARK)})" for part in parts)
        listed = (f"unnest({part}) AS {name}" for part, name in zip(split, names, strict=True))
        return f"SELECT {', '.join(listed)}"
    columns = [column for name in reference.fields if (column := table.named(name))]
    if len(columns) < len(names):
        # The columns referred to are missing, which is told elsewhere: nothing can be judged.
        return f"SELECT {', '.join(f'NULL AS {name}' for name in names)}"
    keyed = (f"({c.key}) AS {name}" for c, name in zip(columns, names, strict=True))
    return f"SELECT DISTINCT {', '.join(keyed)} FROM {table.relation}"


def _finding(
    table: WholeTable, key: ForeignKey, columns: Sequence[Column], row: int, values: Sequence[str]
) -> RowFinding:
    language = table.collector.language
    catalogue = find_catalogue(key.reference.resource)
    listed = catalogue.title[language] if catalogue else word("keys", "itself", language)
    facts = {"catalogue": listed, "fields": ", ".join(key.reference.fields)}
    if len(columns) == 1:
        return table.found(_CODE, row, columns[0], values[0], **facts)
    shown = (table.shown(column, value) for column, value in zip(columns, values, strict=True))
    return RowFinding(
        row,
        columns[0].index,
        _CODE,
        {
            "column": _label(columns),
            "cell": cell_reference(row, columns[0].index),
            "value": ", ".join(shown),
            "variant": "several",
        }
        | facts,
    )


def _label(columns: Sequence[Column]) -> str:
    return ", ".join(column.label for column in columns)
