"""Oficios de Validación: prepared from closed forms, and read (R-082 to R-093)."""

from __future__ import annotations

import base64
import datetime
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.analysis import DocumentRefused
from ckanext.imssbienestar.domain.designations import Post as DesignatedPost
from ckanext.imssbienestar.domain.oficio import Post
from ckanext.imssbienestar.portal import acting, oficio_files, problems
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.identification import oficio_shown
from ckanext.imssbienestar.portal.logic import oficio_schema as schema
from ckanext.imssbienestar.portal.logic.signing_unit import (
    letter,
    may_read_letter,
    signing_unit_id,
)
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import history, oficio_delivery, oficio_templates, oficios
from ckanext.imssbienestar.procedure.oficios import NewOficio
from ckanext.imssbienestar.procedure.people import People
from ckanext.imssbienestar.procedure.rules import designation_rules


@tk.side_effect_free
@tk.validate_action_data(schema.oficio_new)
def imss_oficio_preview(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What an Oficio de Validación would say; nothing is made.

    For the head of the unit and its liaison. The parameters are those of ``imss_oficio_create``.

    :param unit: id or name of the unit
    :type unit: string
    :param folio: number and year
    :type folio: string
    :param date: the day of the letter (default: today)
    :type date: string
    :param coordinations: the groups that it covers
    :type coordinations: list of strings
    :param signatory_post: the post under the signature
    :type signatory_post: string

    :returns: the letter's parts, as ``imss_oficio_show`` gives them; no ``id``
    :rtype: dictionary
    """
    unit = signing_unit_id(context, data_dict["unit"], "imss_oficio_preview")
    people = acting.people()
    try:
        made = oficios.draft(model.Session, people.tree, _new(people, unit, data_dict))
    except DocumentRefused as error:
        raise problems.refusal(error.problems) from error
    return oficio_shown.letter_dict(made, oficio_templates.template(model.Session))


@tk.validate_action_data(schema.oficio_new)
def imss_oficio_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Make the Oficio de Validación of a unit, from the newest Formato 2 of some of its groups.

    For the head of the unit and its liaison. It holds the SHA-256 of each Formato 1 and Formato 2
    that it covers, and never changes (R-093): a form that changes later needs a new or a
    complementary letter. Refused, with ``findings``, while something is missing: the Formato 2 of
    a group, a meeting held in the year (R-090), the head's designation, the number (R-084).

    :param unit: id or name of the unit whose head signs: a *unidad administrativa*, or a
        coordination that hangs from the *Dirección General* itself (A-15)
    :type unit: string
    :param folio: number and year, as ``IB-UAS/0012/2026``; no two letters have the same
    :type folio: string
    :param date: the day of the letter, ``YYYY-MM-DD`` (default: today)
    :type date: string
    :param coordinations: ids or names of the *coordinaciones centrales* that it covers (A-10);
        none for all that have a Formato 2
    :type coordinations: list of strings
    :param signatory_post: the post under the signature (default: that of the designation)
    :type signatory_post: string

    :returns: the letter as ``imss_oficio_show`` gives it
    :rtype: dictionary
    """
    unit = signing_unit_id(context, data_dict["unit"], "imss_oficio_create")
    actor = acting.require(context, "prepare_oficio", unit)
    people, now = acting.people(), datetime.datetime.now(datetime.UTC)
    new = _new(people, unit, data_dict)
    refuse_in_record(new.folio, field="folio")
    refuse_in_record(new.signatory.post, field="signatory_post")
    try:
        row = oficios.create(model.Session, people.tree, new, person=actor.person, now=now)
    except DocumentRefused as error:
        model.Session.rollback()
        raise problems.refusal(error.problems) from error
    subject = oficio_delivery.subject_of(row.id)
    told = {"folio": row.folio, "digest": row.digest, "covers": list(row.coordination_ids)}
    acting.record(actor, "oficio.generated", subject, told)
    history.note_anchor(model.Session, subject, now)
    model.Session.commit()
    return oficio_shown.shown_dict(row)


@tk.side_effect_free
@tk.validate_action_data(schema.oficio_show)
def imss_oficio_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """An Oficio de Validación: what it says and covers, its signed copies, its mails.

    For the head of the unit, its liaison, the Transparency Unit, and members of groups when it is
    about no other group than theirs.

    :param id: the id of the letter
    :type id: string

    :returns: the letter; ``state`` is ``generated`` (the signature is missing), ``signed``,
        ``sending``, ``sent`` or ``not_sent``; ``replaced_by`` is the number of a later letter about
        the same groups; ``outdated`` has a finding for each form that changed after it (R-093);
        ``signed_copies``, ``mails``, ``paper_receipts`` and ``history`` tell what became of it
    :rtype: dictionary
    """
    return oficio_shown.shown_dict(letter(context, data_dict["id"], "imss_oficio_show"))


@tk.side_effect_free
@tk.validate_action_data(schema.oficio_list)
def imss_oficio_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The Oficios de Validación of a unit that this person may see, the newest first.

    :param unit: id or name of the unit
    :type unit: string
    :param limit: how many (default: 50)
    :type limit: integer
    :param offset: where to begin (default: 0)
    :type offset: integer

    :returns: ``count`` of all, ``results``, this page of them, and ``uncovered``: the groups whose
        newest Formato 2 no letter covers yet
    :rtype: dictionary
    """
    unit = signing_unit_id(context, data_dict["unit"], "imss_oficio_list")
    people, user = acting.people(), model.User.get(str(context.get("user") or ""))
    every = oficios.of_unit(model.Session, unit)
    seen = [row for row in every if may_read_letter(people, user.id, row)]
    first = data_dict["offset"]
    return {
        "count": len(seen),
        "results": [
            oficio_shown.row_dict(row, every) for row in seen[first : first + data_dict["limit"]]
        ],
        "uncovered": [
            {"coordination": found.coordination.name, "version": found.concentrado.header.version}
            for found in oficios.uncovered(model.Session, people.tree, unit, every)
            if found.concentrado and people.may(user.id, "read_group", found.coordination.unit_id)
        ],
    }


@tk.side_effect_free
@tk.validate_action_data(schema.oficio_export)
def imss_oficio_export(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """An Oficio de Validación as a file, to be signed or as it came back signed.

    For those who may see the letter.

    :param id: the id of the letter
    :type id: string
    :param format: ``docx`` (can be edited before it is signed), ``pdf``, or ``signed``: the signed
        copy that counts
    :type format: string

    :returns: ``name`` and ``media_type`` of the file, and its bytes in ``base64``
    :rtype: dictionary
    """
    row = letter(context, data_dict["id"], "imss_oficio_export")
    if data_dict["format"] == "signed":
        copy = oficio_delivery.accepted_copy(oficio_delivery.signed_copies(model.Session, row.id))
        if copy is None:
            raise tk.ObjectNotFound(tk._("This letter has not come back signed."))
        name, media_type = f"{oficio_files.file_stem(row)}-firmado.pdf", oficio_files.PDF
        content = content_store().path(copy.sha256).read_bytes()
    else:
        name, media_type, content = oficio_files.to_sign(row, data_dict["format"])
    return {
        "name": name,
        "media_type": media_type,
        "base64": base64.b64encode(content).decode("ascii"),
    }


def _new(people: People, unit_id: str, data_dict: DataDict) -> NewOficio:
    chosen = data_dict["coordinations"]
    if not isinstance(chosen, list):
        chosen = [chosen]
    return NewOficio(
        unit_id=unit_id,
        folio=data_dict["folio"].strip(),
        date=schema.read_day(data_dict.get("date"), "date"),
        coordination_ids=_coordination_ids(people, unit_id, [str(each) for each in chosen]),
        signatory=_signatory(people, unit_id, data_dict["signatory_post"].strip()),
        settings=config.oficio_settings(_administrator(people)),
    )


def _coordination_ids(people: People, unit_id: str, chosen: list[str]) -> tuple[str, ...]:
    """The groups that were chosen; all of the unit that have a Formato 2 when none was."""
    if not any(chosen):
        forms = oficios.coverable_forms(model.Session, people.tree, unit_id)
        return tuple(form.coordination.unit_id for form in forms if form.concentrado is not None)
    found = [model.Group.get(each) for each in chosen if each]
    return tuple(dict.fromkeys(str(each.id) if each is not None else "" for each in found))


def _signatory(people: People, unit_id: str, post: str) -> Post:
    """The head of the unit today, who signs (R-082, A-15); without a name when there is none."""
    head = next(iter(people.who_may("sign_oficio", unit_id)), None)
    user = model.User.get(head) if head else None
    label = designation_rules().post(DesignatedPost.UNIT_HEAD).label("es")
    unit = people.tree.units[unit_id].name
    return Post(str(user.fullname or "") if user else "", post or label, unit)


def _administrator(people: People) -> str:
    """The name of the Administrador de Datos Abiertos, who is given a copy (R-091)."""
    for held in people.designations:
        user = model.User.get(held.person) if held.post is DesignatedPost.ADMINISTRATOR else None
        if user is not None:
            return str(user.fullname or "")
    return ""
