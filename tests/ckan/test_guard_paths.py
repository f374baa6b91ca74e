"""Every path by which something gets in, tried with a person who does not exist (R-182, R-201)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import traces
from catalogue_cast import (
    ANONYMOUS,
    SampleMaker,
    Unit,
    file_storage,
    make_person,
    publish,
    submit_and_sign,
)
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests.helpers import call_action
from personal_corpus.people import Person as Planted
from planted import planted_csv, planted_family, planted_workbook, values_of

from ckanext.imssbienestar.model import ResourceFile

pytestmark = pytest.mark.usefixtures("with_plugins")

Attempt = Callable[[Unit, dict[str, Any], Planted], Any]


def _file(person: Planted) -> Any:
    return file_storage("tabla.csv", planted_csv(person))


def _first(dataset: dict[str, Any]) -> str:
    return str(dataset["resources"][0]["id"])


def _with_file(dataset: dict[str, Any], upload: Any) -> list[dict[str, Any]]:
    return [{**dataset["resources"][0], "upload": upload}]


FILES: dict[str, Attempt] = {
    "resource_create": lambda unit, dataset, person: unit.liaison.call(
        "resource_create", package_id=dataset["id"], name="Tabla", upload=_file(person)
    ),
    "resource_create with a forged address": lambda unit, dataset, person: unit.liaison.call(
        "resource_create",
        package_id=dataset["id"],
        url="https://example.org/otra.csv",
        url_type="",
        hash="0" * 64,
        format="PDF",
        mimetype="application/pdf",
        upload=_file(person),
    ),
    "resource_update": lambda unit, dataset, person: unit.liaison.call(
        "resource_update", id=_first(dataset), upload=_file(person)
    ),
    "resource_patch": lambda unit, dataset, person: unit.liaison.call(
        "resource_patch", id=_first(dataset), upload=_file(person)
    ),
    "resource_patch, taking the old away": lambda unit, dataset, person: unit.liaison.call(
        "resource_patch", id=_first(dataset), clear_upload="true", upload=_file(person)
    ),
    "a workbook called a picture": lambda unit, dataset, person: unit.liaison.call(
        "resource_patch",
        id=_first(dataset),
        upload=file_storage("foto.png", planted_workbook(person)),
    ),
    "a table called a document": lambda unit, dataset, person: unit.liaison.call(
        "resource_patch",
        id=_first(dataset),
        upload=file_storage("oficio.pdf", planted_csv(person)),
    ),
    "package_update": lambda unit, dataset, person: unit.liaison.call(
        "package_update", **{**dataset, "resources": _with_file(dataset, _file(person))}
    ),
    "package_patch": lambda unit, dataset, person: unit.liaison.call(
        "package_patch", id=dataset["id"], resources=_with_file(dataset, _file(person))
    ),
    "package_revise": lambda unit, dataset, person: unit.liaison.call(
        "package_revise",
        match={"id": dataset["id"]},
        **{f"update__resources__{_first(dataset)[:8]}__upload": _file(person)},
    ),
    "package_revise of a new one": lambda unit, dataset, person: unit.liaison.call(
        "package_revise",
        match={"id": dataset["id"]},
        update={"resources": [{}, {"name": "Tabla"}]},
        update__resources__1__upload=_file(person),
    ),
}


@pytest.mark.req("R-182", "R-201", "R-202")
def test_no_action_lets_a_file_with_a_person_in(
    unit: Unit, make_dataset: SampleMaker, tmp_path: Path
) -> None:
    dataset = make_dataset()
    known = model.Session.query(ResourceFile).count()
    people = planted_family(len(FILES))
    for (how, attempt), person in zip(FILES.items(), people, strict=True):
        with pytest.raises(tk.ValidationError) as refused:
            attempt(unit, dataset, person)
        told = json.dumps(refused.value.error_dict, ensure_ascii=False, default=str)
        assert "personal_data" in told, how
        assert not any(value in told for value in values_of(person)), how
        model.Session.rollback()
    forms = traces.forms_of(values_of(*people))
    assert list(traces.search_files(forms, [tmp_path / "files"])) == []
    assert unit.liaison.call("package_show", id=dataset["id"])["resources"] == dataset["resources"]
    assert model.Session.query(ResourceFile).count() == known


@pytest.mark.req("R-182", "R-201")
def test_a_link_is_no_file_and_neither_borrows_one_nor_is_reviewed(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset, other = make_dataset(), make_dataset(name="otro")
    theirs = other["resources"][0]
    borrowed = unit.liaison.call(
        "resource_create",
        package_id=dataset["id"],
        name="Liga",
        url=theirs["url"],
        url_type="upload",
        hash=theirs["hash"],
        size=theirs["size"],
    )
    assert not borrowed.get("hash")
    assert borrowed["url_type"] != "upload"
    assert model.Session.query(ResourceFile).filter_by(resource_id=borrowed["id"]).count() == 0
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert "not-uploaded" in [found["code"] for found in refused.value.error_dict["findings"]]


TEXTS: dict[str, Attempt] = {
    "title": lambda unit, dataset, person: unit.liaison.call(
        "package_patch", id=dataset["id"], title=f"Expediente {person.curp}"
    ),
    "keywords": lambda unit, dataset, person: unit.liaison.call(
        "package_patch", id=dataset["id"], tags=[{"name": person.curp}]
    ),
    "extras": lambda unit, dataset, person: unit.liaison.call(
        "package_patch", id=dataset["id"], extras=[{"key": "nota", "value": person.curp}]
    ),
    "an address": lambda unit, dataset, person: unit.liaison.call(
        "resource_create",
        package_id=dataset["id"],
        name="Liga",
        url=f"https://example.org/?curp={person.curp}",
    ),
    "dictionary import": lambda unit, dataset, person: unit.liaison.call(
        "imss_dictionary_import",
        resource_id=_first(dataset),
        content=f"campo,descripcion,ejemplo\nejercicio,Año,{person.curp}\n",
    ),
    "dictionary of the API": lambda unit, dataset, person: unit.liaison.call(
        "resource_patch",
        id=_first(dataset),
        schema={
            "fields": [
                {
                    "name": "ejercicio",
                    "type": "string",
                    "constraints": {"enum": [person.curp]},
                    "example": person.curp,
                }
            ]
        },
    ),
    "dictionary editor": lambda unit, dataset, person: unit.liaison.call(
        "imss_dictionary_update",
        resource_id=_first(dataset),
        schema={"fields": [{"name": "a", "type": "string", "description": person.curp}]},
    ),
    "name of the file": lambda unit, dataset, person: unit.liaison.call(
        "resource_patch",
        id=_first(dataset),
        upload=file_storage(f"expediente {person.curp}.csv", b"a,b\n1,2\n"),
    ),
    "a key of its own": lambda unit, dataset, person: unit.liaison.call(
        "resource_patch", id=_first(dataset), **{f"nota_{person.curp}": "1"}
    ),
}


@pytest.mark.req("R-182", "R-201")
def test_no_text_of_a_dataset_tells_of_a_person(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    (person,) = planted_family(1)
    for how, attempt in TEXTS.items():
        with pytest.raises(tk.ValidationError) as refused:
            attempt(unit, dataset, person)
        assert person.curp not in str(refused.value), how
        model.Session.rollback()
    after = unit.liaison.call("package_show", id=dataset["id"])
    assert person.curp not in json.dumps(after)
    stream = unit.liaison.call("package_activity_list", id=dataset["id"], include_hidden_activity=0)
    assert person.curp not in json.dumps(stream)


@pytest.mark.req("R-182", "R-201")
@pytest.mark.usefixtures("clean_datastore")
def test_nothing_gets_into_the_datastore_by_hand(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    (person,) = planted_family(1)
    records = [{"curp": person.curp}]
    administrator = make_person("raiz", sysadmin=True)
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("datastore_create", {"resource_id": _first(dataset), "records": records, "force": True}),
        ("datastore_create", {"resource": {"package_id": dataset["id"]}, "records": records}),
        ("datastore_upsert", {"resource_id": _first(dataset), "records": records, "force": True}),
    ]
    for someone in (unit.liaison, administrator, ANONYMOUS):
        for action, data in attempts:
            with pytest.raises(tk.NotAuthorized):
                someone.call(action, **data)
    with pytest.raises(tk.ObjectNotFound):
        call_action("datastore_search", resource_id=_first(dataset))


@pytest.mark.req("R-182", "R-201")
def test_reports_and_reasons_tell_of_nobody(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    (person,) = planted_family(1)
    release = submit_and_sign(unit, dataset)
    with pytest.raises(tk.ValidationError) as refused:
        unit.administrator.call(
            "imss_release_return", id=release["id"], reason=f"Quite a {person.full}, {person.curp}"
        )
    assert person.curp not in str(refused.value)


@pytest.mark.req("R-182", "R-201")
def test_a_picture_is_a_picture(unit: Unit, make_dataset: SampleMaker, tmp_path: Path) -> None:
    (person,) = planted_family(1)
    administrator = make_person("raiz", sysadmin=True)
    unit_id = unit.organization["id"]
    for name in ("logo.png", "logo.csv", "logo.svg", "logo.html"):
        for action, data in (
            ("organization_patch", {"id": unit_id}),
            ("group_create", {"name": "grupo"}),
            ("user_patch", {"id": unit.liaison.id}),
        ):
            upload = file_storage(name, planted_csv(person))
            with pytest.raises(tk.ValidationError):
                administrator.call(action, **data, image_upload=upload)
            model.Session.rollback()


@pytest.mark.req("R-182", "R-201")
def test_no_text_of_a_unit_tells_of_a_person(unit: Unit) -> None:
    (person,) = planted_family(1)
    administrator = make_person("raiz", sysadmin=True)
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("organization_patch", {"id": unit.organization["id"]}),
        ("organization_create", {"name": "otra"}),
        ("group_create", {"name": "grupo"}),
    ]
    for action, data in attempts:
        with pytest.raises(tk.ValidationError) as refused:
            administrator.call(action, **data, description=f"A cargo: {person.curp}")
        assert person.curp not in str(refused.value)
        administrator.call(action, **data, description="Dirección de Recursos Financieros")


@pytest.mark.req("R-182", "R-201")
def test_no_view_tells_of_a_person(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    (person,) = planted_family(1)
    with pytest.raises((tk.NotAuthorized, tk.ValidationError)):
        unit.liaison.call(
            "resource_view_create",
            resource_id=_first(dataset),
            title=person.curp,
            description=person.curp,
            view_type="datatables_view",
        )
