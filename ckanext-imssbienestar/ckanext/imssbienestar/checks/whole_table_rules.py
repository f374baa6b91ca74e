"""The rules that look at more than one cell: keys to catalogues, repeated rows, gaps, lists.

The engine hands over an open table and gets back the findings that may be shown; it knows none
of these rules by name. Each costs nothing on a table it does not apply to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import duckdb

from ckanext.imssbienestar.checks.column_rules import kinds_of_value, padded_keys
from ckanext.imssbienestar.checks.key_rules import foreign_keys
from ckanext.imssbienestar.checks.layout import limit
from ckanext.imssbienestar.checks.list_rules import list_values
from ckanext.imssbienestar.checks.row_rules import counting_steps, gaps, repeated_rows
from ckanext.imssbienestar.checks.space_rules import outer_spaces
from ckanext.imssbienestar.checks.table_source import RELATION
from ckanext.imssbienestar.checks.whole_table import Probe, RowFinding, WholeTable

_RULES: tuple[Callable[[WholeTable], Iterator[Probe]], ...] = (
    foreign_keys,
    repeated_rows,
    gaps,
    kinds_of_value,
    padded_keys,
    outer_spaces,
    list_values,
)


# Those whose aggregates depend on the columns alone.
_FORESEEN = (gaps, kinds_of_value, padded_keys, outer_spaces)


def expected_aggregates(table: WholeTable) -> list[str]:
    """What these rules will surely measure, so that it can be measured with something else."""
    expected = [sql for rule in _FORESEEN for probe in rule(table) for sql in probe.aggregates]
    # A file that cannot be read so is read otherwise by the pass that measures.
    with suppress(duckdb.Error):
        expected += counting_steps(table)
    return expected


def whole_table_findings(table: WholeTable) -> Iterator[RowFinding]:
    """Count what each rule finds, and give what may be shown."""
    if not table.rows:
        return
    probes = [probe for rule in _RULES for probe in rule(table)]
    values = _values(table, [sql for probe in probes for sql in probe.aggregates])
    for probe in probes:
        yield from probe.judge(*(next(values) for _ in probe.aggregates))


def _values(table: WholeTable, aggregates: Sequence[str]) -> Iterator[Any]:
    if aggregates and table.relation == RELATION:
        yield from table.measure(aggregates)
    elif aggregates:
        # As many at once as the pass over all rows takes.
        most = limit("aggregates_in_one_pass")
        for first in range(0, len(aggregates), most):
            asked = ", ".join(aggregates[first : first + most])
            yield from table.fetch(f"SELECT {asked} FROM {table.relation}")[0]
