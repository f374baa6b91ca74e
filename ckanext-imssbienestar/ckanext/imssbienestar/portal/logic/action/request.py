"""Requests of the Transparency Unit, and databases reported to it (R-034, R-035, R-043)."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.model import ReportedDatabase, Request
from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.portal.identification import asked, meetings_mail, meetings_shown
from ckanext.imssbienestar.portal.logic import meetings_schema as schema
from ckanext.imssbienestar.portal.mail_jobs import request_sending
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import reported_databases, requests
from ckanext.imssbienestar.procedure.reported_databases import ReportKind


@tk.validate_action_data(schema.request_create)
def imss_request_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Make a *requerimiento* to the *Enlace de Transparencia* of a group.

    For the Transparency Unit (R-043). The liaison gets a mail.

    :param coordination: the id or name of the organization of the *coordinación central*
    :type coordination: string
    :param text: what is asked; without telling of any person
    :type text: string
    :param due: last day to answer, ``YYYY-MM-DD``
    :type due: string

    :returns: the request
    :rtype: dictionary
    """
    who, coordination_id = asked.acting_in(
        context, "imss_request_create", "make_request", data_dict["coordination"]
    )
    refuse_in_record(data_dict["text"], field="text")
    with asked.refusals():
        row = requests.make(
            model.Session,
            coordination_id,
            data_dict["text"],
            data_dict["due"],
            by=who.person,
            today=asked.today(),
        )
    meetings_mail.tell_request(row, who.person)
    changes = {"due": asked.day(row.due)}
    acting.record(who, "request.made", f"request:{row.id}", changes)
    return _committed(row)


