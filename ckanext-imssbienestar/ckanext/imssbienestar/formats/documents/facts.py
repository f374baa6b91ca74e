"""What reading a document leaves: texts with their place, and what could not be read as text."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

from ckanext.imssbienestar.datafiles import read_yaml

TextKind = Literal["text", "author", "signature", "raw", "compact"]


class DocumentText(BaseModel):
    """A piece of text.

    :ivar place: a key of ``words.places`` in ``findings.yaml``.
    :ivar number: of the page or the sheet, from 1; 0 where there is only one such place.
    :ivar kind: ``author``: the name of who wrote. ``signature``: what a certificate holds.
        ``raw``: printable characters out of something else. ``compact``: without its spaces.
    """

    place: str
    number: int = 0
    kind: TextKind = "text"
    text: str


class Attachment(BaseModel):
    """A file inside the document: its name there, and its copy in the folder of results."""

    name: str
    file: str


class DocumentFacts(BaseModel):
    """What is known of a document besides its texts.

    :ivar kind: ``docx``, ``odt``, ``pdf``, ``xlsx``, ….
    :ivar tables: how many tables it has; table *n* is in ``table-n.csv``.
    :ivar texts: how many pieces of text.
    :ivar pictures: pictures, or pages without text, that may be scans of something written.
    :ivar unread: parts that nobody here can read.
    """

    kind: str
    tables: int = 0
    texts: int = 0
    pictures: int = 0
    unread: int = 0
    attachments: list[Attachment] = []


@cache
def document_layout() -> dict[str, Any]:
    """The whole of ``schemas/documents.yaml``."""
    data: dict[str, Any] = read_yaml("documents.yaml")
    return data


@cache
def document_limit(name: str) -> float:
    """A limit on documents by its name."""
    return float(document_layout()["limits"][name])
