"""The draft of a Formato 1: what it says, its databases one by one, its header."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.inventory import InventoryEntry
from ckanext.imssbienestar.domain.inventory_plan import RowKind, RowOutcome
from ckanext.imssbienestar.portal import problems
from ckanext.imssbienestar.portal.identification import inventory_shown
from ckanext.imssbienestar.portal.logic import inventory_schema as schema
from ckanext.imssbienestar.portal.logic.inventory_group import (
    Desk,
    coordination_for,
    desk_for,
    kept,
    not_there,
)
from ckanext.imssbienestar.portal.people_names import names_of
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import (
    closed_inventories,
    inventory,
    inventory_entries,
    inventory_list,
)


@tk.side_effect_free
@tk.validate_action_data(schema.inventory_show)
def imss_inventory_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The draft of a Formato 1: where it stands, what is missing, and a page of its databases.

    For those of the group, its liaison, the head of its unit and the Transparency Unit (R-057).

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param q: words to look for in identifier, name and description (default: all databases)
    :type q: string
    :param missing: only those in which something is missing: ``any``, or a ``key`` of ``missing``
    :type missing: string
    :param limit: databases in a page, at most 1000 (default: 50)
    :type limit: integer
    :param offset: databases to pass over (default: 0)
    :type offset: integer

    :returns: ``coordination``; ``state`` (``draft``, or ``in_review`` while the liaison has it),
        ``handed``, ``handed_by``, ``remarks``; ``header``, its ``header_mark`` and
        ``header_findings``; ``declared_empty``; ``entries`` (how many databases there are),
        ``incomplete`` (in how many something is missing) and ``missing`` (what, in how many);
        ``version`` (the newest closed one, with ``changed`` since then, or None); ``count`` and
        ``results`` of the page
    :rtype: dictionary
    """
    coordination = coordination_for(context, data_dict["coordination"], "imss_inventory_show")
    session = model.Session
    known = inventory_list.gaps(session, coordination.id)
    page = inventory_list.page(
        session,
        coordination.id,
        known,
        words=data_dict["q"],
        gap=data_dict["missing"],
        limit=data_dict["limit"],
        offset=data_dict["offset"],
    )
    draft = inventory.found(session, coordination.id)
    last = closed_inventories.newest(session, coordination.id)
    people = names_of(
        {one.modified_by for one in page.entries} | ({last.closed_by} if last else set())
    )
    changed = draft is not None and last is not None and draft.modified > last.closed
    return {
        "coordination": {
            "id": coordination.id,
            "title": coordination.name,
            "unit": coordination.unit,
        },
        **inventory_shown.draft_dict(draft, coordination, known),
        "version": {**inventory_shown.version_dict(last, people), "changed": changed}
        if last
        else None,
        "count": page.count,
        "results": [
            {**inventory_shown.listed_dict(one), "modified_by": people[one.modified_by]}
            for one in page.entries
        ],
    }


@tk.side_effect_free
@tk.validate_action_data(schema.entry_show)
def imss_inventory_entry_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One database of a draft, what is missing in it and what became of it (R-054 to R-067).

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param identifier: of the database
    :type identifier: string

    :returns: ``identifier``, ``name``, ``values`` (as stored), ``shown`` (lists in words),
        ``mark`` (the version mark that a change of it sends back), ``missing``, ``history`` (who
        changed what, the newest first) and ``derivatives`` (databases derived from it, A-06)
    :rtype: dictionary
    """
    coordination = coordination_for(context, data_dict["coordination"], "imss_inventory_entry_show")
    session = model.Session
    found = inventory_list.listed_entry(session, coordination.id, data_dict["identifier"])
    if found is None:
        raise not_there()
    identifier = found.entry.identifier
    events = inventory_entries.history_of(session, coordination.id, identifier)
    derived = inventory_list.derived_from(session, coordination.id, identifier)
    return {
        **inventory_shown.listed_dict(found),
        "modified_by": names_of([found.modified_by])[found.modified_by],
        "history": inventory_shown.events_list(events),
        "derivatives": [{"identifier": one.identifier, "name": one.name} for one in derived],
    }


@tk.validate_action_data(schema.entry_create)
def imss_inventory_entry_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Add a database to the draft (R-045). What is still missing does not stand in the way.

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param values: the name of each column of Formato 1 (``schemas/formato_1.yaml``) and what is
        written in it, in the words of the form or as stored; without ``identificador`` the system
        proposes one (R-054); ``derivada_de`` names the database that this one is a safe
        derivative of (A-06)
    :type values: dictionary

    :returns: the database as ``imss_inventory_entry_show`` gives it, with ``notes`` on how
        something was read
    :rtype: dictionary
    """
    desk = desk_for(
        context, data_dict["coordination"], "imss_inventory_entry_create", "edit_inventory"
    )
    return _saved(context, desk, data_dict["values"], creates=True)


