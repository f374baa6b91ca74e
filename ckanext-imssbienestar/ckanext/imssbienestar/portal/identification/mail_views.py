"""The pages of mails: those of a group, all of them for the Transparency Unit, and trying again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.portal.identification.oficio_pages import asked, told
from ckanext.imssbienestar.portal.identification.pages import (
    Standing,
    demand_account,
    place,
    section_page,
)
from ckanext.imssbienestar.procedure.mails import MailState

imss_mail = Blueprint("imss_mail", __name__)

_PAGE = 50


@imss_mail.get("/working-group/<name>/mail")
def of_group(name: str) -> str:
    """The mails of a group."""
    here = place(name)
    page = _page_number()
    found = asked(
        "imss_mail_list",
        coordination=here.coordination_id,
        limit=_PAGE,
        offset=(page - 1) * _PAGE,
    )
    return section_page(
        "mail",
        here,
        "imss_mail.of_group",
        _standing(coordination=here.coordination_id),
        mails=found["results"],
        count=found["count"],
        page=page,
        pages=-(-found["count"] // _PAGE),
        may_retry=here.may("send_to_transparency_unit") or _looks_after(),
        back=tk.url_for("imss_mail.of_group", name=name),
    )


@imss_mail.get("/mail")
def index() -> str:
    """All mails, for the Transparency Unit."""
    demand_account()
    page = _page_number()
    failed = "failed" in tk.request.args
    try:
        found = asked(
            "imss_mail_list",
            state=[MailState.FAILED.value] if failed else [],
            limit=_PAGE,
            offset=(page - 1) * _PAGE,
        )
    except tk.NotAuthorized:
        return tk.abort(404, tk._("There is no such page, or it is not yours."))
    return tk.render(
        "imssbienestar/identification/mails.html",
        {
            "mails": found["results"],
            "count": found["count"],
            "page": page,
            "pages": -(-found["count"] // _PAGE),
            "failed": failed,
            "standing": _standing(),
            "may_retry": True,
            "back": tk.url_for("imss_mail.index"),
            "today": None,
        },
    )


@imss_mail.post("/mail/<mail_id>/retry")
def retry(mail_id: str) -> WerkzeugResponse:
    """Have a mail tried again, and go back to where that was asked."""
    demand_account()
    try:
        asked("imss_mail_retry", id=mail_id)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return tk.abort(404, tk._("There is no such mail, or it is not yours."))
    except tk.ValidationError as error:
        for sentence in told(error):
            tk.h.flash_error(sentence)
    else:
        tk.h.flash_success(tk._("The mail is tried again now."))
    return tk.redirect_to(_back(tk.request.form.get("back", "")))


def _back(address: str) -> str:
    """The page of ours that asked; another site's address is not gone to."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    return address if ours else str(tk.url_for("imss_work.index"))


def _page_number() -> int:
    asked_for = tk.request.args.get("page", "1")
    return max(1, int(asked_for)) if asked_for.isdecimal() and len(asked_for) < 7 else 1


def _count(*states: MailState, **data: Any) -> int:
    found = asked("imss_mail_list", state=[state.value for state in states], limit=0, **data)
    return int(found["count"])


def _looks_after() -> bool:
    return acting.people().may(tk.current_user.id, "look_after_mail")


def _standing(**data: Any) -> Standing:
    """Where the mails stand; ``data`` says of which group."""
    if failed := _count(MailState.FAILED, **data):
        return Standing(
            tk._("Mails that were not sent: {count}").format(count=failed),
            "bad",
            tk._("Look at why, and press “Try again” when the cause is mended."),
            [tk._("that these mails arrive")],
        )
    if waiting := _count(MailState.QUEUED, MailState.SENDING, **data):
        return Standing(
            tk._("Mails that wait to be sent: {count}").format(count=waiting),
            "waiting",
            tk._("The system sends it; there is nothing to do but wait."),
        )
    return Standing(tk._("No mail was given up."), "good")
