"""The report for people: pages, downloads, the job behind a large file, and who sees what."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import zlib
from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import (
    ANONYMOUS,
    Person,
    SampleMaker,
    Unit,
    file_storage,
    make_person,
    publish,
    sample,
)
from ckan import model
from ckan.lib.redis import connect_to_redis
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from openpyxl import load_workbook

from ckanext.imssbienestar.model import CheckRun, StoredReport
from ckanext.imssbienestar.portal import guard, jobs

pytestmark = pytest.mark.usefixtures("with_plugins")

GOOD = sample("donativos_otorgados.csv")
BROKEN = GOOD.replace(b"4000000", b"cuatro millones")
ONE_BYTE = ("ckanext.imssbienestar.check_inline_bytes", "1")


def _headers(person: Person) -> dict[str, str]:
    return {"Authorization": factories.APIToken(user=person.name)["token"]}


def _page(dataset: dict[str, Any], suffix: str = "") -> str:
    resource = dataset["resources"][0]["id"]
    return f"/dataset/{dataset['name']}/resource/{resource}/report{suffix}"


def _upload(unit: Unit, dataset: dict[str, Any], content: bytes) -> None:
    unit.liaison.call(
        "resource_patch",
        id=dataset["resources"][0]["id"],
        upload=file_storage("donativos_otorgados.csv", content),
    )


def test_the_page_says_verdict_groups_cells_and_remedies(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=BROKEN)
    page = app.get(_page(dataset), headers=_headers(unit.liaison)).get_data(as_text=True)
    assert "No se puede publicar todavía: donativos_otorgados.csv" in page
    assert "Valor de otro tipo que el declarado" in page
    assert "I2" in page
    assert "cuatro millones" in page
    report = unit.liaison.call("imss_table_check", resource_id=dataset["resources"][0]["id"])
    wrong = next(found for found in report["findings"] if found["cell"] == "I2")
    assert (report["state"], report["publishable"]) == ("done", False)
    for text in (wrong["fix"], wrong["rule"]):
        assert text in page
    groups = {(g["code"], g["column"]): g["count"] for g in report["groups"]}
    assert groups["type-error", wrong["column"]] == 1
    assert sum(groups.values()) == report["total"]


def test_filters_and_pages_of_the_findings(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    header, *rows = GOOD.decode().splitlines()
    many = "\n".join([header, *(["x" + rows[0][1:]] * 120)]) + "\n"
    dataset = make_dataset(content=many.encode())
    headers = _headers(unit.liaison)

    def shown(query: str) -> str:
        return str(app.get(_page(dataset) + query, headers=headers).get_data(as_text=True))

    column = header.split(",")[0]
    assert "Se muestran del 1 al 50 de 120." in shown(f"?code=type-error&column={column}")
    assert "Se muestran del 101 al 120 de 120." in shown(f"?code=type-error&column={column}&page=3")
    assert "Se muestran del 101 al 120 de 120." in shown(
        f"?code=type-error&column={column}&page=99"
    )
    for nonsense in ("?code=%3Cscript%3E&page=-1", "?page=9999999999", "?column=no_existe"):
        assert "<script>" not in shown(nonsense).split("imss-findings", 1)[1].split("</section>")[0]


def test_downloads_hold_the_findings_that_are_kept_and_say_how_many_of_all(
    unit: Unit, make_dataset: SampleMaker, app: Any, ckan_config: Any, monkeypatch: Any
) -> None:
    monkeypatch.setitem(ckan_config, "ckanext.imssbienestar.findings_kept", 10)
    header, *rows = GOOD.decode().splitlines()
    dataset = make_dataset(content="\n".join([header, *(["x" + rows[0][1:]] * 30)]).encode())
    headers = _headers(unit.liaison)
    report = unit.liaison.call("imss_table_check", resource_id=dataset["resources"][0]["id"])
    total = report["total"]
    assert (report["shown"], total >= 30) == (10, True)
    page = app.get(_page(dataset), headers=headers).get_data(as_text=True)
    assert f"los primeros 10 de {total} hallazgos" in page

    answer = app.get(_page(dataset, ".csv"), headers=headers)
    assert "donativos_otorgados.hallazgos.csv" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    found = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [row["celda"] for row in found] == [f["cell"] or "" for f in report["findings"]]

    data = app.get(_page(dataset, ".xlsx"), headers=headers).get_data()
    book = load_workbook(io.BytesIO(data))
    facts = {row[0].value: row[1].value for row in book["Resumen"].iter_rows() if len(row) > 1}
    assert (facts["Hallazgos"], facts["Hallazgos en este archivo"]) == (total, 10)


def test_before_and_now_after_another_file(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    dataset = make_dataset(content=BROKEN)
    _upload(unit, dataset, GOOD)
    page = app.get(_page(dataset), headers=_headers(unit.liaison)).get_data(as_text=True)
    assert "Antes y ahora" in page
    comparison = page.split("imss-comparison", 1)[1].split("</section>")[0]
    assert "Valor de otro tipo que el declarado" in comparison
    assert "Resuelto" in comparison
    # Those who only read are not shown what a draft once held.
    publish(unit, dataset)
    public = app.get(_page(dataset)).get_data(as_text=True)
    assert "Se puede publicar" in public
    assert "Antes y ahora" not in public


@pytest.mark.req("R-104")
def test_the_report_of_a_draft_does_not_exist_for_the_others(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=BROKEN)
    stranger = make_person("ajena")
    resource = dataset["resources"][0]["id"]
    for suffix in ("", ".json", ".csv", ".xlsx"):
        for headers in ({}, _headers(stranger)):
            answer = app.get(_page(dataset, suffix), headers=headers, status=404)
            assert "cuatro millones" not in answer.get_data(as_text=True)
    for person in (ANONYMOUS, stranger):
        for action, key in (("imss_table_check", "resource_id"), ("imss_resource_report", "id")):
            with pytest.raises(tk.NotAuthorized):
                person.call(action, **{key: resource})
    assert unit.transparency.call("imss_resource_report", id=resource)["publishable"] is False


def test_the_report_of_a_release_is_of_its_frozen_files(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    release = unit.liaison.call("imss_release_submit", id=dataset["id"])
    identifier = dataset["resources"][0]["identifier"]
    frozen = release["document"]["resources"][0]["file"]["sha256"]
    _upload(unit, dataset, BROKEN)
    address = f"/dataset/{dataset['name']}/release/{release['number']}/report"
    headers = _headers(unit.head)
    page = app.get(f"{address}?file={identifier}", headers=headers).get_data(as_text=True)
    assert frozen in page
    assert "Se puede publicar" in page
    assert "cuatro millones" not in page
    assert "Se puede publicar" in app.get(address, headers=headers).get_data(as_text=True)
    for suffix in (
        "",
        f"?file={identifier}",
        f".csv?file={identifier}",
        f".json?file={identifier}",
    ):
        app.get(address + suffix, status=404)
    app.get(f"{address}.csv?file=otra", headers=headers, status=404)
    app.get(f"/dataset/{dataset['name']}/release/99/report", headers=headers, status=404)


def test_a_published_release_shows_its_report_to_anybody(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    release = publish(unit, dataset)
    address = f"/dataset/{dataset['name']}/release/{release['number']}/report"
    assert "Se puede publicar" in app.get(address).get_data(as_text=True)
    assert ANONYMOUS.call("imss_resource_report", id=dataset["resources"][0]["id"])["publishable"]


def test_readers_have_nothing_checked(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    model.Session.execute(sa.delete(StoredReport))
    model.Session.commit()
    resource = dataset["resources"][0]["id"]
    assert ANONYMOUS.call("imss_table_check", resource_id=resource)["state"] == "none"
    assert "todavía no se revisa" in app.get(_page(dataset)).get_data(as_text=True)
    app.get(_page(dataset, ".csv"), status=404)
    assert unit.liaison.call("imss_table_check", resource_id=resource)["state"] == "done"


def test_a_link_has_no_report(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    dataset = make_dataset()
    link = unit.liaison.call(
        "resource_create", package_id=dataset["id"], name="Liga", url="https://example.org/a.csv"
    )
    assert unit.liaison.call("imss_table_check", resource_id=link["id"]) == {"state": "none"}
    page = f"/dataset/{dataset['name']}/resource/{link['id']}/report"
    assert "no tiene un archivo" in app.get(page, headers=_headers(unit.liaison)).get_data(
        as_text=True
    )
    app.get(page + ".csv", headers=_headers(unit.liaison), status=404)


def test_language_and_limit_of_the_answer(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset(content=BROKEN)
    resource = dataset["resources"][0]["id"]
    spanish = unit.liaison.call("imss_table_check", resource_id=resource)
    english = unit.liaison.call("imss_table_check", resource_id=resource, lang="en", limit=0)
    assert english["findings"] == []
    assert (english["shown"], english["total"]) == (0, spanish["total"])
    for wrong in ({"lang": "fr"}, {"limit": -1}, {"limit": "x"}):
        with pytest.raises(tk.ValidationError):
            unit.liaison.call("imss_table_check", resource_id=resource, **wrong)
    with pytest.raises(tk.ObjectNotFound):
        unit.liaison.call("imss_table_check", resource_id="no-existe")


@pytest.mark.req("R-178", "R-202")
@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_no_value_of_a_personal_column_is_shown_or_stored_anywhere(
    unit: Unit,
    make_dataset: SampleMaker,
    app: Any,
    ckan_config: Any,
    monkeypatch: Any,
    large: bool,
) -> None:
    if large:
        monkeypatch.setitem(ckan_config, "ckanext.imssbienestar.check_inline_bytes", 1)
    # As a file that came in before its column was known to be personal.
    monkeypatch.setattr(guard, "let_in", lambda *_: None)
    planted = [f"PLANTADO55{number}" for number in range(40)]
    # Wrong type, repeated, missing, beside a total: every rule has a reason to quote a value.
    rows = [f"{value},{number}," for number, value in enumerate([*planted, *planted])]
    table = "telefono_celular,monto,nota\n" + "\n".join(rows) + "\nTotal,PLANTADO99,\n"
    dictionary = (
        "campo,titulo,tipo,descripcion,unidad,obligatorio\n"
        "telefono_celular,Teléfono,integer,Teléfono al que se avisó de la cita,,si\n"
        "monto,Monto,integer,Cantidad que se pagó por cada servicio,pesos,si\n"
        "nota,Nota,string,Lo que se anotó al pagar,,si\n"
    )
    dataset = make_dataset(content=table.encode(), dictionary=dictionary)
    resource = dataset["resources"][0]["id"]
    unit.liaison.call(
        "resource_patch",
        id=resource,
        schema={
            "fields": [
                {
                    "name": "telefono_celular",
                    "type": "string",
                    "description": "Teléfono al que se avisó de la cita",
                    "constraints": {"unique": True, "maxLength": 3, "enum": ["a"]},
                },
                {"name": "monto", "type": "integer", "description": "Lo que se pagó cada vez"},
                {"name": "nota", "type": "string", "description": "Lo que se anotó al pagar"},
            ],
            "primaryKey": ["telefono_celular"],
        },
    )
    if large:
        for run in model.Session.scalars(sa.select(CheckRun)).all():
            jobs.check_file(run.id)
    headers = _headers(unit.liaison)
    report = unit.liaison.call("imss_table_check", resource_id=resource)
    assert {"personal-data", "personal-data-review"} & set(report["counts"])
    assert report["counts"]["constraint-error"] >= 80
    workbook = app.get(_page(dataset, ".xlsx"), headers=headers).get_data()
    sheets = load_workbook(io.BytesIO(workbook)).worksheets
    seen = {
        "answer": json.dumps(report),
        "older answer": json.dumps(unit.liaison.call("imss_resource_report", id=resource)),
        "page": app.get(_page(dataset), headers=headers).get_data(as_text=True),
        "dataset page": app.get(f"/dataset/{dataset['name']}", headers=headers).get_data(
            as_text=True
        ),
        "csv": app.get(_page(dataset, ".csv"), headers=headers).get_data(as_text=True),
        "xlsx": " ".join(
            str(c.value) for sheet in sheets for row in sheet.iter_rows() for c in row
        ),
        "database": _every_text_of_the_database(),
        "redis": _everything_in_redis(),
    }
    assert [place for place, text in seen.items() if "PLANTADO55" in text] == []
    assert "PLANTADO99" not in seen["redis"]


def _every_text_of_the_database() -> str:
    """Every row of every table, as text."""
    model.Session.commit()
    found = []
    for table in sa.inspect(model.meta.engine).get_table_names():
        whole_row = sa.select(sa.literal_column("t::text")).select_from(sa.table(table).alias("t"))
        rows = model.Session.execute(whole_row)
        found += [row[0] for row in rows]
    assert any("telefono_celular" in text for text in found)
    return "\n".join(found)


def _everything_in_redis() -> str:
    """Every value of every key, as text; jobs are compressed there."""
    connection, found = connect_to_redis(), []
    for key in connection.scan_iter():
        kind = connection.type(key)
        values = connection.hvals(key) if kind == b"hash" else [connection.dump(key)]
        for value in values:
            with contextlib.suppress(zlib.error):
                value = zlib.decompress(value)
            found.append(value.decode("utf-8", errors="replace"))
    return "\n".join(found)
