"""What a table is about: places, public servants, counts, fields, or persons one by one.

The same value is personal data in one table and public in another: a telephone of a clinic, the
name of a director, the age in a table of counts. ``tables.yaml`` holds the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ckanext.imssbienestar.checks.personal.column_profile import ColumnProfile
from ckanext.imssbienestar.checks.personal.headers import (
    Words,
    is_blocked_alone,
    is_meaningless,
    is_named,
    phrases,
    read_label,
    shows,
)

_MOST = 0.7
_SEX_VALUES = 8


@dataclass(frozen=True)
class Table:
    """A header read, its profiles, and what the table is.

    :ivar kinds: ``aggregate``, ``catalogue``, ``facilities``, ``servants``, ``commercial``.
    :ivar roles: of each column: ``sex``, ``age``, ``place``, ``narrow-place``, ``category``,
        ``sensitive``, ``count``, ``civil``, or nothing.
    """

    labels: tuple[Words, ...]
    profiles: tuple[ColumnProfile, ...]
    kinds: frozenset[str]
    roles: tuple[frozenset[str], ...]

    def columns(self, role: str) -> list[int]:
        """Places of the columns that play a role, from 0."""
        return [place for place, roles in enumerate(self.roles) if role in roles]

    @property
    def is_row_level(self) -> bool:
        """Whether each row seems to be a person: a sex or an age, and nothing that counts."""
        if {"aggregate", "catalogue"} & self.kinds:
            return False
        return bool(self.columns("sex") or self.columns("age"))


def read_table(profiles: Sequence[ColumnProfile]) -> Table:
    """The table that these columns make."""
    labels = tuple(read_label(profile.label) for profile in profiles)
    roles = tuple(
        frozenset(_roles(words, profile)) for words, profile in zip(labels, profiles, strict=True)
    )
    kinds = frozenset(_kinds(labels, profiles, roles))
    return Table(labels, tuple(profiles), kinds, roles)


def _roles(words: Words, profile: ColumnProfile) -> list[str]:
    roles: list[str] = []
    if is_blocked_alone(words):
        return roles
    filled = profile.cells > 0
    if _is_sex(words, profile):
        roles.append("sex")
    if is_named(words, phrases("person_columns", "age")) and (
        not filled or profile.share("small-number", "age") > _MOST
    ):
        roles.append("age")
    for role, name in (
        ("place", "place_columns"),
        ("narrow-place", "narrow_places"),
        ("category", "category_columns"),
        ("sensitive", "sensitive_columns"),
    ):
        if is_named(words, phrases(name)):
            roles.append(role)
    if is_named(words, phrases("person_columns", "civil")):
        roles.append("civil")
    if is_meaningless(profile.label) and profile.share("name.place") > _MOST:
        roles += ["place", "narrow-place"]
    if profile.share("icd") > _MOST and (is_meaningless(profile.label) or shows(words, "things")):
        roles += ["category", "sensitive"]
    if _counts(words, profile):
        roles.append("count")
    return roles


def _is_sex(words: Words, profile: ColumnProfile) -> bool:
    named = is_named(words, phrases("person_columns", "sex"))
    if not profile.cells:
        return named
    coded = profile.share("word.sex") > _MOST and profile.different <= _SEX_VALUES
    if named:
        return coded or (profile.share("small-number") > _MOST and profile.different <= 4)
    return is_meaningless(profile.label) and coded and profile.cells >= 5


def _counts(words: Words, profile: ColumnProfile) -> bool:
    """A name that counts (``total_consultas``, ``casos``), over numbers when there are any."""
    if not (shows(words, "count") or is_named(words, phrases("count_columns"))):
        return False
    if is_named(words, phrases("person_columns", "age")):
        return False
    return not profile.cells or profile.share("number") > _MOST


def _kinds(
    labels: Sequence[Words], profiles: Sequence[ColumnProfile], roles: Sequence[frozenset[str]]
) -> list[str]:
    kinds = []
    if any("count" in found for found in roles):
        kinds.append("aggregate")
    if any(shows(words, "catalogue") and not is_blocked_alone(words) for words in labels):
        kinds.append("catalogue")
    posts = sum(is_named(words, phrases("servant_columns")) for words in labels)
    holds_posts = any(profile.share("post") > 0.5 for profile in profiles)
    if posts >= 2 or holds_posts:
        kinds.append("servants")
    if any(is_named(words, phrases("facility_columns")) for words in labels) or any(
        profile.share("name.facility") > 0.5 for profile in profiles
    ):
        kinds.append("facilities")
    if any(is_named(words, phrases("commercial_columns")) for words in labels) or any(
        profile.share("name.organisation") > 0.5 for profile in profiles
    ):
        kinds.append("commercial")
    return kinds
