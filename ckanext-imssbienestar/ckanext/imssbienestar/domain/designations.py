"""Designations: who holds which post, by which *oficio*, from which day to which (R-025, R-028).

A designation is never overwritten. Replacing a person ends theirs the day before the new one
begins; both stay, so that who signed or sent something on a day can be proved.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.problems import Problem, Wording
from ckanext.imssbienestar.domain.units import UnitRegister, told
from ckanext.imssbienestar.domain.vocabulary import Term
from ckanext.imssbienestar.domain.written_text import says_something
from ckanext.imssbienestar.errors import TerminalError

_DAY = datetime.timedelta(days=1)
Facts = dict[str, Wording | str | int]

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Post(StrEnum):
    """The posts of the Procedure; those that act on releases are :class:`workflow.Role` too."""

    LIAISON = "liaison"
    MEMBER = "member"
    HEAD_REPRESENTATIVE = "head_representative"
    ADMINISTRATOR_DELEGATE = "administrator_delegate"
    UNIT_HEAD = "unit_head"
    TRANSPARENCY_UNIT = "transparency_unit"
    TRANSPARENCY_OPERATOR = "transparency_operator"
    ADMINISTRATOR = "administrator"


class PostRule(Term):
    """Where a post is held and by how many; see ``schemas/capabilities.yaml``.

    :ivar held_in: kinds of units; none for a post of the whole organism.
    :ivar single: one person at a time in each place.
    :ivar signs: only in a unit whose head signs Oficios de Validación.
    :ivar in_group: letter of IV.1.A by which it belongs to the working group, or none.
    :ivar in_group_alone: that letter in a coordinación that hangs from no unit but the Dirección
        General (R-022), where it is another one.
    :ivar membership: what its holder is in CKAN's organization of the place; nothing by itself in
        the whole organism.
    """

    code: Post
    held_in: tuple[str, ...] = ()
    single: bool = False
    signs: bool = False
    in_group: str = ""
    in_group_alone: str = ""
    membership: Literal["", "member", "editor"] = ""
    rows: tuple[str, ...]

    def letter(self, *, alone: bool) -> str:
        """The letter of IV.1.A by which its holder is in a group, or none.

        :param alone: the group's coordinación hangs from the Dirección General itself.
        """
        return (self.in_group_alone if alone else "") or self.in_group


class Level(Term):
    """A level of posts."""

    also: tuple[str, ...] = ()


class Levels(BaseModel):
    """Levels from the lowest to the highest, and the least of each post (R-021, R-022)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    levels: tuple[Level, ...]
    minimum: Mapping[Post, str]

    def rank(self, code: str) -> int | None:
        """Place of a level from the lowest, 0; None for one that is not known."""
        return next((place for place, level in enumerate(self.levels) if level.code == code), None)

    def read(self, text: str) -> Level | None:
        """The level that an *oficio* calls by these words, or None."""
        said = plain_words(text)
        for level in self.levels:
            if said in map(plain_words, (level.code, level.es, level.en, *level.also)):
                return level
        return None

    def least(self, post: Post) -> Level | None:
        """The least level of who holds the post, or None where any will do."""
        rank = self.rank(self.minimum[post]) if post in self.minimum else None
        return None if rank is None else self.levels[rank]


class DesignationRules(BaseModel):
    """What designations are held to."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    posts: tuple[PostRule, ...]
    levels: Levels

    def post(self, code: Post) -> PostRule:
        """The rule of a post."""
        return next(rule for rule in self.posts if rule.code is code)


def parse_levels(data: Mapping[str, Any]) -> Levels:
    """The levels from the content of ``schemas/levels.yaml``."""
    return Levels.model_validate(data)


def parse_designation_rules(
    capabilities: Mapping[str, Any], levels: Mapping[str, Any]
) -> DesignationRules:
    """The rules from the content of ``schemas/capabilities.yaml`` and ``levels.yaml``."""
    rules = DesignationRules(posts=capabilities["posts"], levels=parse_levels(levels))
    if {rule.code for rule in rules.posts} != set(Post):
        raise ValueError("capabilities.yaml does not have every post")
    return rules


class DesignationNotChanged(TerminalError):
    """A designation cannot be ended or replaced so.

    :ivar problem: why.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"The designation cannot be changed so: {problem.code}.")


@dataclass(frozen=True)
class Oficio:
    """The letter that designates.

    :ivar sha256: of the file that was received, lower-case hexadecimal.
    """

    number: str
    date: datetime.date | None
    sha256: str


@dataclass(frozen=True)
class Designation:
    """One person in one post.

    :ivar person: the identifier of a user, not a name.
    :ivar unit_id: where; None for a post of the whole organism.
    :ivar valid_to: the last day, included; None while it lasts.
    :ivar level: code of a :class:`Level`.
    :ivar represents: the *divisiones* a member stands for (A-11), by unit identifier.
    """

    id: str
    person: str
    post: Post
    unit_id: str | None
    oficio: Oficio
    valid_from: datetime.date
    valid_to: datetime.date | None = None
    level: str = ""
    represents: tuple[str, ...] = ()

    @property
    def last(self) -> datetime.date:
        """The last day, far in the future while the designation lasts."""
        return self.valid_to or datetime.date.max

    def holds_on(self, day: datetime.date) -> bool:
        """Whether it is in force on the day."""
        return self.valid_from <= day <= self.last

    def meets(self, other: Designation) -> bool:
        """Whether both are in force on some day."""
        return max(self.valid_from, other.valid_from) <= min(self.last, other.last)


def in_force(designations: Iterable[Designation], day: datetime.date) -> tuple[Designation, ...]:
    """Those in force on a day, in the order they came."""
    return tuple(designation for designation in designations if designation.holds_on(day))


