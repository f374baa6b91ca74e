"""What an entry of a draft still lacks, in a form that is kept with it.

Only what a draft may have and a closed version may not is a gap; each of them is a rule against
the entry by itself, without facts, so three words say it and it needs no new look at the entry.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from ckanext.imssbienestar.domain.inventory import INCOMPLETE, InventoryEntry, entry_problems
from ckanext.imssbienestar.domain.inventory_layout import DERIVED_FROM, NAME, InventoryLayout
from ckanext.imssbienestar.domain.problems import Problem


class Gap(NamedTuple):
    """One thing that is missing or wrong in an entry.

    :ivar code: of the finding that tells it.
    :ivar variant: its closer cause, or empty.
    :ivar field: name of the column.
    """

    code: str
    variant: str
    field: str

    @property
    def key(self) -> str:
        """As it is kept and as an address names it."""
        return ":".join(self)

    def problem(self, layout: InventoryLayout) -> Problem:
        """The problem it was made of."""
        return Problem(self.code, self.variant, column=layout.fields[self.field].title)


# Gaps that follow from other entries, and so cannot be kept with one.
NAME_REPEATED = Gap("inventory-name-repeated", "", NAME)
DERIVED_UNKNOWN = Gap("inventory-derived-unknown", "", DERIVED_FROM)
DERIVED_IN_CIRCLE = Gap("inventory-derived-unknown", "circle", DERIVED_FROM)


def gaps_of(
    entry: InventoryEntry, layout: InventoryLayout, today: datetime.date
) -> tuple[Gap, ...]:
    """What the rules have against an entry by itself, in the order of the rules.

    :param today: the day in Mexico City.
    """
    name_of = {field.title: field.name for field in layout.fields.values()}
    found = (
        Gap(problem.code, problem.variant, name_of[problem.column])
        for problem in entry_problems(entry, layout, today)
        if not isinstance(problem.column, str) and problem.column is not None
    )
    return tuple(dict.fromkeys(found))


def gap_of_key(key: str, layout: InventoryLayout) -> Gap | None:
    """The gap of a kept key; None when the rules know no such thing any more."""
    code, _, rest = key.partition(":")
    variant, _, field = rest.partition(":")
    known = code in INCOMPLETE and field in layout.fields
    return Gap(code, variant, field) if known else None
