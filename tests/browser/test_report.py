"""The report in a browser: mend a file with its help, see what was solved, take it away."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.files import GOOD, ORIGINAL, defective, sent
from browser.test_accessibility import violations
from browser.visitor import Visitor
from openpyxl import load_workbook

# More than ckanext.imssbienestar.check_inline_bytes is by default.
LARGE = 51_000_000


@pytest.fixture
def job_worker(site: str) -> Iterator[Callable[[], None]]:
    """Starts a process that does what is in the queue and ends: another may run beside it."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        ini = os.environ["IMSS_TEST_INSTITUTIONAL_INI"]
        program = [str(Path(sys.executable).with_name("ckan")), "-c", ini]
        started.append(subprocess.Popen([*program, "jobs", "worker", "--burst"]))

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def _report_page(dataset: dict[str, Any]) -> str:
    return f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/report"


def _replace_file(visitor: Visitor, file: Path | dict[str, Any]) -> None:
    visitor.page.get_by_role("link", name="Reemplazar el archivo").click()
    visitor.choose_file(file)
    visitor.submit("#resource-edit")
    visitor.page.get_by_role("link", name="Ver el informe completo").click()
    visitor.page.locator(".imss-verdict").first.wait_for()


def _rows(visitor: Visitor, table: str) -> list[str]:
    return visitor.page.locator(f"{table} tbody tr").all_inner_texts()


@pytest.mark.req("R-098", "R-153")
def test_mend_a_file_with_its_report(cast: Cast, open_window: OpenWindow, tmp_path: Path) -> None:
    dataset = cast.make_draft("informe", defective(tmp_path))
    liaison = open_window(cast.liaison)
    liaison.go(f"/dataset/{dataset['name']}")
    liaison.page.locator(".imss-reports a").first.click()

    verdict = liaison.page.locator(".imss-verdict").inner_text()
    assert verdict.strip().startswith("No se puede publicar todavía")
    kinds = " ".join(_rows(liaison, ".imss-kinds"))
    assert all(word in kinds for word in ("B3", "I4", "Fila de totales", "Verlos"))
    assert not list(violations(liaison))
    liaison.look("40-informe")

    _see_one_kind_with_the_keyboard(liaison)
    _take_it_away(liaison)

    liaison.go(_report_page(dataset))
    half = GOOD.read_text(encoding="utf-8").replace("2018-12-31", "31/12/2018")
    _replace_file(liaison, sent("donativos_otorgados.csv", half.encode()))
    changes = _rows(liaison, ".imss-changes")
    assert any("Fila de totales" in row and "Resuelto" in row for row in changes)
    assert any("periodo_fin" in row and "más" in row for row in changes)
    assert not list(violations(liaison))
    liaison.look("41-informe-antes-y-ahora")

    _replace_file(liaison, GOOD)
    assert "Se puede publicar" in liaison.page.locator(".imss-verdict").inner_text()
    assert "0 nuevos" in " ".join(liaison.page.locator(".imss-tally").inner_text().split())
    assert not list(violations(liaison))
    liaison.look("42-informe-sin-hallazgos")


def _see_one_kind_with_the_keyboard(visitor: Visitor) -> None:
    link = visitor.page.get_by_role("link", name="Verlos Fila de totales")
    link.focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_role("link", name="Ver todos").wait_for()
    rows = _rows(visitor, ".imss-findings")
    assert len(rows) == 1
    assert "TOTAL" in rows[0]
    visitor.look("43-informe-un-tipo")


def _take_it_away(visitor: Visitor) -> None:
    shown = visitor.page.locator(".imss-kinds tbody td.imss-number").all_inner_texts()
    total = sum(int(number) for number in shown)
    data = visitor.download(visitor.page.get_by_role("link", name="Hallazgos en CSV"))
    found = list(csv.DictReader(io.StringIO(data.decode("utf-8"))))
    assert len(found) == total
    assert {"B3", "I4"} <= {row["celda"] for row in found}
    assert all(row["que_pasa"] and row["como_se_arregla"] for row in found)
    workbook = load_workbook(
        io.BytesIO(visitor.download(visitor.page.get_by_role("link", name="Hallazgos en XLSX")))
    )
    assert workbook["Hallazgos"].max_row == total + 1


