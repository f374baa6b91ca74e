"""Why published tables are not in the DataStore, kept where CKAN keeps the state of its jobs.

That place is the table ``task_status`` of core; a row goes when its table is loaded.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal.datastore_errors import (
    DataStoreUnavailable,
    Facts,
    Kind,
    TableRefused,
)
from ckanext.imssbienestar.procedure.content_store import ContentMissing

_TASK = {"task_type": "imss_datastore", "key": "table"}


@dataclass(frozen=True)
class Failure:
    """Why a table was not loaded.

    :ivar facts: what the sentence for people is made of; never a value of a cell.
    :ivar since: when it was tried last, in UTC without a zone, as core keeps it.
    """

    kind: Kind
    facts: Facts
    since: datetime.datetime

    @property
    def may_pass(self) -> bool:
        """Whether trying the same again may succeed."""
        return self.kind is Kind.UNAVAILABLE


def record(
    resource_id: str, error: TableRefused | ContentMissing | DataStoreUnavailable
) -> Failure:
    """Remember why; commits."""
    known = {} if isinstance(error, ContentMissing) else error.facts
    kind = Kind.CONTENT if isinstance(error, ContentMissing) else error.kind
    failure = Failure(kind, known, _now())
    task = {
        **_TASK,
        "entity_id": resource_id,
        "entity_type": "resource",
        "state": "error",
        "value": json.dumps(known),
        "error": json.dumps({"kind": kind, "message": str(error)}),
        "last_updated": failure.since.isoformat(),
    }
    tk.get_action("task_status_update")({"ignore_auth": True}, task)
    return failure


def forget(resource_id: str) -> None:
    """It is loaded, or no longer to be loaded; commits when there was something to forget."""
    task = _task(resource_id)
    if task is not None:
        model.Session.delete(task)
        model.Session.commit()


def find(resource_id: str) -> Failure | None:
    """Why a table was not loaded when it was tried last; None when it was or was not tried."""
    task = _task(resource_id)
    if task is None:
        return None
    kind = Kind(json.loads(task.error)["kind"])
    return Failure(kind, json.loads(task.value), task.last_updated)


def _task(resource_id: str) -> model.TaskStatus | None:
    query = model.Session.query(model.TaskStatus).filter_by(entity_id=resource_id, **_TASK)
    found: model.TaskStatus | None = query.one_or_none()
    return found


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
