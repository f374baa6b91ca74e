"""The history of a group: append-only and chained; see ``procedure.history``."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.domain.history import ChainedEvent
from ckanext.imssbienestar.portal import acting, texts
from ckanext.imssbienestar.portal.logic import history_schema
from ckanext.imssbienestar.portal.logic.coordination import coordination_id
from ckanext.imssbienestar.procedure.group_history import events_of_group
from ckanext.imssbienestar.procedure.rules import designation_rules


@tk.side_effect_free
@tk.validate_action_data(history_schema.history_list)
def imss_history_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List what was done in a working group, the newest event first.

    :param coordination: the id or name of the group's *coordinación central*
    :type coordination: string
    :param limit: how many (default: 50, at most 1000)
    :type limit: integer
    :param offset: how many to skip (default: 0)
    :type offset: integer

    :rtype: dictionary with ``count`` and ``results``: number, act, subject, person, person_name,
        post, post_label, oficio, at, changes, hash
    """
    group = coordination_id(context, data_dict["coordination"], "imss_history_list")
    found = events_of_group(
        model.Session,
        group,
        acting.people().tree,
        limit=data_dict["limit"],
        offset=data_dict["offset"],
    )
    names: dict[str, str] = {}
    return {"count": found.count, "results": [_shown(event, names) for event in found.events]}


def _shown(row: ChainedEvent, names: dict[str, str]) -> dict[str, Any]:
    event = row.event
    if event.person not in names:
        user = model.User.get(event.person)
        names[event.person] = user.display_name if user is not None else event.person
    return {
        "number": row.number,
        **event.content(),
        "person_name": names[event.person],
        "post_label": _post_label(event.post),
        "hash": row.hash,
    }


def _post_label(code: str) -> str:
    """The post in people's words; the code itself for one that is no more, or none."""
    if code == acting.SYSTEM_ADMINISTRATOR:
        return str(tk._("System administration"))
    if code not in {post.value for post in Post}:
        return code
    return designation_rules().post(Post(code)).label(texts.language())
