"""The mirror: where each dataset stands, whether its copy is equal, and runs on demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import Kind
from ckanext.imssbienestar.mirror.overview.health import health
from ckanext.imssbienestar.portal import (
    mirror_activities,
    mirror_facts,
    mirror_jobs,
    mirror_page,
    mirror_site,
    mirror_texts,
    texts,
)
from ckanext.imssbienestar.portal.logic import schema
from ckanext.imssbienestar.portal.mirror_equality import (
    equality_dict,
    published_release,
)
from ckanext.imssbienestar.portal.mirror_facts import Line


@tk.side_effect_free
@tk.validate_action_data(schema.mirror_status)
def imss_mirror_status(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say how the mirror to the federal catalogue is, and where each dataset stands.

    Anybody is told of published datasets: whether the federal copy is equal. The *Administrador de
    Datos Abiertos* and system administrators are told of every dataset: why it is not public there,
    what a run would change, and how the last runs ended.

    :param q: only datasets whose name, title or unit contains these words (optional)
    :type q: string
    :param group: only those in one group: ``here``, ``failed``, ``waiting``, ``federal``,
        ``differs``, ``public`` or ``gone`` (optional)
    :type group: string
    :param limit: datasets in a page, at most 1000 (default: 50)
    :type limit: integer
    :param offset: datasets to pass over (default: 0)
    :type offset: integer

    :returns: ``status`` (``ok``, ``late``, ``failed``, ``never``), ``count`` and ``results``; for
        those who look after it also ``health``, ``groups`` and ``activities``
    :rtype: dictionary
    """
    tk.check_access("imss_mirror_status", context, data_dict)
    inside = mirror_site.looks_after(context.get("user"))
    try:
        records = mirror_site.records()
    except MirrorConfigurationError as error:
        raise tk.ValidationError({"message": error.told(texts.language())}) from error
    chosen = mirror_page.chosen(
        mirror_facts.lines(records), data_dict.get("q", ""), data_dict.get("group", ""), inside
    )
    url = mirror_site.settings().target.url
    start, end = data_dict["offset"], data_dict["offset"] + data_dict["limit"]
    shown: dict[str, Any] = {
        "status": records.timetable.punctuality.value,
        "count": len(chosen.lines),
        "results": [_line_dict(line, url, inside=inside) for line in chosen.lines[start:end]],
    }
    if inside:
        newest = mirror_activities.recent(10)
        shown |= {
            "health": health(records),
            "groups": {group.value: count for group, count in chosen.counts.items()},
            "activities": [mirror_activities.activity_dict(activity) for activity in newest],
        }
    return shown


@tk.side_effect_free
@tk.validate_action_data(schema.release_target)
def imss_mirror_equality(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say whether the federal copy of a published dataset is equal to what was signed.

    For each file the SHA-256 that was signed, the one that was found in the federal copy, and when
    its bytes were last read. What was not read is ``not-verified``; nothing is assumed.

    :param id: the id or name of a published dataset
    :type id: string

    :rtype: dictionary
    """
    tk.check_access("imss_mirror_equality", context, data_dict)
    found = published_release(data_dict["id"])
    if found is None or not mirror_site.is_set_up():
        raise tk.ObjectNotFound(tk._("There is no such published dataset."))
    return equality_dict(mirror_page.equality(*found))


@tk.validate_action_data(schema.mirror_start)
def imss_mirror_start(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Have a background worker plan, run or verify the mirror, all of it or one dataset.

    :param kind: ``plan`` (writes nothing), ``run`` or ``verify``
    :type kind: string
    :param dataset: id or name of one dataset (optional)
    :type dataset: string

    :returns: the activity; ``new`` is false when the same was already waiting
    :rtype: dictionary
    """
    tk.check_access("imss_mirror_start", context, data_dict)
    return ask_for(context, Kind(data_dict["kind"]), data_dict.get("dataset"))


def ask_for(
    context: Context, kind: Kind, dataset: str | None, wishes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Put an activity into the queue in the name of whoever calls.

    :param dataset: id or name; None for all.
    :raises tk.ValidationError: the profile does not work, or the queue does not answer.
    """
    user = model.User.get(str(context.get("user") or ""))
    package = model.Package.get(dataset or "")
    only = [package.name] if package is not None else []
    try:
        activity, new = mirror_jobs.request(kind, only, user.id if user else "", wishes)
    except MirrorConfigurationError as error:
        raise tk.ValidationError({"message": error.told(texts.language())}) from error
    except mirror_jobs.QueueAwayError as error:
        message = tk._("The queue of background jobs does not answer: nothing was asked for.")
        raise tk.ValidationError({"message": message}) from error
    return {**mirror_activities.activity_dict(activity), "new": new}


def _line_dict(line: Line, target_url: str, *, inside: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"dataset": line.name}
    known = mirror_page.line_equality(line, target_url)
    if known is not None:
        shown["equality"] = equality_dict(known)
    if not inside:
        return shown
    prospect = line.prospect
    return {
        **shown,
        "title": line.title,
        "organization": line.organization,
        "state": line.answer.where.value,
        "group": line.answer.group.value,
        "why": mirror_texts.answer_sentence(line.answer),
        "confirmed": line.entry.confirmed.isoformat(timespec="seconds")
        if line.entry and line.entry.confirmed
        else None,
        "receipt": line.receipt or None,
        "would": prospect.action if prospect else None,
        "changes": [dict(change) for change in prospect.changes] if prospect else [],
    }
