"""Who holds which post, where and since when (R-025, R-028)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.checks.texts import severity_of
from ckanext.imssbienestar.domain import designations as rules
from ckanext.imssbienestar.domain.capabilities import is_held, workflow_roles
from ckanext.imssbienestar.domain.designations import DesignationNotChanged
from ckanext.imssbienestar.domain.findings import Severity
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.domain.workflow import Role
from ckanext.imssbienestar.procedure import units
from ckanext.imssbienestar.procedure.people import as_designation, person_on, stored_designations
from ckanext.imssbienestar.procedure.refusals import ActRefused
from ckanext.imssbienestar.procedure.rules import designation_rules


class DesignationRefused(ActRefused):
    """A designation that cannot be recorded, ended or replaced as asked."""


@dataclass(frozen=True)
class Recorded:
    """Who records something, and when.

    :ivar person: CKAN's id of the user.
    :ivar today: the day in Mexico City.
    """

    person: str
    now: datetime.datetime
    today: datetime.date


def roles_of(
    session: Session, user_id: str, organization_id: str | None, on: datetime.date
) -> frozenset[Role]:
    """The roles a person has on a date in the workflow of one organization's releases.

    :param organization_id: the unit; posts of the whole organism count in every unit.
    """
    people = person_on(session, user_id, on)
    return workflow_roles(
        people.held_by(user_id), people.tree, organization_id or "", designation_rules()
    )


def organizations_of(session: Session, user_id: str, on: datetime.date) -> frozenset[str | None]:
    """The organizations where a person holds a post; None stands for the whole organism."""
    held = person_on(session, user_id, on).held_by(user_id)
    return frozenset(designation.unit_id for designation in held)


def holders(
    session: Session, roles: Iterable[Role], organization_id: str, on: datetime.date
) -> list[model.Designation]:
    """The designations in force for any of the roles in one unit, oldest first."""
    held = (
        sa.select(model.Designation)
        .where(
            model.Designation.role.in_([role.value for role in roles]),
            model.Designation.valid_from <= on,
            sa.or_(model.Designation.valid_to.is_(None), model.Designation.valid_to >= on),
            sa.or_(
                model.Designation.organization_id.is_(None),
                model.Designation.organization_id == organization_id,
            ),
        )
        .order_by(model.Designation.valid_from, model.Designation.created)
    )
    tree = units.tree(session, on)
    return [
        row
        for row in session.scalars(held)
        if is_held(as_designation(row, None), tree, designation_rules())
    ]


def keep_oficio(
    session: Session, *, number: str, date: datetime.date, file: StoredFile, recorded: Recorded
) -> model.DesignationOficio:
    """Remember a letter whose file the content store has; flushes, does not commit."""
    oficio = model.DesignationOficio(
        number=number,
        date=date,
        sha256=file.sha256,
        size=file.size,
        file_name=file.name,
        received=recorded.now,
        received_by=recorded.person,
    )
    session.add(oficio)
    session.flush()
    return oficio


def designate(
    session: Session, new: rules.Designation, *, oficio_id: str | None, recorded: Recorded
) -> tuple[model.Designation, tuple[Problem, ...]]:
    """Record a designation; flushes, does not commit.

    :returns: it, and what a person should be told of it.
    :raises DesignationRefused: a rule is against it; nothing was written.
    """
    others = _locked(session)
    told = _problems(session, new, others, recorded)
    return _added(session, new, oficio_id, recorded), told


def replace(
    session: Session,
    earlier_id: str,
    new: rules.Designation,
    *,
    oficio_id: str | None,
    recorded: Recorded,
) -> tuple[model.Designation, tuple[Problem, ...]]:
    """The same in the place of another one, which ends the day before (R-028).

    :raises DesignationRefused: a rule is against it; nothing was written.
    """
    try:
        after = rules.replaced(_locked(session), earlier_id, new)
    except DesignationNotChanged as error:
        raise DesignationRefused(error.problem) from error
    told = _problems(session, new, after, recorded)
    past = next(found for found in after if found.id == earlier_id)
    row = session.get_one(model.Designation, earlier_id)
    if past.valid_to != row.valid_to:
        row.valid_to = past.valid_to
        session.flush()
    return _added(session, new, oficio_id, recorded, replaces=earlier_id), told


def end(session: Session, designation_id: str, last_day: datetime.date) -> model.Designation:
    """Give a designation its last day; the row stays (R-028). Flushes, does not commit.

    :raises DesignationRefused: there is none, or it ended before; nothing was written.
    """
    row = session.get(
        model.Designation, designation_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise DesignationRefused(Problem("designation-not-found"))
    try:
        ended = rules.ended(as_designation(row, None), last_day)
    except DesignationNotChanged as error:
        raise DesignationRefused(error.problem) from error
    row.valid_to = ended.valid_to
    session.flush()
    return row


def _locked(session: Session) -> tuple[rules.Designation, ...]:
    """All designations; nobody else records one until the transaction ends."""
    table = model.Designation.__tablename__
    session.execute(sa.text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
    return tuple(stored_designations(session))


def _problems(
    session: Session,
    new: rules.Designation,
    others: Iterable[rules.Designation],
    recorded: Recorded,
) -> tuple[Problem, ...]:
    """What is to be told of a designation.

    :raises DesignationRefused: some of it keeps it from being recorded.
    """
    found = rules.designation_problems(
        new, others, units.register(session), designation_rules(), recorded.today
    )
    if any(severity_of(problem.code) is Severity.BLOCKING for problem in found):
        raise DesignationRefused(*found)
    return found


def _added(
    session: Session,
    new: rules.Designation,
    oficio_id: str | None,
    recorded: Recorded,
    replaces: str | None = None,
) -> model.Designation:
    row = model.Designation(
        id=new.id,
        user_id=new.person,
        role=new.post.value,
        organization_id=new.unit_id,
        oficio_number=new.oficio.number,
        oficio_id=oficio_id,
        level=new.level,
        represents=list(new.represents),
        replaces=replaces,
        valid_from=new.valid_from,
        valid_to=new.valid_to,
        created=recorded.now,
        created_by=recorded.person,
    )
    session.add(row)
    session.flush()
    return row
