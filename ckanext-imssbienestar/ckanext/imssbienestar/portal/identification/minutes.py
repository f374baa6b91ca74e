"""The file of a meeting's minutes: looked at before it is kept (R-030)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from ckan.lib.munge import munge_filename
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.formats.documents.document import open_document
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError
from ckanext.imssbienestar.formats.workbooks.guard import container_kind
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.procedure.content_store import Candidate, FileTooLarge
from ckanext.imssbienestar.procedure.meetings import Minutes
from ckanext.imssbienestar.procedure.refusals import ActRefused
from ckanext.imssbienestar.procedure.rules import meeting_rules

# Readers of PDF take a few other bytes before its mark.
_PDF, _HEAD = b"%PDF-", 1024
_NO_DOCUMENT = "format-error"
_ENCRYPTED = "workbook-encrypted"


@dataclass(frozen=True)
class Received:
    """Minutes that arrived and can be read; not kept yet."""

    candidate: Candidate
    minutes: Minutes


@contextmanager
def received(upload: Any) -> Iterator[Received | None]:
    """Take an uploaded file and look at it; None when there is none.

    What is written in it is not looked at: minutes name those who came.

    :raises ActRefused: it is no PDF or DOCX, cannot be read, or is too large; nothing stays.
    :raises StorageFull: there is no room for it.
    """
    if not isinstance(upload, FileStorage) or not upload.filename:
        yield None
        return
    with ExitStack() as until_wiped:
        candidate = until_wiped.enter_context(_arrived(upload))
        kind = _kind_of(candidate)
        name = f"{PurePath(munge_filename(upload.filename)).stem}.{kind}"
        yield Received(candidate, Minutes(candidate.sha256, name, candidate.size))


@contextmanager
def _arrived(upload: FileStorage) -> Iterator[Candidate]:
    limit = meeting_rules().minutes.bytes
    with ExitStack() as until_wiped:
        try:
            arriving = content_store().receive(upload.stream, limit)
            candidate = until_wiped.enter_context(arriving)
        except FileTooLarge as error:
            raise ActRefused(Problem("minutes-too-large", facts={"limit": limit >> 20})) from error
        yield candidate


def _kind_of(candidate: Candidate) -> str:
    """:raises ActRefused: it is none of the kinds that minutes may be, or cannot be read."""
    if not (_is_pdf(candidate.path) or container_kind(candidate.path) == "zip"):
        raise ActRefused(Problem("minutes-not-document"))
    try:
        with open_document(candidate.path) as document:
            kind = document.facts.kind
    except WorkbookError as error:
        if error.code == _NO_DOCUMENT:
            raise ActRefused(Problem("minutes-not-document")) from error
        variant = "password" if error.code == _ENCRYPTED else ""
        raise ActRefused(Problem("minutes-unreadable", variant)) from error
    if kind not in meeting_rules().minutes.kinds:
        raise ActRefused(Problem("minutes-not-document"))
    return kind


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as stream:
        return _PDF in stream.read(_HEAD)


def keep(arrived: Received) -> None:
    """Make them permanent."""
    content_store().keep(arrived.candidate)


def media_type(name: str) -> str:
    """Of kept minutes, by the ending that their name was given."""
    kind = PurePath(name).suffix.lstrip(".")
    return meeting_rules().minutes.kinds.get(kind, "application/octet-stream")
