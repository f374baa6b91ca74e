"""The check report of a file, computed once for the same bytes, dictionary, rules and language.

A small file is checked while somebody waits; a large one by a job, and until it is done there is
no report but a standing: waiting, running or failed.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan import model

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks import check_table, rules_version
from ckanext.imssbienestar.checks.errors import TableEngineError
from ckanext.imssbienestar.checks.texts import finding
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.findings import CheckReport, Finding, FindingGroup
from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.errors import InputFileError
from ckanext.imssbienestar.model import CheckedFile, CheckRun, StoredReport
from ckanext.imssbienestar.portal import exports, jobs
from ckanext.imssbienestar.portal.check_runs import Reason, ReportKey, RunState, keep_report
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.personal_data import with_decisions
from ckanext.imssbienestar.procedure import resource_files

log = logging.getLogger(__name__)

# A report this many files ago is no longer compared with.
_FILES_LOOKED_BACK = 10


@dataclass(frozen=True)
class Subject:
    """A stored file and the dictionary it is judged by."""

    stored: StoredFile
    schema: Mapping[str, Any] | None

    def key(self, language: str) -> ReportKey:
        """What its check is stored under."""
        rules = rules_version(config.accepted_terms())
        return ReportKey(self.stored.sha256, self.dictionary_digest, rules, language)

    @property
    def dictionary_digest(self) -> str:
        """SHA-256 of the dictionary."""
        # Not RFC 8785: a dictionary that cannot be signed is still checked, the report says more.
        canonical = json.dumps(self.schema, sort_keys=True).encode() if self.schema else b""
        return hashlib.sha256(canonical).hexdigest()

    @property
    def is_large(self) -> bool:
        """Too large to be checked while somebody waits."""
        return self.stored.size > config.check_inline_bytes()


@dataclass(frozen=True)
class CheckStanding:
    """Where the check of a file stands.

    :ivar state: None when nobody has asked for the check yet.
    :ivar report: there when, and only when, the state is *done*.
    :ivar percent: of the bytes of the file that were read.
    """

    state: RunState | None
    report: CheckReport | None = None
    percent: int = 0
    reason: Reason | None = None
    attempt: int = 1


@dataclass(frozen=True)
class Earlier:
    """What a resource had before, and what the check of it found.

    :ivar same_file: only the dictionary was another.
    """

    file_name: str
    since: datetime.datetime
    same_file: bool
    groups: tuple[FindingGroup, ...]


def subject_of(resource: Mapping[str, Any]) -> Subject | None:
    """What there is to check of a resource; None for one without a file of ours."""
    stored = resource_files.file_of(model.Session, resource["package_id"], resource["id"])
    return Subject(stored, resource.get("schema") or None) if stored is not None else None


def standing_of(subject: Subject, language: str) -> CheckStanding:
    """The report, or how far it is. Has the file checked when it was not, now or by a job.

    A report made now is stored in the present transaction.
    """
    key = subject.key(language)
    report = _stored(key, subject.stored.name)
    if report is not None:
        return CheckStanding(RunState.DONE, report)
    if subject.is_large:
        return _standing(jobs.request_check(key, subject.stored, subject.schema), key)
    return _check_now(subject, key)


def known_standing(subject: Subject, language: str) -> CheckStanding:
    """The same for those who may read and may not have a file checked: what there is already.

    A report in the other language is better than none.
    """
    key = subject.key(language)
    report = _stored(key, subject.stored.name) or _in_another_language(key, subject.stored.name)
    if report is not None:
        return CheckStanding(RunState.DONE, report)
    run = jobs.standing_run(key) if subject.is_large else None
    return _standing(run, key) if run is not None else CheckStanding(None)


def check_again(subject: Subject, language: str) -> CheckStanding:
    """Have a file checked whose check failed."""
    if subject.is_large and _stored(subject.key(language), "") is None:
        key = subject.key(language)
        return _standing(jobs.request_check(key, subject.stored, subject.schema, again=True), key)
    return standing_of(subject, language)


def export_of(subject: Subject, language: str) -> CheckStanding:
    """How far the file with every finding is; it is there when, and only when, that is *done*."""
    key = subject.key(language).complete
    run = jobs.standing_run(key)
    if run is None or (run.state == RunState.DONE and not exports.path_of(key).is_file()):
        return CheckStanding(None)
    return _standing(run, key)


def request_export(subject: Subject, language: str) -> None:
    """Have the file with every finding made, unless it is there or under way."""
    if export_of(subject, language).state is not RunState.DONE:
        key = subject.key(language).complete
        jobs.request_check(key, subject.stored, subject.schema, again=True)


def report_of(resource: Mapping[str, Any], language: str) -> CheckReport | None:
    """The report as the gates ask for it; None for a resource without a file.

    While a check is under way, or when it failed, the answer is a report with that one finding,
    which blocks: nothing passes a gate without a finished report.
    """
    subject = subject_of(resource)
    if subject is None:
        return None
    standing = standing_of(subject, language)
    if standing.report is not None:
        return standing.report
    failed = standing.state is RunState.FAILED
    return _without_report(
        subject, finding("check-failed" if failed else "check-under-way", language=language)
    )


def note_file(resource: Mapping[str, Any], subject: Subject) -> None:
    """Remember, in the present transaction, that a resource has this file and dictionary now."""
    last = model.Session.scalars(_files_before(resource["id"]).limit(1)).one_or_none()
    now_has = (subject.stored.sha256, subject.dictionary_digest)
    if last is not None and (last.sha256, last.dictionary_digest) == now_has:
        return
    model.Session.add(
        CheckedFile(
            resource_id=resource["id"],
            dataset_id=resource["package_id"],
            sha256=subject.stored.sha256,
            dictionary_digest=subject.dictionary_digest,
            file_name=subject.stored.name,
            since=datetime.datetime.now(datetime.UTC),
        )
    )


def earlier_of(resource: Mapping[str, Any], subject: Subject) -> Earlier | None:
    """The newest report of what the resource had before what it has now, if there is one."""
    now_has = (subject.stored.sha256, subject.dictionary_digest)
    before = model.Session.scalars(_files_before(resource["id"]).limit(_FILES_LOOKED_BACK)).all()
    for file in before:
        if (file.sha256, file.dictionary_digest) == now_has:
            continue
        report = model.Session.scalars(
            sa.select(StoredReport)
            .filter_by(sha256=file.sha256, dictionary_digest=file.dictionary_digest)
            .order_by(StoredReport.created.desc())
            .limit(1)
        ).one_or_none()
        if report is not None:
            groups = CheckReport.model_validate(report.report).groups
            same = file.sha256 == subject.stored.sha256
            return Earlier(file.file_name, file.since, same, groups)
    return None


def _files_before(resource_id: str) -> sa.Select[tuple[CheckedFile]]:
    return sa.select(CheckedFile).filter_by(resource_id=resource_id).order_by(CheckedFile.id.desc())


def _stored(key: ReportKey, file_name: str) -> CheckReport | None:
    return _named(model.Session.get(StoredReport, tuple(key.values.values())), file_name)


def _in_another_language(key: ReportKey, file_name: str) -> CheckReport | None:
    same = {name: value for name, value in key.values.items() if name != "language"}
    query = sa.select(StoredReport).filter_by(**same).order_by(StoredReport.language).limit(1)
    return _named(model.Session.scalars(query).one_or_none(), file_name)


def _named(row: StoredReport | None, file_name: str) -> CheckReport | None:
    """A stored report under the name that this resource gives the file."""
    if row is None:
        return None
    report = CheckReport.model_validate(row.report).model_copy(update={"file": file_name})
    return with_decisions(report)


def _check_now(subject: Subject, key: ReportKey) -> CheckStanding:
    stored, schema = subject.stored, subject.schema
    try:
        report = check_table(
            content_store().path(stored.sha256),
            DataDictionary.from_table_schema(schema) if schema else None,
            file_name=stored.name,
            limit=config.findings_kept(),
            language=key.language,
            accepted_terms=config.accepted_terms(),
        )
    except TableEngineError:
        log.exception("No room to check %s", stored.sha256)
        return CheckStanding(RunState.FAILED, reason=Reason.NO_ROOM)
    except InputFileError:
        log.exception("No file to check under %s", stored.sha256)
        return CheckStanding(RunState.FAILED, reason=Reason.NO_FILE)
    except DictionaryError:
        return CheckStanding(RunState.FAILED, reason=Reason.DICTIONARY)
    keep_report(model.Session(), key, report)
    return CheckStanding(RunState.DONE, with_decisions(report))


def _standing(run: CheckRun, key: ReportKey) -> CheckStanding:
    if run.state == RunState.DONE:
        # Its job ended after we had looked for the report.
        report = _stored(key, run.file_name)
        if report is not None:
            return CheckStanding(RunState.DONE, report)
    percent = min(99, 100 * run.bytes_read // max(1, run.size))
    reason = Reason(run.reason) if run.reason else None
    return CheckStanding(RunState(run.state), None, percent, reason, run.attempt)


def _without_report(subject: Subject, instead: Finding) -> CheckReport:
    return CheckReport(
        file=subject.stored.name,
        sha256=subject.stored.sha256,
        bytes=subject.stored.size,
        rows=0,
        publishable=False,
        findings=(instead,),
        counts={instead.code: 1},
        groups=(FindingGroup(code=instead.code, column=None, count=1),),
        shown=1,
        total=1,
    )
