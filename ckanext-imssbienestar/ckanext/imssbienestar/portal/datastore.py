"""Published tables in CKAN's DataStore: what is public there, with the declared types, and no more.

:func:`synchronize` makes the DataStore equal to what one dataset shows the public, whatever it was
before: after a publication, after a withdrawal, after a crash. Doing it twice does nothing.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckanext.datastore.backend.postgres import get_write_engine

from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.domain.workflow import State
from ckanext.imssbienestar.model import Release, StoredReport
from ckanext.imssbienestar.portal import datastore_failures as failures
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.datastore_errors import (
    DataStoreUnavailable,
    DictionaryMissing,
    NotLetThrough,
    TableRefused,
)
from ckanext.imssbienestar.portal.datastore_failures import Failure
from ckanext.imssbienestar.portal.datastore_fields import (
    column_types,
    datastore_fields,
    mapping_version,
)
from ckanext.imssbienestar.portal.datastore_preview import show_as_loaded
from ckanext.imssbienestar.portal.datastore_rows import SignedRows
from ckanext.imssbienestar.portal.datastore_tables import (
    Column,
    DataStoreTables,
    LoadedTable,
    Origin,
)
from ckanext.imssbienestar.portal.documents import stored_dataset
from ckanext.imssbienestar.procedure import guard_records, releases, resource_files
from ckanext.imssbienestar.procedure.content_store import ContentMissing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PublishedTable:
    """A file that the public sees now, and so belongs in the DataStore."""

    dataset_name: str
    resource: Mapping[str, Any]
    stored: StoredFile
    origin: Origin

    @property
    def resource_id(self) -> str:
        """CKAN's id of its resource, which is also the name of its table."""
        return str(self.resource["id"])


@dataclass(frozen=True)
class TableStanding:
    """Where a published table stands in the DataStore.

    :ivar loaded: the table, if it is what the public page shows.
    :ivar failure: why it is not there, if it was tried.
    """

    published: PublishedTable
    loaded: LoadedTable | None
    failure: Failure | None


def synchronize(dataset_id: str) -> tuple[TableStanding, ...]:
    """Load what the dataset shows the public, drop what it no longer shows.

    Only one process does it for a dataset at a time; the others wait and then find it done. A
    table that cannot be loaded is recorded and does not keep the others from being loaded.

    :param dataset_id: CKAN's id; also of a dataset that is gone.
    :raises DataStoreUnavailable: something could not be done now; what could be was.
    """
    tables = datastore_tables()
    with tables.lock(dataset_id):
        # Read only now: who held the lock before may have waited behind a publication.
        published = published_tables(dataset_id)
        known = tables.of_dataset(dataset_id)
        for resource_id in known.keys() - {table.resource_id for table in published}:
            _drop(tables, resource_id)
            failures.forget(resource_id)
        results = [_load(tables, table, known.get(table.resource_id)) for table in published]
    for result in results:
        if result.failure is not None and result.failure.may_pass:
            raise DataStoreUnavailable(str(result.failure.facts.get("code", "")))
    return tuple(results)


def standings(dataset_id: str) -> tuple[TableStanding, ...]:
    """Where the tables of a dataset stand; changes nothing."""
    published = published_tables(dataset_id)
    known = datastore_tables().of_dataset(dataset_id)
    return tuple(
        TableStanding(
            table,
            _if_current(known.get(table.resource_id), table),
            failures.find(table.resource_id),
        )
        for table in published
    )


def datasets_to_synchronize() -> tuple[str, ...]:
    """The ids of the datasets with a published release, and of those with a table."""
    query = sa.select(Release.dataset_id).where(Release.state == State.PUBLISHED).distinct()
    with_tables = {table.origin.dataset_id for table in datastore_tables().all().values()}
    return tuple(sorted({*model.Session.scalars(query), *with_tables}))


def datastore_tables() -> DataStoreTables:
    """The tables of this site."""
    return DataStoreTables(get_write_engine())


def published_tables(dataset_id: str) -> tuple[PublishedTable, ...]:
    """The files that a dataset shows the public now; none for drafts, copies and what is gone."""
    package = model.Package.get(dataset_id)
    if package is None or releases.latest(model.Session, dataset_id, [State.PUBLISHED]) is None:
        return ()
    dataset = stored_dataset(package.id)
    if dataset["private"] or dataset["state"] != "active":
        return ()
    resources = {resource["id"]: resource for resource in dataset["resources"]}
    files = resource_files.files_of(model.Session, dataset["id"], resources)
    return tuple(
        PublishedTable(
            dataset["name"], resources[id], stored, _origin(dataset["id"], resources[id], stored)
        )
        for id, stored in files.items()
    )


def _origin(dataset_id: str, resource: Mapping[str, Any], stored: StoredFile) -> Origin:
    canonical = json.dumps(resource.get("schema") or {}, sort_keys=True).encode()
    digest = hashlib.sha256(canonical).hexdigest()
    return Origin(dataset_id, stored.sha256, digest, mapping_version())


def _if_current(loaded: LoadedTable | None, table: PublishedTable) -> LoadedTable | None:
    return loaded if loaded is not None and loaded.origin == table.origin else None


def _load(
    tables: DataStoreTables, table: PublishedTable, known: LoadedTable | None
) -> TableStanding:
    try:
        loaded = _if_current(known, table) or _replace(tables, table)
    except (TableRefused, ContentMissing) as error:
        # What the table held before is not what the public page shows.
        log.warning("Not loaded: resource %s: %s", table.resource_id, error)
        _drop(tables, table.resource_id)
        return TableStanding(table, None, failures.record(table.resource_id, error))
    except DataStoreUnavailable as error:
        log.warning("Not loaded yet: resource %s: %s", table.resource_id, error)
        return TableStanding(table, None, failures.record(table.resource_id, error))
    failures.forget(table.resource_id)
    show_as_loaded(table.resource_id, True)
    return TableStanding(table, loaded, None)


def _replace(tables: DataStoreTables, table: PublishedTable) -> LoadedTable:
    if not guard_records.is_let_through(model.Session, table.stored.sha256):
        raise NotLetThrough
    dictionary = _dictionary_of(table)
    types = column_types()
    columns = [
        Column(field, types[entry.type])
        for field, entry in zip(datastore_fields(dictionary), dictionary.fields, strict=True)
    ]
    expected = _rows_counted_by_the_check(table.stored)
    # Loading may take long; a connection that waits holds on to old rows.
    model.Session.commit()
    path = content_store().path(table.stored.sha256)
    with SignedRows(path, table.stored.sha256, dictionary.names) as rows:
        return tables.replace(
            table.resource_id,
            table.origin,
            columns,
            rows,
            expected_rows=expected,
            loaded=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )


def _dictionary_of(table: PublishedTable) -> DataDictionary:
    try:
        return DataDictionary.from_table_schema(table.resource.get("schema"))
    except DictionaryError as error:
        raise DictionaryMissing from error


def _rows_counted_by_the_check(stored: StoredFile) -> int | None:
    """From the newest report on these bytes; None when there is none any more."""
    query = (
        sa.select(StoredReport.report["rows"].as_integer())
        .where(StoredReport.sha256 == stored.sha256)
        .order_by(StoredReport.created.desc())
    )
    return model.Session.scalars(query).first()


def _drop(tables: DataStoreTables, resource_id: str) -> None:
    tables.drop(resource_id)
    show_as_loaded(resource_id, False)
