"""Designations: who holds which post, by which *oficio* (R-025, R-028)."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.domain import designations as rules
from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.model import Designation, DesignationOficio
from ckanext.imssbienestar.portal import (
    acting,
    designated,
    designation_mail,
    memberships,
    permissions,
    problems,
)
from ckanext.imssbienestar.portal.letters import receive_letter
from ckanext.imssbienestar.portal.logic import designation_schema as schema
from ckanext.imssbienestar.portal.mail_jobs import request_sending
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import designations, units
from ckanext.imssbienestar.procedure.designations import DesignationRefused, Recorded
from ckanext.imssbienestar.procedure.people import Acting

T = TypeVar("T")


@tk.validate_action_data(schema.designation_create)
def imss_designation_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Record that a person holds a post, by a letter, from a day on.

    The Transparency Unit records all of them, the head of a unit the representatives in its
    groups, the Open Data Administrator the delegates. The letter goes by e-mail to the head of
    the Transparency Unit, with copy to the institutional mailbox.

    :param user: the id or name of the person's account
    :type user: string
    :param role: ``liaison``, ``member``, ``head_representative``, ``administrator_delegate`` or
        ``unit_head`` (in a unit); ``transparency_unit``, ``transparency_operator`` or
        ``administrator`` (in the whole organism)
    :type role: string
    :param organization: the id or name of the unit
    :type organization: string
    :param oficio_number: the number of the *oficio* that designates
    :type oficio_number: string
    :param oficio_date: its date, ``YYYY-MM-DD``
    :type oficio_date: string
    :param upload: the letter as PDF
    :type upload: file
    :param oficio_id: instead of number, date and file: a letter received before, that names this
        person too
    :type oficio_id: string
    :param level: the level of the person's post; a member needs at least *Divisionario*
    :type level: string
    :param represents: ids or names of the *divisiones* that a member stands for
    :type represents: list of strings
    :param valid_from: first day, ``YYYY-MM-DD`` (default: today)
    :type valid_from: string
    :param valid_to: last day, included (default: none)
    :type valid_to: string

    :returns: the designation, and under ``findings`` what should be known of it
    :rtype: dictionary
    """
    place = designated.organization_id(data_dict.get("organization"))
    tk.check_access(
        "imss_designation_create",
        context,
        {"role": data_dict["role"], "organization_id": place},
    )
    recorder = designated.recorder(context, data_dict["role"], place)
    return _recorded(context, data_dict, recorder, data_dict["role"], place, None)


