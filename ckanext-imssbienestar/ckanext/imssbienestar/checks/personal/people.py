"""Names of persons in columns, split or whole or in texts; birth dates; minors."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence

from ckanext.imssbienestar.checks.personal.column_profile import ColumnProfile
from ckanext.imssbienestar.checks.personal.context import Table
from ckanext.imssbienestar.checks.personal.headers import (
    Words,
    group_words,
    is_meaningless,
    is_named,
    phrases,
    shows,
)
from ckanext.imssbienestar.checks.personal.rules import Decision, setting
from ckanext.imssbienestar.checks.personal.verdicts import Verdict

_NAMES = ("name.full", "name.name")
_OTHERS = ("name.organisation", "name.facility", "name.figure")
_EITHER = frozenset({"titular", "titulares", "representante", "testigo", "agente"})
_OFFICES = ("place", "facility")
_GIVEN_SHARE, _SURNAME_SHARE = 0.65, 0.65
_PLACES_AMONG_SURNAMES = 0.5


def by_name(
    profile: ColumnProfile, words: Words, table: Table, *, persons: bool
) -> Iterator[Verdict]:
    """Whole names: given name and surnames in one cell, in either order."""
    about_persons = shows(words, "persons")
    if not about_persons and any(shows(words, group) for group in _OFFICES):
        return
    full, whole = profile.distinct["name.full"], profile.share(*_NAMES)
    matches = sum(profile.weight[signal] for signal in _NAMES)
    if not matches:
        return
    decision = _whole_names(profile, words, full=full, share=whole)
    if decision is None:
        return
    if not persons and not about_persons and _is_public(profile, words, table):
        return
    unsure = "facilities" in table.kinds and (whole < 0.7 or full < 5)
    if decision is Decision.BLOCK and unsure and not about_persons and not persons:
        # Now and then a place bears a person's name; a column full of persons does not.
        decision = Decision.REVIEW
    header = ("header",) if about_persons or _says_name_of_person(words) else ()
    yield Verdict("person-name", decision, (*header, "names"), matches)


def _whole_names(
    profile: ColumnProfile, words: Words, *, full: int, share: float
) -> Decision | None:
    different = full + profile.distinct["name.name"]
    said = _says_name_of_person(words) or shows(words, "persons")
    if share >= 0.3 and (full >= 3 or different >= 5):
        return Decision.BLOCK
    if share >= 0.5 and (full >= 2 or (said and different >= 1)):
        return Decision.BLOCK
    if full >= 3 and profile.share("name.full") >= 0.02:
        return Decision.BLOCK if profile.share(*_OTHERS) < 0.5 or full >= 5 else Decision.REVIEW
    if full >= 2 or (full and share >= 0.5):
        return Decision.REVIEW
    return None


def _says_name_of_person(words: Words) -> bool:
    return bool({"nombre", "name", "apellido", "persona"} & set(words)) and not any(
        shows(words, group) for group in ("facility", "place", "commercial", "catalogue")
    )


def _is_public(profile: ColumnProfile, words: Words, table: Table) -> bool:
    """Public servants and who sells to the State are published by name (LGTAIP art. 65)."""
    if "servants" in table.kinds:
        return True
    if shows(words, "servant"):
        # The «titular» of a unit holds an office; that of a scholarship is a person.
        office = {"facilities", "commercial"} & table.kinds
        return bool(office) or not group_words("servant") & set(words) <= _EITHER
    return shows(words, "commercial") or (
        "commercial" in table.kinds and profile.share(*_OTHERS) >= 0.1
    )


def by_told_names(
    profile: ColumnProfile, words: Words, table: Table, *, persons: bool
) -> Iterator[Verdict]:
    """Persons named in a text: told of as such, or by their full name often enough."""
    told, near = profile.weight["name.told"], profile.weight["name.near"]
    plain = profile.weight["name.text"]
    ill = profile.distinct["name.ill"]
    if not (told or near or plain):
        return
    public = bool({"servants", "commercial"} & table.kinds) or shows(words, "servant")
    decision = Decision.REVIEW
    if (
        told
        or profile.distinct["name.near"] >= 2
        or (near and persons)
        or (ill >= 2 and (persons or not public))
    ):
        decision = Decision.BLOCK
    elif not near:
        few = profile.distinct["name.text"] < 2 or plain < 3
        if not ill and (few or (public and not persons)):
            return
        enough = profile.distinct["name.text"] >= 3 and (persons or not public)
        if enough and profile.share("name.text") >= 0.02 and not {"catalogue"} & table.kinds:
            decision = Decision.BLOCK
    matches = told + near + plain
    yield Verdict("person-name", decision, ("names", "context"), matches, sensitive=bool(ill))


def split_names(table: Table) -> dict[int, Verdict]:
    """Given names in one column and surnames in others: only together are they persons."""
    if "servants" in table.kinds:
        return {}
    given, surnames = [], []
    for place, (profile, words) in enumerate(zip(table.profiles, table.labels, strict=True)):
        if any(
            shows(words, group)
            for group in ("place", "facility", "catalogue", "commercial", "things")
        ):
            continue
        surname = profile.share("name.surname")
        if _are_given(profile):
            given.append(place)
        elif (
            surname > _SURNAME_SHARE
            and profile.distinct["name.surname"] >= min(3, profile.cells)
            and profile.share("name.place") < _PLACES_AMONG_SURNAMES
        ):
            surnames.append(place)
    if not surnames or (not given and len(surnames) < 2):
        return {}
    if not given and not any(
        _says_name_of_person(table.labels[n]) or is_meaningless(table.profiles[n].label)
        for n in surnames
    ):
        return {}
    found = {}
    for place in (*given, *surnames):
        weight = table.profiles[place].weight
        matches = weight["name.given"] + weight["name.surname"]
        found[place] = Verdict("person-name", Decision.BLOCK, ("names", "combination"), matches)
    return found


def _are_given(profile: ColumnProfile) -> bool:
    return (
        profile.share("name.given", "name.name") > _GIVEN_SHARE
        and profile.share("name.given") > _GIVEN_SHARE / 2
        and profile.distinct["name.given"] >= min(3, profile.cells)
    )


def by_birth(
    profile: ColumnProfile, words: Words, table: Table, *, persons: bool
) -> Iterator[Verdict]:
    """Dates spread over the years in which people are born."""
    told = profile.weight["birth.near"]
    if told:
        clear = profile.distinct["birth.near"] >= 2 or persons
        decision = Decision.BLOCK if clear else Decision.REVIEW
        yield Verdict("birth-date", decision, ("format", "context"), told)
    if not _are_births(profile):
        return
    neutral = is_meaningless(profile.label) or is_named(words, phrases("date_columns"))
    # «fecha_de_apertura» says what the date is of.
    if (shows(words, "things") or shows(words, "facility")) and not neutral:
        return
    row_level = persons or table.is_row_level
    if row_level or neutral:
        decision = Decision.BLOCK if row_level else Decision.REVIEW
        if (
            not row_level
            and {"facilities", "commercial", "servants", "catalogue", "aggregate"} & table.kinds
        ):
            return
        yield Verdict("birth-date", decision, ("format", "context"), profile.weight["date"])


def _are_births(profile: ColumnProfile) -> bool:
    if profile.share("date") < 0.7 or profile.distinct["date"] < 5:
        return False
    years = (
        sorted(profile.years.elements()) if profile.years.total() < 5000 else _spread(profile.years)
    )
    first, last = years[len(years) // 20], years[-1 - len(years) // 20]
    this_year = datetime.datetime.now(tz=datetime.UTC).year
    adults = sum(year <= this_year - setting("adult_age") for year in years) / len(years)
    return (
        first >= this_year - 115 and years[-1] <= this_year and last - first >= 15 and adults >= 0.3
    )


def _spread(years: Counter[int]) -> list[int]:
    """A thousandth as many years, in the same proportions."""
    step = max(1, years.total() // 1000)
    return sorted(year for year, count in years.items() for _ in range(max(1, count // step)))


def _tells_of_person(table: Table, place: int) -> bool:
    if {"sex", "place", "category", "sensitive", "civil"} & table.roles[place]:
        return True
    profile = table.profiles[place]
    return shows(table.labels[place], "persons") or profile.share("name.given") > _GIVEN_SHARE


def minors(table: Table, identified: Sequence[int]) -> dict[int, Verdict]:
    """Ages under the legal one, row by row.

    :param identified: places of columns that tell persons.
    """
    if not table.is_row_level and not identified:
        return {}
    if {"aggregate", "catalogue"} & table.kinds and not identified:
        return {}
    found = {}
    for place in table.columns("age"):
        numbers = table.profiles[place].numbers
        under = sum(count for age, count in numbers.items() if 0 <= age < setting("adult_age"))
        # An age alone is no person: another column must tell something of each row.
        others = identified or [
            n for n in range(len(table.roles)) if n != place and _tells_of_person(table, n)
        ]
        if under and others:
            found[place] = Verdict(
                "minor", Decision.BLOCK, ("header", "combination"), under, sensitive=True
            )
    return found
