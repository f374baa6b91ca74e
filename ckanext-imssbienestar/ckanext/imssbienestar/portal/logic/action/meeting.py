"""Meetings of working groups and what they agree (R-029, R-030, R-036, R-038, R-039, A-13)."""

from __future__ import annotations

import json
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.domain.meetings import AgreementState
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.model import Agreement, Meeting
from ckanext.imssbienestar.portal import acting, texts
from ckanext.imssbienestar.portal.identification import (
    asked,
    meetings_mail,
    meetings_shown,
    minutes,
)
from ckanext.imssbienestar.portal.logic import meetings_schema as schema
from ckanext.imssbienestar.portal.mail_jobs import request_sending
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import agreements, meetings
from ckanext.imssbienestar.procedure.meetings import Call, NewAgreement, Outcome


@tk.validate_action_data(schema.meeting_create)
def imss_meeting_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Call a meeting of a working group.

    For the *Enlace de Transparencia* (R-036). Each person called gets a mail; a meeting of the past
    that nobody wrote down can be recorded afterwards, and calls nobody.

    :param coordination: the id or name of the organization of the *coordinación central*
    :type coordination: string
    :param starts_at: day and hour, such as ``2026-12-03T10:00``; of Mexico City without a zone
    :type starts_at: string
    :param agenda: the items of the agenda, or a text with one on each line
    :type agenda: list of strings
    :param called: ids or names of the accounts to call (default: everybody in the group)
    :type called: list of strings
    :param forms: what it is to formalise: ``formato_1``, ``formato_2``
    :type forms: list of strings

    :returns: the meeting, as ``imss_meeting_show`` gives it
    :rtype: dictionary
    """
    who, coordination_id = asked.acting_in(
        context, "imss_meeting_create", "call_meeting", data_dict["coordination"]
    )
    refuse_in_record("\n".join(data_dict["agenda"]), field="agenda")
    named = data_dict.get("called")
    if named is None:
        named = sorted(acting.people().group(coordination_id))
    called = asked.accounts(named, "called")
    call = Call(
        data_dict["starts_at"], tuple(data_dict["agenda"]), called, tuple(data_dict["forms"])
    )
    row = meetings.call_meeting(
        model.Session, coordination_id, call, by=who.person, now=asked.now()
    )
    meetings_mail.tell_called(row, called, who.person)
    changes = {
        "starts_at": [None, asked.moment(row.starts_at)],
        "called": [0, len(called)],
    }
    acting.record(who, "meeting.called", f"meeting:{row.id}", changes)
    return _committed(row)


@tk.validate_action_data(schema.meeting_update)
def imss_meeting_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change the call of a meeting that nobody has recorded yet; what is not given stays.

    For the *Enlace de Transparencia* (R-036). When day, hour or agenda change, everybody called
    gets a mail; otherwise only those who were not called before.

    :param id: the id of the meeting
    :type id: string
    :param starts_at: day and hour, see ``imss_meeting_create``
    :type starts_at: string
    :param agenda: the items of the agenda
    :type agenda: list of strings
    :param called: ids or names of the accounts to call
    :type called: list of strings
    :param forms: what it is to formalise: ``formato_1``, ``formato_2``
    :type forms: list of strings
    :param based_on: the ``mark`` of the meeting you were shown; refused if it changed since
    :type based_on: string

    :returns: the meeting, as ``imss_meeting_show`` gives it
    :rtype: dictionary
    """
    row = _meeting(data_dict["id"])
    who = asked.acting_as(context, "imss_meeting_update", "call_meeting", row.coordination_id)
    refuse_in_record("\n".join(data_dict.get("agenda") or []), field="agenda")
    called = data_dict.get("called")
    before = set(row.called)
    call = Call(
        data_dict.get("starts_at") or row.starts_at,
        tuple(data_dict.get("agenda", row.agenda)),
        asked.accounts(called, "called") if called is not None else tuple(row.called),
        tuple(data_dict.get("forms", row.forms)),
    )
    with asked.refusals():
        row, changes = meetings.change_call(
            model.Session, row.id, call, based_on=data_dict["based_on"], zone=asked.ZONE
        )
    if not changes:
        model.Session.rollback()
        return _shown(_meeting(data_dict["id"]))
    anew = {"starts_at", "agenda"} & changes.keys()
    told = [person for person in call.called if anew or person not in before]
    meetings_mail.tell_called(row, told, who.person)
    acting.record(who, "meeting.changed", f"meeting:{row.id}", _told(changes))
    return _committed(row)