@tk.validate_action_data(schema.designation_replace)
def imss_designation_replace(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Record who takes the place of a designated person; the earlier one ends the day before.

    :param id: the id of the designation whose place the new one takes
    :type id: string

    The other parameters are those of ``imss_designation_create``, without ``role`` and
    ``organization``.

    :rtype: dictionary
    """
    tk.check_access("imss_designation_replace", context, data_dict)
    earlier = model.Session.get(Designation, data_dict["id"])
    if earlier is None:
        raise problems.refusal([Problem("designation-not-found")])
    post, place = Post(earlier.role), earlier.organization_id
    recorder = designated.recorder(context, post, place)
    return _recorded(context, data_dict, recorder, post, place, earlier.id)


@tk.validate_action_data(schema.designation_end)
def imss_designation_end(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Give a designation its last day; it is kept for the record.

    :param id: the id of the designation
    :type id: string
    :param valid_to: last day, ``YYYY-MM-DD`` (default: today)
    :type valid_to: string

    :rtype: dictionary
    """
    tk.check_access("imss_designation_end", context, data_dict)
    last_day = _day(data_dict.get("valid_to"))
    row = _done(lambda: designations.end(model.Session, data_dict["id"], last_day))
    recorder = designated.recorder(context, Post(row.role), row.organization_id)
    memberships.apply()
    changes = {"valid_to": [None, last_day.isoformat()]}
    acting.record(recorder, "designation.ended", f"designation:{row.id}", changes)
    model.Session.commit()
    return designated.shown(row, _letter(row))


@tk.side_effect_free
@tk.validate_action_data(schema.designation_list)
def imss_designation_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List the designations, ended ones too, oldest first.

    Those of a group are for who is in it, one's own for everybody, all for who keeps them.

    :param organization: only those held in this unit
    :type organization: string
    :param coordination: only those that serve the group of this *coordinación central*: held in
        it, in a unit above it, or in the whole organism
    :type coordination: string
    :param user: only those of this person
    :type user: string
    :param in_force: only those in force today
    :type in_force: bool
    :param day: only those in force on this day, ``YYYY-MM-DD``
    :type day: string
    :param limit: how many (default: 100, at most 1,000)
    :type limit: int
    :param offset: how many to leave out at the beginning
    :type offset: int

    :returns: ``count`` and ``results``
    :rtype: dictionary
    """
    asked = {
        **data_dict,
        "organization_id": designated.organization_id(data_dict.get("organization")),
        "coordination_id": designated.organization_id(data_dict.get("coordination")),
        "user_id": _user_id(data_dict["user"]) if data_dict.get("user") else None,
    }
    tk.check_access("imss_designation_list", context, asked)
    query = _filtered(asked)
    count = model.Session.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    page = (
        query.add_columns(DesignationOficio)
        .outerjoin(DesignationOficio, Designation.oficio_id == DesignationOficio.id)
        .order_by(Designation.valid_from, Designation.created, Designation.id)
        .limit(data_dict["limit"])
        .offset(data_dict["offset"])
    )
    rows = [(row, letter) for row, letter in model.Session.execute(page)]
    return {"count": count, "results": designated.shown_all(rows)}


@tk.side_effect_free
@tk.validate_action_data(schema.designation_show)
def imss_designation_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One designation.

    :param id: the id of the designation
    :type id: string

    :rtype: dictionary
    """
    tk.check_access("imss_designation_show", context, data_dict)
    row = model.Session.get(Designation, data_dict["id"])
    if row is None:
        raise tk.ObjectNotFound(tk._("There is no such designation."))
    return designated.shown(row, _letter(row))


def _recorded(
    context: Context,
    data_dict: DataDict,
    recorder: Acting,
    post: Post,
    place: str | None,
    replaces: str | None,
) -> dict[str, Any]:
    """Record a designation, new or in the place of another, with its event; then commit."""
    now = Recorded(recorder.person, datetime.datetime.now(datetime.UTC), permissions.today())
    person = _user_id(data_dict["user"])
    level = designated.level_code(data_dict["level"])
    represents = tuple(_division(each) for each in data_dict["represents"])
    letter = _letter_of(data_dict, recorder, now)
    new = rules.Designation(
        id=str(uuid.uuid4()),
        person=person,
        post=post,
        unit_id=place,
        oficio=designated.oficio(letter) if letter else _no_letter(data_dict),
        valid_from=_day(data_dict.get("valid_from")),
        valid_to=_day(data_dict["valid_to"]) if data_dict.get("valid_to") else None,
        level=level,
        represents=represents,
    )
    letter_id = letter.id if letter else None

    def write() -> tuple[Designation, tuple[Problem, ...]]:
        if replaces:
            return designations.replace(
                model.Session, replaces, new, oficio_id=letter_id, recorded=now
            )
        return designations.designate(model.Session, new, oficio_id=letter_id, recorded=now)

    row, told = _done(write)
    memberships.apply()
    mail = designation_mail.tell(row, letter, recorder)
    acting.record(recorder, "designation.recorded", f"designation:{row.id}", _changes(row))
    model.Session.commit()
    if mail:
        request_sending()
    return {**designated.shown(row, letter), "findings": problems.told(told)}


def _done(write: Callable[[], T]) -> T:
    """What a rule of the designations gives, or its refusal with nothing written."""
    try:
        return write()
    except DesignationRefused as error:
        model.Session.rollback()
        raise problems.refusal(error.problems) from error


def _letter_of(
    data_dict: DataDict, recorder: Acting, recorded: Recorded
) -> DesignationOficio | None:
    """The letter, kept now or before; None when what it needs was not sent.

    :raises tk.ValidationError: it is not a PDF, or there is no letter of that id that this person
        received or, keeping all designations, may read.
    """
    if data_dict.get("oficio_id"):
        letter = model.Session.get(DesignationOficio, data_dict["oficio_id"])
        if letter is None or not _may_use(letter, recorder):
            raise tk.ValidationError({"oficio_id": [tk._("There is no such letter.")]})
        return letter
    number = data_dict["oficio_number"].strip()
    refuse_in_record(number, field="oficio_number")
    if not number or not data_dict.get("oficio_date") or not data_dict.get("upload"):
        return None
    file = receive_letter(data_dict["upload"])
    return designations.keep_oficio(
        model.Session,
        number=number,
        date=_day(data_dict["oficio_date"]),
        file=file,
        recorded=recorded,
    )


def _may_use(letter: DesignationOficio, recorder: Acting) -> bool:
    """Nobody reads another group's letter by designating somebody with it."""
    return (
        recorder.post is None
        or letter.received_by == recorder.person
        or acting.people().may(recorder.person, "record_designation")
    )


def _no_letter(data_dict: DataDict) -> rules.Oficio:
    """What is known of a letter that was not sent whole: the rules say what it lacks."""
    sent = bool(data_dict.get("upload"))
    day = _day(data_dict["oficio_date"]) if data_dict.get("oficio_date") else None
    # A file that came without number or date was not looked at; it is not what is missing.
    return rules.Oficio(data_dict["oficio_number"], day, "0" * 64 if sent else "")


def _filtered(asked: DataDict) -> sa.Select[tuple[Designation]]:
    query = sa.select(Designation)
    if asked["organization_id"]:
        query = query.where(Designation.organization_id == asked["organization_id"])
    if asked["coordination_id"]:
        tree = units.tree(model.Session, permissions.today())
        above = [unit.unit_id for unit in tree.ancestors(asked["coordination_id"])]
        query = query.where(
            sa.or_(
                Designation.organization_id.is_(None),
                Designation.organization_id.in_([asked["coordination_id"], *above]),
            )
        )
    if asked["user_id"]:
        query = query.where(Designation.user_id == asked["user_id"])
    if asked["in_force"] or asked.get("day"):
        day = _day(asked.get("day"))
        query = query.where(
            Designation.valid_from <= day,
            sa.or_(Designation.valid_to.is_(None), Designation.valid_to >= day),
        )
    return query


def _changes(row: Designation) -> dict[str, Any]:
    """What the history keeps: who, where, until when; the letter's number is the record's own."""
    return {
        "user": row.user_id,
        "role": row.role,
        "organization": row.organization_id,
        "oficio_number": row.oficio_number,
        "oficio_id": row.oficio_id,
        "level": row.level,
        "represents": list(row.represents),
        "replaces": row.replaces,
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
    }


def _letter(row: Designation) -> DesignationOficio | None:
    return model.Session.get(DesignationOficio, row.oficio_id) if row.oficio_id else None


def _user_id(name_or_id: str) -> str:
    user = model.User.get(name_or_id)
    if user is None or user.state != "active":
        raise tk.ValidationError({"user": [tk._("There is no such user.")]})
    return str(user.id)


def _division(name_or_id: str) -> str:
    """The unit of an id or a name; what is none stays, for the rules to tell."""
    organization = model.Group.get(name_or_id)
    return str(organization.id) if organization is not None else name_or_id


def _day(value: datetime.datetime | None) -> datetime.date:
    return value.date() if value is not None else permissions.today()
