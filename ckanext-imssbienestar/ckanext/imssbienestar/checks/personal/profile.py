"""Each column as counts of signals: the dictionary of its different values, judged once each.

Of a table held by the engine, :mod:`ckanext.imssbienestar.checks.personal.sampling` says which
values are judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ckanext.imssbienestar.checks.personal.column_profile import ColumnProfile, judged_value
from ckanext.imssbienestar.checks.personal.sampling import sample_columns, second_look
from ckanext.imssbienestar.checks.table_source import TableSource


def profile_columns(
    labels: Sequence[str], columns: Sequence[Iterable[str | None]]
) -> list[ColumnProfile]:
    """Profiles of columns held in memory: a sheet, a form, a test."""
    judge = _Judge()
    profiles = []
    for index, (label, cells) in enumerate(zip(labels, columns, strict=True), start=1):
        profile = ColumnProfile(index, label)
        counts = Counter(cell for cell in cells if cell is not None and cell.strip())
        profile.cells = counts.total()
        for value, count in counts.items():
            profile.add(value, count, judge(value))
        profiles.append(profile)
    return profiles


def profile_table(table: TableSource) -> tuple[int, list[ColumnProfile]]:
    """Rows, and the profile of every column, of an open table."""
    if not table.readable:
        return 0, [ColumnProfile(n, label) for n, label in enumerate(table.labels, start=1)]
    rows, samples = sample_columns(table)
    profiles = [ColumnProfile(s.index, table.labels[s.index - 1], s.cells) for s in samples]
    judge = _Judge()
    for sample, profile in zip(samples, profiles, strict=True):
        profile.complete = sample.is_complete
        for value, cells in (sample.values or {}).items():
            profile.add(value, cells, judge(value))
    unknown = [sample for sample in samples if sample.cells and sample.values is None]
    if unknown:
        for index, value, group, cells in table.fetch(second_look(unknown)):
            every = samples[index - 1].every[group]
            profiles[index - 1].add(value, cells * every, judge(value))
    return rows, profiles


class _Judge:
    """Signals of a value; the same value is looked at once in a whole table."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, ...]] = {}

    def __call__(self, value: str) -> tuple[str, ...]:
        known = self._seen.get(value)
        if known is None:
            known = self._seen[value] = judged_value(value)
        return known
