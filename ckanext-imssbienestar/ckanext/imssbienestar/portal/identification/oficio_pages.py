"""The frame of the pages of a unit's letters: whose they are, who may see them, their files."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from flask import Response

from ckanext.imssbienestar.portal import acting, permissions
from ckanext.imssbienestar.portal.identification.pages import Standing, demand_account
from ckanext.imssbienestar.portal.logic.signing_unit import may_read_letters
from ckanext.imssbienestar.procedure.people import People


@dataclass(frozen=True)
class UnitPlace:
    """A unit whose head signs, on the day of ``people``.

    :ivar name: of CKAN's organization; it never changes.
    """

    unit_id: str
    name: str
    title: str
    people: People

    def may(self, act: str) -> bool:
        """Whether the person of the request may do an act over this unit."""
        return self.people.may(tk.current_user.id, act, self.unit_id)


def unit_place(name: str) -> UnitPlace:
    """The unit of an organization, for somebody who may see letters of it.

    Ends the request with 404 for everybody else: an address does not tell which there are.
    """
    demand_account()
    organization = model.Group.get(name)
    people = acting.people()
    unit_id = str(organization.id) if organization is not None else ""
    if not people.tree.signs(unit_id) or not may_read_letters(people, tk.current_user.id, unit_id):
        return tk.abort(404, tk._("There is no such unit, or its letters are not yours."))
    return UnitPlace(unit_id, organization.name, people.tree.units[unit_id].name, people)


def unit_page(template: str, place: UnitPlace, standing: Standing, **variables: Any) -> str:
    """A page of a unit's letters in its frame.

    :param template: under ``imssbienestar/identification/``, without ``.html``.
    """
    return tk.render(
        f"imssbienestar/identification/{template}.html",
        {"place": place, "standing": standing, "today": permissions.today(), **variables},
    )


def asked(action: str, **data: Any) -> Any:
    """What an action answers the person of the request."""
    return tk.get_action(action)({"user": tk.current_user.name}, data)


def told(error: tk.ValidationError) -> list[str]:
    """What a refusal says: each finding once, with what to do."""
    fields = {name: said for name, said in error.error_dict.items() if name != "findings"}
    listed = (said if isinstance(said, list) else [said] for said in fields.values())
    return list(dict.fromkeys(str(each) for said in listed for each in said))


def as_attachment(file: dict[str, str]) -> Response:
    """A file of an action as a download that no browser opens or keeps."""
    response = Response(base64.b64decode(file["base64"]), mimetype=file["media_type"])
    response.headers.set("Content-Disposition", "attachment", filename=file["name"])
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
