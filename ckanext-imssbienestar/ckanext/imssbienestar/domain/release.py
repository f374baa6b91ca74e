"""The release document: what is signed, and its digest.

A release is metadata, dictionaries and the hashes of the files of one dataset for one period. Its
canonical form is RFC 8785 JSON, its digest the SHA-256 of those bytes in lower-case hexadecimal.
The same function makes the document from a draft and from a public dataset, so "is what is public
what was signed?" is one comparison of two digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

DOCUMENT_VERSION = 1

Document = dict[str, Any]


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
    """RFC 8785 bytes of a document."""
    return rfc8785.dumps(document)


def digest(document: Document) -> str:
    """SHA-256 of the canonical bytes, lower-case hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def file_hashes(document: Document) -> tuple[str, ...]:
    """SHA-256 of each file of the document, in order."""
    return tuple(
        resource["file"]["sha256"] for resource in document["resources"] if "file" in resource
    )


def differences(before: Document, after: Document) -> tuple[Change, ...]:
    """Every leaf that differs, in reading order; resources are paired by identifier."""
    return tuple(_walk("", _by_identifier(before), _by_identifier(after)))


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


def _walk(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from _walk(inner, before.get(key), after.get(key))
    elif before != after:
        yield Change(path, before, after)
