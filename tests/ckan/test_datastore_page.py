"""The page of a published resource says why it shows no table, to each reader what is theirs."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import Person, SampleMaker, Unit, make_person, publish
from ckan import model
from ckan.tests import factories

from ckanext.imssbienestar.portal import datastore, datastore_failures
from ckanext.imssbienestar.portal.datastore_errors import DataStoreUnavailable

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_datastore")

NO_PREVIEW = "La vista previa de esta tabla no está disponible."
NOT_LOADED = "No se pudo cargar la tabla"


def _headers(person: Person) -> dict[str, str]:
    return {"Authorization": factories.APIToken(user=person.name)["token"]}


def test_those_who_edit_read_what_happened_and_the_public_that_there_is_no_preview(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    resource_id = dataset["resources"][0]["id"]
    page = f"/dataset/{dataset['name']}/resource/{resource_id}"
    datastore.synchronize(dataset["id"])
    for headers in ({}, _headers(unit.liaison)):
        shown = app.get(page, headers=headers).get_data(as_text=True)
        assert "data-viewer" in shown
        assert NO_PREVIEW not in shown
        assert NOT_LOADED not in shown

    # As if the check had seen other rows than the file has.
    datastore.datastore_tables().drop(resource_id)
    statement = "UPDATE imss_check_report SET report = jsonb_set(report, '{rows}', '1')"
    model.Session.execute(sa.text(statement))
    model.Session.commit()
    datastore.synchronize(dataset["id"])

    reason = "5 filas y la revisión contó 1"
    for person in (unit.liaison, make_person("sistemas", sysadmin=True)):
        shown = app.get(page, headers=_headers(person)).get_data(as_text=True)
        assert NOT_LOADED in shown
        assert reason in shown
        assert "avise al administrador" in shown
    for headers in ({}, _headers(unit.head)):
        shown = app.get(page, headers=headers).get_data(as_text=True)
        assert NO_PREVIEW in shown
        assert reason not in shown
        assert "data-viewer" not in shown


def test_while_the_table_of_the_release_before_is_shown_only_those_who_edit_are_told(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    resource_id = dataset["resources"][0]["id"]
    page = f"/dataset/{dataset['name']}/resource/{resource_id}"
    datastore.synchronize(dataset["id"])
    datastore_failures.record(resource_id, DataStoreUnavailable("53100"))
    public = app.get(page).get_data(as_text=True)
    editor = app.get(page, headers=_headers(unit.liaison)).get_data(as_text=True)
    assert "data-viewer" in public
    assert "data-viewer" in editor
    assert NO_PREVIEW not in public
    assert "53100" not in public
    assert "53100" in editor
    assert "la tabla de la versión anterior" in editor
