"""Published tables in the DataStore: found by everybody, written by nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from catalogue_cast import ANONYMOUS, SampleMaker, Unit, make_person
from ckan.plugins import toolkit as tk
from published_tables import published, search, tables

from ckanext.imssbienestar.portal import datastore

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_datastore")

HEADER = "clave,municipios,monto_en_pesos,activo,fecha,hora,momento,anio,mes\n"
KINDS = "texto,entero,decimal,logico,fecha,hora,fecha_y_hora,anio,anio_y_mes"
ROWS = (
    "007,12,0.10,true,2018-01-31,23:59:59,2018-01-31T23:59:59Z,2018,2018-01\n"
    "DFIMB000123,,1e3,FALSE,,10:00:00-06:00,2018-01-31T10:00:00-06:00,0099,2018-12\n"
    '"  sangría, ""comillas""\ny otra línea",99999999999999999999,-5.500,1,2018-02-01,,'
    "2018-01-31 10:00:00,1999,\n"
)


def dictionary_of(header: str, kinds: str) -> str:
    lines = ["campo,titulo,tipo,descripcion"]
    for name, kind in zip(header.strip().split(","), kinds.split(","), strict=True):
        title = name.replace("_", " ").title()
        lines.append(f"{name},{title},{kind},Lo que el registro dice de {title.lower()}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def loaded_table(unit: Unit, make_dataset: SampleMaker) -> str:
    """The resource of a small published table with every type."""
    content, dictionary = (HEADER + ROWS).encode(), dictionary_of(HEADER, KINDS)
    dataset = published(unit, make_dataset, content=content, dictionary=dictionary)
    datastore.synchronize(dataset["id"])
    return str(dataset["resources"][0]["id"])


def test_a_published_table_is_searched_with_its_declared_types(loaded_table: str) -> None:
    found = search(loaded_table, sort="_id")
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
    text = search(loaded_table, records_format="csv", fields="monto_en_pesos", sort="_id")
    assert text["records"].split() == ["0.10", "1000", "-5.500"]


def test_rows_are_found_by_their_words_and_values(loaded_table: str, app: Any) -> None:
    for options in (
        {"q": "sangría"},
        {"q": "sangr:*", "plain": False, "language": "simple"},
        {"q": {"clave": "línea"}},
        {"filters": {"anio": 1999}},
        {"filters": {"fecha": "2018-02-01"}},
        {"filters": {"monto_en_pesos": {"lt": 0}}},
    ):
        assert search(loaded_table, **options)["total"] == 1, options
    assert search(loaded_table, filters={"clave": "7"})["total"] == 0
    with pytest.raises(KeyError):
        ANONYMOUS.call("datastore_search_sql", sql="SELECT 1")

    # The preview sends what was typed; CKAN's own view would lose the accents.
    [view] = ANONYMOUS.call("resource_view_list", id=loaded_table)
    names = ["_id", *HEADER.strip().split(",")]
    for typed, column, rows in (
        ("sangría", None, 1),
        ("SANGR comillas", None, 1),
        ("sangría", "clave", 1),
        ("línea", "clave", 1),
        ("dfimb", "clave", 1),
        ("dfimb", "mes", 0),
        ("1999", "anio", 1),
        ("'\\", None, 0),
        ("", None, 3),
    ):
        form = {"draw": "1", "start": "0", "length": "10", "search[value]": typed}
        for number, name in enumerate(names):
            form[f"columns[{number}][name]"] = name
            form[f"columns[{number}][search][value]"] = typed if name == column else ""
        if column:
            form["search[value]"] = ""
        answer = json.loads(app.post(f"/datatables/ajax/{view['id']}", data=form).body)
        assert (answer["recordsTotal"], answer["recordsFiltered"]) == (3, rows), (typed, column)


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


def test_what_is_not_published_is_not_there(unit: Unit, make_dataset: SampleMaker) -> None:
    draft = make_dataset()
    datastore.synchronize(draft["id"])
    unit.liaison.call("imss_release_submit", id=draft["id"])
    datastore.synchronize(draft["id"])
    assert tables() == set()
    with pytest.raises(tk.ObjectNotFound):
        ANONYMOUS.call("datastore_search", resource_id=draft["resources"][0]["id"])
