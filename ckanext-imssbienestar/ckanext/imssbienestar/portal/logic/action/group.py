"""Working groups: who is in them, whom they represent and what they lack (R-019 to R-037)."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.portal import acting, designated, groups, permissions, problems
from ckanext.imssbienestar.portal.logic import group_schema as schema
from ckanext.imssbienestar.portal.logic.coordination import coordination_id
from ckanext.imssbienestar.procedure import groups as stored
from ckanext.imssbienestar.procedure.refusals import ActRefused


@tk.validate_action_data(schema.group_create)
def imss_group_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Make the working group of a *coordinación central*; each has one.

    :param coordination: id or name of its organization
    :type coordination: string
    :param valid_from: first day, ``YYYY-MM-DD`` (default: today)
    :type valid_from: string

    :returns: ``coordination_id``, ``valid_from``
    :rtype: dictionary
    """
    tk.check_access("imss_group_create", context, data_dict)
    keeper = acting.require_keeper(context, "keep_groups")
    unit = designated.organization_id(data_dict["coordination"]) or ""
    asked = data_dict.get("valid_from")
    first_day = asked.date() if asked else permissions.today()
    try:
        made = stored.make_group(model.Session, unit, first_day)
    except ActRefused as error:
        model.Session.rollback()
        raise problems.refusal(error.problems) from error
    since = first_day.isoformat()
    acting.record(keeper, "group.made", f"group:{unit}", {"valid_from": [None, since]})
    model.Session.commit()
    return {"coordination_id": made.coordination_id, "valid_from": since}


@tk.side_effect_free
@tk.validate_action_data(schema.group_show)
def imss_group_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A working group: who is in it by letter of IV.1.A, who stands for which *división*, the gaps.

    :param coordination: id or name of the organization of its *coordinación central*
    :type coordination: string

    :returns: ``coordination``, ``group`` (None while it has none), ``people`` by letter,
        ``coverage`` with ``divisions``, ``members`` and ``gaps``, ``earlier`` designations, and
        ``findings``: what the group lacks
    :rtype: dictionary
    """
    place = coordination_id(context, data_dict["coordination"], "imss_group_show")
    return groups.shown(place)


@tk.side_effect_free
@tk.validate_action_data(schema.group_list)
def imss_group_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The *coordinaciones centrales* whose group one may see, those without a group too.

    :param unit: only those of this unit, by id or name of its organization
    :type unit: string
    :param limit: how many (default: 100, at most 1,000)
    :type limit: int
    :param offset: how many to leave out at the beginning
    :type offset: int

    :returns: ``count`` and ``results``
    :rtype: dictionary
    """
    tk.check_access("imss_group_list", context, data_dict)
    user = model.User.get(str(context.get("user") or ""))
    found = groups.listed(user.id, designated.organization_id(data_dict.get("unit")))
    page = found[data_dict["offset"] :][: data_dict["limit"]]
    return {"count": len(found), "results": page}