def ended(designation: Designation, last_day: datetime.date) -> Designation:
    """The designation with its last day.

    :raises DesignationNotChanged: it begins later, or ended on or before that day.
    """
    if last_day < designation.valid_from:
        raise DesignationNotChanged(
            Problem("designation-dates-backwards", facts=_dates(designation))
        )
    if designation.last <= last_day:
        raise DesignationNotChanged(Problem("designation-ended", facts=_dates(designation)))
    return replace(designation, valid_to=last_day)


def replaced(
    designations: Iterable[Designation], earlier_id: str, new: Designation
) -> tuple[Designation, ...]:
    """All designations with one more, the one it takes the place of ended the day before (R-028).

    :raises DesignationNotChanged: there is no such one, it is of another post or place, or the new
        one does not begin after it.
    """
    kept = tuple(designations)
    earlier = next((found for found in kept if found.id == earlier_id), None)
    if earlier is None or any(found.id == new.id for found in kept):
        raise DesignationNotChanged(Problem("designation-unknown"))
    if (earlier.post, earlier.unit_id) != (new.post, new.unit_id):
        raise DesignationNotChanged(Problem("designation-replaces-other"))
    if new.valid_from <= earlier.valid_from:
        facts = {**_dates(earlier), "day": new.valid_from.isoformat()}
        raise DesignationNotChanged(Problem("designation-replaced-too-early", facts=facts))
    past = replace(earlier, valid_to=min(earlier.last, new.valid_from - _DAY))
    return (*(past if found is earlier else found for found in kept), new)


def designation_problems(
    designation: Designation,
    others: Iterable[Designation],
    units: UnitRegister,
    rules: DesignationRules,
    today: datetime.date,
) -> tuple[Problem, ...]:
    """Everything about a designation that is against the rules.

    :param others: the organism's other designations; the one itself is passed over.
    """
    rule = rules.post(designation.post)
    return (
        *_oficio_problems(designation, today),
        *_date_problems(designation, today),
        *_place_problems(designation, rule, units),
        *_level_problems(designation, rule, rules.levels),
        *_company_problems(designation, rule, others),
    )


def _oficio_problems(designation: Designation, today: datetime.date) -> Iterator[Problem]:
    oficio = designation.oficio
    if not says_something(oficio.number):
        yield Problem("designation-oficio-number")
    if not _SHA256.fullmatch(oficio.sha256):
        yield Problem("designation-oficio-file")
    if oficio.date is None:
        yield Problem("designation-oficio-date")
    elif oficio.date > today:
        yield Problem("designation-oficio-future", facts={"day": oficio.date.isoformat()})
    elif oficio.date > designation.valid_from:
        facts = {"day": oficio.date.isoformat(), "since": designation.valid_from.isoformat()}
        yield Problem("designation-before-oficio", facts=facts)


def _date_problems(designation: Designation, today: datetime.date) -> Iterator[Problem]:
    facts = _dates(designation)
    if designation.last < designation.valid_from:
        yield Problem("designation-dates-backwards", facts=facts)
    elif designation.last < today:
        yield Problem("designation-expired", facts=facts)
    elif designation.valid_from > today:
        yield Problem("designation-future", facts=facts)


def _place_problems(
    designation: Designation, rule: PostRule, units: UnitRegister
) -> Iterator[Problem]:
    facts: Facts = {"post": told(rule), "unit": designation.unit_id or ""}
    if designation.unit_id is None or not rule.held_in:
        if (designation.unit_id is None) == bool(rule.held_in):
            yield Problem("designation-place", facts=facts)
        return
    tree = units.on(designation.valid_from)
    unit = tree.units.get(designation.unit_id)
    if unit is None:
        yield Problem("designation-unit-unknown", facts=facts)
        return
    facts["unit"] = unit.name
    if unit.kind not in rule.held_in:
        yield Problem("designation-place", facts=facts)
    elif rule.signs and not tree.signs(unit.unit_id):
        yield Problem("designation-unit-does-not-sign", facts=facts)
    divisions = {division.unit_id for division in tree.to_represent(unit.unit_id)}
    if signing := tree.signing_unit(unit.unit_id):
        divisions |= {division.unit_id for division in tree.outside_groups(signing.unit_id)}
    for division in designation.represents:
        if division not in divisions:
            name = tree.units[division].name if division in tree.units else division
            yield Problem("designation-division-elsewhere", facts={**facts, "division": name})


def _level_problems(designation: Designation, rule: PostRule, levels: Levels) -> Iterator[Problem]:
    least = levels.least(designation.post)
    rank = levels.rank(designation.level)
    if least is None:
        return
    if rank is None:
        yield Problem("designation-level-missing", facts={"post": told(rule), "least": told(least)})
    elif rank < (levels.rank(least.code) or 0):
        facts = {
            "post": told(rule),
            "least": told(least),
            "level": told(levels.levels[rank]),
        }
        yield Problem("designation-level", facts=facts)


def _company_problems(
    designation: Designation, rule: PostRule, others: Iterable[Designation]
) -> Iterator[Problem]:
    for other in others:
        same_place = (other.post, other.unit_id) == (designation.post, designation.unit_id)
        if other.id == designation.id or not same_place or not other.meets(designation):
            continue
        facts = {"post": told(rule), **_dates(other), "oficio": other.oficio.number}
        if other.person == designation.person:
            yield Problem("designation-overlap", facts=facts)
        elif rule.single:
            yield Problem("designation-place-taken", facts=facts)


def _dates(designation: Designation) -> Facts:
    return {
        "since": designation.valid_from.isoformat(),
        "until": designation.valid_to.isoformat() if designation.valid_to else "…",
    }