def imss_meeting_record(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Record what became of a meeting: whether it was held, who came, minutes and agreements.

    For whoever is in the group (R-029, R-030, R-038, R-039). Nothing is recorded of a meeting that
    has not begun. Of two people who record the same meeting, the second is told and nothing of the
    first is lost; to correct a record, give the ``mark`` of the meeting you were shown. Agreements
    are added to those it has.

    :param id: the id of the meeting
    :type id: string
    :param held: did it take place?
    :type held: boolean
    :param attended: ids or names of the accounts that came
    :type attended: list of strings
    :param agreements: objects with ``text``, ``owner`` (an account) and ``due``
        (``YYYY-MM-DD``); as JSON text in a form with a file
    :type agreements: list of dictionaries
    :param upload: the minutes, a PDF or DOCX (optional; replaces the ones it has)
    :type upload: file
    :param based_on: the ``mark`` of the meeting you were shown; needed once it was recorded
    :type based_on: string

    :returns: the meeting, as ``imss_meeting_show`` gives it
    :rtype: dictionary
    """
    given = data_dict.get("agreements")
    listed = {"agreements": json.dumps(given)} if isinstance(given, list) else {}
    data, errors = tk.navl_validate({**data_dict, **listed}, schema.meeting_record(), context)
    if errors:
        raise tk.ValidationError(errors)
    row = _meeting(data["id"])
    who = asked.acting_as(context, "imss_meeting_record", "record_meeting", row.coordination_id)
    agreed = _new_agreements(data["agreements"])
    attended = asked.accounts(data["attended"], "attended")
    meeting_id, had = row.id, row.minutes_sha256
    try:
        with asked.refusals(), minutes.received(data.get("upload")) as arrived:
            row, _ = meetings.record_outcome(
                model.Session,
                meeting_id,
                Outcome(data["held"], attended, agreed, arrived.minutes if arrived else None),
                based_on=data["based_on"],
                by=who.person,
                now=asked.now(),
                zone=asked.ZONE,
            )
            if arrived:
                minutes.keep(arrived)
    except ImssError as error:
        raise tk.ValidationError({"upload": [texts.sentence(error)]}) from error
    changes = {
        "held": data["held"],
        "attended": len(attended),
        "agreements": len(agreed),
        "minutes": [had, row.minutes_sha256],
    }
    acting.record(who, "meeting.recorded", f"meeting:{row.id}", changes)
    return _committed(row)


@tk.side_effect_free
@tk.validate_action_data(schema.by_id)
def imss_meeting_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Show a meeting: agenda, who was called and came, forms sent, minutes, agreements.

    :param id: the id of the meeting
    :type id: string

    :returns: the meeting; ``state`` is ``called``, ``to_record``, ``held`` or ``not_held``, and
        ``findings`` say what is late or missing
    :rtype: dictionary
    """
    row = _meeting(data_dict["id"])
    tk.check_access("imss_meeting_show", context, {"coordination_id": row.coordination_id})
    return _shown(row)


@tk.side_effect_free
@tk.validate_action_data(schema.meeting_list)
def imss_meeting_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List the meetings of a group, of a unit or of all groups you may read, the latest first.

    :param coordination: the id or name of a *coordinación central*, or of a unit for all of its
        groups (default: every group you may read)
    :type coordination: string
    :param limit: meetings in a page, at most ``ckan.search.rows_max`` (default: 100)
    :type limit: integer
    :param offset: meetings to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` of all, ``results`` (this page, with how many agreements and forms instead
        of them) and ``attendance`` at those held: ``called``, ``attended``, ``percent`` (R-029)
    :rtype: dictionary
    """
    groups = asked.readable(context, "imss_meeting_list", data_dict.get("coordination"))
    rows, count = meetings.meetings_of(
        model.Session, groups, limit=data_dict["limit"], offset=data_dict["offset"]
    )
    return {
        "count": count,
        "results": meetings_shown.meetings_shown(rows),
        "attendance": meetings_shown.attendance_shown(
            meetings.attendance_of(model.Session, groups)
        ),
    }


@tk.validate_action_data(schema.agreement_close)
def imss_agreement_close(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say that an agreement was fulfilled, or cancelled.

    For the *Enlace de Transparencia*, who follows them up (R-039).

    :param id: the id of the agreement
    :type id: string
    :param state: ``done`` or ``cancelled``
    :type state: string
    :param closed_on: the day, ``YYYY-MM-DD`` (default: today)
    :type closed_on: string

    :returns: the agreement
    :rtype: dictionary
    """
    found = model.Session.get(Agreement, data_dict["id"])
    row = _meeting(found.meeting_id if found is not None else "")
    who = asked.acting_as(context, "imss_agreement_close", "follow_agreements", row.coordination_id)
    with asked.refusals():
        agreement = agreements.close(
            model.Session,
            data_dict["id"],
            AgreementState(data_dict["state"]),
            data_dict.get("closed_on") or asked.today(),
            now=asked.now(),
            zone=asked.ZONE,
        )
    changes = {"state": ["open", agreement.state], "closed_on": asked.day(agreement.closed_on)}
    acting.record(who, "agreement.closed", f"agreement:{agreement.id}", changes)
    model.Session.commit()
    return meetings_shown.agreements_shown([(agreement, row)])[0]


@tk.side_effect_free
@tk.validate_action_data(schema.agreement_list)
def imss_agreement_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List the agreements of a group, of a unit or of all groups you may read.

    Open ones come first, by their last day (R-039).

    :param coordination: the id or name of a *coordinación central*, or of a unit for all of its
        groups (default: every group you may read)
    :type coordination: string
    :param state: only ``open``, ``overdue``, ``done`` or ``cancelled`` ones
    :type state: string
    :param owner: only those that this account answers for, by its id or name
    :type owner: string
    :param limit: agreements in a page, at most ``ckan.search.rows_max`` (default: 100)
    :type limit: integer
    :param offset: agreements to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` of all and ``results``, this page of them
    :rtype: dictionary
    """
    groups = asked.readable(context, "imss_agreement_list", data_dict.get("coordination"))
    owner = data_dict.get("owner")
    rows, count = agreements.agreements_of(
        model.Session,
        groups,
        today=asked.today(),
        standing=data_dict.get("state") or "",
        owner=asked.accounts([owner], "owner")[0] if owner else "",
        limit=data_dict["limit"],
        offset=data_dict["offset"],
    )
    return {"count": count, "results": meetings_shown.agreements_shown(rows)}


def _told(changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """What changed of a call, as the history tells it: how many are called, not who."""
    return {
        name: [len(value) if name == "called" else _line(value) for value in pair]
        for name, pair in changes.items()
    }


def _line(value: Any) -> Any:
    return "; ".join(value) if isinstance(value, list) else value


def _meeting(meeting_id: str) -> Meeting:
    """:raises toolkit.ObjectNotFound: there is none."""
    found = model.Session.get(Meeting, meeting_id)
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such thing, or it is not yours."))
    row: Meeting = found
    return row


def _shown(row: Meeting) -> dict[str, Any]:
    return meetings_shown.meetings_shown([row], whole=True)[0]


def _committed(row: Meeting) -> dict[str, Any]:
    model.Session.commit()
    request_sending()
    return _shown(row)


def _new_agreements(given: list[dict[str, Any]]) -> tuple[NewAgreement, ...]:
    """:raises toolkit.ValidationError: one tells of a person, or its owner is no account."""
    # Looked at together: each look costs as much as a page of text.
    refuse_in_record("\n".join(agreed["text"] for agreed in given), field="agreements")
    named = [agreed["owner"] for agreed in given]
    owners = {name: asked.accounts([name], "agreements") for name in set(named)}
    return tuple(
        NewAgreement(agreed["text"], next(iter(owners[agreed["owner"]]), ""), agreed["due"])
        for agreed in given
    )
