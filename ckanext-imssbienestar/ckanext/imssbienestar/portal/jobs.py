"""Checks of large files, and their copies, run by CKAN's own job queue (``ckan jobs worker``).

The database says what is under way (:mod:`~ckanext.imssbienestar.portal.check_runs`); the queue
only carries the id of an attempt. So a queue that lost its jobs, a worker that was killed and a
machine that was switched off are all seen from what the row says, and the check is asked for again.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ckan.lib import jobs as queue
from ckan.plugins import toolkit as tk
from redis.exceptions import RedisError
from rq import Worker
from rq.timeouts import JobTimeoutException
from sqlalchemy.exc import SQLAlchemyError

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.checks.errors import TableEngineError
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.model import CheckRun
from ckanext.imssbienestar.portal import check_runs, exports
from ckanext.imssbienestar.portal.check_runs import Reason, ReportKey, RunState
from ckanext.imssbienestar.portal.content import content_store

log = logging.getLogger(__name__)

# Between two signs of life, in seconds; the setting check_silence_seconds is several of them.
_BEAT = 2.0

# What RQ calls a job that will never run, or never run on.
_OVER = {"failed", "stopped", "canceled", "finished"}


def request_check(
    key: ReportKey,
    stored: StoredFile,
    dictionary: Mapping[str, Any] | None,
    *,
    again: bool = False,
) -> CheckRun:
    """The run of this check; see :func:`request_run`."""
    return request_run(key, stored, dictionary, check_file, again=again)


def request_run(
    key: ReportKey,
    stored: StoredFile,
    dictionary: Mapping[str, Any] | None,
    job: Callable[..., None],
    *arguments: Any,
    again: bool = False,
) -> CheckRun:
    """A run, put into the queue unless it is there, running or failed.

    :param job: called in the worker with the id of the attempt and the arguments.
    :param again: also after a failure.
    """
    claimed = check_runs.claim(key, stored, dictionary, again=again)
    if claimed is not None:
        _enqueue(claimed, job, arguments)
    run = standing_run(key)
    if run is None:
        # Only a hand in the database takes a row away.
        raise LookupError(key.sha256)
    return run


def standing_run(key: ReportKey) -> CheckRun | None:
    """How far a check is; one whose process or whose place in the queue is gone has failed."""
    run = check_runs.find(key)
    if run is not None and _is_lost(run):
        check_runs.fail(run.id, Reason.LOST)
        run = check_runs.find(key)
    return run


def somebody_works() -> bool:
    """Is any process taking jobs? True when the queue cannot be asked."""
    try:
        return bool(Worker.count(queue=queue.get_queue()))
    except RedisError:
        return True


def check_file(run_id: str) -> None:
    """The job: check one file and keep its report, or the file of all its findings."""
    work_on(run_id, _check)


def work_on(run_id: str, work: Callable[[CheckRun, Progress], None]) -> None:
    """Do the work of an attempt with signs of life; how it ended is in its row.

    :param work: ends with :func:`~ckanext.imssbienestar.portal.check_runs.finish`.
    """
    run = check_runs.start(run_id)
    if run is None:
        return
    reason = Reason.UNEXPECTED
    try:
        with _signs_of_life(run) as progress:
            work(run, progress)
    except TableEngineError:
        reason = Reason.NO_ROOM
    except InputFileError:
        reason = Reason.NO_FILE
    except DictionaryError:
        reason = Reason.DICTIONARY
    except JobTimeoutException:
        reason = Reason.TOO_LONG
    finally:
        # Does nothing to a run that is done.
        check_runs.fail(run.id, reason)


def _check(run: CheckRun, progress: Progress) -> None:
    key, schema = check_runs.key_of(run), run.dictionary
    report = check_table(
        content_store().path(run.sha256),
        DataDictionary.from_table_schema(schema) if schema else None,
        file_name=run.file_name,
        limit=config.findings_exported() if key.is_complete else config.findings_kept(),
        language=run.language,
        advance=progress.advance,
        accepted_terms=config.accepted_terms(),
    )
    if key.is_complete:
        exports.write(key, report)
        check_runs.finish(run.id, key, None)
    else:
        check_runs.finish(run.id, key, report)


class Progress:
    """The bytes read so far; written by the work, read by the thread that tells of it."""

    def __init__(self) -> None:
        self.bytes_read = 0

    def advance(self, count: int) -> None:
        """So many bytes more."""
        self.bytes_read += count


@contextmanager
def _signs_of_life(run: CheckRun) -> Iterator[Progress]:
    """Tell of the progress while the work is done; the engine may be silent for minutes."""
    progress, over = Progress(), threading.Event()

    def tell() -> None:
        while not over.wait(_BEAT):
            try:
                check_runs.beat(run.id, min(progress.bytes_read, run.size))
            except SQLAlchemyError as error:
                log.warning("No sign of life of run %s: %s", run.id, type(error).__name__)

    thread = threading.Thread(target=tell, name=f"check-{run.id}", daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        over.set()
        thread.join()


def _enqueue(run: CheckRun, job: Callable[..., None], arguments: Sequence[Any]) -> None:
    try:
        tk.enqueue_job(
            job,
            [run.id, *arguments],
            title=f"{job.__name__} of {run.sha256[:12]}",
            rq_kwargs={"job_id": run.id, "timeout": config.check_timeout()},
        )
    except RedisError:
        log.warning("The queue does not answer: run %s was not put into it.", run.id)
        check_runs.fail(run.id, Reason.QUEUE)


def _is_lost(run: CheckRun) -> bool:
    silence = datetime.timedelta(seconds=config.check_silence_seconds())
    since = run.heartbeat or run.queued
    silent = datetime.datetime.now(datetime.UTC) - since > silence
    if run.state == RunState.RUNNING:
        return silent or _queue_gave_up(run)
    # A queue is not asked about a job that may be on its way into it.
    return run.state == RunState.WAITING and silent and _queue_gave_up(run)


def _queue_gave_up(run: CheckRun) -> bool:
    """Does the queue say that nobody works on this? False when it cannot be asked."""
    try:
        status = queue.job_from_id(run.id).get_status()
    except KeyError:
        return run.state == RunState.WAITING
    except RedisError:
        return False
    return status in _OVER
