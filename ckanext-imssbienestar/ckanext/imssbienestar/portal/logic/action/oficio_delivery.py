"""Oficios de Validación after they were made: signed copies, the mail, paper, the template."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ckan import model
from ckan.lib.munge import munge_filename
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.domain.history import Anchor
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import ConfigurationError, ImssError
from ckanext.imssbienestar.formats.oficio.signed import SignedCopy, check_signed_copy
from ckanext.imssbienestar.model import Oficio
from ckanext.imssbienestar.portal import acting, mail_jobs, oficio_files, problems
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.identification import oficio_shown
from ckanext.imssbienestar.portal.logic import oficio_schema as schema
from ckanext.imssbienestar.portal.logic.signing_unit import letter
from ckanext.imssbienestar.portal.people_names import names_of
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.portal.texts import sentence
from ckanext.imssbienestar.procedure import history, oficio_delivery, oficio_templates, oficios
from ckanext.imssbienestar.procedure.people import Acting
from ckanext.imssbienestar.procedure.refusals import ActRefused
from ckanext.imssbienestar.procedure.rules import designation_rules


@tk.validate_action_data(schema.oficio_receive_signed)
def imss_oficio_receive_signed(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Keep the signed copy of an Oficio de Validación: a scan, or a PDF signed electronically.

    For the head of the unit and its liaison. The PDF is looked at: whether it can be opened, holds
    the number and the SHA-256 of this letter and no other's, and what its electronic signatures
    are worth. What stands against it is told as ``findings``; such a copy is recorded and its bytes
    are not kept. The newest copy that was kept counts, until the letter is sent.

    :param id: the id of the letter
    :type id: string
    :param upload: the PDF
    :type upload: file

    :returns: the letter as ``imss_oficio_show`` gives it, and ``findings``: what to look at
    :rtype: dictionary
    """
    row = letter(context, data_dict["id"], "imss_oficio_receive_signed")
    actor = acting.require(context, "prepare_oficio", row.unit_id)
    upload = data_dict["upload"]
    if not isinstance(upload, FileStorage) or not upload.filename:
        raise tk.ValidationError({"upload": [tk._("Attach the signed letter as PDF.")]})
    name = munge_filename(upload.filename)
    try:
        with content_store().receive(upload.stream, config.largest_file()) as candidate:
            copy = _looked_at(candidate.path, row)
            if _recorded(actor, row, copy, name):
                content_store().keep(candidate)
    except ActRefused as error:
        model.Session.rollback()
        raise problems.refusal(error.problems, "upload") from error
    except ImssError as error:
        model.Session.rollback()
        raise tk.ValidationError({"upload": [sentence(error)]}) from error
    model.Session.commit()
    if any(found["severity"] == "blocking" for found in problems.told(copy.problems)):
        raise problems.refusal(copy.problems, "upload")
    return {**oficio_shown.shown_dict(row), "findings": problems.told(copy.problems)}


