"""What people and their programs really send, and what hostile hands would."""

from __future__ import annotations

import io
import time
from typing import Any

import openpyxl
import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.files import DICTIONARY, GOOD, sent
from browser.visitor import Visitor

SCRIPT = "<img src=x onerror=\"window.hacked='{where}'\"><script>window.hacked='{where}'</script>"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["columna", "otra"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def replace_file(visitor: Visitor, dataset: dict[str, Any], file: dict[str, Any]) -> None:
    resource = dataset["resources"][0]["id"]
    visitor.go(f"/dataset/{dataset['name']}/resource/{resource}/edit")
    visitor.choose_file(file)
    visitor.submit("#resource-edit")
    visitor.page.get_by_text("Revisión del archivo").wait_for()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("vacio.csv", b"", "El archivo está vacío (0 bytes)."),
        ("libro.csv", workbook(), "los datos se publican como CSV"),
        ("carpeta", b"", "El archivo está vacío (0 bytes)."),
        ("foto.jpg", b"\xff\xd8\xff\xe0" + bytes(100), "su contenido es una imagen"),
    ],
    ids=["no-bytes", "renamed-workbook", "folder", "picture"],
)
def test_a_file_that_is_no_table_is_named_with_its_remedy(
    cast: Cast, open_window: OpenWindow, name: str, content: bytes, sentence: str
) -> None:
    dataset = cast.make_draft(f"archivo_{name.partition('.')[0]}")
    liaison = open_window(cast.liaison)
    replace_file(liaison, dataset, sent(name, content))
    row = liaison.page.locator(".imss-findings tbody tr").filter(has_text=sentence)
    assert row.locator("td").nth(2).inner_text().strip()
    liaison.look(f"30-archivo-{name.partition('.')[0]}")
    liaison.go(f"/dataset/{dataset['name']}")
    assert liaison.page.get_by_role("button", name="Enviar a revisión").is_disabled()


@pytest.mark.parametrize(
    "name",
    [
        "datos del año «2018» ñandú.csv",
        "con \"comillas\" y 'apóstrofos'.csv",
        "../../../etc/passwd.csv",
        "<script>window.hacked=1</script>.csv",
        f"{'larguísimo_' * 25}.csv",
    ],
    ids=["accents", "quotes", "path", "html", "long"],
)
def test_any_name_of_a_file_keeps_its_bytes(cast: Cast, open_window: OpenWindow, name: str) -> None:
    dataset = cast.make_draft(f"nombre{abs(hash(name)) % 10**8}")
    liaison = open_window(cast.liaison)
    replace_file(liaison, dataset, sent(name, GOOD.read_bytes()))
    liaison.look("31-nombre-de-archivo")
    received = liaison.download(liaison.page.locator(".actions a.btn-primary"))
    assert received == GOOD.read_bytes()
    assert liaison.page.evaluate("window.hacked") is None


def test_a_thousand_findings_and_very_long_names_stay_readable(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("mil_hallazgos")
    long_name = "nombre_de_columna_interminable_" * 10
    header = GOOD.read_text(encoding="utf-8").splitlines()[0]
    row = "2018-13-45,x,99,,uno," + "y" * 300 + ",,,z,"
    table = "\n".join([f"{header},{long_name}", *[row] * 400]) + "\n"
    liaison = open_window(cast.liaison)
    replace_file(liaison, dataset, sent("mil.csv", table.encode()))
    started = time.monotonic()
    liaison.go(f"/dataset/{dataset['name']}")
    assert time.monotonic() - started < 10
    assert liaison.page.locator(".imss-findings tbody tr").count() == 50
    report = cast.liaison.client.read("imss_resource_report", id=dataset["resources"][0]["id"])
    total = report["total"]
    assert total >= 1 + 8 * 400
    assert f"Hallazgos ({total})" in liaison.text
    assert f"Se muestran los primeros 50 de {total}." in liaison.text
    liaison.look("32-mil-hallazgos")


def test_nothing_that_people_write_runs_in_somebody_elses_browser(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft(
        "hostil",
        title=SCRIPT.format(where="title"),
        notes=SCRIPT.format(where="notes"),
        contact_name=SCRIPT.format(where="contact"),
        legal_basis=SCRIPT.format(where="basis"),
        quality_notes=SCRIPT.format(where="quality"),
    )
    resource = dataset["resources"][0]["id"]
    cast.liaison.client.write(
        "resource_patch", id=resource, name=SCRIPT.format(where="resource"), description=SCRIPT
    )
    liaison = open_window(cast.liaison)
    dictionary_page = f"/dataset/{dataset['name']}/resource/{resource}/dictionary"
    hostile = DICTIONARY.read_text(encoding="utf-8").replace(
        "Nombre de la entidad que entregó el donativo.",
        "<script>window.hacked='dictionary'</script>",
    )
    pages = [
        f"/dataset/{dataset['name']}",
        f"/dataset/{dataset['name']}/resource/{resource}",
        dictionary_page,
        f"/dataset/edit/{dataset['name']}",
        f"/dataset/{dataset['name']}/resource/{resource}/edit",
        "/dataset/",
    ]

    def visit(visitor: Visitor) -> None:
        for page in pages:
            visitor.go(page)
            assert visitor.page.evaluate("window.hacked") is None, page

    liaison.go(dictionary_page)
    liaison.page.set_input_files("#imss-dictionary-file", sent("d.csv", hostile.encode()))
    liaison.press("Importar")
    assert "window.hacked" in liaison.page.locator(".imss-dictionary").inner_text()
    lines = GOOD.read_text(encoding="utf-8").splitlines()
    lines[0] = lines[0].replace("fin_especifico", "<script>window.hacked='column'</script>")
    lines[1] = lines[1].replace("2018-12-31", "<script>window.hacked='cell'</script>")
    replace_file(liaison, dataset, sent("hostil.csv", "\n".join(lines).encode()))
    visit(liaison)

    replace_file(liaison, dataset, sent("bueno.csv", GOOD.read_bytes()))
    # Such a title is not let into review at all.
    cast.liaison.client.write("package_patch", id=dataset["id"], title="Donativos otorgados")
    cast.submit(dataset)
    liaison.go(f"/dataset/{dataset['name']}")
    liaison.page.fill("#imss-reason", SCRIPT.format(where="reason"))
    liaison.press("Devolver a borrador")
    liaison.page.get_by_text("Historial").click()
    visit(liaison)
    visit(open_window(cast.head))
    liaison.look("33-hostil")
