"""The mails that meetings, forms sent, requests and notices cause; see ``schemas/mails.yaml``.

Each is queued in the transaction of what causes it; the people of a group get one each.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.formats.concentrado.workbook import dump_concentrado_workbook
from ckanext.imssbienestar.formats.inventory.workbook import dump_inventory_xlsx
from ckanext.imssbienestar.model import (
    Meeting,
    Observation,
    ReportedDatabase,
    Request,
    SentForm,
)
from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.identification import asked
from ckanext.imssbienestar.procedure import mails, sent_forms
from ckanext.imssbienestar.procedure.mails import Attachment
from ckanext.imssbienestar.procedure.reported_databases import ReportKind
from ckanext.imssbienestar.procedure.sent_forms import FormKind

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def tell_called(meeting: Meeting, user_ids: Iterable[str], by: str) -> None:
    """Call people to a meeting that is still to come; one that began calls nobody."""
    if meeting.starts_at <= asked.now():
        return
    begins = meeting.starts_at.astimezone(asked.ZONE)
    values = {
        "group": _group(meeting.coordination_id)["title"],
        "day": begins.date().isoformat(),
        "time": begins.strftime("%H:%M"),
        "agenda": "\n".join(f"- {item}" for item in meeting.agenda) or "–",
        "url": _url("imss_meetings.show", meeting.coordination_id, id=meeting.id),
    }
    _tell_each(user_ids, "meeting_called", f"meeting:{meeting.id}", meeting, values, by)


def tell_form(form: SentForm, meeting: Meeting | None, by: str) -> None:
    """Send a form to the Transparency Unit, as a workbook (R-033, R-042)."""
    values = {
        "group": _group(form.coordination_id)["title"],
        "form": sent_forms.name_of(form.form),
        "sha256": form.sha256,
        "url": _url("imss_requests.form", form.coordination_id, id=form.id),
    }
    kind = "form_sent"
    if meeting is not None:
        kind = "forms_before_meeting"
        values["day"] = meeting.starts_at.astimezone(asked.ZONE).date().isoformat()
    mails.queue(
        model.Session,
        kind=kind,
        subject_of=f"sent_form:{form.id}",
        coordination_id=form.coordination_id,
        recipients=[config.institutional_mailbox()],
        values=values,
        attachments=[_kept(form)],
        queued_by=by,
        now=asked.now(),
    )


def tell_observation(observation: Observation, form: SentForm, by: str) -> None:
    """Tell the liaison that the Transparency Unit observed something (R-033)."""
    values = {
        "group": _group(form.coordination_id)["title"],
        "form": sent_forms.name_of(form.form),
        "url": _url("imss_requests.form", form.coordination_id, id=form.id),
    }
    liaisons = _liaisons(form.coordination_id)
    subject_of = f"observation:{observation.id}"
    _tell_each(liaisons, "observation_made", subject_of, form, values, by)


def tell_request(request: Request, by: str) -> None:
    """Tell the liaison of a request (R-043)."""
    values = {
        "group": _group(request.coordination_id)["title"],
        "due": request.due.isoformat(),
        "text": request.text,
        "url": _url("imss_requests.show", request.coordination_id, id=request.id),
    }
    liaisons = _liaisons(request.coordination_id)
    _tell_each(liaisons, "request_made", f"request:{request.id}", request, values, by)


def tell_answer(request: Request, by: str) -> None:
    """Tell the Transparency Unit of an answer (R-043)."""
    values = {
        "group": _group(request.coordination_id)["title"],
        "text": request.text,
        "answer": request.answer,
        "url": _url("imss_requests.show", request.coordination_id, id=request.id),
    }
    _tell_transparency_unit("request_answered", f"request:{request.id}", request, values, by)


def tell_liaison(report: ReportedDatabase, by: str) -> None:
    """Tell the liaison of a new database, or of one to withdraw (R-034, R-035)."""
    kind, values = _report(report)
    # A liaison who is the one that tells needs no mail of it.
    liaisons = [person for person in _liaisons(report.coordination_id) if person != by]
    _tell_each(liaisons, kind, f"reported_database:{report.id}", report, values, by)


def tell_transparency_unit(report: ReportedDatabase, by: str) -> None:
    """Tell the Transparency Unit of it, once the liaison passes it on."""
    kind, values = _report(report)
    _tell_transparency_unit(kind, f"reported_database:{report.id}", report, values, by)


def form_workbook(form: SentForm) -> tuple[str, bytes]:
    """A form that was sent, as the workbook it was sent as: the name of the file and its bytes."""
    group = _group(form.coordination_id)["name"]
    if form.form == FormKind.INVENTORY.value:
        draft = sent_forms.sent_draft(form)
        return f"formato-1-{group}.xlsx", dump_inventory_xlsx(draft.header, draft.entries)
    content = dump_concentrado_workbook(sent_forms.sent_concentrado(form))
    return f"formato-2-{group}.xlsx", content


def _report(report: ReportedDatabase) -> tuple[str, dict[str, str]]:
    values = {
        "group": _group(report.coordination_id)["title"],
        "text": report.text,
        "url": _url("imss_requests.databases", report.coordination_id),
    }
    if report.kind == ReportKind.NEW.value:
        return "new_database_reported", values
    return "withdrawal_reported", {**values, "database": report.identifier}


def _tell_each(
    user_ids: Iterable[str],
    kind: str,
    subject_of: str,
    about: Meeting | SentForm | Request | ReportedDatabase,
    values: dict[str, str],
    by: str,
) -> None:
    """Queue a mail for each person; who has no address gets one that waits for one."""
    wanted = tuple(dict.fromkeys(user_ids))
    rows = model.Session.execute(
        sa.select(model.User.id, model.User.email).where(model.User.id.in_(wanted))
    )
    addresses = {row.id: row.email for row in rows}
    now = asked.now()
    for user_id in wanted:
        address = addresses.get(user_id)
        mails.queue(
            model.Session,
            kind=kind,
            subject_of=subject_of,
            coordination_id=about.coordination_id,
            recipients=[address] if address else [],
            values=values,
            queued_by=by,
            now=now,
        )


def _tell_transparency_unit(
    kind: str,
    subject_of: str,
    about: Request | ReportedDatabase,
    values: dict[str, str],
    by: str,
) -> None:
    mails.queue(
        model.Session,
        kind=kind,
        subject_of=subject_of,
        coordination_id=about.coordination_id,
        recipients=[config.institutional_mailbox()],
        values=values,
        queued_by=by,
        now=asked.now(),
    )


def _kept(form: SentForm) -> Attachment:
    """The workbook of a form, in the content store."""
    name, content = form_workbook(form)
    store = content_store()
    with store.receive(BytesIO(content), len(content)) as candidate:
        store.keep(candidate)
    return Attachment(candidate.sha256, name, XLSX)


def _liaisons(coordination_id: str) -> list[str]:
    held = acting.people().holders(Post.LIAISON, coordination_id)
    return [designation.person for designation in held]


def _group(coordination_id: str) -> dict[str, str]:
    shown = asked.groups_shown([coordination_id])
    return shown.get(coordination_id, {"name": coordination_id, "title": coordination_id})


def _url(endpoint: str, coordination_id: str, **arguments: Any) -> str:
    name = _group(coordination_id)["name"]
    # Who reads a mail may have another language than who caused it: the address has none.
    return str(tk.url_for(endpoint, name=name, qualified=True, locale="default", **arguments))
