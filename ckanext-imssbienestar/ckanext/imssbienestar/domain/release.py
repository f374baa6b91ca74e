"""The release document: what is signed, and its digest.

A release is metadata, dictionaries and the hashes of the files of one dataset for one period. Its
canonical form is RFC 8785 JSON, its digest the SHA-256 of those bytes in lower-case hexadecimal.
The same function makes the document from a draft and from a public dataset, so "is what is public
what was signed?" is one comparison of two digests.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import rfc8785

from ckanext.imssbienestar.errors import TerminalError

DOCUMENT_VERSION = 1

_EXACT_INTEGER = 2**53 - 1
"""Beyond it, not every integer has a double of its own, and JSON readers disagree."""
_LARGEST_DOUBLE = int(sys.float_info.max)

Document = dict[str, Any]


class NotSignable(TerminalError):
    """The document holds a value that would not read the same everywhere."""

    def __init__(self) -> None:
        super().__init__(
            "A number has too many digits, or a text has characters that are not text.",
            next_step="Write numbers of more than 15 digits as text in the data dictionary.",
        )


@dataclass(frozen=True)
class ReleaseFields:
    """The field names a document holds, from ``schemas/release.yaml``."""

    dataset: tuple[str, ...]
    resource: tuple[str, ...]


@dataclass(frozen=True)
class StoredFile:
    """A file in the content store.

    :ivar name: the file name people download it under.
    :ivar sha256: lower-case hexadecimal.
    :ivar size: in bytes.
    """

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Change:
    """One difference between two documents; ``path`` is dotted, resources by identifier."""

    path: str
    before: Any
    after: Any


def build_document(
    dataset: Mapping[str, Any],
    organization_name: str,
    files: Mapping[str, StoredFile],
    fields: ReleaseFields,
) -> Document:
    """The release document of a dataset as ``package_show`` gives it.

    :param files: the stored file of each resource, by the resource's ``identifier``.
    :param fields: which fields are part of what is signed; empty ones are left out, so that an
        empty and an absent field sign the same.
    """
    return {
        "version": DOCUMENT_VERSION,
        "dataset": {**_pick(dataset, fields.dataset), **_keywords(dataset), **_extras(dataset)},
        "organization": {"name": organization_name},
        "resources": [
            _resource(resource, files, fields) for resource in dataset.get("resources", [])
        ],
    }


def canonical(document: Document) -> bytes:
    """RFC 8785 bytes of a document.

    :raises NotSignable: a value has no canonical form.
    """
    try:
        return rfc8785.dumps(_as_doubles(document))
    except rfc8785.CanonicalizationError as error:
        raise NotSignable from error


def digest(document: Document) -> str:
    """SHA-256 of the canonical bytes, lower-case hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def has_digest(document: Document, expected: str) -> bool:
    """Whether the document's :func:`digest` is this one; quick when it is.

    For most documents the canonical bytes are those of Python's own writer, thirty times as fast.
    If they hash to the digest they are what was signed; if not, the canonical form decides.

    :raises NotSignable: a value has no canonical form.
    """
    plain = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # A lone surrogate gets bytes that no document signed: the canonical form refuses it.
    if hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest() == expected:
        return True
    return digest(document) == expected


def file_hashes(document: Document) -> tuple[str, ...]:
    """SHA-256 of each file of the document, in order."""
    return tuple(
        resource["file"]["sha256"] for resource in document["resources"] if "file" in resource
    )


def differences(before: Document, after: Document) -> tuple[Change, ...]:
    """Every leaf that differs, in reading order; resources are paired by identifier."""
    return tuple(_walk("", _by_identifier(before), _by_identifier(after)))


def _as_doubles(value: Any) -> Any:
    """Long integers as the doubles that RFC 8785 writes: 1e17 comes back from JSON as an integer.

    Those of which the nearest double is written otherwise are left for RFC 8785 to refuse.
    """
    if isinstance(value, dict):
        return {key: _as_doubles(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_doubles(inner) for inner in value]
    if isinstance(value, int) and _EXACT_INTEGER < abs(value) < _LARGEST_DOUBLE:
        nearest = float(value)
        return nearest if Decimal(repr(nearest)) == value else value
    return value


def _pick(source: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: source[name] for name in names if source.get(name) not in (None, "", [], {})}


def _keywords(dataset: Mapping[str, Any]) -> dict[str, Any]:
    names = sorted(tag["name"] for tag in dataset.get("tags", []))
    return {"tags": names} if names else {}


def _extras(dataset: Mapping[str, Any]) -> dict[str, Any]:
    extras = {extra["key"]: extra["value"] for extra in dataset.get("extras", [])}
    return {"extras": extras} if extras else {}


def _resource(
    resource: Mapping[str, Any], files: Mapping[str, StoredFile], fields: ReleaseFields
) -> dict[str, Any]:
    picked = _pick(resource, fields.resource)
    stored = files.get(str(resource.get("identifier", "")))
    if stored is None:
        # A link is signed as an address; the gates refuse it before a signature.
        return {**picked, **_pick(resource, ("url",))}
    return {
        **picked,
        "file": {"name": stored.name, "sha256": stored.sha256, "size": stored.size},
    }


def _by_identifier(document: Document) -> dict[str, Any]:
    resources = {
        str(resource.get("identifier", position)): resource
        for position, resource in enumerate(document.get("resources", []))
    }
    return {**document, "resources": resources}


_ABSENT = object()


def _walk(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from _walk(inner, before.get(key, _ABSENT), after.get(key, _ABSENT))
    elif not _signs_the_same(before, after):
        yield Change(path, *(None if end is _ABSENT else end for end in (before, after)))


def _signs_the_same(before: Any, after: Any) -> bool:
    # Python's own equality takes True for 1, which are two things in a digest.
    if before is _ABSENT or after is _ABSENT:
        return before is after
    return canonical({"": before}) == canonical({"": after})
