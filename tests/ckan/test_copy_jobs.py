"""The publishable copy of a large file: prepared by a job, looked at, confirmed or wiped."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import time
from pathlib import Path
from typing import Any

import pytest
import rq
import sqlalchemy as sa
from catalogue_cast import SampleMaker, Unit, file_storage, make_person, sample
from ckan import model
from ckan.lib import jobs as queue
from copy_pages import copy_page, hash_now, headers_of, seen_copy
from openpyxl import Workbook
from personal_corpus.people import Crowd
from sqlalchemy.orm import Session

from ckanext.imssbienestar import config
from ckanext.imssbienestar.model import CheckRun
from ckanext.imssbienestar.portal import check_runs, prepared_copies

pytestmark = pytest.mark.usefixtures("with_plugins")

ORIGINAL = sample("donativos_otorgados.original.csv")
STAY: dict[str, Any] = {"follow_redirects": False, "status": 302}
PREPARING = "La copia espera su turno"


@pytest.fixture(autouse=True)
def everything_is_large(ckan_config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is too large to be copied while somebody waits, and no job of others waits."""
    monkeypatch.setitem(ckan_config, "ckanext.imssbienestar.check_inline_bytes", 1)
    monkeypatch.setattr("ckanext.imssbienestar.portal.jobs.somebody_works", lambda: True)
    queue.get_queue().empty()


def _work() -> None:
    # In this process, so that it uses this test's files.
    waiting = queue.get_queue()
    rq.SimpleWorker([waiting], connection=waiting.connection).work(burst=True)


def _runs_of_copies() -> list[CheckRun]:
    with Session(model.meta.engine, expire_on_commit=False) as session:
        query = sa.select(CheckRun).where(CheckRun.rules_version.contains(" copy "))
        return list(session.scalars(query))


def _kept() -> list[Path]:
    return sorted((config.content_path() / "copies").glob("*"))


@pytest.mark.req("R-153")
def test_a_job_prepares_the_copy_that_a_person_confirms(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=ORIGINAL)
    headers = headers_of(unit.liaison)
    for _visit in range(2):
        page = app.get(copy_page(dataset), headers=headers).get_data(as_text=True)
        assert PREPARING in page
        assert "imss-progress" in page
    assert len(_runs_of_copies()) == 1
    app.get(copy_page(dataset) + ".csv", headers=headers, status=404)
    assert app.get(copy_page(dataset) + ".json", headers=headers).json["state"] == "waiting"

    _work()
    assert app.get(copy_page(dataset) + ".json", headers=headers).json["state"] == "done"
    page = app.get(copy_page(dataset), headers=headers).get_data(as_text=True)
    assert "Codificación: de Windows-1252 (Latin-1) a UTF-8." in page
    assert hash_now(unit, dataset) == hashlib.sha256(ORIGINAL).hexdigest(), "nothing happens yet"
    assert [path.stat().st_mode & 0o077 for path in _kept()] == [0, 0]
    copy = app.get(copy_page(dataset) + ".csv", headers=headers).get_data()
    assert hashlib.sha256(copy).hexdigest() == seen_copy(page)
    for other in ("0" * 64, ""):
        answer = app.post(copy_page(dataset), headers=headers, data={"seen": other})
        assert "cambió mientras tanto" in answer.get_data(as_text=True)
    app.post(copy_page(dataset), headers=headers, data={"seen": seen_copy(page)}, **STAY)
    assert hash_now(unit, dataset) == seen_copy(page)
    assert _kept() == []


def test_what_nobody_confirms_in_time_is_wiped_and_prepared_again(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=ORIGINAL)
    headers = headers_of(unit.liaison)
    app.get(copy_page(dataset), headers=headers)
    _work()
    seen = seen_copy(app.get(copy_page(dataset), headers=headers).get_data(as_text=True))
    past = time.time() - config.copy_kept_seconds() - 1
    for path in _kept():
        os.utime(path, (past, past))
    answer = app.post(copy_page(dataset), headers=headers, data={"seen": seen}, **STAY)
    assert answer.headers["Location"].endswith(copy_page(dataset))
    assert hash_now(unit, dataset) == hashlib.sha256(ORIGINAL).hexdigest()
    assert PREPARING in app.get(copy_page(dataset), headers=headers).get_data(as_text=True)
    assert _kept() == []
    _work()
    assert seen_copy(app.get(copy_page(dataset), headers=headers).get_data(as_text=True)) == seen


