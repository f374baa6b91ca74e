"""A Formato 1 handed to the liaison, given back, closed; its versions and what differs."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.errors import GateError
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.identification import inventory_shown
from ckanext.imssbienestar.portal.logic import inventory_schema as schema
from ckanext.imssbienestar.portal.logic.inventory_group import (
    coordination_for,
    desk_for,
    kept,
)
from ckanext.imssbienestar.portal.people_names import names_of
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import (
    closed_inventories,
    inventory,
    inventory_closed,
    inventory_list,
)

_FINDINGS = 100
"""Of a refusal to close; the list of the draft has all of them."""


@tk.validate_action_data(schema.coordination)
def imss_inventory_hand_over(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Hand the draft of Formato 1 to the *Enlace de Transparencia*, for review (R-032).

    Until the liaison closes it or gives it back, nobody else changes it.

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string

    :returns: ``state``
    :rtype: dictionary
    """
    desk = desk_for(
        context, data_dict["coordination"], "imss_inventory_hand_over", "submit_for_review"
    )
    with inventory_shown.refusals():
        inventory.hand_over(model.Session, desk.coordination, desk.writer)
        kept(desk, "inventory.handed_over", {"state": [inventory.DRAFT, inventory.IN_REVIEW]})
    return {"state": inventory.IN_REVIEW}


@tk.validate_action_data(schema.give_back)
def imss_inventory_give_back(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Give the draft of Formato 1 back to the group, with what is to be corrected (R-041).

    For the *Enlace de Transparencia*.

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param remarks: what is to be corrected; the group sees it
    :type remarks: string

    :returns: ``state``
    :rtype: dictionary
    """
    desk = desk_for(
        context, data_dict["coordination"], "imss_inventory_give_back", "review_as_liaison"
    )
    remarks = data_dict["remarks"]
    refuse_in_record(remarks, field="remarks")
    with inventory_shown.refusals():
        inventory.give_back(model.Session, desk.coordination, desk.writer, remarks=remarks)
        kept(
            desk,
            "inventory.given_back",
            {"state": [inventory.IN_REVIEW, inventory.DRAFT], "remarks": remarks},
        )
    return {"state": inventory.DRAFT}


@tk.validate_action_data(schema.coordination)
def imss_inventory_close(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Close the draft that was handed over as the next version of Formato 1 (R-046, R-068).

    For the *Enlace de Transparencia*. A closed version is never edited; the next one supersedes
    it, and its draft begins with what this one says. While a rule stands against it, the answer is
    a ``Validation Error`` with ``findings``, and ``incomplete``: the first databases in which
    something is missing.

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string

    :returns: ``number``, ``digest`` (SHA-256 of its canonical document) and ``entries``
    :rtype: dictionary
    """
    desk = desk_for(context, data_dict["coordination"], "imss_inventory_close", "close_inventory")
    with inventory_shown.refusals():
        try:
            closed = inventory_closed.close(
                model.Session, desk.coordination, desk.writer, texts.language()
            )
        except GateError as error:
            model.Session.rollback()
            raise _not_yet(desk.coordination.id, error) from error
        kept(
            desk,
            "inventory.closed",
            {
                "number": closed.number,
                "digest": closed.digest,
                "previous": closed.previous,
                "entries": len(closed.entries),
            },
        )
    return {"number": closed.number, "digest": closed.digest, "entries": len(closed.entries)}


@tk.side_effect_free
@tk.validate_action_data(schema.version_list)
def imss_inventory_version_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The closed versions of a Formato 1, the newest first (R-068).

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param limit: versions in a page, at most 1000 (default: 50)
    :type limit: integer
    :param offset: versions to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` and ``results``, each with ``number``, ``digest``, ``closed``,
        ``closed_by``, ``entries`` and ``state`` (``closed``, or ``superseded`` by a later one)
    :rtype: dictionary
    """
    coordination = coordination_for(
        context, data_dict["coordination"], "imss_inventory_version_list"
    )
    found = inventory_closed.versions(model.Session, coordination.id)
    start, end = data_dict["offset"], data_dict["offset"] + data_dict["limit"]
    people = names_of({one.closed_by for one in found[start:end]})
    return {
        "count": len(found),
        "results": [
            {
                **inventory_shown.version_dict(one, people),
                "entries": closed_inventories.entry_count(model.Session, one.digest),
                "state": "superseded" if one is not found[0] else "closed",
            }
            for one in found[start:end]
        ],
    }


@tk.side_effect_free
@tk.validate_action_data(schema.version_show)
def imss_inventory_version_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A closed version of a Formato 1, or what became of each database since the one before.

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param version: its number
    :type version: integer
    :param show: ``entries`` or ``differences`` (default: ``entries``)
    :type show: string
    :param limit: databases in a page, at most 1000 (default: 50)
    :type limit: integer
    :param offset: databases to pass over (default: 0)
    :type offset: integer

    :returns: ``number``, ``digest``, ``previous`` (digest of the one before), ``closed``,
        ``closed_by``, ``state``, ``header``, ``declared_empty``, ``entries`` (how many), ``count``
        and ``results`` of the page: databases, or ``kind`` (``added``, ``removed``, ``changed``),
        ``identifier``, ``name`` and ``changes``
    :rtype: dictionary
    """
    coordination = coordination_for(
        context, data_dict["coordination"], "imss_inventory_version_show"
    )
    session, number = model.Session, data_dict["version"]
    version = closed_inventories.by_number(session, coordination.id, number)
    newest = closed_inventories.newest(session, coordination.id)
    if version is None or newest is None:
        raise tk.ObjectNotFound(tk._("There is no such version of this Formato 1."))
    start, end = data_dict["offset"], data_dict["offset"] + data_dict["limit"]
    with inventory_shown.refusals():
        closed = closed_inventories.content(session, version)
        if data_dict["show"] == "differences":
            differences = inventory_closed.differences(session, version)
            count = len(differences)
            results = [inventory_shown.difference_dict(one) for one in differences[start:end]]
        else:
            count = len(closed.entries)
            results = [inventory_shown.entry_dict(one) for one in closed.entries[start:end]]
    return {
        **inventory_shown.version_dict(version, names_of([version.closed_by])),
        "previous": closed.previous,
        "state": "closed" if newest.digest == version.digest else "superseded",
        "header": dict(closed.header.values),
        "declared_empty": closed.declared_empty,
        "entries": len(closed.entries),
        "count": count,
        "results": results,
    }


def _not_yet(coordination_id: str, error: GateError) -> tk.ValidationError:
    """Why it cannot be closed: the findings, and the databases they are about."""
    known = inventory_list.gaps(model.Session, coordination_id)
    page = inventory_list.page(
        model.Session, coordination_id, known, gap=inventory_list.ANY_GAP, limit=_FINDINGS
    )
    findings = [one for one in error.findings if one.blocks]
    sentence = tk.ungettext(
        "Formato 1 cannot be closed yet: {count} thing stands against it.",
        "Formato 1 cannot be closed yet: {count} things stand against it.",
        len(findings),
    )
    return tk.ValidationError(
        {
            "message": [sentence.format(count=len(findings))],
            "findings": [one.model_dump(mode="json") for one in findings[:_FINDINGS]],
            "incomplete": [inventory_shown.listed_dict(one) for one in page.entries],
        }
    )
