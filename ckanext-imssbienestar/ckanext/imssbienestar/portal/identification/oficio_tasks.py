"""The letters and mails that wait for a person (R-082, R-083)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.model import Oficio
from ckanext.imssbienestar.portal.identification.tasks import Task
from ckanext.imssbienestar.procedure import mails, oficio_delivery, oficios
from ckanext.imssbienestar.procedure.mails import MailState
from ckanext.imssbienestar.procedure.oficio_delivery import LetterState
from ckanext.imssbienestar.procedure.people import People


def tasks_of(people: People, person: str, today: datetime.date) -> Iterator[Task]:
    """What this person is to validate, sign, upload or send, and mails that did not leave."""
    for unit_id in sorted(filter(None, people.places(person, "prepare_oficio"))):
        organization = model.Group.get(unit_id)
        if organization is not None:
            yield from _of_unit(people, person, unit_id, organization.name)
    if people.may(person, "look_after_mail"):
        yield from _of_mail()


def _of_unit(people: People, person: str, unit_id: str, name: str) -> Iterator[Task]:
    title = people.tree.units[unit_id].name
    every = oficios.of_unit(model.Session, unit_id)
    for found in oficios.uncovered(model.Session, people.tree, unit_id, every):
        what = tk._("Make the Oficio de Validación for Formato 2 of {group}.")
        yield Task(
            what.format(group=found.coordination.name),
            tk.url_for("imss_validation.index", name=name),
            title,
        )
    for row in every:
        if oficios.replaced_by(row, every) is not None:
            continue
        what = _next_step(row, signs=people.may(person, "sign_oficio", unit_id))
        if what:
            url = tk.url_for("imss_validation.letter", name=name, oficio_id=row.id)
            yield Task(what.format(folio=row.folio), url, title)


def _next_step(row: Oficio, *, signs: bool) -> str:
    copies = oficio_delivery.signed_copies(model.Session, row.id)
    about = mails.mails_about(model.Session, oficio_delivery.subject_of(row.id))
    match oficio_delivery.state_of(copies, about):
        case LetterState.GENERATED if signs:
            return str(tk._("Sign the Oficio de Validación {folio} and upload it."))
        case LetterState.GENERATED:
            return str(tk._("Upload the Oficio de Validación {folio} when it is signed."))
        case LetterState.SIGNED:
            return str(tk._("Send the Oficio de Validación {folio}."))
        case LetterState.NOT_SENT:
            return str(tk._("Send the Oficio de Validación {folio} again: its mail did not leave."))
    return ""


def _of_mail() -> Iterator[Task]:
    _page, failed = mails.mails(model.Session, states=[MailState.FAILED.value], limit=0)
    if failed:
        what = tk._("Look at the mails that were not sent: {count}.").format(count=failed)
        yield Task(what, f"{tk.url_for('imss_mail.index')}?failed=1")
