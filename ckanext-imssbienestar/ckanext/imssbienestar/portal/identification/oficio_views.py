"""The pages of Oficios de Validación: those of a unit, a new one, and what becomes of each."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint, Response
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.portal.identification import oficio_texts
from ckanext.imssbienestar.portal.identification.history_views import act_label
from ckanext.imssbienestar.portal.identification.oficio_pages import (
    UnitPlace,
    as_attachment,
    asked,
    told,
    unit_page,
    unit_place,
)
from ckanext.imssbienestar.portal.identification.pages import Standing, demand_account, place
from ckanext.imssbienestar.portal.logic.signing_unit import may_read_letters
from ckanext.imssbienestar.procedure import oficios

imss_validation = Blueprint("imss_validation", __name__)

_LETTERS = 50


@imss_validation.get("/working-group/<name>/validation")
def of_group(name: str) -> WerkzeugResponse:
    """From a group to the letters of the unit whose head signs for it (A-10, A-15)."""
    here = place(name)
    unit = model.Group.get(here.unit_id) if here.unit_id else None
    if unit is None:
        return tk.abort(404, tk._("Nobody signs letters for this group today."))
    return tk.redirect_to("imss_validation.index", name=unit.name)


@imss_validation.get("/validation")
def units() -> str:
    """The units whose letters this person may see, and where they stand."""
    demand_account()
    people, person = acting.people(), tk.current_user.id
    found = []
    for unit_id, unit in people.tree.units.items():
        organization = model.Group.get(unit_id)
        if organization is None or not people.tree.signs(unit_id):
            continue
        if may_read_letters(people, person, unit_id):
            here = UnitPlace(unit_id, organization.name, unit.name, people)
            found.append({"name": here.name, "title": here.title, "standing": _standing(here)})
    if not found:
        return tk.abort(404, tk._("There is no such unit, or its letters are not yours."))
    return tk.render(
        "imssbienestar/identification/validation_units.html",
        {
            "units": sorted(found, key=lambda each: str(each["title"])),
            "may_edit_template": people.may(person, "edit_oficio_template"),
            "may_see_mail": people.may(person, "look_after_mail"),
        },
    )


@imss_validation.get("/validation/<name>")
def index(name: str) -> str:
    """The letters of a unit: where each stands, and what none of them covers."""
    here = unit_place(name)
    listed = asked("imss_oficio_list", unit=here.unit_id, limit=_LETTERS)
    return unit_page(
        "validation",
        here,
        _standing(here, listed),
        letters=listed["results"],
        count=listed["count"],
        uncovered=listed["uncovered"],
        state_label=oficio_texts.state_label,
        may_prepare=here.may("prepare_oficio"),
        legal_basis=read_yaml("legal_basis.yaml")["instruments"],
    )


@imss_validation.get("/validation/<name>/new")
def new(name: str) -> str:
    """The form for a letter."""
    here = _preparing(name)
    forms = oficios.coverable_forms(model.Session, here.people.tree, here.unit_id)
    ready = [found.coordination.unit_id for found in forms if found.concentrado is not None]
    return _form(here, {"coordinations": ready})


@imss_validation.post("/validation/<name>/new")
def create(name: str) -> WerkzeugResponse | str:
    """Make a letter, or show what it would say."""
    here = _preparing(name)
    typed = _typed()
    # None chosen would mean all of them, which nobody said here.
    sent = {**typed, "coordinations": typed["coordinations"] or ["-"], "unit": here.unit_id}
    preview = "preview" in tk.request.form
    try:
        made = asked("imss_oficio_preview" if preview else "imss_oficio_create", **sent)
    except tk.ValidationError as error:
        return _form(here, typed, errors=told(error))
    except tk.NotAuthorized as error:
        return _form(here, typed, errors=[str(error)])
    if preview:
        return _form(here, typed, shown=made)
    tk.h.flash_success(tk._("The letter {folio} was made.").format(folio=made["folio"]))
    return tk.redirect_to("imss_validation.letter", name=here.name, oficio_id=made["id"])


@imss_validation.get("/validation/<name>/<oficio_id>")
def letter(name: str, oficio_id: str) -> str:
    """One letter on screen, its files, its signed copies and its mails."""
    here = unit_place(name)
    found = _found(here, oficio_id)
    return _letter_page(here, found)


@imss_validation.get("/validation/<name>/<oficio_id>/file/<form>")
def download(name: str, oficio_id: str, form: str) -> Response:
    """A letter as a file: to sign, or as it came back signed."""
    here = unit_place(name)
    _found(here, oficio_id)
    try:
        return as_attachment(asked("imss_oficio_export", id=oficio_id, format=form))
    except (tk.ObjectNotFound, tk.ValidationError):
        return tk.abort(404, tk._("There is no such file of this letter."))


@imss_validation.post("/validation/<name>/<oficio_id>/signed")
def receive_signed(name: str, oficio_id: str) -> WerkzeugResponse | str:
    """Keep the signed copy that somebody uploads."""
    upload = tk.request.files.get("upload")
    here, answer = _done("imss_oficio_receive_signed", name, oficio_id, upload=upload or "")
    if not isinstance(answer, dict):
        return answer
    tk.h.flash_success(tk._("The signed copy was kept."))
    for found in answer["findings"]:
        tk.h.flash_notice(f"{found['message']} {found['fix']}")
    return tk.redirect_to("imss_validation.letter", name=here.name, oficio_id=oficio_id)


@imss_validation.post("/validation/<name>/<oficio_id>/send")
def send(name: str, oficio_id: str) -> WerkzeugResponse | str:
    """Send a signed letter with its forms."""
    here, answer = _done("imss_oficio_send", name, oficio_id)
    if not isinstance(answer, dict):
        return answer
    tk.h.flash_success(tk._("The letter is on its way; this page tells when it was sent."))
    return tk.redirect_to("imss_validation.letter", name=here.name, oficio_id=oficio_id)


@imss_validation.post("/validation/<name>/<oficio_id>/paper")
def paper(name: str, oficio_id: str) -> WerkzeugResponse | str:
    """Write down that a letter arrived on paper."""
    form = tk.request.form
    asked_for = {name: form.get(name, "") for name in ("received_on", "reference")}
    here, answer = _done("imss_oficio_paper_receipt", name, oficio_id, **asked_for)
    if not isinstance(answer, dict):
        return answer
    tk.h.flash_success(tk._("The receipt was noted."))
    return tk.redirect_to("imss_validation.letter", name=here.name, oficio_id=oficio_id)


def _standing(here: UnitPlace, listed: dict[str, Any] | None = None) -> Standing:
    """Where the letters of a unit stand, as far as this person may know.

    :param listed: what ``imss_oficio_list`` answered; asked for when it is not given.
    """
    if listed is None:
        listed = asked("imss_oficio_list", unit=here.unit_id, limit=_LETTERS)
    without_form = [
        found.coordination.name
        for found in oficios.coverable_forms(model.Session, here.people.tree, here.unit_id)
        if found.concentrado is None
        and here.people.may(tk.current_user.id, "read_group", found.coordination.unit_id)
    ]
    return oficio_texts.unit_standing(listed["results"], listed["uncovered"], without_form)


def _preparing(name: str) -> UnitPlace:
    here = unit_place(name)
    if not here.may("prepare_oficio"):
        return tk.abort(403, tk._("The head of the unit and its liaison make the letters."))
    return here


def _found(here: UnitPlace, oficio_id: str) -> dict[str, Any]:
    """A letter of the unit, or 404: an address does not tell which there are."""
    try:
        found: dict[str, Any] = asked("imss_oficio_show", id=oficio_id)
    except (tk.ObjectNotFound, tk.NotAuthorized):
        found = {"unit_id": ""}
    if found["unit_id"] != here.unit_id:
        return tk.abort(404, tk._("There is no such letter, or it is not yours."))
    return found


def _done(
    action: str, name: str, oficio_id: str, **data: Any
) -> tuple[UnitPlace, dict[str, Any] | str]:
    """What an action about a letter answers, or the page that tells why it was not done."""
    here = unit_place(name)
    found = _found(here, oficio_id)
    try:
        answer: dict[str, Any] = asked(action, id=oficio_id, **data)
    except tk.NotAuthorized as error:
        return here, _letter_page(here, found, [str(error)])
    except tk.ValidationError as error:
        return here, _letter_page(here, _found(here, oficio_id), told(error))
    return here, answer


def _letter_page(here: UnitPlace, found: dict[str, Any], errors: list[str] | None = None) -> str:
    return unit_page(
        "validation_letter",
        here,
        oficio_texts.letter_standing(found),
        letter=found,
        errors=errors or [],
        act_label=act_label,
        may_prepare=here.may("prepare_oficio"),
        may_send=here.may("send_oficio"),
        may_note_paper=here.may("receive_oficio"),
        may_retry=here.may("send_oficio") or here.people.may(tk.current_user.id, "look_after_mail"),
    )


def _typed() -> dict[str, Any]:
    form = tk.request.form
    return {
        "folio": form.get("folio", ""),
        "date": form.get("date", ""),
        "signatory_post": form.get("signatory_post", ""),
        "coordinations": [each for each in form.getlist("coordinations") if each],
    }


def _form(
    here: UnitPlace,
    typed: dict[str, Any],
    *,
    errors: list[str] | None = None,
    shown: dict[str, Any] | None = None,
) -> str:
    """The form with what was typed; nothing of it is lost when something is wrong."""
    forms = oficios.coverable_forms(model.Session, here.people.tree, here.unit_id)
    missing = [
        tk._("Formato 2 of {group}").format(group=found.coordination.name)
        for found in forms
        if found.concentrado is None
    ]
    return unit_page(
        "validation_new",
        here,
        Standing(
            tk._("A letter that is not made yet"),
            "waiting",
            tk._("You choose the forms, look at the letter and make it."),
            missing,
        ),
        forms=forms,
        typed=typed,
        errors=errors or [],
        shown=shown,
    )
