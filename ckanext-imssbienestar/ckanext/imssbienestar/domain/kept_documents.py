"""A closed document of the Procedure as JSON that is kept with its digest, and read back."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ckanext.imssbienestar.domain.release import Document, NotSignable, digest
from ckanext.imssbienestar.errors import TerminalError

DOCUMENT_VERSION = 1

T = TypeVar("T")

# Making one takes longer than using it.
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


class AlteredDocument(TerminalError):
    """A kept document is not the one that was closed.

    :ivar form: which document it should have been.
    """

    def __init__(self, form: str) -> None:
        self.form = form
        super().__init__(
            f"A kept document ({form}) is not what was closed: its digest differs.",
            next_step="Restore it from a backup; a closed document is never edited.",
        )


def kept_document(form: str, content: Any) -> Document:
    """Everything that a dataclass holds, as plain values; its digest is what is signed."""
    plain = _adapter(type(content)).dump_python(content, mode="json")
    return {"version": DOCUMENT_VERSION, "form": form, "content": plain}


def restored_document(kind: type[T], form: str, document: Any, expected: str) -> T:
    """The dataclass again.

    :param expected: the digest that was kept with the document.
    :raises AlteredDocument: the document is not the one of that digest, or of another form.
    """
    try:
        content: T = _adapter(kind).validate_python(document["content"])
        again = kept_document(form, content)
        # What the dataclass does not hold would be dropped: the kept document itself is compared.
        same = digest(document) == expected == digest(again)
    except (ValidationError, LookupError, TypeError, ValueError, NotSignable) as error:
        raise AlteredDocument(form) from error
    if not same:
        raise AlteredDocument(form)
    return content


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