def test_the_sheet_and_the_missing_columns_are_asked_for_and_each_answer_is_a_copy(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    book, target = Workbook(), io.BytesIO()
    book.active.title = "Notas"
    book.active.append(["autor", "fecha"])
    book.active.append(["alguien", "ayer"])
    book.create_sheet("Datos").append(["entidad", "monto_pesos"])
    book["Datos"].append(["Colima", 12])
    book.save(target)
    dictionary = (
        "campo,titulo,tipo,descripcion\nentidad,Entidad,texto,La entidad federativa\n"
        "monto_pesos,Monto,entero,Lo entregado\nanio,Año,anio,El año de la entrega\n"
    )
    dataset = make_dataset(dictionary="")
    resource = dataset["resources"][0]["id"]
    upload = file_storage("libro.xlsx", target.getvalue())
    unit.liaison.call("resource_patch", id=resource, upload=upload)
    headers = headers_of(unit.liaison)

    def prepared(query: str) -> str:
        waiting = app.get(copy_page(dataset) + query, headers=headers)
        assert PREPARING in waiting.get_data(as_text=True)
        _work()
        shown: str = app.get(copy_page(dataset) + query, headers=headers).get_data(as_text=True)
        return shown

    assert "<option >Datos</option>" in prepared("")
    unit.liaison.call("imss_dictionary_import", resource_id=resource, content=dictionary)
    without = prepared("?sheet=Datos")
    assert "Columnas que faltan en el archivo" in without
    whole = prepared("?sheet=Datos&constant-anio=2018")
    assert seen_copy(whole) != seen_copy(without)
    data = {"seen": seen_copy(whole), "sheet": "Datos", "constant-anio": "2018"}
    app.post(copy_page(dataset), headers=headers, data=data, **STAY)
    assert hash_now(unit, dataset) == seen_copy(whole)


@pytest.mark.req("R-202")
def test_an_answer_with_personal_data_waits_in_no_queue(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset, curp = make_dataset(), Crowd(11).people(1)[0].curp
    headers, page = headers_of(unit.liaison), copy_page(dataset)
    waiting = queue.get_queue().job_ids
    refused = app.post(page + "-answers", headers=headers, data={"constant-nota": curp}, status=400)
    told = refused.get_data(as_text=True)
    assert "muestra datos personales (CURP)" in told
    assert curp not in told
    for address in (page, page + ".json"):
        app.get(f"{address}?constant-nota={curp}", headers=headers, status=400)
    assert (queue.get_queue().job_ids, _runs_of_copies(), _kept()) == (waiting, [], [])
    data = {"constant-nota": "Sin nota", "sheet": ""}
    answer = app.post(page + "-answers", headers=headers, data=data, **STAY)
    assert answer.headers["Location"].endswith(page + "?constant-nota=Sin+nota")


def test_a_preparation_that_fails_says_why_and_is_tried_again(
    unit: Unit, make_dataset: SampleMaker, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset(content=ORIGINAL)
    headers = headers_of(unit.liaison)

    def fail(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, "no room")

    app.get(copy_page(dataset), headers=headers)
    with monkeypatch.context() as patch:
        patch.setattr(prepared_copies, "keep", fail)
        _work()
    page = app.get(copy_page(dataset), headers=headers).get_data(as_text=True)
    assert "muy poca memoria o muy poco disco" in page
    assert _kept() == []
    app.post(copy_page(dataset) + "-again", headers=headers, **STAY)
    # Its process dies without a word.
    [run] = _runs_of_copies()
    check_runs.start(run.id)
    with Session(model.meta.engine) as session, session.begin():
        session.execute(sa.update(CheckRun).values(heartbeat=sa.text("now() - interval '1 hour'")))
    page = app.get(copy_page(dataset), headers=headers).get_data(as_text=True)
    assert "se interrumpió" in page
    app.post(copy_page(dataset) + "-again", headers=headers, **STAY)
    _work()
    assert seen_copy(app.get(copy_page(dataset), headers=headers).get_data(as_text=True))


@pytest.mark.parametrize("content", [b"", b"a,b\n1\x00,2\n"])
def test_what_is_no_table_gets_a_sentence(
    unit: Unit, make_dataset: SampleMaker, app: Any, content: bytes
) -> None:
    dataset = make_dataset(content=content)
    headers = headers_of(unit.liaison)
    app.get(copy_page(dataset), headers=headers)
    _work()
    page = app.get(copy_page(dataset), headers=headers).get_data(as_text=True)
    if content:
        assert "Todavía no se puede hacer una copia" in page
    app.get(copy_page(dataset) + ".csv", headers=headers, status=404)


def test_a_preparation_is_for_those_who_edit(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=ORIGINAL)
    for person, status in ((unit.head, 403), (make_person("ajena"), 404)):
        for suffix in ("", ".csv", ".json"):
            app.get(copy_page(dataset) + suffix, headers=headers_of(person), status=status)
        app.post(copy_page(dataset) + "-again", headers=headers_of(person), status=status)
    assert _runs_of_copies() == []
    assert prepared_copies.find(check_runs.ReportKey("0", "", "", "es")) is None
