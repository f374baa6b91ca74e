"""Published tables in the DataStore: what is public, with the declared types, and no more."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import (
    ANONYMOUS,
    SampleMaker,
    Unit,
    file_storage,
    make_person,
    publish,
    sample,
)
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests.helpers import call_action
from ckanext.datastore.backend.postgres import get_read_engine, get_write_engine

from ckanext.imssbienestar.domain.release import digest
from ckanext.imssbienestar.portal import datastore
from ckanext.imssbienestar.portal.datastore_errors import DataStoreUnavailable, Kind
from ckanext.imssbienestar.portal.documents import current_document, stored_dataset

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_datastore")

HEADER = "clave,municipios,monto_en_pesos,activo,fecha,hora,momento,anio,mes\n"
TYPES = "texto entero decimal logico fecha hora fecha_y_hora anio anio_y_mes".split()
ROWS = (
    "007,12,0.10,true,2018-01-31,23:59:59,2018-01-31T23:59:59Z,2018,2018-01\n"
    "DFIMB000123,,1e3,FALSE,,10:00:00-06:00,2018-01-31T10:00:00-06:00,0099,2018-12\n"
    '"  sangría, ""comillas""\ny otra línea",99999999999999999999,-5.500,1,2018-02-01,,'
    "2018-01-31 10:00:00,1999,\n"
)


@pytest.fixture
def clean_datastore(clean_site: None) -> None:
    """No table of another test, and nothing in the queue."""
    with get_write_engine().begin() as connection:
        names = connection.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        for name in names:
            if name != "_table_stats":
                connection.execute(sa.text(f'DROP TABLE "{name}" CASCADE'))
        connection.execute(sa.text("DELETE FROM _table_stats"))


def dictionary_of(header: str, types: list[str]) -> str:
    rows = [
        f"{name},{name.replace('_', ' ').title()},{kind},Lo que dice la columna {number} del registro"
        for number, (name, kind) in enumerate(zip(header.strip().split(","), types, strict=True))
    ]
    return "campo,titulo,tipo,descripcion\n" + "\n".join(rows) + "\n"


def published(unit: Unit, make_dataset: SampleMaker, **changes: Any) -> dict[str, Any]:
    dataset = make_dataset(**changes)
    publish(unit, dataset)
    shown: dict[str, Any] = ANONYMOUS.call("package_show", id=dataset["id"])
    return shown


def search(resource_id: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = ANONYMOUS.call("datastore_search", resource_id=resource_id, **options)
    return found


def tables() -> set[str]:
    with get_write_engine().connect() as connection:
        return set(
            connection.scalars(
                sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            )
        ) - {"_table_stats"}


def test_a_published_table_is_searched_with_its_declared_types(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = published(
        unit,
        make_dataset,
        content=(HEADER + ROWS).encode(),
        dictionary=dictionary_of(HEADER, TYPES),
    )
    [standing] = datastore.synchronize(dataset["id"])
    assert standing.loaded is not None
    assert standing.loaded.rows == 3
    resource_id = dataset["resources"][0]["id"]
    found = search(resource_id, sort="_id")
    assert found["total"] == 3
    kinds = {field["id"]: field["type"] for field in found["fields"] if field["id"] != "_id"}
    assert kinds == {
        "clave": "text",
        "municipios": "numeric",
        "monto_en_pesos": "numeric",
        "activo": "bool",
        "fecha": "date",
        "hora": "text",
        "momento": "timestamp",
        "anio": "int4",
        "mes": "text",
    }
    first, second, third = found["records"]
    assert [first["_id"], second["_id"], third["_id"]] == [1, 2, 3]
    assert (first["clave"], first["municipios"], first["activo"]) == ("007", 12, True)
    assert (first["fecha"], first["momento"]) == ("2018-01-31", "2018-01-31T23:59:59.000")
    assert (second["clave"], second["municipios"], second["fecha"]) == ("DFIMB000123", None, None)
    assert (second["hora"], second["momento"]) == ("10:00:00-06:00", "2018-01-31T16:00:00.000")
    assert (second["monto_en_pesos"], second["anio"], second["activo"]) == (1000, 99, False)
    assert third["clave"] == '  sangría, "comillas"\ny otra línea'
    assert third["municipios"] == 99999999999999999999
    assert (third["hora"], third["mes"]) == (None, None)
    # As text, since JSON readers may read 0.10 as they like.
    text = search(resource_id, records_format="csv", fields="monto_en_pesos", sort="_id")
    assert text["records"].split() == ["0.10", "1000", "-5.500"]


def test_the_dictionary_of_the_datastore_is_a_copy_that_nobody_edits(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = published(unit, make_dataset)
    resource = dataset["resources"][0]
    datastore.synchronize(dataset["id"])
    info = ANONYMOUS.call("datastore_info", id=resource["id"])
    ours = resource["schema"]["fields"]
    assert [field["id"] for field in info["fields"]] == [field["name"] for field in ours]
    for copy, field in zip(info["fields"], ours, strict=True):
        assert copy["info"]["notes"] == field["description"]
        assert copy["info"]["label"] == field.get("title", field["name"])
        assert copy["info"].get("unit", "") == field.get("unit", "")
        assert copy["info"]["type_override"] in {"text", "numeric", "integer", "date"}

    fields = [{"id": field["id"], "type": field["type"]} for field in info["fields"]]
    record = {fields[0]["id"]: "999"}
    for person in (unit.liaison, unit.administrator, make_person("sistemas", sysadmin=True)):
        for action, data in {
            "datastore_create": {"fields": fields, "records": [record]},
            "datastore_upsert": {"records": [record], "method": "insert"},
            "datastore_delete": {},
            "datastore_records_delete": {"filters": {}},
            "datastore_run_triggers": {},
        }.items():
            with pytest.raises(tk.NotAuthorized):
                person.call(action, resource_id=resource["id"], force=True, **data)
    page = app.get(
        f"/dataset/{dataset['name']}/dictionary/{resource['id']}",
        environ_overrides={"REMOTE_USER": "sistemas"},
        status=None,
    )
    assert page.status_code == 404
    assert ANONYMOUS.call("datastore_info", id=resource["id"])["fields"] == info["fields"]
    assert search(resource["id"])["total"] == info["meta"]["count"]


@pytest.mark.req("R-112")
def test_loading_changes_nothing_that_was_signed(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    release = publish(unit, dataset)
    before = ANONYMOUS.call("package_show", id=dataset["id"])
    activities = unit.liaison.call("package_activity_list", id=dataset["id"])

    for _turn in range(2):
        datastore.synchronize(dataset["id"])
        after = ANONYMOUS.call("package_show", id=dataset["id"])
        assert digest(current_document(stored_dataset(dataset["id"]))) == release["digest"]
        assert after["private"] is False
        assert after["resources"][0].pop("datastore_active") is True
        for key in ("metadata_modified", "datastore_active"):
            before["resources"][0].pop(key, None)
            after["resources"][0].pop(key, None)
            before.pop(key, None)
            after.pop(key, None)
        assert after == before
    views = ANONYMOUS.call("resource_view_list", id=dataset["resources"][0]["id"])
    assert [view["view_type"] for view in views] == ["datatables_view"]
    assert unit.liaison.call("package_activity_list", id=dataset["id"]) == activities


def test_what_is_not_published_is_not_there(unit: Unit, make_dataset: SampleMaker) -> None:
    draft = make_dataset()
    datastore.synchronize(draft["id"])
    unit.liaison.call("imss_release_submit", id=draft["id"])
    datastore.synchronize(draft["id"])
    assert tables() == set()
    with pytest.raises(tk.ObjectNotFound):
        ANONYMOUS.call("datastore_search", resource_id=draft["resources"][0]["id"])


def test_an_update_replaces_the_table_and_its_working_copy_has_none(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = published(unit, make_dataset)
    resource_id = dataset["resources"][0]["id"]
    datastore.synchronize(dataset["id"])
    rows = search(resource_id)["total"]

    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    assert not copy["resources"][0].get("datastore_active")
    assert ANONYMOUS.call("resource_view_list", id=resource_id)
    longer = sample("donativos_otorgados.csv") + sample("donativos_otorgados.csv").split(b"\n")[1]
    unit.liaison.call(
        "resource_patch",
        id=copy["resources"][0]["id"],
        upload=file_storage("donativos_otorgados.csv", longer.replace(b",", b",", 1)),
    )
    datastore.synchronize(copy["id"])
    assert tables() == {resource_id}
    publish(unit, copy)
    # Until the job has run the earlier release answers, and its preview stays.
    assert search(resource_id)["total"] == rows
    assert ANONYMOUS.call("resource_show", id=resource_id)["datastore_active"] is True

    datastore.synchronize(dataset["id"])
    assert search(resource_id)["total"] == rows + 1
    assert tables() == {resource_id}


def test_what_is_withdrawn_or_removed_leaves(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = published(unit, make_dataset)
    first = dataset["resources"][0]["id"]
    datastore.synchronize(dataset["id"])
    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    added = unit.liaison.call(
        "resource_create",
        package_id=copy["id"],
        name="Donativos de 2019",
        upload=file_storage("donativos_2019.csv", sample("donativos_otorgados.csv")),
    )
    text = sample("donativos_otorgados.dictionary.csv").decode()
    unit.liaison.call("imss_dictionary_import", resource_id=added["id"], content=text)
    unit.liaison.call("resource_delete", id=copy["resources"][0]["id"])
    publish(unit, copy)
    datastore.synchronize(dataset["id"])
    [second] = ANONYMOUS.call("package_show", id=dataset["id"])["resources"]
    assert tables() == {second["id"]}
    with pytest.raises((tk.ObjectNotFound, tk.NotAuthorized)):
        ANONYMOUS.call("datastore_search", resource_id=first)

    # No action withdraws yet; this is what one does.
    model.Session.execute(sa.text("UPDATE imss_release SET state = 'withdrawn'"))
    call_action("package_patch", {"user": "enlace"}, id=dataset["id"], private=True)
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("datastore_search", resource_id=second["id"])
    datastore.synchronize(dataset["id"])
    assert tables() == set()
    assert not unit.liaison.call("resource_show", id=second["id"]).get("datastore_active")
