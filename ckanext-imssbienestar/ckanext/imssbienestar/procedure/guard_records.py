"""What the guard saw and refused, and what the Transparency Unit decided on it (R-201, R-202).

Records of bytes under their SHA-256, without any value. Every function works inside the caller's
transaction: it flushes and never commits.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar.checks import RULES_VERSION
from ckanext.imssbienestar.checks.personal.report import PersonalDataColumn
from ckanext.imssbienestar.checks.personal.rules import Decision
from ckanext.imssbienestar.model import PersonalDecision, PersonalScan, RefusedFile

FALSE_ALARM = "false-alarm"
"""The only decision there is: the guard was wrong about this column of this file."""


class Verdict(StrEnum):
    """What a file's recorded scan and the decisions on it come to."""

    PASS = "pass"  # noqa: S105 - no password
    DECIDED = "decided"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class FileStanding:
    """Where a file stands with the guard.

    :ivar columns: all that the guard told of, decided or not.
    :ivar decisions: those of the Transparency Unit on this file, oldest first.
    """

    sha256: str
    rules_version: str
    scanned: datetime.datetime
    columns: tuple[PersonalDataColumn, ...]
    decisions: tuple[PersonalDecision, ...]

    @property
    def open_columns(self) -> tuple[PersonalDataColumn, ...]:
        """The columns that stop the file: told of, and overruled by nobody."""
        return open_columns(self.columns, self.decisions)

    @property
    def verdict(self) -> Verdict:
        """``pass``: nothing told of; ``decided``: all of it overruled; else ``undecided``."""
        if self.open_columns:
            return Verdict.UNDECIDED
        told = any(column.decision is not Decision.PASS for column in self.columns)
        return Verdict.DECIDED if told else Verdict.PASS


@dataclass(frozen=True)
class Origin:
    """Where a refused file came from; ids of CKAN, empty where there is none."""

    organization_id: str = ""
    dataset_id: str = ""
    user_id: str = ""


def open_columns(
    columns: Iterable[PersonalDataColumn], decisions: Iterable[PersonalDecision]
) -> tuple[PersonalDataColumn, ...]:
    """Those that are not let pass, by the guard or by a decision on the same column and kind."""
    overruled = {(decision.column, decision.kind) for decision in decisions}
    return tuple(
        column
        for column in columns
        if column.decision is not Decision.PASS and (column.column, column.kind) not in overruled
    )


def record_scan(
    session: Session,
    sha256: str,
    size: int,
    columns: Sequence[PersonalDataColumn],
    now: datetime.datetime,
) -> None:
    """Keep what a scan by the present rules said of a file.

    :param size: in bytes.
    """
    session.add(
        PersonalScan(
            sha256=sha256,
            size=size,
            rules_version=RULES_VERSION,
            columns=_stored(columns),
            scanned=now,
        )
    )
    session.flush()


def record_refusal(
    session: Session,
    sha256: str,
    size: int,
    columns: Sequence[PersonalDataColumn],
    *,
    file_name: str,
    origin: Origin,
    now: datetime.datetime,
) -> None:
    """Keep that a file was refused; of the file itself nothing is.

    :param file_name: empty where it might tell of a person.
    """
    session.add(
        RefusedFile(
            sha256=sha256,
            size=size,
            rules_version=RULES_VERSION,
            file_name=file_name,
            columns=_stored(columns),
            organization_id=origin.organization_id,
            dataset_id=origin.dataset_id,
            user_id=origin.user_id,
            occurred=now,
        )
    )
    session.flush()


def standings(session: Session, hashes: Iterable[str]) -> dict[str, FileStanding]:
    """Where files stand by the present rules; those not scanned by them are absent."""
    wanted = set(hashes)
    if not wanted:
        return {}
    scans = session.scalars(
        sa.select(PersonalScan)
        .where(PersonalScan.sha256.in_(wanted), PersonalScan.rules_version == RULES_VERSION)
        .order_by(PersonalScan.id)
    )
    newest = {scan.sha256: scan for scan in scans}
    decided = decisions_on(session, newest)
    return {
        sha256: FileStanding(
            sha256,
            scan.rules_version,
            scan.scanned,
            told(scan.columns),
            tuple(decided.get(sha256, ())),
        )
        for sha256, scan in newest.items()
    }


def is_let_through(session: Session, sha256: str) -> bool:
    """Whether a scan of the file by the present rules is recorded and nothing in it is open."""
    found = standings(session, [sha256]).get(sha256)
    return found is not None and found.verdict is not Verdict.UNDECIDED


def decisions_on(session: Session, hashes: Iterable[str]) -> dict[str, list[PersonalDecision]]:
    """The decisions on some files by hash, oldest first; they outlive the rules' versions."""
    query = (
        sa.select(PersonalDecision)
        .where(PersonalDecision.sha256.in_(set(hashes)))
        .order_by(PersonalDecision.id)
    )
    found: dict[str, list[PersonalDecision]] = {}
    for decision in session.scalars(query):
        found.setdefault(decision.sha256, []).append(decision)
    return found


def told(columns: Iterable[Mapping[str, object]]) -> tuple[PersonalDataColumn, ...]:
    """The columns of a record as the guard's report has them."""
    return tuple(PersonalDataColumn.model_validate(column) for column in columns)


def _stored(columns: Sequence[PersonalDataColumn]) -> list[dict[str, object]]:
    return [column.model_dump(mode="json") for column in columns]