@tk.validate_action_data(schema.oficio_show)
def imss_oficio_send(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Send a signed Oficio de Validación with its forms to the Transparency Unit (R-083).

    For the head of the unit and its liaison. The mail goes to the institutional mailbox with copy
    to the *Administrador de Datos Abiertos* (R-091), and carries the signed letter and each
    Formato 1 and Formato 2 that it covers (R-089). It leaves in the background; ``mails`` tells
    when, under which Message-ID, and why not. A letter is sent once; again only when its mail was
    given up.

    :param id: the id of the letter
    :type id: string

    :returns: the letter as ``imss_oficio_show`` gives it
    :rtype: dictionary
    """
    row = letter(context, data_dict["id"], "imss_oficio_send")
    actor = acting.require(context, "send_oficio", row.unit_id)
    now = datetime.datetime.now(datetime.UTC)
    try:
        row, copy = oficio_delivery.to_send(model.Session, row.id)
        attachments = oficio_files.to_send(row, copy)
        told = {"folio": row.folio, "signed_copy": copy.sha256}
        event = acting.record(actor, "oficio.sent", oficio_delivery.subject_of(row.id), told)
        oficio_delivery.send(
            model.Session,
            row,
            mailbox=config.institutional_mailbox(),
            administrators=_administrators(),
            attachments=attachments,
            values=_mail_values(row, actor, Anchor(event.number, event.hash)),
            person=actor.person,
            now=now,
        )
    except ActRefused as error:
        model.Session.rollback()
        raise problems.refusal(error.problems) from error
    except ImssError as error:
        model.Session.rollback()
        raise tk.ValidationError({"message": [sentence(error)]}) from error
    history.note_anchor(model.Session, f"mail:{oficio_delivery.subject_of(row.id)}", now)
    model.Session.commit()
    mail_jobs.request_sending()
    return oficio_shown.shown_dict(row)


@tk.validate_action_data(schema.oficio_paper_receipt)
def imss_oficio_paper_receipt(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Write down that an Oficio de Validación arrived on paper too (R-089, A-19).

    For the Transparency Unit. What counts is the mail; the receipt is only noted.

    :param id: the id of the letter
    :type id: string
    :param received_on: the day, ``YYYY-MM-DD``
    :type received_on: string
    :param reference: number of the stamp or of its entry in the register
    :type reference: string

    :returns: the letter as ``imss_oficio_show`` gives it
    :rtype: dictionary
    """
    row = letter(context, data_dict["id"], "imss_oficio_paper_receipt")
    actor = acting.require(context, "receive_oficio", row.unit_id)
    day = schema.read_day(data_dict["received_on"], "received_on")
    reference = data_dict["reference"].strip()
    refuse_in_record(reference, field="reference")
    now = datetime.datetime.now(datetime.UTC)
    try:
        oficios.record_paper(model.Session, row.id, day, reference, person=actor.person, now=now)
    except ActRefused as error:
        model.Session.rollback()
        raise problems.refusal(error.problems, "received_on") from error
    told = {"received_on": day.isoformat(), "reference": reference}
    acting.record(actor, "oficio.arrived_on_paper", oficio_delivery.subject_of(row.id), told)
    model.Session.commit()
    return oficio_shown.shown_dict(row)


@tk.side_effect_free
def imss_oficio_template_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The words of the Oficios de Validación that count now, and since when there were others.

    For the Transparency Unit.

    :returns: ``template``, and ``versions`` with ``since`` and ``changed_by``, the newest first
    :rtype: dictionary
    """
    tk.check_access("imss_oficio_template_show", context, data_dict)
    versions = oficio_templates.versions(model.Session)
    names = names_of(version.changed_by for version in versions)
    return {
        "template": oficio_templates.template(model.Session).model_dump(mode="json"),
        "versions": [
            {"since": version.since.isoformat(), "changed_by": names[version.changed_by]}
            for version in versions
        ],
    }


@tk.validate_action_data(schema.oficio_template_update)
def imss_oficio_template_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change the words of the Oficios de Validación from now on (R-088, A-18).

    For the Transparency Unit. Letters that were made keep the words they were made with. Refused,
    with ``findings``, when a letter with these words would lack a part, ask for an unknown word in
    braces, or have another subject (R-085).

    :param template: all the words, as ``imss_oficio_template_show`` gives them
    :type template: dictionary
    :param preview: check the words and change nothing (default: false)
    :type preview: boolean

    :returns: as ``imss_oficio_template_show``
    :rtype: dictionary
    """
    tk.check_access("imss_oficio_template_update", context, data_dict)
    actor = acting.require(context, "edit_oficio_template")
    proposed = data_dict["template"]
    if not isinstance(proposed, Mapping):
        raise tk.ValidationError({"template": [tk._("Send the words by their names.")]})
    refuse_in_record("\n".join(_texts_in(proposed)), field="template")
    now = datetime.datetime.now(datetime.UTC)
    try:
        words = oficio_templates.checked(proposed)
        changed = not data_dict["preview"] and oficio_templates.change(
            model.Session, words, person=actor.person, now=now
        )
    except ActRefused as error:
        model.Session.rollback()
        raise problems.refusal(error.problems, "template") from error
    except ConfigurationError as error:
        raise tk.ValidationError({"template": [sentence(error)]}) from error
    if changed:
        acting.record(actor, "oficio.template_changed", f"oficio_template:{changed.id}")
    model.Session.commit()
    answer = imss_oficio_template_show(context, {})
    return {**answer, "template": words.model_dump(mode="json")}


def _looked_at(path: Path, row: Oficio) -> SignedCopy:
    """What is known of a file that came back as the letter, and what is wrong with it."""
    copy = check_signed_copy(path, oficios.content(row), config.trusted_certificates())
    _name, _media_type, generated = oficio_files.to_sign(row, "pdf")
    if copy.sha256 == hashlib.sha256(generated).hexdigest():
        unsigned = Problem("signed-as-generated", facts={"folio": row.folio})
        return replace(copy, problems=(unsigned,))
    if copy.has_text and not copy.signatures:
        # Of a scan, a person looks at the signature anyway.
        return replace(copy, problems=(*copy.problems, Problem("signed-no-signature")))
    return copy


def _recorded(actor: Acting, row: Oficio, copy: SignedCopy, name: str) -> bool:
    """Record a copy in the present transaction; whether it was accepted."""
    signed = oficio_delivery.receive_signed(
        model.Session,
        row.id,
        copy,
        name,
        person=actor.person,
        now=datetime.datetime.now(datetime.UTC),
    )
    done = "oficio.signed_copy_kept" if signed.accepted else "oficio.signed_copy_refused"
    told = {"sha256": signed.sha256, "size": signed.size, "problems": list(signed.problems)}
    acting.record(actor, done, oficio_delivery.subject_of(row.id), told)
    return signed.accepted


def _administrators() -> list[str]:
    """Addresses of the Administrador de Datos Abiertos of today."""
    held = acting.people().designations
    return mail_jobs.addresses_of(each.person for each in held if each.post is Post.ADMINISTRATOR)


def _mail_values(row: Oficio, actor: Acting, anchor: Anchor) -> dict[str, str]:
    said = oficios.content(row)
    shown = oficio_shown.letter_dict(said, oficios.template_of(row))
    organization = model.Group.get(row.unit_id)
    post = designation_rules().post(actor.post).label("es") if actor.post else ""
    return {
        "folio": row.folio,
        "unit": said.unit,
        "coordinations": ", ".join(form.coordination for form in said.forms),
        **{name: str(count) for name, count in asdict(said.totals).items()},
        "digests": "\n".join(f"{each['label']}\n{each['digest']}" for each in shown["digests"]),
        "events": str(anchor.count),
        "history": anchor.last_hash,
        "sender": ", ".join(filter(None, [names_of([actor.person])[actor.person], post])),
        "url": tk.url_for(
            "imss_validation.letter", name=organization.name, oficio_id=row.id, qualified=True
        ),
    }


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts_in(each)
