"""An Oficio de Validación as its actions answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ckan import model

from ckanext.imssbienestar.checks.texts import title_of
from ckanext.imssbienestar.domain.oficio import Oficio
from ckanext.imssbienestar.domain.oficio_template import OficioTemplate
from ckanext.imssbienestar.formats.oficio.layout import show_oficio
from ckanext.imssbienestar.model import Oficio as OficioRow
from ckanext.imssbienestar.model import PaperReceipt, SignedOficio
from ckanext.imssbienestar.portal import acting, problems, texts
from ckanext.imssbienestar.portal.mail_texts import mail_dicts
from ckanext.imssbienestar.portal.people_names import names_of
from ckanext.imssbienestar.procedure import history, mails, oficio_delivery, oficios


def letter_dict(letter: Oficio, template: OficioTemplate) -> dict[str, Any]:
    """What a letter, or a preview of one, says: its parts as they are printed."""
    shown = show_oficio(letter, template)
    return {
        "folio": str(letter.folio),
        "date": letter.date.isoformat(),
        "unit_title": letter.unit,
        "organism": shown.organism,
        "number_line": shown.number,
        "subject": shown.subject,
        "date_line": shown.date,
        "addressee": list(shown.addressee),
        "paragraphs": list(shown.paragraphs),
        "table": [list(row) for row in shown.table],
        "covered": shown.covered,
        "digests": [asdict(each) for each in shown.digests],
        "farewell": shown.farewell,
        "attention": shown.attention,
        "signature": list(shown.signature),
        "copies": list(shown.copies),
        "totals": asdict(letter.totals),
        "meetings": [day.isoformat() for day in letter.meetings],
        "forms": [asdict(form) for form in letter.forms],
    }


def row_dict(row: OficioRow, letters: Sequence[OficioRow] | None = None) -> dict[str, Any]:
    """Where a letter stands, without what it says.

    :param letters: those of its unit, the newest first; looked up when they are not given.
    """
    if letters is None:
        letters = oficios.of_unit(model.Session, row.unit_id)
    replacing = oficios.replaced_by(row, letters)
    copies = oficio_delivery.signed_copies(model.Session, row.id)
    about = mails.mails_about(model.Session, oficio_delivery.subject_of(row.id))
    letter = oficios.content(row)
    organization = model.Group.get(row.unit_id)
    return {
        "id": row.id,
        "folio": row.folio,
        "date": letter.date.isoformat(),
        "digest": row.digest,
        "unit_id": row.unit_id,
        "unit": organization.name if organization else row.unit_id,
        "unit_title": letter.unit,
        "coordinations": [form.coordination for form in letter.forms],
        "coordination_ids": list(row.coordination_ids),
        "totals": asdict(letter.totals),
        "state": oficio_delivery.state_of(copies, about).value,
        "replaced_by": replacing.folio if replacing else None,
        "made": row.made.isoformat(),
        "made_by": names_of([row.made_by])[row.made_by],
        "outdated": problems.told(oficios.outdated(model.Session, acting.people().tree, row)),
    }


def shown_dict(row: OficioRow) -> dict[str, Any]:
    """A letter whole: what it says, what came back, what was sent."""
    copies = oficio_delivery.signed_copies(model.Session, row.id)
    about = mails.mails_about(model.Session, oficio_delivery.subject_of(row.id))
    return {
        **letter_dict(oficios.content(row), oficios.template_of(row)),
        **row_dict(row),
        "signed_copies": [signed_dict(copy) for copy in copies],
        "mails": mail_dicts(about),
        "history": _events(row),
        "paper_receipts": [
            _paper_dict(receipt) for receipt in oficios.paper_receipts(model.Session, row.id)
        ],
    }


def signed_dict(copy: SignedOficio) -> dict[str, Any]:
    """A copy that came back, refused ones too."""
    return {
        "id": copy.id,
        "sha256": copy.sha256,
        "size": copy.size,
        "file_name": copy.file_name,
        "accepted": copy.accepted,
        "problems": list(copy.problems),
        "problem_titles": [title_of(code, texts.language()) for code in copy.problems],
        "signatures": list(copy.signatures),
        "received": copy.received.isoformat(),
        "received_by": names_of([copy.received_by])[copy.received_by],
    }


def _events(row: OficioRow) -> list[dict[str, Any]]:
    """What was done to it, the newest first, as the history keeps it."""
    found = history.events_of(model.Session, oficio_delivery.subject_of(row.id))
    names = names_of(each.event.person for each in found)
    return [
        {
            "number": each.number,
            "act": each.event.act,
            "at": each.event.at.isoformat(),
            "person": names[each.event.person],
            "hash": each.hash,
        }
        for each in found
    ]


def _paper_dict(receipt: PaperReceipt) -> dict[str, Any]:
    return {
        "received_on": receipt.received_on.isoformat(),
        "reference": receipt.reference,
        "recorded": receipt.recorded.isoformat(),
        "recorded_by": names_of([receipt.recorded_by])[receipt.recorded_by],
    }
