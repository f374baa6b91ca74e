"""Runs of the mirror by CKAN's own job queue (``ckan jobs worker``), and its schedule there.

The queue carries the id of an activity and nothing else; what is to be done is in the ledger, which
all workers share. Any number of them may run at once: they divide the datasets by their claims.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ckan.lib import jobs as queue
from ckan.plugins import toolkit as tk
from redis.exceptions import RedisError
from rq.timeouts import JobTimeoutException

from ckanext.imssbienestar import config
from ckanext.imssbienestar.mirror import command
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import SILENCE, Activity, Kind, Stage
from ckanext.imssbienestar.mirror.settings import ScheduleSettings
from ckanext.imssbienestar.portal import mirror_site

log = logging.getLogger(__name__)

_OVER = {"failed", "stopped", "canceled", "finished"}
# One waiting turn of the schedule, however often it is asked for.
_TURN = "imss-mirror-turn-"


class QueueAwayError(Exception):
    """The queue does not answer: nothing was asked for."""


def request(kind: Kind, only: Sequence[str], asked_by: str) -> tuple[Activity, bool]:
    """Put an activity into the queue, and say whether it is new: the same one waits only once.

    :raises QueueAwayError: Redis does not answer.
    """
    activities = mirror_site.activities()
    activity, new = activities.ask(kind, only, asked_by)
    if not new and not is_lost(activity):
        return activity, False
    if not new:
        activities.lose(activity.id)
        activity, _new = activities.ask(kind, only, asked_by)
    try:
        tk.enqueue_job(
            carry_out,
            [activity.id],
            title=f"mirror {kind.value} {' '.join(only)}".strip(),
            rq_kwargs={"job_id": activity.id, "timeout": config.mirror_timeout()},
        )
    except RedisError:
        activities.lose(activity.id)
        raise QueueAwayError from None
    return activity, True


def carry_out(activity_id: str) -> None:
    """The job. How it ends is in its activity."""
    activity = mirror_site.activities().find(activity_id)
    if activity is None or activity.stage is not Stage.WAITING:
        return
    try:
        with (
            Path(os.devnull).open("w", encoding="utf-8") as nobody,
            contextlib.redirect_stdout(nobody),
            contextlib.redirect_stderr(nobody),
        ):
            code = command.main(arguments_of(activity), activity_id=activity_id)
    except JobTimeoutException:
        code = command.INTERRUPTED
        mirror_site.activities().finish(activity_id, code, {}, {})
    log.info("Mirror: activity %s ended with %s", activity_id, code)


def arguments_of(activity: Activity) -> list[str]:
    """The command line of an activity."""
    arguments = [activity.kind.value, "--profile", str(config.mirror_profile()), "--json"]
    if activity.kind is Kind.RUN:
        arguments += ["--workers", str(config.mirror_workers())]
    return [*arguments, "--only", *activity.only] if activity.only else arguments


def is_lost(activity: Activity) -> bool:
    """Does it wait for a job that the queue no longer has?"""
    if activity.stage is not Stage.WAITING or _now() - activity.asked < SILENCE:
        return activity.stage is Stage.LOST
    try:
        return queue.job_from_id(activity.id).get_status() in _OVER
    except KeyError:
        return True
    except RedisError:
        return False


# -- the schedule ------------------------------------------------------------------------------


def schedule(first: datetime.datetime) -> None:
    """Have a run begin at a moment, and again each ``schedule.every_hours`` of the profile.

    CKAN's workers look at the queue's schedule, unless they were started with ``--no-scheduler``.
    """
    unschedule()
    _enqueue_turn(first)


def unschedule() -> int:
    """Take the schedule out of the queue; returns how many turns waited."""
    registry = queue.get_queue().scheduled_job_registry
    waiting = [job_id for job_id in registry.get_job_ids() if job_id.startswith(_TURN)]
    for job_id in waiting:
        registry.remove(job_id, delete_job=True)
    return len(waiting)


def turn(moment: str) -> None:
    """The scheduled job: ask for a run of everything, and for the next turn before that.

    :param moment: when it should have begun, in ISO 8601. Turns that were missed are not made up.
    """
    try:
        hours = mirror_site.settings().schedule.every_hours
    except MirrorConfigurationError:
        # A profile that is broken today must not end the schedule for good.
        hours = ScheduleSettings().every_hours
    every = datetime.timedelta(hours=hours)
    following = datetime.datetime.fromisoformat(moment) + every
    while following <= _now():
        following += every
    _enqueue_turn(following)
    request(Kind.RUN, (), "")


def _enqueue_turn(moment: datetime.datetime) -> None:
    text = moment.isoformat(timespec="seconds")
    job_id = _TURN + moment.strftime("%Y%m%dT%H%M%S")
    arguments: dict[str, Any] = {"job_id": job_id, "description": "turn of the mirror"}
    queue.get_queue().enqueue_at(moment, turn, text, **arguments)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
