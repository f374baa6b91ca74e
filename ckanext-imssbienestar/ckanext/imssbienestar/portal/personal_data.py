"""Where files stand with the guard: their recorded scans, and what the Transparency Unit decides.

A decision is on one column of one file, told by its SHA-256: the same bytes pass from then on, and
any other file asks again (R-201).
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks import RULES_VERSION
from ckanext.imssbienestar.checks.personal_data import Decision, PersonalDataColumn
from ckanext.imssbienestar.checks.texts import finding, severity_of, word
from ckanext.imssbienestar.domain.findings import CheckReport, Finding, FindingGroup, Severity
from ckanext.imssbienestar.domain.workflow import Role
from ckanext.imssbienestar.model import PersonalDecision, RefusedFile, ResourceFile
from ckanext.imssbienestar.portal import guard, permissions, personal_data_texts
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import designations, guard_records
from ckanext.imssbienestar.procedure.guard_records import FileStanding

_SHA256 = re.compile("[0-9a-f]{64}")
_GUARD_CODES = frozenset({"personal-data", "personal-data-review"})


@dataclass(frozen=True)
class KnownFile:
    """A file the guard told something of: kept in a draft, or refused.

    :ivar name: empty where it might tell of a person.
    :ivar since: when it was scanned or refused.
    """

    sha256: str
    name: str
    kept: bool
    dataset_id: str
    organization_id: str
    since: datetime.datetime
    columns: tuple[PersonalDataColumn, ...]
    decisions: tuple[PersonalDecision, ...]

    @property
    def open_columns(self) -> tuple[PersonalDataColumn, ...]:
        """The columns that nobody overruled."""
        return guard_records.open_columns(self.columns, self.decisions)


def scan_missing(hashes: Iterable[str], *, again: bool = False) -> int:
    """Scan the stored files that the present rules have not seen; how many they were.

    :param again: those that they have seen, too.
    :raises InputFileError: one of them cannot be judged; it does not pass.
    """
    wanted = set(hashes)
    seen = () if again else guard_records.standings(model.Session, wanted).keys()
    missing = wanted.difference(seen)
    for sha256 in sorted(missing):
        content_store().verify(sha256)
        guard.scan_stored(content_store().path(sha256), sha256)
    return len(missing)


def open_files(hashes: Iterable[str]) -> dict[str, list[str]]:
    """The names of the columns nobody decided on, by file; only of files that have some."""
    standings = guard_records.standings(model.Session, hashes)
    return {
        sha256: [column.column for column in standing.open_columns]
        for sha256, standing in standings.items()
        if standing.open_columns
    }


def require_passed(hashes: Iterable[str]) -> None:
    """Nobody signs or publishes a file with personal data that the Transparency Unit left open.

    :raises tk.ValidationError: there is one; says which columns.
    """
    wanted = set(hashes)
    scan_missing(wanted)
    for columns in open_files(wanted).values():
        text = tk._(
            "These columns may hold personal data and the Transparency Unit has not decided on "
            "them: {columns}. Return the release to draft."
        )
        raise tk.ValidationError({"message": [text.format(columns=", ".join(columns))]})


def without_guard(report: CheckReport, sha256: str) -> CheckReport:
    """A check's report without what it says of personal data, where a recorded scan says it.

    The report knows of no decision.
    """
    if sha256 not in guard_records.standings(model.Session, [sha256]):
        return report
    kept = tuple(found for found in report.findings if found.code not in _GUARD_CODES)
    return report.model_copy(update={"findings": kept})


def with_decisions(report: CheckReport) -> CheckReport:
    """A check's report without the columns that the Transparency Unit called a false alarm.

    A report is stored once for the same bytes and rules; decisions come later.
    """
    if _GUARD_CODES.isdisjoint(report.counts):
        return report
    standing = guard_records.standings(model.Session, [report.sha256]).get(report.sha256)
    if standing is None or not standing.decisions:
        return report
    stopped = {column.column for column in standing.open_columns}
    overruled = {decision.column for decision in standing.decisions} - stopped

    def stays(told: Finding | FindingGroup) -> bool:
        return told.code not in _GUARD_CODES or told.column not in overruled

    findings = tuple(filter(stays, report.findings))
    counts = Counter(report.counts)
    for group in report.groups:
        counts[group.code] -= 0 if stays(group) else group.count
    left = +counts
    return report.model_copy(
        update={
            "findings": findings,
            "groups": tuple(filter(stays, report.groups)),
            "counts": dict(sorted(left.items())),
            "shown": len(findings),
            "total": left.total(),
            "publishable": all(severity_of(code) is not Severity.BLOCKING for code in left),
        }
    )


def findings_of(sha256: str, resource: str, language: str) -> list[Finding]:
    """What of a file stops its review until the Transparency Unit decides."""
    standing = guard_records.standings(model.Session, [sha256]).get(sha256)
    if standing is None:
        return []
    return [
        finding(
            "personal-data" if column.decision is Decision.BLOCK else "personal-data-undecided",
            language=language,
            column=column.column,
            resource=resource,
            kind=word("kinds", column.kind, language),
        )
        for column in standing.open_columns
    ]


def decide(sha256: str, column: str, reason: str, user_id: str) -> KnownFile:
    """Overrule the guard for one column of one file; flushes, does not commit.

    :raises tk.NotAuthorized: the person is not designated in the Transparency Unit today; to be
        system administrator gives no such role.
    :raises tk.ObjectNotFound: the guard told nothing of such a column of such a file.
    :raises tk.ValidationError: the reason says too little, too much, or tells of a person.
    """
    oficio = _oficio_of(user_id)
    found = known_file(sha256)
    told = [each for each in found.columns if each.column == column] if found else []
    if found is None or not told:
        raise tk.ObjectNotFound(tk._("The guard told nothing of that column of that file."))
    _require_reason(reason)
    kinds = {each.kind for each in found.open_columns if each.column == column}
    for kind in sorted(kinds):
        model.Session.add(
            PersonalDecision(
                sha256=sha256,
                column=column,
                kind=kind,
                decision=guard_records.FALSE_ALARM,
                reason=guard.storable(reason.strip()),
                user_id=user_id,
                oficio_number=oficio,
                rules_version=RULES_VERSION,
                decided=datetime.datetime.now(datetime.UTC),
            )
        )
    model.Session.flush()
    return known_file(sha256) or found


def known_file(sha256: str) -> KnownFile | None:
    """What the guard knows of a file: as it is kept, else as it was last refused."""
    if not _SHA256.fullmatch(sha256):
        return None
    standing = guard_records.standings(model.Session, [sha256]).get(sha256)
    if standing is not None:
        return next(iter(_kept([standing])), None) or _stored_nowhere(standing)
    query = sa.select(RefusedFile).where(RefusedFile.sha256 == sha256)
    refused = model.Session.scalars(query.order_by(RefusedFile.id.desc())).first()
    return _refused([refused])[0] if refused is not None else None


def as_of(known: KnownFile, dataset_id: str) -> KnownFile:
    """A file as one of the datasets that have it shows it."""
    package = model.Package.get(dataset_id)
    unit = str(package.owner_org or "") if package is not None else ""
    return replace(known, dataset_id=dataset_id, organization_id=unit)


def waiting(limit: int, offset: int) -> tuple[list[KnownFile], int]:
    """The files with columns that nobody decided on, newest first, and how many they are."""
    refused = sa.select(RefusedFile).distinct(RefusedFile.sha256)
    newest = model.Session.scalars(refused.order_by(RefusedFile.sha256, RefusedFile.id.desc()))
    standings = guard_records.standings(model.Session, _hashes_in_use())
    kept = list(_kept(standings.values()))
    known = {each.sha256 for each in kept}
    files = kept + [each for each in _refused(newest.all()) if each.sha256 not in known]
    found = [each for each in files if each.open_columns]
    found.sort(key=lambda each: each.since, reverse=True)
    return found[offset : offset + limit], len(found)


def file_dict(known: KnownFile) -> dict[str, Any]:
    """A file as the API and the pages show it. No value of it."""
    open_columns = set(known.open_columns)
    decided = {(each.column, each.kind): each for each in known.decisions}
    package = model.Package.get(known.dataset_id) if known.dataset_id else None
    unit = model.Group.get(known.organization_id) if known.organization_id else None
    return {
        "sha256": known.sha256,
        "file_name": known.name,
        "kept": known.kept,
        "since": known.since.isoformat(),
        "dataset": package.name if package is not None else None,
        "dataset_title": package.title if package is not None else None,
        "organization": unit.name if unit is not None else None,
        "organization_title": unit.title if unit is not None else None,
        "waiting": bool(open_columns),
        "highest_level": any(map(personal_data_texts.is_highest, open_columns)),
        "columns": [
            personal_data_texts.column_dict(column)
            | {
                "waiting": column in open_columns,
                "decided": _decision_dict(decided.get((column.column, column.kind))),
            }
            for column in known.columns
            if column.decision is not Decision.PASS
        ],
    }


def is_transparency_unit(user_id: str) -> bool:
    """Whether the person is designated in the Transparency Unit today."""
    return Role.TRANSPARENCY_UNIT in permissions.roles_of(user_id, None)


def _decision_dict(decision: PersonalDecision | None) -> dict[str, str] | None:
    if decision is None:
        return None
    user = model.User.get(decision.user_id)
    return {
        "decision": decision.decision,
        "reason": decision.reason,
        "user": user.name if user is not None else decision.user_id,
        "oficio_number": decision.oficio_number,
        "decided": decision.decided.isoformat(),
        "rules_version": decision.rules_version,
    }


def _oficio_of(user_id: str) -> str:
    today = permissions.today()
    for held in designations.holders(model.Session, [Role.TRANSPARENCY_UNIT], "", today):
        if held.user_id == user_id:
            return held.oficio_number
    raise tk.NotAuthorized(tk._("Only the Transparency Unit decides on personal data."))


def _require_reason(reason: str) -> None:
    least, most = personal_data_texts.least_words(), personal_data_texts.longest_reason()
    if len(reason.split()) < least:
        text = tk._("Write why it is no personal data, in {count} words at least.")
        raise tk.ValidationError({"reason": [text.format(count=least)]})
    if len(reason) > most:
        text = tk._("Write the reason in {count} characters at most.")
        raise tk.ValidationError({"reason": [text.format(count=most)]})
    refuse_in_record(reason, field="reason", also_possible=True)


def _hashes_in_use() -> set[str]:
    return set(model.Session.scalars(sa.select(ResourceFile.sha256)))


def _kept(standings: Iterable[FileStanding]) -> Iterator[KnownFile]:
    """The files that a resource has, each once."""
    found = {standing.sha256: standing for standing in standings if standing.columns}
    query = (
        sa.select(ResourceFile)
        .where(ResourceFile.sha256.in_(found))
        .order_by(ResourceFile.sha256, ResourceFile.uploaded)
    )
    files = {row.sha256: row for row in model.Session.scalars(query)}
    for sha256, row in files.items():
        standing = found[sha256]
        package = model.Package.get(row.dataset_id)
        if package is None or package.state == "deleted":
            continue
        yield KnownFile(
            sha256,
            personal_data_texts.shown_name(row.name),
            True,
            row.dataset_id,
            str(package.owner_org or ""),
            standing.scanned,
            standing.columns,
            standing.decisions,
        )


def _stored_nowhere(standing: FileStanding) -> KnownFile:
    return KnownFile(
        standing.sha256,
        "",
        False,
        "",
        "",
        standing.scanned,
        standing.columns,
        standing.decisions,
    )


def _refused(rows: Iterable[RefusedFile]) -> list[KnownFile]:
    refused = list(rows)
    decided = guard_records.decisions_on(model.Session, [row.sha256 for row in refused])
    return [
        KnownFile(
            row.sha256,
            row.file_name,
            False,
            row.dataset_id,
            row.organization_id,
            row.occurred,
            guard.without_name(guard_records.told(row.columns)),
            tuple(decided.get(row.sha256, ())),
        )
        for row in refused
    ]
