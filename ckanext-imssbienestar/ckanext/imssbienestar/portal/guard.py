"""Personal data stopped at the door: nothing of a refused file is kept (R-178, R-201, R-202)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from ckan import model
from ckan.plugins import toolkit as tk
from sqlalchemy.orm import Session

from ckanext.imssbienestar.checks.personal_data import (
    FILE_NAME,
    Decision,
    PersonalDataColumn,
    scan_file_name,
    scan_personal_data,
)
from ckanext.imssbienestar.portal import personal_data_texts
from ckanext.imssbienestar.procedure import guard_records
from ckanext.imssbienestar.procedure.content_store import Candidate
from ckanext.imssbienestar.procedure.guard_records import Origin

_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("imss_origin", default=_NOWHERE)


@contextmanager
def writing(origin: Origin) -> Iterator[None]:
    """Says who writes which dataset: CKAN's uploader is not told, and a refusal records it."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def let_in(candidate: Candidate, filename: str) -> None:
    """Look at a file that nobody can reach yet, and record what was seen.

    The record has a transaction of its own: it stays when the write is refused or fails later.

    :param filename: the name the person gave the file.
    :raises tk.ValidationError: it holds personal data that no decision of the Transparency Unit
        overrules; says which columns and why, never a value.
    """
    columns = columns_of(candidate.path, filename)
    name = scan_file_name(filename).columns
    with _own_transaction() as session:
        decided = guard_records.decisions_on(session, [candidate.sha256])
        still_open = guard_records.open_columns(columns, decided.get(candidate.sha256, ()))
        blocked = [found for found in (*still_open, *name) if found.decision is Decision.BLOCK]
        if not blocked:
            guard_records.record_scan(session, candidate.sha256, candidate.size, columns, _now())
            return
        guard_records.record_refusal(
            session,
            candidate.sha256,
            candidate.size,
            (*columns, *name),
            file_name=storable(personal_data_texts.shown_name(filename)),
            origin=_origin.get(),
            now=_now(),
        )
    raise tk.ValidationError(personal_data_texts.refusal(blocked, candidate.sha256))


def scan_stored(path: Path, sha256: str) -> None:
    """Look at a file of the content store by the present rules, and record it."""
    columns = columns_of(path, "")
    with _own_transaction() as session:
        guard_records.record_scan(session, sha256, path.stat().st_size, columns, _now())


def columns_of(path: Path, filename: str) -> tuple[PersonalDataColumn, ...]:
    """What the guard tells of the content of a file; its name is judged apart.

    The same bytes may come under another name, so what their record says must not depend on it.

    :param filename: its ending says what kind of file it is.
    """
    report = scan_personal_data(path, file_name=Path(filename).name)
    return tuple(
        found.model_copy(update={"column": storable(found.column)})
        for found in without_name(report.columns)
    )


def without_name(columns: Iterable[PersonalDataColumn]) -> tuple[PersonalDataColumn, ...]:
    """What a report says of the content, apart from the name of the file."""
    return tuple(found for found in columns if found.column != FILE_NAME)


def storable(text: str) -> str:
    """A text without what the database cannot hold: NUL and halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


@contextmanager
def _own_transaction() -> Iterator[Session]:
    with Session(model.Session.get_bind()) as session, session.begin():
        yield session


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
