"""The mail by which a designation goes to the head of the Transparency Unit (R-026, R-027)."""

from __future__ import annotations

import datetime

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.model import Designation, DesignationOficio
from ckanext.imssbienestar.portal import acting, mail_jobs
from ckanext.imssbienestar.procedure import mails
from ckanext.imssbienestar.procedure.mails import Attachment
from ckanext.imssbienestar.procedure.people import Acting
from ckanext.imssbienestar.procedure.rules import designation_rules, unit_rules


def tell(row: Designation, letter: DesignationOficio | None, recorder: Acting) -> bool:
    """Queue the mail in the transaction that records a designation.

    A system administrator, who records the first ones before anybody holds a post, sends none.

    :returns: whether there is a mail to be sent after the commit.
    """
    if letter is None or recorder.post is None:
        return False
    people = acting.people()
    heads = [held.person for held in people.designations if held.post is Post.TRANSPARENCY_UNIT]
    unit = people.tree.units.get(row.organization_id or "")
    organization = model.Group.get(row.organization_id) if row.organization_id else None
    grouped = unit is not None and unit.kind in unit_rules().codes("working_group")
    endpoint = "imss_group.read" if grouped else "imss_group.index"
    place = {"name": organization.name} if grouped and organization is not None else {}
    mails.queue(
        model.Session,
        kind="designation",
        subject_of=f"designation:{row.id}",
        coordination_id=str(row.organization_id) if grouped else "",
        recipients=mail_jobs.addresses_of(heads),
        copies=[config.institutional_mailbox()],
        values={
            "oficio": letter.number,
            "date": letter.date.isoformat(),
            "unit": unit.name if unit else config.organism(),
            "posts": designation_rules().post(Post(row.role)).label("es"),
            "url": tk.url_for(endpoint, **place, _external=True),
        },
        attachments=[Attachment(letter.sha256, letter.file_name, "application/pdf")],
        queued_by=recorder.person,
        now=datetime.datetime.now(datetime.UTC),
    )
    return True
