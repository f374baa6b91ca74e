"""``outer-space``: texts that begin or end with a space that nobody sees.

It is part of the cell (RFC 4180, 2.4): «Norte» and «Norte » are two values for whoever counts
them. frictionless takes such a text as it is, so this is a warning and no error. Numbers may have
spaces around them; dates with spaces are of the wrong type, and lists, patterns and catalogues of
the dictionary judge their cells themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from ckanext.imssbienestar.checks.cell_rules import Column, literal
from ckanext.imssbienestar.checks.column_rules import free_texts
from ckanext.imssbienestar.checks.whole_table import Probe, RowFinding, WholeTable

# What nobody sees: the space bar's, tabs, line breaks, no-break and other wide or narrow ones.
SPACES = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x85\u00a0\u1680"
    + "".join(map(chr, range(0x2000, 0x200C)))
    + "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
# A column mostly has them in all its cells or by a program's habit: a few tell which.
_SHOWN = 5
# Columns that are counted with everything else; more are counted apart.
_AT_ONCE = 100


def outer_spaces(table: WholeTable) -> Iterator[Probe]:
    """Count the cells of each column of free texts that begin or end with a space."""
    columns = list(free_texts(table))
    if len(columns) > _AT_ONCE:
        yield Probe((), partial(_judge_many, table, columns))
        return
    for column in columns:
        if values := table.values_of(column):
            yield Probe((values,), partial(_judge_values, table, column))
        else:
            yield Probe((_count(column.sql),), partial(_judge, table, column))


def has_outer_space(sql: str) -> str:
    """SQL, true for a text that begins or ends with one of :data:`SPACES`; seldom false or NULL.

    Most texts begin and end with a plain letter, which two comparisons tell.
    """
    plain = f"{sql} BETWEEN '!' AND '~' AND {sql}[-1] BETWEEN '!' AND '~'"
    spaces = literal(SPACES)
    either = f"contains({spaces}, {sql}[1]) OR contains({spaces}, {sql}[-1])"
    return f"CASE WHEN {plain} THEN false WHEN {sql} = '' THEN false ELSE {either} END"


def _count(sql: str) -> str:
    return f"count(CASE WHEN {has_outer_space(sql)} THEN 1 END)"


def _judge_many(table: WholeTable, columns: Sequence[Column]) -> Iterator[RowFinding]:
    """Count in passes of their own, with one expression for all columns: each takes memory."""
    for first in range(0, len(columns), _AT_ONCE):
        some = columns[first : first + _AT_ONCE]
        keys = ", ".join(str(column.index) for column in some)
        cells = ", ".join(column.sql for column in some)
        unpivoted = f"SELECT unnest([{keys}]) AS k, unnest([{cells}]) AS v FROM {table.relation}"
        counted = f"SELECT k, count(*) FROM ({unpivoted}) WHERE {has_outer_space('v')} GROUP BY k"
        totals = dict(table.fetch(counted))
        for column in some:
            yield from _judge(table, column, totals.get(column.index, 0))


def _judge_values(
    table: WholeTable, column: Column, values: Mapping[str, int] | None
) -> Iterator[RowFinding]:
    """Count by the values of the column; it may turn out to have too many to be known."""
    if values is None:
        total = table.fetch(f"SELECT {_count(column.sql)} FROM {table.relation}")[0][0]
    else:
        total = sum(n for text, n in values.items() if text.strip(SPACES) != text)
    yield from _judge(table, column, total)


def _judge(table: WholeTable, column: Column, total: int) -> Iterator[RowFinding]:
    table.collector.count("outer-space", total, column.label)
    if total and table.limit:
        query = (
            f"SELECT r, {column.sql} FROM {table.relation} WHERE {has_outer_space(column.sql)} "
            f"ORDER BY r LIMIT {min(_SHOWN, table.limit)}"
        )
        for row, value in table.fetch(query):
            yield table.found("outer-space", row, column, value)
