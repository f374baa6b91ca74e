"""The frame that the pages of a working group share: who may see it, where it stands, the way back.

Every page says its state, who acts next, what is missing and until when; the templates extend
``imssbienestar/identification/base.html``.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ckan import model
from ckan.plugins import toolkit as tk
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.portal import acting, permissions
from ckanext.imssbienestar.portal.texts import N_
from ckanext.imssbienestar.procedure.people import People

Tone = Literal["good", "waiting", "bad"]


class Section(NamedTuple):
    """A tab of a group's pages.

    :ivar endpoint: takes the name of the group's organization as ``name``.
    :ivar title: an English msgid.
    """

    endpoint: str
    title: str


# In the order in which the Procedure goes.
SECTIONS: tuple[Section, ...] = (
    Section("imss_group.read", N_("Group")),
    Section("imss_meetings.index", N_("Meetings")),
    Section("imss_inventory.read", "Formato 1"),
    Section("imss_analysis.read", N_("Public interest")),
    Section("imss_concentrado.read", N_("Formato 2")),
    Section("imss_validation.of_group", N_("Oficio de Validación")),
    Section("imss_mail.of_group", N_("Mail")),
    Section("imss_history.read", N_("History")),
)


@dataclass(frozen=True)
class Place:
    """A group, by its *coordinación central*, on the day of ``people``.

    :ivar name: of CKAN's organization; it never changes.
    :ivar title: what the coordination is called on that day.
    :ivar unit_id: the unit whose head signs for it (A-15), or None where nobody does.
    """

    coordination_id: str
    name: str
    title: str
    unit_id: str | None
    people: People

    def may(self, act: str) -> bool:
        """Whether the person of the request may do an act in this group."""
        return self.people.may(tk.current_user.id, act, self.coordination_id)


@dataclass(frozen=True)
class Standing:
    """Where a page stands, as it says at its top.

    :ivar state: what it is now, in a few words.
    :ivar who: who acts next and on what, as a sentence; empty when nobody has to.
    :ivar missing: what is still missing, each in a few words.
    :ivar until: the last day for that, included.
    """

    state: str
    tone: Tone = "waiting"
    who: str = ""
    missing: Sequence[str] = ()
    until: datetime.date | None = None


def demand_account() -> None:
    """Send to the login whoever is nobody yet."""
    if tk.current_user.is_anonymous:
        tk.abort(403, tk._("Log in to see this page."))


def place(name: str, act: str = "read_group") -> Place:
    """The group of an organization, for somebody who may do an act in it.

    Ends the request with 404 for everybody else: an address does not tell which groups there are.
    """
    demand_account()
    organization = model.Group.get(name)
    people = acting.people()
    unit = people.tree.units.get(organization.id) if organization is not None else None
    if unit is None or not people.may(tk.current_user.id, act, unit.unit_id):
        return tk.abort(404, tk._("There is no such group, or it is not yours."))
    signing = people.tree.signing_unit(unit.unit_id)
    return Place(
        coordination_id=unit.unit_id,
        name=organization.name,
        title=unit.name,
        unit_id=signing.unit_id if signing else None,
        people=people,
    )


def section_page(
    template: str,
    place: Place,
    section: str,
    standing: Standing,
    **variables: Any,
) -> str:
    """A page of a group in its frame.

    :param template: under ``imssbienestar/identification/``, without ``.html``.
    :param section: endpoint of the tab it belongs to.
    """
    return tk.render(
        f"imssbienestar/identification/{template}.html",
        {
            "place": place,
            "section": section,
            "sections": SECTIONS,
            "standing": standing,
            "today": permissions.today(),
            **variables,
        },
    )


def done_or_told(
    action: str, data: Mapping[str, Any], done: str, back: str
) -> tuple[dict[str, Any] | None, WerkzeugResponse]:
    """Call an action for a form; the person is told what became of it and goes back.

    A page that must not lose what was typed calls the action itself and shows the form again.

    :param done: what to say when it was done.
    :param back: address to go to.
    :returns: the action's answer, None when it refused; and the response.
    """
    answer: dict[str, Any] | None = None
    try:
        answer = tk.get_action(action)({"user": tk.current_user.name}, dict(data))
    except tk.ObjectNotFound as error:
        tk.h.flash_error(str(error))
    except tk.NotAuthorized as error:
        tk.h.flash_error(str(error))
    except tk.ValidationError as error:
        for sentence in sentences(error):
            tk.h.flash_error(sentence)
    else:
        tk.h.flash_success(done)
    return answer, tk.redirect_to(back)


def sentences(error: tk.ValidationError) -> list[str]:
    """What a refusal says, without the names of its fields; findings say their own words."""
    found: list[str] = []
    for field, value in error.error_dict.items():
        if field == "findings" and len(error.error_dict) > 1:
            continue  # their words stand under the field that they are about
        for item in value if isinstance(value, list) else [value]:
            said = item.get("message") if isinstance(item, Mapping) else item
            if said and str(said) not in found:
                found.append(str(said))
    return found or [str(error)]