@tk.validate_action_data(schema.entry_update)
def imss_inventory_entry_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change a database of the draft (R-040).

    When somebody else changed it after it was read, nothing is written: the answer is a
    ``Validation Error`` with ``meanwhile`` (what changed) and ``current_mark``. Calling again with
    that mark writes over what the other person wrote.

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param identifier: of the database
    :type identifier: string
    :param mark: the version mark it was read with
    :type mark: string
    :param values: the name of each column that changes, and what is written in it; an empty text
        empties it, and columns that are not there stay as they are
    :type values: dictionary

    :returns: the database as ``imss_inventory_entry_show`` gives it, with ``notes`` on how
        something was read
    :rtype: dictionary
    """
    desk = desk_for(
        context, data_dict["coordination"], "imss_inventory_entry_update", "edit_inventory"
    )
    written = {
        **data_dict["values"],
        names.IDENTIFIER: data_dict["identifier"],
        names.MARK: data_dict["mark"],
    }
    return _saved(context, desk, written, creates=False)


@tk.validate_action_data(schema.entry_delete)
def imss_inventory_entry_delete(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Take a database out of the draft. Its identifier is not given again (R-054).

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param identifier: of the database
    :type identifier: string
    :param mark: the version mark it was read with
    :type mark: string

    :returns: ``identifier`` and ``name`` of the database
    :rtype: dictionary
    """
    desk = desk_for(
        context, data_dict["coordination"], "imss_inventory_entry_delete", "edit_inventory"
    )
    with inventory_shown.refusals():
        entry = inventory_entries.remove_entry(
            model.Session,
            desk.coordination,
            data_dict["identifier"],
            desk.writer,
            mark=data_dict["mark"],
        )
        kept(
            desk,
            "inventory.entry_removed",
            {"entry": entry.identifier, "mark": [entry.mark, None]},
        )
    return {"identifier": entry.identifier, "name": entry.name}


@tk.validate_action_data(schema.inventory_update)
def imss_inventory_update(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Change the header of a Formato 1, or declare that there is no database (R-001, R-048, A-01).

    The unit and the coordination in it follow from the register of units.

    :param coordination: id or name of the organization of the *coordinación central*
    :type coordination: string
    :param header: the name of each field that changes, and what is written in it
    :type header: dictionary
    :param declared_empty: the coordination says that it has no database at all
    :type declared_empty: boolean
    :param mark: ``header_mark`` as it was read, when somebody else's change since then must not
        be overwritten (default: no comparison)
    :type mark: string

    :returns: what changed: ``changes``, each with ``field``, ``title``, ``before``, ``after``
    :rtype: dictionary
    """
    desk = desk_for(context, data_dict["coordination"], "imss_inventory_update", "edit_inventory")
    for field, text in data_dict.get("header", {}).items():
        refuse_in_record(text, field=field)
    with inventory_shown.refusals():
        changes = inventory.change_header(
            model.Session,
            desk.coordination,
            data_dict.get("header", {}),
            desk.writer,
            mark=data_dict.get("mark"),
            declared_empty=data_dict.get("declared_empty"),
        )
        if changes:
            told = {change.field: [change.before, change.after] for change in changes}
            kept(desk, "inventory.header_changed", told)
        else:
            model.Session.rollback()
    return {"changes": inventory_shown.changes_list(changes)}


def _saved(
    context: Context, desk: Desk, written: dict[str, str], *, creates: bool
) -> dict[str, Any]:
    """Write one database, and what was done in the history."""
    with inventory_shown.refusals():
        outcome = inventory_entries.save_entry(
            model.Session, desk.coordination, written, desk.writer, creates=creates
        )
        if outcome.kind is RowKind.SAME:
            model.Session.rollback()
        else:
            kept(desk, f"inventory.entry_{outcome.kind.value}", _told(outcome, written))
    shown = imss_inventory_entry_show(
        {"user": context.get("user")},
        {"coordination": desk.coordination.id, "identifier": outcome.identifier},
    )
    return {**shown, "notes": problems.told(outcome.notes)}


def _told(outcome: RowOutcome, written: dict[str, str]) -> dict[str, Any]:
    """What the history keeps: its versions have the values, and the marks prove them."""
    entry = outcome.entry or InventoryEntry(outcome.identifier)
    return {
        "entry": outcome.identifier,
        "mark": [written.get(names.MARK) or None, entry.mark],
        "fields": [change.field for change in outcome.changes],
    }
