"""Publishable copies of large files, prepared by the job queue as their checks are.

A row of ``imss_check_run`` says how far it is, with the same signs of life; what comes out of it is
kept for a while by :mod:`~ckanext.imssbienestar.portal.prepared_copies`.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import logging
from collections.abc import Mapping
from functools import partial

from ckan.plugins import toolkit as tk
from redis.exceptions import RedisError

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks.errors import TableEngineError
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.formats.canonical.normalise import CannotNormaliseError, normalised_copy
from ckanext.imssbienestar.formats.workbooks.workbook import open_workbook
from ckanext.imssbienestar.model import CheckRun
from ckanext.imssbienestar.portal import check_runs, jobs, prepared_copies
from ckanext.imssbienestar.portal.check_runs import Reason, ReportKey, RunState
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.jobs import Progress
from ckanext.imssbienestar.portal.reports import CheckStanding, Subject

log = logging.getLogger(__name__)


def key_of(
    subject: Subject, sheet: str | None, constants: Mapping[str, str], language: str
) -> ReportKey:
    """What a copy with these answers is kept under; it holds no answer, only their digest."""
    answers = json.dumps([sheet, dict(constants)], sort_keys=True).encode()
    return subject.key(language).copied(hashlib.sha256(answers).hexdigest())


def request(
    key: ReportKey,
    subject: Subject,
    sheet: str | None,
    constants: Mapping[str, str],
    *,
    again: bool = False,
) -> CheckStanding:
    """Have a copy prepared unless it is under way, and say how far it is.

    :param again: also after a failure.
    """
    prepared_copies.wipe_old()
    run = jobs.request_run(
        key, subject.stored, subject.schema, prepare_copy, sheet, dict(constants), again=again
    )
    return _standing(run)


def standing_of(key: ReportKey) -> CheckStanding:
    """How far a copy is; *done* when, and only when, something was prepared and is still kept."""
    if prepared_copies.find(key) is not None:
        return CheckStanding(RunState.DONE)
    run = jobs.standing_run(key)
    if run is None or run.state == RunState.DONE:
        return CheckStanding(None)
    return _standing(run)


def prepare_copy(run_id: str, sheet: str | None, constants: Mapping[str, str]) -> None:
    """The job: make a copy and keep it, or why none can be made, for a person to look at."""
    jobs.work_on(run_id, partial(_prepare, sheet=sheet, constants=constants))
    kept = datetime.timedelta(seconds=config.copy_kept_seconds() + 1)
    try:
        tk.get_job_queue().enqueue_in(kept, prepared_copies.wipe_old)
    except RedisError:
        log.warning("The queue does not answer: copies are wiped by a later visit or the sweep.")


def sheets_asked_for(sha256: str, refusals: tuple[Finding, ...]) -> tuple[str, ...]:
    """The sheets of a workbook to choose from, where that is the question."""
    if not any(found.code in {"several-sheets", "sheet-unknown"} for found in refusals):
        return ()
    with open_workbook(content_store().path(sha256)) as workbook:
        return tuple(sheet.name for sheet in workbook.filled_sheets)


def _prepare(
    run: CheckRun, progress: Progress, *, sheet: str | None, constants: Mapping[str, str]
) -> None:
    key, schema = check_runs.key_of(run), run.dictionary
    try:
        with normalised_copy(
            content_store().path(run.sha256),
            DataDictionary.from_table_schema(schema) if schema else None,
            sheet=sheet,
            constants=constants,
            file_name=run.file_name,
            language=run.language,
            advance=progress.advance,
        ) as made:
            prepared_copies.keep(key, made)
    except CannotNormaliseError as error:
        sheets = sheets_asked_for(run.sha256, error.findings)
        prepared_copies.keep_refusal(key, error.findings, sheets)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise TableEngineError("no room for the copy") from error
        raise
    check_runs.finish(run.id, key, None)


def _standing(run: CheckRun) -> CheckStanding:
    percent = min(99, 100 * run.bytes_read // max(1, run.size))
    reason = Reason(run.reason) if run.reason else None
    return CheckStanding(RunState(run.state), None, percent, reason, run.attempt)