@tk.validate_action_data(schema.request_answer)
def imss_request_answer(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Answer a *requerimiento*, once.

    For the *Enlace de Transparencia* (R-043). A late answer is kept and told as late.

    :param id: the id of the request
    :type id: string
    :param answer: what is answered; without telling of any person
    :type answer: string

    :returns: the request with its answer
    :rtype: dictionary
    """
    row = _request(data_dict["id"])
    who = asked.acting_as(context, "imss_request_answer", "answer_request", row.coordination_id)
    refuse_in_record(data_dict["answer"], field="answer")
    with asked.refusals():
        row, _ = requests.answer(
            model.Session, row.id, data_dict["answer"], by=who.person, today=asked.today()
        )
    meetings_mail.tell_answer(row, who.person)
    changes = {"answered_on": asked.day(row.answered_on), "due": asked.day(row.due)}
    acting.record(who, "request.answered", f"request:{row.id}", changes)
    return _committed(row)


@tk.side_effect_free
@tk.validate_action_data(schema.by_id)
def imss_request_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Show a *requerimiento* and its answer.

    :param id: the id of the request
    :type id: string

    :returns: the request; ``state`` is ``open``, ``overdue`` or ``answered``
    :rtype: dictionary
    """
    row = _request(data_dict["id"])
    tk.check_access("imss_request_show", context, {"coordination_id": row.coordination_id})
    return meetings_shown.requests_shown([row])[0]


@tk.side_effect_free
@tk.validate_action_data(schema.request_list)
def imss_request_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List the *requerimientos* to a group, a unit or all groups you may read.

    Those that wait for an answer come first, by their last day (R-043).

    :param coordination: the id or name of a *coordinación central*, or of a unit for all of its
        groups (default: every group you may read)
    :type coordination: string
    :param state: only ``open``, ``overdue`` or ``answered`` ones; ``open`` has the overdue ones too
    :type state: string
    :param limit: requests in a page, at most ``ckan.search.rows_max`` (default: 100)
    :type limit: integer
    :param offset: requests to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` of all and ``results``, this page of them
    :rtype: dictionary
    """
    groups = asked.readable(context, "imss_request_list", data_dict.get("coordination"))
    rows, count = requests.requests_of(
        model.Session,
        groups,
        today=asked.today(),
        standing=data_dict.get("state") or "",
        limit=data_dict["limit"],
        offset=data_dict["offset"],
    )
    return {"count": count, "results": meetings_shown.requests_shown(rows)}


@tk.validate_action_data(schema.database_report)
def imss_database_report(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Tell the *Enlace de Transparencia* of a new database, or of one to withdraw (*baja*).

    For whoever is in the group (R-034, R-035). The liaison gets a mail and passes it on with
    ``imss_database_forward``. Nothing is published or withdrawn by it: a new database goes the
    whole way from Formato 1, and a withdrawal is the Transparency Unit's to decide.

    :param coordination: the id or name of the organization of the *coordinación central*
    :type coordination: string
    :param kind: ``new`` or ``withdrawal``
    :type kind: string
    :param text: what the database is, or why it must be withdrawn; without telling of any person
    :type text: string
    :param identifier: of the database to withdraw, as in Formato 1
    :type identifier: string

    :returns: the notice
    :rtype: dictionary
    """
    who, coordination_id = asked.acting_in(
        context, "imss_database_report", "report_database", data_dict["coordination"]
    )
    refuse_in_record(data_dict["text"], field="text")
    with asked.refusals():
        row = reported_databases.report(
            model.Session,
            coordination_id,
            ReportKind(data_dict["kind"]),
            data_dict["text"],
            identifier=data_dict["identifier"],
            by=who.person,
            now=asked.now(),
            zone=asked.ZONE,
        )
    meetings_mail.tell_liaison(row, who.person)
    changes = {"kind": row.kind, "identifier": row.identifier}
    acting.record(who, "database.reported", f"reported_database:{row.id}", changes)
    return _told(row)


@tk.validate_action_data(schema.by_id)
def imss_database_forward(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Pass a notice of a database on to the Transparency Unit.

    For the *Enlace de Transparencia* (R-034, R-035). The institutional mailbox gets a mail.

    :param id: the id of the notice
    :type id: string

    :returns: the notice
    :rtype: dictionary
    """
    found = model.Session.get(ReportedDatabase, data_dict["id"])
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such thing, or it is not yours."))
    who = asked.acting_as(
        context, "imss_database_forward", "send_to_transparency_unit", found.coordination_id
    )
    with asked.refusals():
        row = reported_databases.forward(model.Session, found.id, by=who.person, now=asked.now())
    meetings_mail.tell_transparency_unit(row, who.person)
    changes = {"forwarded": asked.moment(row.forwarded)}
    acting.record(who, "database.forwarded", f"reported_database:{row.id}", changes)
    return _told(row)


@tk.side_effect_free
@tk.validate_action_data(schema.database_list)
def imss_database_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List the notices of new databases and of those to withdraw.

    Those that wait for the liaison come first, then the newest.

    :param coordination: the id or name of a *coordinación central*, or of a unit for all of its
        groups (default: every group you may read)
    :type coordination: string
    :param state: only those ``waiting`` for the liaison, or ``forwarded``
    :type state: string
    :param limit: notices in a page, at most ``ckan.search.rows_max`` (default: 100)
    :type limit: integer
    :param offset: notices to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` of all and ``results``, this page of them
    :rtype: dictionary
    """
    groups = asked.readable(context, "imss_database_list", data_dict.get("coordination"))
    rows, count = reported_databases.reports_of(
        model.Session,
        groups,
        standing=data_dict.get("state") or "",
        limit=data_dict["limit"],
        offset=data_dict["offset"],
    )
    return {"count": count, "results": meetings_shown.reports_shown(rows)}


def _request(request_id: str) -> Request:
    """:raises toolkit.ObjectNotFound: there is none."""
    found = model.Session.get(Request, request_id)
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such thing, or it is not yours."))
    row: Request = found
    return row


def _committed(row: Request) -> dict[str, Any]:
    model.Session.commit()
    request_sending()
    return meetings_shown.requests_shown([row])[0]


def _told(row: ReportedDatabase) -> dict[str, Any]:
    model.Session.commit()
    request_sending()
    return meetings_shown.reports_shown([row])[0]
