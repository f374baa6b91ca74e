"""Releases in the database: one locked transition, one row of history, one transaction.

Every function works inside the caller's transaction: it flushes and never commits. The rules are
:mod:`~ckanext.imssbienestar.domain.workflow`'s; this module reads, locks, asks and writes.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ckanext.imssbienestar.domain.release import (
    Change,
    Document,
    canonical,
    differences,
    digest,
)
from ckanext.imssbienestar.domain.workflow import (
    Act,
    Outcome,
    SignOff,
    Standing,
    State,
    Transition,
    decide,
)
from ckanext.imssbienestar.domain.workflow import Role as WorkflowRole
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.model import Release, ReleaseDocument, ReleaseEvent

OPEN_STATES = (State.DRAFT, State.IN_REVIEW, State.SIGNED)


class ReleaseNotFound(TerminalError):
    """There is no release to act on."""


class ReleaseChanged(TerminalError):
    """The content is not what was signed, or not what the person was looking at.

    :param signed: the digest that carries the signatures.
    :param found: the digest of the content as it is now.
    :param changes: what differs, leaf by leaf.
    """

    def __init__(self, signed: str, found: str, changes: Sequence[Change] = ()) -> None:
        super().__init__(
            "The content changed after it was sent to review.",
            next_step="Return the release to draft and send it to review again.",
        )
        self.signed = signed
        self.found = found
        self.changes = tuple(changes)


class AnotherUnderWay(TerminalError):
    """Another working copy of the same dataset is under review already."""

    def __init__(self) -> None:
        super().__init__("Another update of this dataset is under review already.")


class NothingChanged(TerminalError):
    """The content is already published as it is.

    :param number: the published release with the same digest.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"This content is already published as release {number}.")
        self.number = number


@dataclass(frozen=True)
class Subject:
    """The dataset a release is of; see :class:`~ckanext.imssbienestar.model.Release`."""

    dataset_id: str
    dataset_name: str
    working_id: str
    organization_id: str


def get(session: Session, release_id: str, *, lock: bool = False) -> Release:
    """A release by id.

    :param lock: hold the row until the transaction ends (``SELECT … FOR UPDATE``).
    :raises ReleaseNotFound: no such id.
    """
    release = session.get(Release, release_id, with_for_update=lock, populate_existing=lock)
    if release is None:
        raise ReleaseNotFound("There is no such release.")
    return release


