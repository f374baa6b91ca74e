"""Fixtures over one real CKAN: fresh tables, people in their roles, a complete dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import (
    SAMPLES,
    Person,
    SampleMaker,
    Unit,
    designate,
    file_storage,
    make_person,
    register_unit,
    sample,
    sample_dictionary,
)
from ckan import model
from ckan.tests import factories
from dictionary_browser import Browser
from identification_cast import Organism, make_organism

from ckanext.imssbienestar.demo import journey
from ckanext.imssbienestar.domain.workflow import Role
from ckanext.imssbienestar.model import Base

MIGRATED: list[bool] = []


@pytest.fixture
def clean_db(reset_db: Callable[[], None], migrate_db_for: Callable[[str], None]) -> None:
    """CKAN's tables emptied and ours at the newest migration, emptied."""
    reset_db()
    if not MIGRATED:
        _forget_older_tables()
        migrate_db_for("activity")
        migrate_db_for("imssbienestar")
        MIGRATED.append(True)
    tables = ", ".join(Base.metadata.tables)
    # Row triggers refuse to delete history; TRUNCATE is for tests alone.
    model.Session.execute(sa.text(f"TRUNCATE {tables} CASCADE"))
    model.Session.commit()


def _forget_older_tables() -> None:
    """Drop ours where a revision that is not released yet has changed since they were made."""
    engine = model.meta.engine
    present = sa.inspect(engine)
    known = set(present.get_table_names())
    fresh = all(
        name in known
        and {column["name"] for column in present.get_columns(name)} == set(table.c.keys())
        for name, table in Base.metadata.tables.items()
    )
    if fresh:
        return
    with engine.begin() as connection:
        for name in (*Base.metadata.tables, "imssbienestar_alembic_version"):
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {name} CASCADE"))


@pytest.fixture
def clean_site(
    clean_db: None, clean_index: None, tmp_path: Path, ckan_config: Any, monkeypatch: Any
) -> Iterator[None]:
    """An empty site whose files go to a folder of this test."""
    monkeypatch.setitem(ckan_config, "ckanext.imssbienestar.content_path", str(tmp_path / "files"))
    yield
    model.Session.rollback()


@pytest.fixture
def unit(clean_site: None) -> Unit:
    """A unit of the organism with its people designated."""
    liaison, head = make_person("enlace"), make_person("titular")
    transparency, administrator = make_person("transparencia"), make_person("administrador")
    organization = factories.Organization(name="unidad-de-finanzas", title="Unidad de Finanzas")
    register_unit(organization)
    designate(liaison, Role.LIAISON, organization["id"])
    designate(head, Role.UNIT_HEAD, organization["id"])
    designate(transparency, Role.TRANSPARENCY_UNIT)
    designate(administrator, Role.ADMINISTRATOR)
    return Unit(organization, liaison, head, transparency, administrator)


@pytest.fixture
def organism(clean_site: None) -> Organism:
    """The units of an organism with a person in each post, and its working groups."""
    return make_organism()


@pytest.fixture
def make_dataset(unit: Unit) -> SampleMaker:
    """Makes a complete draft of ``donativos_otorgados``, or of it with something changed."""

    def make(
        *,
        name: str = "donativos_otorgados",
        content: bytes | None = None,
        dictionary: str | None = None,
        **changes: Any,
    ) -> dict[str, Any]:
        entry = {"name": name, "sample": "donativos_otorgados", "unit": unit.organization["name"]}
        metadata = {**journey.metadata(SAMPLES, entry), **changes}
        metadata = {key: value for key, value in metadata.items() if value is not None}
        dataset = unit.liaison.call("package_create", **metadata)
        file = content if content is not None else sample("donativos_otorgados.csv")
        resource = unit.liaison.call(
            "resource_create",
            package_id=dataset["id"],
            name="Donativos de 2018",
            upload=file_storage("donativos_otorgados.csv", file),
        )
        text = dictionary if dictionary is not None else sample_dictionary()
        if text:
            unit.liaison.call("imss_dictionary_import", resource_id=resource["id"], content=text)
        made: dict[str, Any] = unit.liaison.call("package_show", id=dataset["id"])
        return made

    return make


@pytest.fixture
def browser(app: Any) -> Callable[[Person], Browser]:
    """Opens the pages of dictionaries for a person who is logged in."""
    return lambda person: Browser(app, person)


@pytest.fixture
def clean_datastore(with_plugins: None) -> None:
    """No table of another test."""
    # CKAN's plugin is imported only where it is loaded.
    from ckanext.datastore.backend.postgres import get_write_engine

    with get_write_engine().begin() as connection:
        names = connection.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        for name in names:
            if name != "_table_stats":
                connection.execute(sa.text(f'DROP TABLE "{name}" CASCADE'))
        connection.execute(sa.text("DELETE FROM _table_stats"))
