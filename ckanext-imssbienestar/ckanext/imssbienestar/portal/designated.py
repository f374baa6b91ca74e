"""Designations between CKAN's words and the domain's: who may record one, how one is shown."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain import designations as rules
from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.model import Designation, DesignationOficio
from ckanext.imssbienestar.portal import acting, permissions
from ckanext.imssbienestar.procedure.people import Acting, People
from ckanext.imssbienestar.procedure.rules import designation_rules

# Besides who records all of them: who names these posts.
_NAMED_BY = {
    Post.HEAD_REPRESENTATIVE: "name_representative",
    Post.ADMINISTRATOR_DELEGATE: "name_delegate",
}


def recorder(context: Any, post: Post, organization_id: str | None) -> Acting:
    """In which post the person of a context records designations to a post in a place.

    :raises tk.NotAuthorized: in none, with a sentence that says who may.
    """
    user = model.User.get(str(context.get("user") or ""))
    if user is not None:
        people = acting.people()
        for act, place in _acts(people, post, organization_id):
            if found := people.acting(user.id, act, place):
                return found
    return acting.require_keeper(context, "record_designation")


def _acts(
    people: People, post: Post, organization_id: str | None
) -> Iterator[tuple[str, str | None]]:
    yield "record_designation", None
    if act := _NAMED_BY.get(post):
        # A head names the representative in each group that the unit's head signs for.
        signing = people.tree.signing_unit(organization_id or "")
        yield act, signing.unit_id if signing and act == "name_representative" else None


def organization_id(name_or_id: str | None) -> str | None:
    """CKAN's id of an organization.

    :raises tk.ValidationError: there is none of that name or id.
    """
    if not name_or_id:
        return None
    organization = model.Group.get(name_or_id)
    if organization is None or not organization.is_organization:
        raise tk.ValidationError({"organization": [tk._("There is no such organization.")]})
    return str(organization.id)


def level_code(text: str) -> str:
    """The level that a letter calls by these words; empty for none.

    :raises tk.ValidationError: there is no such level.
    """
    levels = designation_rules().levels
    found = levels.read(text) if text.strip() else None
    if text.strip() and found is None:
        known = ", ".join(level.label("es") for level in levels.levels)
        said = tk._("There is no such level; one of: {known}.").format(known=known)
        raise tk.ValidationError({"level": [said]})
    return found.code if found else ""


def oficio(row: DesignationOficio) -> rules.Oficio:
    """A letter as the domain knows it."""
    return rules.Oficio(row.number, row.date, row.sha256)


def shown(row: Designation, letter: DesignationOficio | None) -> dict[str, Any]:
    """A designation as the API answers it."""
    return shown_all([(row, letter)])[0]


def shown_all(
    rows: Iterable[tuple[Designation, DesignationOficio | None]],
) -> list[dict[str, Any]]:
    """Many of them, in their order; the names are read at once."""
    found = list(rows)
    users = {
        user.id: user
        for user in model.Session.scalars(
            sa.select(model.User).where(model.User.id.in_({row.user_id for row, _ in found}))
        )
    }
    places = {row.organization_id for row, _ in found if row.organization_id}
    organizations = {
        organization.id: organization
        for organization in model.Session.scalars(
            sa.select(model.Group).where(model.Group.id.in_(places))
        )
    }
    today = permissions.today()
    return [
        _shown(
            row, letter, users.get(row.user_id), organizations.get(row.organization_id or ""), today
        )
        for row, letter in found
    ]


def _shown(
    row: Designation,
    letter: DesignationOficio | None,
    user: model.User | None,
    organization: model.Group | None,
    today: datetime.date,
) -> dict[str, Any]:
    rule = designation_rules().post(Post(row.role))
    return {
        "id": row.id,
        "user_id": row.user_id,
        "user": user.name if user else None,
        "user_title": (user.fullname or user.name) if user else row.user_id,
        "role": row.role,
        "in_group": rule.in_group,
        "organization_id": row.organization_id,
        "organization": organization.name if organization else None,
        "organization_title": organization.title if organization else None,
        "oficio_id": row.oficio_id,
        "oficio_number": row.oficio_number,
        "oficio_date": _day(letter.date) if letter else None,
        "oficio_sha256": letter.sha256 if letter else None,
        "oficio_size": letter.size if letter else None,
        "level": row.level,
        "represents": list(row.represents),
        "replaces": row.replaces,
        "valid_from": _day(row.valid_from),
        "valid_to": _day(row.valid_to),
        "in_force": row.valid_from <= today and (row.valid_to is None or row.valid_to >= today),
        "created": row.created.isoformat(),
        "created_by": row.created_by,
    }


def _day(value: datetime.date | None) -> str | None:
    return value.isoformat() if value else None
