"""The publishable copy: what people sent, as canonical CSV, once a person confirms."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

import pytest
from catalogue_cast import Person, SampleMaker, Unit, file_storage, make_person, sample
from ckan.tests import factories
from openpyxl import Workbook

pytestmark = pytest.mark.usefixtures("with_plugins")

ORIGINAL = sample("donativos_otorgados.original.csv")


def _headers(person: Person) -> dict[str, str]:
    return {"Authorization": factories.APIToken(user=person.name)["token"]}


def _page(dataset: dict[str, Any]) -> str:
    return f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/copy"


def _seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def _hash_now(unit: Unit, dataset: dict[str, Any]) -> str:
    return str(unit.liaison.call("resource_show", id=dataset["resources"][0]["id"])["hash"])


@pytest.mark.req("R-153")
def test_a_messy_table_becomes_canonical_once_a_person_confirms(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=ORIGINAL)
    headers = _headers(unit.liaison)
    report = app.get(_page(dataset).replace("/copy", "/report"), headers=headers)
    assert _page(dataset) in report.get_data(as_text=True)
    before = unit.liaison.call("imss_table_check", resource_id=dataset["resources"][0]["id"])
    page = app.get(_page(dataset), headers=headers).get_data(as_text=True)
    assert "Codificación: de Windows-1252 (Latin-1) a UTF-8." in page
    assert "punto y coma (;) a coma" in page
    assert _hash_now(unit, dataset) == hashlib.sha256(ORIGINAL).hexdigest(), "nothing happens yet"

    copy = app.get(_page(dataset) + ".csv", headers=headers).get_data()
    assert hashlib.sha256(copy).hexdigest() == _seen(page)
    app.post(
        _page(dataset),
        headers=headers,
        data={"seen": _seen(page)},
        follow_redirects=False,
        status=302,
    )
    assert _hash_now(unit, dataset) == _seen(page)
    after = unit.liaison.call("imss_table_check", resource_id=dataset["resources"][0]["id"])
    assert "encoding-error" in before["counts"]
    assert not {"encoding-error", "wrong-delimiter", "merged-title-row"} & set(after["counts"])
    assert after["file"].endswith(".csv")


def test_only_the_copy_that_was_seen_takes_the_place_of_the_file(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=ORIGINAL)
    headers = _headers(unit.liaison)
    for seen in ("0" * 64, ""):
        answer = app.post(_page(dataset), headers=headers, data={"seen": seen})
        assert "cambió mientras tanto" in answer.get_data(as_text=True)
    assert _hash_now(unit, dataset) == hashlib.sha256(ORIGINAL).hexdigest()


def test_the_copy_is_for_those_who_edit(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    dataset = make_dataset(content=ORIGINAL)
    for person, status in ((unit.head, 403), (make_person("ajena"), 404)):
        for suffix in ("", ".csv"):
            app.get(_page(dataset) + suffix, headers=_headers(person), status=status)
        app.post(_page(dataset), headers=_headers(person), data={"seen": "x"}, status=status)
    app.get(_page(dataset), status=404)


def test_the_sheet_of_a_workbook_is_chosen(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    book, target = Workbook(), io.BytesIO()
    book.active.title = "Notas"
    book.active.append(["autor", "fecha"])
    book.active.append(["alguien", "ayer"])
    book.create_sheet("Datos").append(["entidad", "monto_pesos"])
    book["Datos"].append(["Colima", 12])
    book.save(target)
    dataset = make_dataset(dictionary="")
    unit.liaison.call(
        "resource_patch",
        id=dataset["resources"][0]["id"],
        upload=file_storage("libro.xlsx", target.getvalue()),
    )
    headers = _headers(unit.liaison)
    page = app.get(_page(dataset), headers=headers).get_data(as_text=True)
    assert "<option >Datos</option>" in page
    page = app.get(_page(dataset) + "?sheet=Datos", headers=headers).get_data(as_text=True)
    assert "La hoja «Datos» del libro pasa a CSV." in page
    app.post(_page(dataset), headers=headers, data={"seen": _seen(page), "sheet": "Datos"})
    resource = unit.liaison.call("resource_show", id=dataset["resources"][0]["id"])
    assert (resource["format"], resource["url"].rsplit("/", 1)[-1]) == ("CSV", "libro.csv")
    answer = app.get(_page(dataset) + "?sheet=No%20hay", headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1\x00,2\n",
        b"\xff\xd8\xff\xe0" + bytes(100),
        b"<html></html>",
    ],
    ids=["empty", "nul", "picture", "html"],
)
def test_what_is_no_table_gets_a_sentence(
    unit: Unit, make_dataset: SampleMaker, app: Any, content: bytes
) -> None:
    dataset = make_dataset(content=content)
    headers = _headers(unit.liaison)
    page = app.get(_page(dataset), headers=headers).get_data(as_text=True)
    assert "Todavía no se puede hacer una copia" in page
    app.get(_page(dataset) + ".csv", headers=headers, status=404)


def test_a_table_that_is_canonical_has_nothing_to_change(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    page = app.get(_page(dataset), headers=_headers(unit.liaison)).get_data(as_text=True)
    assert "No hay nada que cambiar en su forma" in page
