"""The register of units: its import, and what a unit is and was (R-011, R-176)."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.domain.units import UnitPeriod, UnitTree
from ckanext.imssbienestar.formats.units.table import dump_units_csv
from ckanext.imssbienestar.portal import permissions, unit_imports, unit_organizations
from ckanext.imssbienestar.portal.logic import unit_schema as schema
from ckanext.imssbienestar.procedure import units


@tk.validate_action_data(schema.unit_import)
def imss_unit_import(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Read a table of units (CSV, XLSX or ODS); say what it would change, or change it.

    A row is a unit with its name, kind and superior from one day to another: columns ``clave``,
    ``nombre``, ``tipo``, ``clave_de_la_unidad_superior``, ``vigente_desde``, ``vigente_hasta``.
    The key is the id of the organization that is made for the unit; of an organization that there
    is already, its id or its name. A row that is refused changes nothing; the others are applied.

    :param upload: the file
    :type upload: file
    :param content: instead of a file, the table as CSV text
    :type content: string
    :param confirm: apply it (default: only say what it would change)
    :type confirm: bool
    :param digest: what a dry run answered as ``digest``: nothing is applied when it would change
        anything else than what was shown then
    :type digest: string

    :returns: ``counts`` by outcome (``created``, ``changed``, ``same``, ``refused``), ``changes``
        row by row with what differs and why it is refused, ``digest``, whether it is ``applied``,
        and ``content``, the table as CSV text, to be sent again with ``confirm``
    :rtype: dictionary
    """
    tk.check_access("imss_unit_import", context, data_dict)
    return unit_imports.run(context, data_dict)


@tk.side_effect_free
def imss_unit_export(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """All units with all their periods, as CSV text that ``imss_unit_import`` reads back.

    :returns: ``content``
    :rtype: dictionary
    """
    tk.check_access("imss_unit_export", context, data_dict)
    return {"content": dump_units_csv(units.register(model.Session))}


@tk.side_effect_free
@tk.validate_action_data(schema.unit_list)
def imss_unit_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The units of a day, each after the one it hangs from.

    :param day: ``YYYY-MM-DD`` (default: today)
    :type day: string
    :param kind: only those of this kind, such as ``central_coordination``
    :type kind: string
    :param limit: how many (default: 1,000, at most 20,000)
    :type limit: int
    :param offset: how many to leave out at the beginning
    :type offset: int

    :returns: ``count`` and ``results``
    :rtype: dictionary
    """
    tk.check_access("imss_unit_list", context, data_dict)
    asked = data_dict.get("day")
    tree = units.tree(model.Session, asked.date() if asked else permissions.today())
    kind = data_dict.get("kind")
    found = [unit for unit in in_order(tree) if not kind or unit.kind == kind]
    page = found[data_dict["offset"] :][: data_dict["limit"]]
    names = unit_organizations.names_by_id(unit.unit_id for unit in page)
    return {"count": len(found), "results": [_shown(unit, tree, names) for unit in page]}


@tk.side_effect_free
@tk.validate_action_data(schema.unit_show)
def imss_unit_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A unit: what it is today, and all its names, kinds and superiors, the oldest first.

    :param id: the id or name of its organization
    :type id: string

    :rtype: dictionary
    """
    tk.check_access("imss_unit_show", context, data_dict)
    organization = model.Group.get(data_dict["id"])
    register = units.register(model.Session)
    history = register.history(organization.id) if organization is not None else ()
    if organization is None or not history:
        raise tk.ObjectNotFound(tk._("There is no such unit."))
    tree = register.on(permissions.today())
    today = tree.units.get(organization.id)
    names = {organization.id: organization.name}
    signing = tree.signing_unit(organization.id)
    return {
        **_shown(today or history[-1], tree, names),
        "exists": today is not None,
        "signing_unit_id": signing.unit_id if signing else None,
        "above": [unit.unit_id for unit in tree.ancestors(organization.id)],
        "history": [_shown(period, tree, names) for period in history],
    }


def in_order(tree: UnitTree) -> list[UnitPeriod]:
    """All units of a day, each after the one it hangs from; loose ones at the end."""
    found = {
        unit.unit_id: unit
        for root in tree.children(None)
        for unit in (root, *tree.descendants(root.unit_id))
    }
    return [*found.values(), *(unit for key, unit in tree.units.items() if key not in found)]


def _shown(unit: UnitPeriod, tree: UnitTree, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": unit.unit_id,
        "name": names.get(unit.unit_id),
        "title": unit.name,
        "kind": unit.kind,
        "parent_id": unit.parent_id,
        "valid_from": unit.valid_from.isoformat(),
        "valid_to": unit.valid_to.isoformat() if unit.valid_to else None,
        "depth": len(tree.ancestors(unit.unit_id)),
    }
