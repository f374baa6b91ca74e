"""Published tables in the DataStore, as the tests of them find them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from catalogue_cast import ANONYMOUS, SampleMaker, Unit, publish
from ckanext.datastore.backend.postgres import get_write_engine


def published(unit: Unit, make_dataset: SampleMaker, **changes: Any) -> dict[str, Any]:
    """What the public sees of a sample, published with something changed."""
    dataset = make_dataset(**changes)
    publish(unit, dataset)
    shown: dict[str, Any] = ANONYMOUS.call("package_show", id=dataset["id"])
    return shown


def search(resource_id: str, **options: Any) -> dict[str, Any]:
    """What anybody finds in a table."""
    found: dict[str, Any] = ANONYMOUS.call("datastore_search", resource_id=resource_id, **options)
    return found


def tables() -> set[str]:
    """The names of the tables there are; each is the id of its resource."""
    with get_write_engine().connect() as connection:
        return set(
            connection.scalars(
                sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            )
        ) - {"_table_stats"}
