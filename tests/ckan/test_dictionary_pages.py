"""The pages of the data dictionary: who reads, who edits, what is downloaded."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import openpyxl
import pytest
from catalogue_cast import (
    ANONYMOUS,
    Person,
    SampleMaker,
    Unit,
    make_person,
    publish,
    submit_and_sign,
)
from ckan.plugins import toolkit as tk
from dictionary_browser import Browser, address, form_of, schema_of

from ckanext.imssbienestar.formats import parse_dictionary

pytestmark = pytest.mark.usefixtures("with_plugins")


def test_only_those_who_may_edit_the_dataset_and_only_a_draft(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]["id"]
    schema = schema_of(unit, dataset)
    stranger = make_person("ajena")
    for person in (stranger, ANONYMOUS, unit.head):
        for action, value in (
            ("imss_dictionary_update", {"resource_id": resource, "schema": schema}),
            ("imss_dictionary_import", {"resource_id": resource, "content": "campo\na\n"}),
            ("imss_dictionary_infer", {"id": resource}),
        ):
            with pytest.raises(tk.NotAuthorized):
                person.call(action, **value)
    browser(stranger).get(address(dataset, "/edit"), status=404)
    browser(unit.head).get(address(dataset, "/edit"), status=403)
    assert not browser(unit.head).get(address(dataset)).select("input[type=file]")

    liaison = browser(unit.liaison)
    form = form_of(liaison.get(address(dataset, "/edit")))
    form["0-description"] = "Escrito mientras se enviaba."
    submit_and_sign(unit, dataset)
    page = liaison.post(address(dataset, "/edit"), form)
    assert "en revisión" in page.text
    assert form_of(page)["0-description"] == "Escrito mientras se enviaba."
    assert schema_of(unit, dataset) == schema
    assert not liaison.get(address(dataset, "/edit")).select(".imss-editor")


def test_a_published_dictionary_is_read_by_all_and_changed_in_the_working_copy(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    resource = dataset["resources"][0]["id"]
    anyone = browser(make_person("quien-sea"))
    page = anyone.get(address(dataset))
    assert "Monto acumulado entregado en el periodo." in page.text
    assert not page.select(".imss-editor, input[type=file]")
    for form, kind in (("csv", "text/csv"), ("xlsx", "sheet"), ("pdf", "pdf"), ("json", "json")):
        response = anyone.bytes(address(dataset, f".{form}"))
        assert kind in response.headers["Content-Type"]
        assert "attachment" in response.headers["Content-Disposition"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    book = openpyxl.load_workbook(io.BytesIO(anyone.bytes(address(dataset, ".xlsx")).data))
    assert book.worksheets[0]["B1"].value == dataset["title"]
    anyone.get(address(dataset, ".docx"), status=404)
    schema = schema_of(unit, dataset)
    schema["fields"][0]["description"] = "Otra."
    with pytest.raises(tk.ValidationError):
        unit.liaison.call("imss_dictionary_update", resource_id=resource, schema=schema)

    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    liaison = browser(unit.liaison)
    form = form_of(liaison.get(address(copy, "/edit")))
    form["0-description"] = "Otra."
    liaison.post(address(copy, "/edit"), form)
    assert schema_of(unit, copy)["fields"][0]["description"] == "Otra."
    assert schema_of(unit, dataset)["fields"][0]["description"] != "Otra."


def test_a_resource_without_a_table_has_nothing_to_begin_from(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    link = unit.liaison.call(
        "resource_create", package_id=dataset["id"], url="https://example.org/x", name="Enlace"
    )
    path = f"/dataset/{dataset['name']}/resource/{link['id']}/dictionary"
    page = browser(unit.liaison).get(f"{path}/edit")
    assert "No hay de dónde partir" in page.text
    assert unit.liaison.call("imss_dictionary_infer", id=link["id"])["schema"] is None
    with pytest.raises(tk.ObjectNotFound):
        unit.liaison.call("imss_dictionary_export", id=link["id"], format="csv", proposed=True)
    browser(unit.liaison).get(f"{path}.xlsx?proposed=1", status=404)


def test_a_workbook_to_fill_in_before_there_is_a_dictionary(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset(dictionary="")
    resource = dataset["resources"][0]["id"]
    file = unit.liaison.call("imss_dictionary_export", id=resource, format="xlsx", proposed=True)
    proposed = parse_dictionary(base64.b64decode(file["base64"]))
    assert proposed.names[-1] == "monto_otorgado_pesos"
    response = browser(unit.liaison).bytes(address(dataset, ".xlsx?proposed=1"))
    assert parse_dictionary(response.data) == proposed
    browser(unit.liaison).get(address(dataset, ".xlsx"), status=404)
