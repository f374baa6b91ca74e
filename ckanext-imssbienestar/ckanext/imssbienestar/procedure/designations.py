"""Who holds which role, where and since when (R-025, R-028)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar.domain.workflow import UNIT_ROLES, Role
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.model import Designation


class DesignationRefused(TerminalError):
    """A designation that cannot be recorded as asked."""


def roles_of(
    session: Session, user_id: str, organization_id: str | None, on: datetime.date
) -> frozenset[Role]:
    """The roles a person holds on a date for one organization.

    :param organization_id: the unit; catalogue-wide roles count in every unit.
    """
    held = sa.select(Designation.role).where(
        Designation.user_id == user_id,
        _valid(on),
        sa.or_(
            Designation.organization_id.is_(None),
            Designation.organization_id == (organization_id or ""),
        ),
    )
    return frozenset(Role(role) for role in session.scalars(held))


def organizations_of(session: Session, user_id: str, on: datetime.date) -> frozenset[str | None]:
    """The organizations where a person holds a role; None stands for the whole catalogue."""
    held = sa.select(Designation.organization_id).where(Designation.user_id == user_id, _valid(on))
    return frozenset(session.scalars(held))


def holders(
    session: Session, roles: Iterable[Role], organization_id: str, on: datetime.date
) -> list[Designation]:
    """The designations in force for any of the roles in one unit, oldest first."""
    held = (
        sa.select(Designation)
        .where(
            Designation.role.in_([role.value for role in roles]),
            _valid(on),
            sa.or_(
                Designation.organization_id.is_(None),
                Designation.organization_id == organization_id,
            ),
        )
        .order_by(Designation.valid_from, Designation.created)
    )
    return list(session.scalars(held))


def designate(
    session: Session,
    *,
    user_id: str,
    role: Role,
    organization_id: str | None,
    oficio_number: str,
    valid_from: datetime.date,
    created_by: str,
    now: datetime.datetime,
) -> Designation:
    """Record a designation; flushes, does not commit.

    :raises DesignationRefused: no *oficio* number, or a unit where the role takes none (or the
        reverse), or the same designation already in force.
    """
    if not oficio_number.strip():
        raise DesignationRefused("A designation needs the number of its oficio.")
    if (role in UNIT_ROLES) != (organization_id is not None):
        kind = "one organization" if role in UNIT_ROLES else "the whole catalogue"
        raise DesignationRefused(f"The role {role} is held in {kind}.")
    if role in roles_of(session, user_id, organization_id, valid_from):
        raise DesignationRefused("This person already holds this role here.")
    designation = Designation(
        user_id=user_id,
        role=role.value,
        organization_id=organization_id,
        oficio_number=oficio_number.strip(),
        valid_from=valid_from,
        created=now,
        created_by=created_by,
    )
    session.add(designation)
    session.flush()
    return designation


def end(session: Session, designation_id: str, valid_to: datetime.date) -> Designation:
    """Give a designation its last day; the row stays (R-028). Flushes, does not commit."""
    designation = session.get(Designation, designation_id, with_for_update=True)
    if designation is None:
        raise DesignationRefused("There is no such designation.")
    if designation.valid_to is not None:
        raise DesignationRefused("This designation has already ended.")
    if valid_to < designation.valid_from:
        raise DesignationRefused("The last day is before the first.")
    designation.valid_to = valid_to
    session.flush()
    return designation


def _valid(on: datetime.date) -> sa.ColumnElement[bool]:
    return sa.and_(
        Designation.valid_from <= on,
        sa.or_(Designation.valid_to.is_(None), Designation.valid_to >= on),
    )
