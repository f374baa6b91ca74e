"""Which stored file each CKAN resource has; the only authority on a resource's bytes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.model import ResourceFile


def file_of(session: Session, dataset_id: str, resource_id: str) -> StoredFile | None:
    """The file of one resource, or None when it has none (a link, or nothing yet)."""
    return files_of(session, dataset_id, [resource_id]).get(resource_id)


def files_of(
    session: Session, dataset_id: str, resource_ids: Iterable[str]
) -> dict[str, StoredFile]:
    """The files of several resources of one dataset by resource id; one query."""
    query = sa.select(ResourceFile).where(
        ResourceFile.dataset_id == dataset_id,
        ResourceFile.resource_id.in_(list(resource_ids)),
    )
    return {
        row.resource_id: StoredFile(row.name, row.sha256, row.size)
        for row in session.scalars(query)
    }


def assign(
    session: Session,
    dataset_id: str,
    resource_id: str,
    stored: StoredFile,
    now: datetime.datetime,
) -> None:
    """Say that the resource has this file from now on; the earlier file stays in the store."""
    values = {
        "dataset_id": dataset_id,
        "sha256": stored.sha256,
        "size": stored.size,
        "name": stored.name,
        "uploaded": now,
    }
    session.execute(
        insert(ResourceFile)
        .values(resource_id=resource_id, **values)
        .on_conflict_do_update(index_elements=["resource_id"], set_=values)
    )


def forget(session: Session, resource_id: str) -> None:
    """Say that the resource has no file any more; the stored file stays for its releases."""
    session.execute(sa.delete(ResourceFile).where(ResourceFile.resource_id == resource_id))
