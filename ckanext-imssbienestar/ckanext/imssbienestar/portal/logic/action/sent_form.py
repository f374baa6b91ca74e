"""Forms sent to the Transparency Unit, and what it observes (R-033, R-041, R-042, A-12)."""

from __future__ import annotations

import json
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.model import Meeting, SentForm
from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.portal.identification import asked, meetings_mail, meetings_shown
from ckanext.imssbienestar.portal.logic import meetings_schema as schema
from ckanext.imssbienestar.portal.mail_jobs import request_sending
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import sent_forms
from ckanext.imssbienestar.procedure.sent_forms import FormKind


@tk.validate_action_data(schema.form_send)
def imss_form_send(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Send a form of a group to the Transparency Unit: the draft of Formato 1, or Formato 2.

    For the *Enlace de Transparencia* alone (R-042), who answers for it being complete and correct:
    while something blocks, it is not sent (R-041). What was sent is kept to the letter with its
    SHA-256, and goes to the institutional mailbox as a workbook. One sent for a meeting that has
    begun is kept too, and the meeting tells that it is late (R-033).

    :param coordination: the id or name of the organization of the *coordinación central*
    :type coordination: string
    :param form: ``formato_1`` or ``formato_2``
    :type form: string
    :param meeting: the id of the meeting that is to formalise it (optional)
    :type meeting: string

    :returns: what was sent
    :rtype: dictionary
    """
    who, coordination_id = asked.acting_in(
        context, "imss_form_send", "send_to_transparency_unit", data_dict["coordination"]
    )
    meeting = _meeting(data_dict.get("meeting"), coordination_id)
    with asked.refusals():
        row = sent_forms.send(
            model.Session,
            coordination_id,
            FormKind(data_dict["form"]),
            meeting_id=meeting.id if meeting is not None else None,
            by=who.person,
            now=asked.now(),
            zone=asked.ZONE,
        )
    meetings_mail.tell_form(row, meeting, who.person)
    changes = {"form": row.form, "sha256": row.sha256}
    acting.record(who, "form.sent", f"sent_form:{row.id}", changes)
    model.Session.commit()
    request_sending()
    return meetings_shown.form_shown(row)


@tk.side_effect_free
@tk.validate_action_data(schema.by_id)
def imss_form_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Show a form as it was sent to the Transparency Unit, with its observations.

    :param id: the id of what was sent
    :type id: string

    :returns: what was sent; ``document`` is its canonical JSON, whose SHA-256 is ``sha256``
    :rtype: dictionary
    """
    row = _form(data_dict["id"])
    tk.check_access("imss_form_show", context, {"coordination_id": row.coordination_id})
    observations, _ = sent_forms.observations_of(
        model.Session, [row.coordination_id], sent_form_id=row.id
    )
    return {
        **meetings_shown.form_shown(row),
        "document": json.loads(row.document),
        "observations": meetings_shown.observations_shown(observations),
    }


@tk.side_effect_free
@tk.validate_action_data(schema.form_list)
def imss_form_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List what was sent to the Transparency Unit, the newest first.

    :param coordination: the id or name of a *coordinación central*, or of a unit for all of its
        groups (default: every group you may read)
    :type coordination: string
    :param meeting: only what was sent for this meeting
    :type meeting: string
    :param limit: forms in a page, at most ``ckan.search.rows_max`` (default: 100)
    :type limit: integer
    :param offset: forms to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` of all and ``results``, this page of them, without what they say
    :rtype: dictionary
    """
    groups = asked.readable(context, "imss_form_list", data_dict.get("coordination"))
    rows, count = sent_forms.forms_of(
        model.Session,
        groups,
        meeting_id=data_dict.get("meeting") or "",
        limit=data_dict["limit"],
        offset=data_dict["offset"],
    )
    return {"count": count, "results": meetings_shown.forms_shown(rows)}


@tk.validate_action_data(schema.observation_create)
def imss_observation_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Make an observation on a form that was sent, before it is formalised.

    For the Transparency Unit (R-033). It is kept for ever, about exactly what was sent; the
    *Enlace de Transparencia* gets a mail. One made after the meeting began is told as late.

    :param form: the id of what was sent
    :type form: string
    :param text: what is observed; without telling of any person
    :type text: string

    :returns: the observation
    :rtype: dictionary
    """
    form = _form(data_dict["form"])
    who = asked.acting_as(context, "imss_observation_create", "observe", form.coordination_id)
    refuse_in_record(data_dict["text"], field="text")
    with asked.refusals():
        row = sent_forms.observe(
            model.Session, form.id, data_dict["text"], by=who.person, now=asked.now()
        )
    meetings_mail.tell_observation(row, form, who.person)
    changes = {"form": form.id}
    acting.record(who, "observation.made", f"observation:{row.id}", changes)
    model.Session.commit()
    request_sending()
    return meetings_shown.observations_shown([(row, form)])[0]


@tk.side_effect_free
@tk.validate_action_data(schema.observation_list)
def imss_observation_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List the observations of the Transparency Unit, the newest first.

    :param coordination: the id or name of a *coordinación central*, or of a unit for all of its
        groups (default: every group you may read)
    :type coordination: string
    :param form: only those on this form, by the id of what was sent
    :type form: string
    :param limit: observations in a page, at most ``ckan.search.rows_max`` (default: 100)
    :type limit: integer
    :param offset: observations to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` of all and ``results``, this page of them
    :rtype: dictionary
    """
    groups = asked.readable(context, "imss_observation_list", data_dict.get("coordination"))
    rows, count = sent_forms.observations_of(
        model.Session,
        groups,
        sent_form_id=data_dict.get("form") or "",
        limit=data_dict["limit"],
        offset=data_dict["offset"],
    )
    return {"count": count, "results": meetings_shown.observations_shown(rows)}


def _form(form_id: str) -> SentForm:
    """:raises toolkit.ObjectNotFound: no such form was sent."""
    with asked.refusals():
        return sent_forms.found(model.Session, form_id)


def _meeting(meeting_id: str | None, coordination_id: str) -> Meeting | None:
    """:raises toolkit.ObjectNotFound: the group has no such meeting."""
    if not meeting_id:
        return None
    found: Meeting | None = model.Session.get(Meeting, meeting_id)
    if found is None or found.coordination_id != coordination_id:
        raise tk.ObjectNotFound(tk._("There is no such thing, or it is not yours."))
    return found
