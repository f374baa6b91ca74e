"""All the evidence on a table weighed: one verdict a column."""

from __future__ import annotations

from collections.abc import Sequence

from ckanext.imssbienestar.checks.personal.column_profile import ColumnProfile
from ckanext.imssbienestar.checks.personal.combinations import (
    GroupCounter,
    by_combination,
    quasi_identifiers,
    small_cells,
)
from ckanext.imssbienestar.checks.personal.context import Table, read_table
from ckanext.imssbienestar.checks.personal.headers import header_verdicts
from ckanext.imssbienestar.checks.personal.people import (
    by_birth,
    by_name,
    by_told_names,
    minors,
    split_names,
)
from ckanext.imssbienestar.checks.personal.rules import Decision
from ckanext.imssbienestar.checks.personal.verdicts import (
    IDENTIFYING,
    Verdict,
    by_address,
    by_contact,
    by_header,
    by_health,
    by_identifier,
    by_words,
)

Found = list[list[Verdict]]


def judge(
    profiles: Sequence[ColumnProfile], count: GroupCounter | None = None
) -> list[Verdict | None]:
    """The verdict on each column, None where nothing was found.

    :param count: counts the groups of a combination; None for a header without rows.
    """
    table = read_table(profiles)
    found: Found = [[] for _ in profiles]
    _look_at_each(table, found, persons=False)
    identified = _identified(found)
    if identified:
        # Knowing that rows are persons, weak signs become strong ones.
        found = [[] for _ in profiles]
        _look_at_each(table, found, persons=True)
    _look_across(table, found, identified, count)
    return [max(verdicts, key=lambda v: v.severity) if verdicts else None for verdicts in found]


def _look_at_each(table: Table, found: Found, *, persons: bool) -> None:
    kinds = set(table.kinds)
    if persons or table.is_row_level:
        kinds.add("persons")
    headers = header_verdicts(table.labels, kinds)
    split = split_names(table)
    for place, (profile, words) in enumerate(zip(table.profiles, table.labels, strict=True)):
        verdicts = found[place]
        verdicts += by_header(headers[place], profile)
        if not profile.cells:
            continue
        verdicts += by_identifier(profile, words, headers[place], table)
        verdicts += by_name(profile, words, table, persons=persons)
        verdicts += by_told_names(profile, words, table, persons=persons)
        verdicts += by_birth(profile, words, table, persons=persons)
        verdicts += by_contact(profile, words, table, persons=persons)
        verdicts += by_address(profile, words, table, persons=persons)
        verdicts += by_words(profile, table, persons=persons)
        verdicts += by_health(profile, place, table, persons=persons)
        if place in split:
            verdicts.append(split[place])


def _identified(found: Found) -> list[int]:
    return [
        place
        for place, verdicts in enumerate(found)
        if any(v.decision is Decision.BLOCK and v.kind in IDENTIFYING for v in verdicts)
    ]


def _look_across(
    table: Table, found: Found, identified: Sequence[int], count: GroupCounter | None
) -> None:
    for place, verdict in minors(table, identified).items():
        found[place].append(verdict)
    for place, verdict in small_cells(table).items():
        found[place].append(verdict)
    births = [
        n for n, verdicts in enumerate(found) if any(v.kind == "birth-date" for v in verdicts)
    ]
    quasi = quasi_identifiers(table, births)
    if quasi is not None and count is not None:
        for place, verdict in by_combination(quasi, count).items():
            found[place].append(verdict)