def open_release(session: Session, working_id: str, *, lock: bool = False) -> Release | None:
    """The release under way for a dataset or working copy, if there is one."""
    query = sa.select(Release).where(
        Release.working_id == working_id, Release.state.in_([s.value for s in OPEN_STATES])
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def latest(
    session: Session, dataset_id: str, states: Sequence[State] = tuple(State)
) -> Release | None:
    """The newest release of a dataset among some states, if there is one."""
    query = (
        sa.select(Release)
        .where(Release.dataset_id == dataset_id, Release.state.in_([s.value for s in states]))
        .order_by(Release.number.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def by_number(session: Session, name_or_id: str, number: int) -> Release | None:
    """A release by its number and its dataset's id, or the name it was last known by."""
    query = sa.select(Release).where(
        sa.or_(Release.dataset_id == name_or_id, Release.dataset_name == name_or_id),
        Release.number == number,
    )
    return session.scalars(query).first()


def document_of(session: Session, release: Release) -> Document:
    """The signed document, parsed from its canonical text."""
    stored = session.get(ReleaseDocument, release.digest)
    if stored is None:
        raise ReleaseNotFound(f"The document of release {release.id} is missing.")
    document: Document = json.loads(stored.canonical)
    return document


def history(session: Session, release: Release) -> list[ReleaseEvent]:
    """Every transition of a release, oldest first."""
    query = (
        sa.select(ReleaseEvent)
        .where(ReleaseEvent.release_id == release.id)
        .order_by(ReleaseEvent.id)
    )
    return list(session.scalars(query))


def standing(session: Session, release: Release | None) -> Standing:
    """What the workflow needs to know; a dataset without a release is a draft.

    Only the signatures given since the last submission count: a return undoes them, though the
    history keeps them.
    """
    if release is None:
        return Standing(State.DRAFT)
    submitted_by: str | None = None
    sign_offs: list[SignOff] = []
    for event in history(session, release):
        if event.transition == Transition.SUBMIT:
            submitted_by, sign_offs = event.user_id, []
        elif event.transition == Transition.SIGN and event.digest == release.digest:
            sign_offs.append(SignOff(WorkflowRole(event.role), event.user_id, event.digest))
    return Standing(State(release.state), submitted_by, tuple(sign_offs))


def submit(
    session: Session, subject: Subject, document: Document, act: Act, now: datetime.datetime
) -> Release:
    """Freeze the document and send it to review.

    :raises TransitionRefused: the workflow says no.
    :raises NothingChanged: the newest published release has this digest.
    :raises AnotherUnderWay: another working copy of the dataset was sent before.
    """
    # One submission at a time for a dataset, also while it has no row to lock.
    session.execute(
        sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(subject.dataset_id, 0)))
    )
    release = open_release(session, subject.working_id, lock=True)
    outcome = decide(standing(session, release), act)
    if release is None and latest(session, subject.dataset_id, OPEN_STATES) is not None:
        raise AnotherUnderWay
    found = digest(document)
    published = latest(session, subject.dataset_id, [State.PUBLISHED])
    if published is not None and published.digest == found:
        raise NothingChanged(published.number)
    _keep_document(session, found, document, now)
    if release is None:
        release = _new_release(session, subject, found, now)
    release.dataset_name = subject.dataset_name
    release.organization_id = subject.organization_id
    release.digest = found
    _record(session, release, act, outcome, now)
    return release


def move(
    session: Session,
    release_id: str,
    act: Act,
    now: datetime.datetime,
    *,
    current: Document | None = None,
    seen_digest: str | None = None,
) -> Release:
    """Sign, publish, return or withdraw.

    :param current: the content as it is now; when given it must still be what the release froze.
    :param seen_digest: the digest the person was shown; when given it must be the release's.
    :raises TransitionRefused: the workflow says no.
    :raises ReleaseChanged: the content or the release is not what was signed or shown.
    """
    release = get(session, release_id, lock=True)
    outcome = decide(standing(session, release), act)
    if seen_digest is not None and seen_digest != release.digest:
        raise ReleaseChanged(seen_digest, release.digest)
    if current is not None:
        require_unchanged(session, release, current)
    _record(session, release, act, outcome, now)
    return release


def require_unchanged(session: Session, release: Release, current: Document) -> None:
    """:raises ReleaseChanged: the content is not what the release froze."""
    found = digest(current)
    if found != release.digest:
        changes = differences(document_of(session, release), current)
        raise ReleaseChanged(release.digest, found, changes)


def _keep_document(
    session: Session, found: str, document: Document, now: datetime.datetime
) -> None:
    session.execute(
        insert(ReleaseDocument)
        .values(digest=found, canonical=canonical(document).decode("utf-8"), created=now)
        .on_conflict_do_nothing()
    )


def _new_release(session: Session, subject: Subject, found: str, now: datetime.datetime) -> Release:
    newest = latest(session, subject.dataset_id)
    release = Release(
        dataset_id=subject.dataset_id,
        dataset_name=subject.dataset_name,
        working_id=subject.working_id,
        organization_id=subject.organization_id,
        number=newest.number + 1 if newest else 1,
        state=State.DRAFT.value,
        digest=found,
        created=now,
        modified=now,
    )
    session.add(release)
    session.flush()
    return release


def _record(
    session: Session, release: Release, act: Act, outcome: Outcome, now: datetime.datetime
) -> None:
    session.add(
        ReleaseEvent(
            release_id=release.id,
            transition=act.transition.value,
            from_state=release.state,
            to_state=outcome.state.value,
            digest=release.digest,
            role=outcome.role.value,
            user_id=act.user_id,
            oficio_number=act.oficio_number.strip(),
            reason=act.reason.strip(),
            occurred=now,
        )
    )
    release.state = outcome.state.value
    release.modified = now
    if outcome.state is State.PUBLISHED:
        release.published = now
    session.flush()
