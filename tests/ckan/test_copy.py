"""The publishable copy: what people sent, as canonical CSV, once a person confirms."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from catalogue_cast import SampleMaker, Unit, file_storage, make_person, sample
from copy_pages import copy_page, hash_now, headers_of, seen_copy
from openpyxl import Workbook

pytestmark = pytest.mark.usefixtures("with_plugins")

ORIGINAL = sample("donativos_otorgados.original.csv")


@pytest.mark.req("R-153")
def test_a_messy_table_becomes_canonical_once_a_person_confirms(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=ORIGINAL)
    headers = headers_of(unit.liaison)
    report = app.get(copy_page(dataset).replace("/copy", "/report"), headers=headers)
    assert copy_page(dataset) in report.get_data(as_text=True)
    before = unit.liaison.call("imss_table_check", resource_id=dataset["resources"][0]["id"])
    page = app.get(copy_page(dataset), headers=headers).get_data(as_text=True)
    assert "Codificación: de Windows-1252 (Latin-1) a UTF-8." in page
    assert "punto y coma (;) a coma" in page
    assert hash_now(unit, dataset) == hashlib.sha256(ORIGINAL).hexdigest(), "nothing happens yet"

    copy = app.get(copy_page(dataset) + ".csv", headers=headers).get_data()
    assert hashlib.sha256(copy).hexdigest() == seen_copy(page)
    app.post(
        copy_page(dataset),
        headers=headers,
        data={"seen": seen_copy(page)},
        follow_redirects=False,
        status=302,
    )
    assert hash_now(unit, dataset) == seen_copy(page)
    after = unit.liaison.call("imss_table_check", resource_id=dataset["resources"][0]["id"])
    assert "encoding-error" in before["counts"]
    assert not {"encoding-error", "wrong-delimiter", "merged-title-row"} & set(after["counts"])
    assert after["file"].endswith(".csv")


def test_only_the_copy_that_was_seen_takes_the_place_of_the_file(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=ORIGINAL)
    headers = headers_of(unit.liaison)
    for seen in ("0" * 64, ""):
        answer = app.post(copy_page(dataset), headers=headers, data={"seen": seen})
        assert "cambió mientras tanto" in answer.get_data(as_text=True)
    assert hash_now(unit, dataset) == hashlib.sha256(ORIGINAL).hexdigest()


def test_the_copy_is_for_those_who_edit(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    dataset = make_dataset(content=ORIGINAL)
    for person, status in ((unit.head, 403), (make_person("ajena"), 404)):
        for suffix in ("", ".csv"):
            app.get(copy_page(dataset) + suffix, headers=headers_of(person), status=status)
        app.post(copy_page(dataset), headers=headers_of(person), data={"seen": "x"}, status=status)
    app.get(copy_page(dataset), status=404)


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
    headers = headers_of(unit.liaison)
    page = app.get(copy_page(dataset), headers=headers).get_data(as_text=True)
    assert "<option >Datos</option>" in page
    page = app.get(copy_page(dataset) + "?sheet=Datos", headers=headers).get_data(as_text=True)
    assert "La hoja «Datos» del libro pasa a CSV." in page
    app.post(copy_page(dataset), headers=headers, data={"seen": seen_copy(page), "sheet": "Datos"})
    resource = unit.liaison.call("resource_show", id=dataset["resources"][0]["id"])
    assert (resource["format"], resource["url"].rsplit("/", 1)[-1]) == ("CSV", "libro.csv")
    answer = app.get(copy_page(dataset) + "?sheet=No%20hay", headers=headers)
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
    headers = headers_of(unit.liaison)
    page = app.get(copy_page(dataset), headers=headers).get_data(as_text=True)
    assert "Todavía no se puede hacer una copia" in page
    app.get(copy_page(dataset) + ".csv", headers=headers, status=404)


def test_a_table_that_is_canonical_has_nothing_to_change(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    page = app.get(copy_page(dataset), headers=headers_of(unit.liaison)).get_data(as_text=True)
    assert "No hay nada que cambiar en su forma" in page
