"""What was asked of the mirror, for its pages and for programs."""

from __future__ import annotations

from typing import Any

from ckan import model

from ckanext.imssbienestar.mirror.ledger.activities import Activity
from ckanext.imssbienestar.portal import mirror_jobs, mirror_site
from ckanext.imssbienestar.portal.mirror_activity_texts import (
    activity_notes,
    activity_sentence,
    activity_title,
)
from ckanext.imssbienestar.portal.mirror_texts import moment


def recent(limit: int) -> list[Activity]:
    """The newest, as they are by now."""
    return [mirror_jobs.settled(one) for one in mirror_site.activities().recent(limit)]


def find(activity_id: str) -> Activity | None:
    """One of them, as it is by now."""
    activity = mirror_site.activities().find(activity_id)
    return mirror_jobs.settled(activity) if activity is not None else None


def progress(activity: Activity) -> dict[str, Any]:
    """How far one is, for its progress bar."""
    return {
        "state": activity.stage.value,
        "percent": round(100 * activity.done / activity.total) if activity.total else 0,
        "message": activity_sentence(activity),
        "fix": "",
    }


def shown(activity: Activity) -> dict[str, Any]:
    """One for a page."""
    user = model.User.get(activity.asked_by) if activity.asked_by else None
    return {
        **progress(activity),
        "id": activity.id,
        "kind": activity.kind.value,
        "title": activity_title(activity),
        "asked": moment(activity.asked),
        "person": str(user.display_name) if user is not None else "",
        "under_way": activity.under_way,
        "notes": activity_notes(activity),
        "mail": activity.summary.get("mail"),
    }


def activity_dict(activity: Activity) -> dict[str, Any]:
    """One for programs."""
    return {
        "id": activity.id,
        "kind": activity.kind.value,
        "datasets": list(activity.only),
        "options": dict(activity.options),
        "state": activity.stage.value,
        "under_way": activity.under_way,
        "asked": activity.asked.isoformat(timespec="seconds"),
        "done": activity.done,
        "total": activity.total,
        "failed": activity.failed,
        "exit_code": activity.exit_code,
        "title": activity_title(activity),
        "message": activity_sentence(activity),
        "notes": activity_notes(activity),
    }
