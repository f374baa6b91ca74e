"""Categories that people understand: the values of columns that are lists (R-096, R-097).

The values that a dictionary lists are judged with the dictionary; here are the lists it does not
know of: text columns with few and short values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from ckanext.imssbienestar.checks import guide
from ckanext.imssbienestar.checks.cell_rules import Column
from ckanext.imssbienestar.checks.column_rules import free_texts
from ckanext.imssbienestar.checks.dictionary_lint import short_values
from ckanext.imssbienestar.checks.whole_table import Probe, RowFinding, WholeTable

# An estimate of how many different values there are is trusted this far.
_ESTIMATE_ERROR = 2


def list_values(table: WholeTable) -> Iterator[Probe]:
    """``abbreviated-value``: one finding for each value of a list that is a short form."""
    for column in free_texts(table):
        if guide.names_codes(column.label) or not _is_list(table.sampled(column)):
            continue
        if len(table.sample) == table.rows:
            yield Probe((), partial(_judge, table, column, _firsts(table, column)))
        else:
            estimates = f"approx_count_distinct({column.sql})", f"max(length({column.sql}))"
            yield Probe(estimates, partial(_judge_large, table, column))


def _is_list(values: Mapping[str, int] | list[str]) -> bool:
    most, longest = guide.list_limits()
    different = set(values)
    return 0 < len(different) <= most and max(map(len, different)) <= longest


def _firsts(table: WholeTable, column: Column) -> dict[str, int]:
    """Each value and its first row, of a table that fits in its sample."""
    place = table.columns.index(column) + 1
    firsts: dict[str, int] = {}
    for row in table.sample:
        if row[place]:
            firsts.setdefault(row[place], row[0])
    return firsts


def _judge_large(
    table: WholeTable, column: Column, different: int, longest: int
) -> Iterator[RowFinding]:
    most, length = guide.list_limits()
    if different > most * _ESTIMATE_ERROR or longest > length:
        return
    cell = column.sql
    query = f"SELECT {cell}, min(r) FROM {table.relation} WHERE {cell} <> '' GROUP BY {cell}"
    yield from _judge(table, column, dict(table.fetch(f"{query} ORDER BY min(r)")))


def _judge(table: WholeTable, column: Column, firsts: Mapping[str, int]) -> Iterator[RowFinding]:
    if not _is_list(list(firsts)):
        return
    entry = column.field
    said = (entry.title, entry.description) if entry else ()
    collector = table.collector
    found = dict(short_values(list(firsts), collector.words, collector.language, explanations=said))
    collector.count("abbreviated-value", len(found), column.label)
    for value, forms in list(found.items())[: table.limit]:
        row = firsts[value]
        shown = table.shown(column, forms) if column.label in table.hidden else forms
        yield table.found("abbreviated-value", row, column, value, forms=shown)