def test_the_report_of_a_release_and_of_what_is_public(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("informe_entrega")
    release = cast.publish(dataset)
    anybody = open_window()
    anybody.go(f"/dataset/{dataset['name']}/release/{release['number']}/report")
    assert "Se puede publicar" in anybody.page.locator(".imss-verdict").inner_text()
    assert not list(violations(anybody))
    anybody.look("44-informe-de-la-entrega")
    anybody.page.get_by_role("link", name="Ver el informe completo").click()
    assert release["document"]["resources"][0]["file"]["sha256"] in anybody.text


def test_the_publishable_copy_takes_the_place_of_a_messy_file(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("copia", ORIGINAL)
    liaison = open_window(cast.liaison)
    liaison.go(_report_page(dataset))
    liaison.page.get_by_role("link", name="Hacer la copia publicable").click()
    changes = " ".join(_rows(liaison, ".imss-copy"))
    assert "Codificación: de Windows-1252 (Latin-1) a UTF-8." in changes
    assert not list(violations(liaison))
    liaison.look("46-copia-publicable")
    copy = liaison.download(liaison.page.get_by_role("link", name="Descargar antes la copia"))
    assert copy.decode("utf-8").count("\n") > 2
    liaison.page.get_by_label("Miré los cambios y son correctos.").check()
    liaison.press("Poner la copia en el lugar del archivo")
    assert "La copia publicable es ahora el archivo" in liaison.messages
    assert "Antes y ahora" in liaison.text
    liaison.look("47-informe-de-la-copia")
    liaison.go(f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}")
    received = liaison.download(liaison.page.locator(".actions a.btn-primary"))
    assert received == copy


def test_a_large_file_shows_how_far_its_check_is(
    cast: Cast, open_window: OpenWindow, job_worker: Callable[[], None], tmp_path: Path
) -> None:
    header, *rows = GOOD.read_text(encoding="utf-8").splitlines()
    # Of this run only: what was checked before is not checked again.
    row = rows[0].replace("2018-12-31", f"31/12/2018 {cast.run}")
    large = tmp_path / "grande.csv"
    large.write_text("\n".join([header, *[row] * (LARGE // len(row))]), encoding="utf-8")
    dataset = cast.make_draft("grande")
    liaison = open_window(cast.liaison)
    liaison.go(f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/edit")
    liaison.page.set_default_timeout(120_000)
    liaison.choose_file(large)
    liaison.submit("#resource-edit")
    liaison.page.get_by_role("link", name="Ver el informe completo").wait_for()
    liaison.go(_report_page(dataset))
    if liaison.page.locator("progress").count():
        assert not list(violations(liaison))
        liaison.look("48-revision-en-curso")
    job_worker()
    # The page follows by itself.
    liaison.page.locator(".imss-verdict-bad").wait_for()
    assert "No se puede publicar todavía" in liaison.text
    assert f"{LARGE // len(row):,}" in liaison.text
    liaison.look("49-informe-grande")
    liaison.page.get_by_role("button", name="Preparar un archivo con").click()
    job_worker()
    everything = liaison.page.get_by_role("link", name=re.compile(r"^[\d,]+ de .* en CSV$"))
    everything.wait_for()
    data = liaison.download(everything)
    assert data.count(b"\n") > 1001


def test_a_link_has_nothing_to_check(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("informe_enlace")
    link = cast.liaison.client.write(
        "resource_create", package_id=dataset["id"], name="Liga", url="https://example.org/a.csv"
    )
    liaison = open_window(cast.liaison)
    liaison.go(f"/dataset/{dataset['name']}/resource/{link['id']}/report")
    assert "no tiene un archivo que revisar" in liaison.text
    assert not list(violations(liaison))
    liaison.look("45-informe-enlace")
