"""The entries of Formato 1 and the rules of R-045 to R-068.

Every database of a coordination is an entry, those that will never be open too (R-045). The rules
give problems, never a bare yes or no; what is only missing is told apart from what is wrong, so
that a draft can be shared while it is filled in.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory_layout import (
    NO,
    YES,
    InventoryField,
    InventoryLayout,
    ValueKind,
)
from ckanext.imssbienestar.domain.inventory_values import date_bounds, stored_problem
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import canonical
from ckanext.imssbienestar.domain.written_text import says_something

MISSING = "inventory-value-missing"
# What a draft may have and a closed version may not: to be completed, not to be refused.
INCOMPLETE = frozenset(
    {
        MISSING,
        "inventory-contradiction",
        "inventory-derived-unknown",
        "inventory-name-repeated",
        "inventory-person-named",
    }
)


def _kept(values: Mapping[str, str]) -> Mapping[str, str]:
    """Values without the empty ones, that nobody can change."""
    return MappingProxyType({name: value for name, value in values.items() if value})


@dataclass(frozen=True)
class InventoryEntry:
    """One database of a coordination: one row of Formato 1.

    :ivar identifier: unique in the organism and stable (R-054).
    :ivar values: name of the column -> stored value; empty ones are left out. The identifier is
        not among them.
    """

    identifier: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {name: value for name, value in self.values.items() if name not in _NOT_VALUES}
        object.__setattr__(self, "values", _kept(kept))

    def __hash__(self) -> int:
        return hash(self.identifier)

    def value(self, name: str) -> str:
        """The stored value of a column, the identifier too; empty when there is none."""
        return self.identifier if name == names.IDENTIFIER else self.values.get(name, "")

    @property
    def name(self) -> str:
        """What the database is called, the same as in Formato 2 (R-055)."""
        return self.value(names.NAME)

    @property
    def kind_of_data(self) -> str:
        """The code of the kind that the Oficio counts by (R-063, A-03)."""
        return self.value(names.KIND_OF_DATA)

    @property
    def contains_personal_data(self) -> bool:
        """Whether a person can be told from it (R-066)."""
        return self.value(names.PERSONAL) == YES

    @property
    def is_reserved(self) -> bool:
        """Whether it is classified; that blocks publication (R-067, A-07)."""
        return self.value(names.RESERVED) == YES

    @property
    def reserve_ground(self) -> str:
        """Ground and term of the reserve."""
        return self.value(names.RESERVE)

    @property
    def derived_from(self) -> str:
        """The identifier of the entry this is a safe derivative of (A-06)."""
        return self.value(names.DERIVED_FROM)

    @cached_property
    def mark(self) -> str:
        """The version mark: the same for the same content, another for any other.

        A workbook carries it for each row, so that an edit of what somebody else has changed
        meanwhile is noticed without keeping what was exported.
        """
        digest = hashlib.sha256(canonical(self.document())).hexdigest()
        return f"v-{digest[:16]}"

    def document(self) -> dict[str, Any]:
        """What is kept of it, as JSON."""
        return {names.IDENTIFIER: self.identifier, **self.values}

    def identified(self, identifier: str) -> InventoryEntry:
        """The same entry under an identifier."""
        return replace(self, identifier=identifier)


# Columns of a row that are not values of the entry.
_NOT_VALUES = frozenset({names.IDENTIFIER, names.MARK})


@dataclass(frozen=True)
class InventoryHeader:
    """The header of Formato 1 (R-048 to R-052, A-01).

    :ivar values: name of the field -> stored value; empty ones are left out.
    """

    values: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _kept(self.values))

    def __hash__(self) -> int:
        return hash((self.unit, self.coordination))

    @property
    def unit(self) -> str:
        """The name of the unidad administrativa."""
        return self.values.get(names.UNIT, "")

    @property
    def coordination(self) -> str:
        """The name of the coordinación central."""
        return self.values.get(names.COORDINATION, "")

    def completed(self, layout: InventoryLayout) -> InventoryHeader:
        """With the default of what was left empty."""
        defaults = {field.name: field.default for field in layout.header}
        return InventoryHeader(defaults | dict(self.values))


def public_values(entry: InventoryEntry, layout: InventoryLayout) -> dict[str, str]:
    """The values that may be shown outside of the group.

    Never where it is kept (R-057), nor a person in the place of a post (R-060). Whether the group's
    inventory may be shown at all is not decided here.
    """
    return {
        field.name: value
        for field in layout.columns
        if field.public
        and (value := entry.value(field.name))
        and not (field.kind is ValueKind.POST_AND_UNIT and _names_person(value, layout))
    }


def entry_problems(
    entry: InventoryEntry, layout: InventoryLayout, today: datetime.date
) -> Iterator[Problem]:
    """What the rules have against one entry by itself.

    :param today: the day in Mexico City: nothing is created or updated after it.
    """
    if entry.identifier and not _has_identifier_form(entry.identifier, layout):
        yield Problem("inventory-identifier-form", column=_title(layout, names.IDENTIFIER))
    for column in (*layout.columns, *layout.system_columns):
        if column.name in (names.IDENTIFIER, names.MARK):
            continue
        value = entry.value(column.name)
        wrong = stored_problem(column, value, layout)
        if wrong:
            yield wrong
        elif column.required and not says_something(value):
            yield Problem(MISSING, column=column.title)
        elif column.kind is ValueKind.POST_AND_UNIT and value:
            yield from _post_problems(column, value, layout)
    yield from _date_problems(entry, layout, today)
    yield from _reserve_problems(entry, layout)
    yield from _contradictions(entry, layout)


def inventory_problems(
    entries: Collection[InventoryEntry],
    layout: InventoryLayout,
    *,
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[InventoryEntry, Problem]]:
    """What the rules have against entries because of one another.

    :param elsewhere: identifiers of the other inventories of the organism -> their coordination.
    """
    identifiers = Counter(entry.identifier.upper() for entry in entries if entry.identifier)
    databases = Counter(plain_words(entry.name) for entry in entries if entry.name)
    others = {identifier.upper(): unit for identifier, unit in elsewhere.items()}
    known = identifiers.keys() | others.keys()
    circles = derived_in_circles(entries)
    title = _title(layout, names.IDENTIFIER)
    for entry in entries:
        key = entry.identifier.upper()
        facts = {"identifier": entry.identifier}
        if identifiers[key] > 1:
            yield entry, Problem("inventory-identifier-repeated", column=title, facts=facts)
        if key in others:
            facts = facts | {"unit": others[key]}
            yield entry, Problem("inventory-other-unit", "entry", column=title, facts=facts)
        if databases[plain_words(entry.name)] > 1:
            yield entry, Problem("inventory-name-repeated", column=_title(layout, names.NAME))
        original, derived = entry.derived_from.upper(), _title(layout, names.DERIVED_FROM)
        if original and (original == key or original not in known):
            yield entry, Problem("inventory-derived-unknown", column=derived)
        elif key in circles:
            yield entry, Problem("inventory-derived-unknown", "circle", column=derived)


def derived_in_circles(entries: Iterable[InventoryEntry]) -> frozenset[str]:
    """The identifiers, in capitals, of entries that derive from themselves by way of others."""
    origins = {
        entry.identifier.upper(): entry.derived_from.upper()
        for entry in entries
        if entry.identifier and entry.derived_from
    }
    passed: set[str] = set()
    found: set[str] = set()
    for start in origins:
        way: list[str] = []
        current = start
        while current in origins and current not in passed:
            passed.add(current)
            way.append(current)
            current = origins[current]
        if current in way:
            found.update(way[way.index(current) :])
    return frozenset(found)


def header_problems(
    header: InventoryHeader, layout: InventoryLayout, today: datetime.date
) -> Iterator[Problem]:
    """What the rules have against a header."""
    for column in layout.header:
        value = header.values.get(column.name, "")
        wrong = stored_problem(column, value, layout)
        if wrong:
            yield wrong
        elif column.required and not says_something(value):
            yield Problem(MISSING, column=column.title)
    prepared = date_bounds(header.values.get(names.PREPARED, ""))
    if prepared and prepared[0] > today:
        title = layout.header_fields[names.PREPARED].title
        yield Problem("inventory-date-wrong", "future", column=title)
    state = header.values.get(names.STATE, "")
    municipality = header.values.get(names.MUNICIPALITY, "")
    known = layout.municipality_names.get(state, {})
    if municipality and known.get(plain_words(municipality)) is None:
        title = layout.header_fields[names.MUNICIPALITY].title
        yield Problem("inventory-municipality-unknown", "" if state else "state", column=title)


def _has_identifier_form(identifier: str, layout: InventoryLayout) -> bool:
    return re.fullmatch(layout.rules.identifier_pattern, identifier) is not None


def _title(layout: InventoryLayout, name: str) -> Any:
    known: InventoryField | None = layout.fields.get(name)
    return known.title if known else name


def _post_problems(
    column: InventoryField, value: str, layout: InventoryLayout
) -> Iterator[Problem]:
    """A post and its unit, and not a person (R-060)."""
    if layout.rules.separator not in value:
        yield Problem(MISSING, "post", column=column.title)
    if _names_person(value, layout):
        yield Problem("inventory-person-named", column=column.title)


def _names_person(value: str, layout: InventoryLayout) -> bool:
    # A unit may be named after a doctor; a post begins with no form of address.
    first = plain_words(value).partition(" ")[0]
    return first in layout.rules.honorifics or layout.names_person(value)


def _date_problems(
    entry: InventoryEntry, layout: InventoryLayout, today: datetime.date
) -> Iterator[Problem]:
    created = date_bounds(entry.value(names.CREATED))
    updated = date_bounds(entry.value(names.UPDATED))
    for name, bounds in ((names.CREATED, created), (names.UPDATED, updated)):
        if bounds and bounds[0] > today:
            yield Problem("inventory-date-wrong", "future", column=_title(layout, name))
        if bounds and bounds[0].year < layout.rules.earliest_year:
            facts = {"year": layout.rules.earliest_year}
            title = _title(layout, name)
            yield Problem("inventory-date-wrong", "too_early", column=title, facts=facts)
    if created and len(entry.value(names.CREATED)) == 4:
        latest = today.year - layout.rules.year_alone_after_years
        if latest < created[0].year <= today.year:
            title, facts = _title(layout, names.CREATED), {"year": latest}
            yield Problem("inventory-date-wrong", "recent_year", column=title, facts=facts)
    if created and updated and updated[1] < created[0]:
        facts_of = {"created": entry.value(names.CREATED)}
        title = _title(layout, names.UPDATED)
        yield Problem("inventory-date-wrong", "before_creation", column=title, facts=facts_of)


def _reserve_problems(entry: InventoryEntry, layout: InventoryLayout) -> Iterator[Problem]:
    """A reserve has a ground and a term (R-067, A-07)."""
    title = _title(layout, names.RESERVE)
    if not entry.is_reserved:
        if entry.reserve_ground and entry.value(names.RESERVED) == NO:
            yield Problem("inventory-contradiction", "ground_without_reserve", column=title)
        return
    words = set(plain_words(entry.reserve_ground).split())
    if not entry.reserve_ground:
        yield Problem(MISSING, "reserve", column=title)
        return
    if not words & layout.rules.ground_words:
        yield Problem(MISSING, "ground", column=title)
    if not words & layout.rules.term_words:
        yield Problem(MISSING, "term", column=title)


def _contradictions(entry: InventoryEntry, layout: InventoryLayout) -> Iterator[Problem]:
    """Answers of one entry that cannot both be true (A-03, A-06, A-07)."""
    kind, title = entry.kind_of_data, _title(layout, names.KIND_OF_DATA)
    personal, reserved = entry.value(names.PERSONAL), entry.value(names.RESERVED)
    found = {
        "open_with_personal": kind == "open" and personal == YES,
        "open_and_reserved": kind == "open" and reserved == YES,
        "personal_without": kind in ("personal", "sensitive") and personal == NO,
        "reserved_without": kind == "reserved" and reserved == NO,
    }
    for variant, contradicts in found.items():
        if contradicts:
            yield Problem("inventory-contradiction", variant, column=title)
