"""Runs of the mirror by CKAN's own job queue (``ckan jobs worker``), and its schedule there.

The queue carries the id of an activity and nothing else; what is to be done is in the ledger, which
all workers share. Any number of them may run at once: they divide the datasets by their claims.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ckan.lib import jobs as queue
from ckan.plugins import toolkit as tk
from redis.exceptions import RedisError
from rq import get_current_job
from rq.timeouts import JobTimeoutException

from ckanext.imssbienestar import config
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.mirror import command
from ckanext.imssbienestar.mirror.errors import (
    COULD_NOT_RUN,
    INTERRUPTED,
    MirrorConfigurationError,
)
from ckanext.imssbienestar.mirror.ledger.activities import (
    SILENCE,
    Activity,
    Kind,
    Stage,
)
from ckanext.imssbienestar.mirror.review.options import arguments_for
from ckanext.imssbienestar.mirror.running.watch import message_of
from ckanext.imssbienestar.mirror.settings import MirrorSettings, ScheduleSettings
from ckanext.imssbienestar.portal import mirror_site

log = logging.getLogger(__name__)

_OVER = {"failed", "stopped", "canceled", "finished"}
_WORD = "imss_message"
# One waiting turn of the schedule, however often it is asked for.
_TURN = "imss-mirror-turn-"
_LOOK = _TURN + "look-"


class QueueAwayError(Exception):
    """The queue does not answer: nothing was asked for."""


def request(
    kind: Kind,
    only: Sequence[str],
    asked_by: str,
    options: Mapping[str, Any] | None = None,
) -> tuple[Activity, bool]:
    """Put an activity into the queue, and say whether it is new: the same one waits only once.

    :param options: what is asked for beyond that, as of ``mirror.review.options.wishes_of``.
    :raises QueueAwayError: Redis does not answer.
    """
    activities = mirror_site.activities()
    activity, new = activities.ask(kind, only, asked_by, options)
    if not new and not is_lost(activity):
        return activity, False
    if not new:
        settled(activity)
        activity, _new = activities.ask(kind, only, asked_by, options)
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
    """The job. How it ends is in its activity.

    :raises MirrorConfigurationError: the profile does not even say where the activities are.
    """
    try:
        activities = mirror_site.activities()
        activity = activities.find(activity_id)
    except MirrorConfigurationError as error:
        _leave_word(message_of(error))
        raise
    if activity is None or activity.stage is not Stage.WAITING:
        return
    errors: list[ImssError] = []
    try:
        with (
            Path(os.devnull).open("w", encoding="utf-8") as nobody,
            contextlib.redirect_stdout(nobody),
            contextlib.redirect_stderr(nobody),
        ):
            code = command.main(
                arguments_of(activity), activity_id=activity_id, on_error=errors.append
            )
    except JobTimeoutException:
        code = INTERRUPTED
        activities.finish(activity_id, code, {}, {})
    found = activities.find(activity_id)
    if found is not None and found.stage is Stage.WAITING:
        # What was wrong was found before the program had begun on it.
        activities.finish(activity_id, code, message_of(errors[0]) if errors else {}, {})
    log.info("Mirror: activity %s ended with %s", activity_id, code)


def arguments_of(activity: Activity) -> list[str]:
    """The command line of an activity."""
    arguments = [activity.kind.value, "--profile", str(config.mirror_profile()), "--json"]
    if activity.kind is Kind.RUN:
        arguments += ["--workers", str(config.mirror_workers())]
    arguments += arguments_for(activity.options)
    return [*arguments, "--only", *activity.only] if activity.only else arguments


def is_lost(activity: Activity) -> bool:
    """Does it wait for a job that the queue no longer has, or was its process killed?

    A worker knows at once when the process of its job was killed, and says so in the queue; when
    the worker itself is gone too, the activity's silence tells.
    """
    if not activity.under_way:
        return activity.stage is Stage.LOST
    try:
        return queue.job_from_id(activity.id).get_status() in _OVER
    except KeyError:
        # It may be on its way there; and what runs may have been begun without the queue.
        return activity.stage is Stage.WAITING and activity.silence >= SILENCE
    except RedisError:
        return False


def settled(activity: Activity) -> Activity:
    """The activity as it is; one that nobody will carry out any more is written down as such."""
    if not is_lost(activity):
        return activity
    activities = mirror_site.activities()
    if word := _word_of(activity):
        activities.finish(activity.id, COULD_NOT_RUN, word, {})
    else:
        activities.lose(activity.id)
    return activities.find(activity.id) or activity


def _leave_word(message: Mapping[str, str]) -> None:
    """Keep in the queue what cannot be written where activities are kept."""
    job = get_current_job()
    if job is not None:
        job.meta[_WORD] = dict(message)
        job.save_meta()


def _word_of(activity: Activity) -> Mapping[str, str]:
    """What a job that could not even begin left in the queue."""
    if activity.stage is not Stage.WAITING:
        return {}
    try:
        word = queue.job_from_id(activity.id).meta.get(_WORD)
    except (KeyError, RedisError):
        return {}
    return word if isinstance(word, Mapping) else {}


# -- the schedule ------------------------------------------------------------------------------


def schedule(first: datetime.datetime) -> None:
    """Have a run begin at a moment, and again each ``schedule.every_hours`` of the profile.

    With ``schedule.review_every_hours`` the workers look at the federal side too, each so many
    hours. They look at the queue's schedule, unless they were started with ``--no-scheduler``.
    """
    unschedule()
    _enqueue_turn(turn, first)
    _schedule_looks(first)


def unschedule() -> int:
    """Take the schedule out of the queue; returns how many turns waited."""
    registry = queue.get_queue().scheduled_job_registry
    waiting = _waiting_turns(_TURN)
    for job_id in waiting:
        registry.remove(job_id, delete_job=True)
    return len(waiting)


def turn(moment: str) -> None:
    """The scheduled job: ask for a run of everything, and for the next turn before that.

    :param moment: when it should have begun, in ISO 8601. Turns that were missed are not made up.
    """
    # A profile that is broken today must not end the schedule for good.
    _enqueue_turn(turn, _following(moment, _timetable(_settings_if_sound()).every_hours))
    if not _waiting_turns(_LOOK):
        _schedule_looks(_now())  # the profile may ask for them since yesterday
    request(Kind.RUN, (), "")


def look_turn(moment: str) -> None:
    """The scheduled job that asks for a look at the federal side, and for the next before that.

    :param moment: as for :func:`turn`.
    """
    mirror = _settings_if_sound()
    hours = _timetable(mirror).review_every_hours
    if mirror is not None and hours is None:
        return  # the profile asks for none any more
    _enqueue_turn(look_turn, _following(moment, hours or ScheduleSettings().every_hours))
    wishes = {"remind": True} if _timetable(mirror).remind else {}
    request(Kind.REVIEW, (), "", wishes)


def _schedule_looks(moment: datetime.datetime) -> None:
    hours = _timetable(_settings_if_sound()).review_every_hours
    if hours is not None:
        _enqueue_turn(look_turn, moment + datetime.timedelta(hours=hours))


def _settings_if_sound() -> MirrorSettings | None:
    try:
        return mirror_site.settings()
    except MirrorConfigurationError:
        return None


def _timetable(mirror: MirrorSettings | None) -> ScheduleSettings:
    return mirror.schedule if mirror is not None else ScheduleSettings()


def _following(moment: str, hours: float) -> datetime.datetime:
    every = datetime.timedelta(hours=hours)
    following = datetime.datetime.fromisoformat(moment) + every
    while following <= _now():
        following += every
    return following


def _waiting_turns(prefix: str) -> list[str]:
    registry = queue.get_queue().scheduled_job_registry
    return [job_id for job_id in registry.get_job_ids() if job_id.startswith(prefix)]


def _enqueue_turn(job: Callable[[str], None], moment: datetime.datetime) -> None:
    text = moment.isoformat(timespec="seconds")
    prefix = _LOOK if job is look_turn else _TURN
    arguments: dict[str, Any] = {
        "job_id": prefix + moment.strftime("%Y%m%dT%H%M%S"),
        "description": "turn of the mirror",
    }
    queue.get_queue().enqueue_at(moment, job, text, **arguments)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
