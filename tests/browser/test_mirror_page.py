"""The page of the mirror in a browser: from before any run to a copy that somebody changed."""

from __future__ import annotations

import configparser
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.test_accessibility import violations
from browser.visitor import Visitor
from fpdf import FPDF
from mirror.mail_server import MailServer

from ckanext.imssbienestar.demo.client import Client

PATIENCE = 90.0


@pytest.fixture
def federal() -> Client:
    """The federal catalogue as its administrator."""
    token = Path(os.environ["IMSS_TEST_FEDERAL_TOKEN_FILE"]).read_text(encoding="utf-8").strip()
    return Client(os.environ["IMSS_TEST_FEDERAL_URL"], token)


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server that the profile of the site names for as long as a test runs."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(os.environ["IMSS_TEST_INSTITUTIONAL_INI"], encoding="utf-8")
    profile = Path(ini["app:main"]["ckanext.imssbienestar.mirror_profile"])
    before, server = profile.read_text(encoding="utf-8"), MailServer()
    profile.write_text(
        f"""{before}
[notice]
host = "127.0.0.1"
port = {server.port}
starttls = false
from = "espejo@example.org"
to = ["datos.abiertos@example.org"]
cc = ["transparencia@example.org"]

[review]
receipt_after_days = 0
""",
        encoding="utf-8",
    )
    yield server
    profile.write_text(before, encoding="utf-8")
    server.stop()


def prepare(federal: Client) -> None:
    """Our organization and the groups, over there."""
    if federal.find("organization_show", id="imss-bienestar") is None:
        federal.write("organization_create", name="imss-bienestar")
    for group in ("salud", "presupuesto"):
        if federal.find("group_show", id=group) is None:
            federal.write("group_create", name=group)


def wait_for_end(visitor: Visitor) -> str:
    """What the page says of the newest activity once it is over, without being asked again."""
    newest = visitor.page.locator(".imss-activity").first
    deadline = time.monotonic() + PATIENCE
    while newest.locator("progress").count():
        assert time.monotonic() < deadline, newest.inner_text()
        visitor.page.wait_for_timeout(250)
    return newest.inner_text()


def row_of(visitor: Visitor, title: str, name: str) -> Any:
    """The line of a dataset, found by the search of the page."""
    visitor.page.fill("#imss-mirror-q", name)
    with visitor.page.expect_navigation():
        visitor.page.press("#imss-mirror-q", "Enter")
    return visitor.page.locator("tbody tr").filter(has_text=title)


def test_the_administrator_sees_why_a_dataset_is_not_public_there(
    cast: Cast, open_window: OpenWindow, federal: Client
) -> None:
    dataset = cast.make_draft("espejo")
    title, name = dataset["title"], dataset["name"]
    keeper, visitor = open_window(cast.administrator), open_window()
    keeper.go("/")
    keeper.page.locator("a[href$='/mirror']").first.click()
    keeper.page.locator("h1").filter(has_text="Espejo").wait_for()
    nothing_ran = federal.find("organization_show", id="imss-bienestar") is None
    assert "Nunca ha corrido" in keeper.text or not nothing_ran
    assert "Nadie lo ha enviado a revisión" in row_of(keeper, title, name).inner_text()
    keeper.look("80-espejo-antes")
    assert list(violations(keeper)) == []

    cast.publish(dataset)
    if nothing_ran:
        keeper.go("/mirror")
        keeper.press("Correr ahora")
        assert "Se pidió" in keeper.messages
        said = wait_for_end(keeper)
        assert "se negó" in said
        assert "imss-bienestar" in said
        keeper.look("81-espejo-fallo")
        assert list(violations(keeper)) == []
    prepare(federal)
    # Datasets of other tests are mirrored too, whatever becomes of them.
    keeper.go("/mirror")
    keeper.press("Correr ahora")
    assert "Hecho" in wait_for_end(keeper)
    assert "espera desde" in row_of(keeper, title, name).inner_text()
    keeper.look("82-espejo-revision")

    # The federal reviewer makes it public, and somebody there replaces the file.
    copy = federal.read("package_show", id=name)
    federal.write("package_patch", id=copy["id"], private=False)
    keeper.go("/mirror")
    keeper.press("Correr ahora")
    wait_for_end(keeper)
    assert "igual a lo que se firmó" in row_of(keeper, title, name).inner_text()
    visitor.go(f"/dataset/{name}")
    visitor.page.get_by_role("link", name="¿Es igual la copia federal?").click()
    assert "byte por byte" in visitor.text
    visitor.look("83-igualdad")
    assert list(violations(visitor)) == []
    other = Path(__file__).parent.parent / "data" / "samples" / "donativos_otorgados.dictionary.csv"
    federal.upload("resource_patch", {"id": copy["resources"][0]["id"]}, other)
    row_of(keeper, title, name).get_by_role("button", name="Verificar").click()
    assert "1 de 1 fallaron o son distintos" in wait_for_end(keeper)
    row = row_of(keeper, title, name)
    assert "no es lo que se firmó" in row.inner_text()
    keeper.look("84-espejo-distinto")
    visitor.go(f"/dataset/{name}/equality")
    assert "No es igual desde" in visitor.text
    row.get_by_role("button", name="Reintentar").click()
    assert "todo está como debe" in wait_for_end(keeper)
    assert "igual a lo que se firmó" in row_of(keeper, title, name).inner_text()
    keeper.look("85-espejo-igual")


def test_without_scripts_and_with_the_keyboard(cast: Cast, open_window: OpenWindow) -> None:
    keeper = open_window(cast.administrator)
    keeper.go("/mirror")
    keeper.page.focus("#imss-mirror-q")
    keeper.page.keyboard.type("no existe ninguno así")
    keeper.page.keyboard.press("Enter")
    keeper.page.get_by_text("Ningún conjunto de datos coincide").wait_for()
    button = keeper.page.get_by_role("button", name="Ver qué haría una corrida")
    button.focus()
    keeper.page.keyboard.press("Enter")
    assert "Se pidió: Plan de todo" in keeper.messages
    assert '<noscript><meta http-equiv="refresh"' in keeper.page.content()
    wait_for_end(keeper)


def test_the_federal_side_is_told_looked_at_and_its_answer_is_kept(
    cast: Cast, open_window: OpenWindow, federal: Client, mail: MailServer
) -> None:
    dataset = cast.make_draft("comprobante")
    name, title = dataset["name"], dataset["title"]
    cast.publish(dataset)
    prepare(federal)
    keeper = open_window(cast.administrator)
    keeper.go("/mirror")
    keeper.press("Correr ahora")
    assert "Hecho" in wait_for_end(keeper)
    row = row_of(keeper, title, name)
    assert "no ha salido el aviso" in row.inner_text()
    row.get_by_role("link", name="Lado federal").click()
    keeper.page.locator("h1").filter(has_text=title).wait_for()
    keeper.look("86-lado-federal")
    assert list(violations(keeper)) == []

    # By the keyboard alone, as on every page.
    keeper.page.get_by_role("button", name="Ver el aviso que saldría").focus()
    keeper.page.keyboard.press("Enter")
    keeper.page.wait_for_url("**/mirror/notice/*")
    assert "con esto no salió nada" in wait_for_end(keeper)
    for words in ("datos.abiertos@example.org", "transparencia@example.org", title, "Carga"):
        assert words in keeper.text
    assert mail.received == []
    keeper.page.get_by_text("El texto del correo").click()
    keeper.look("87-aviso-que-saldria")
    assert list(violations(keeper)) == []
    keeper.press("Enviar este aviso")
    assert "salió para datos.abiertos@example.org" in wait_for_end(keeper)
    (received,) = mail.received
    assert name in received.text()
    keeper.look("88-aviso-enviado")

    copy = federal.read("package_show", id=name)
    federal.write("package_patch", id=copy["id"], private=False)
    keeper.go("/mirror")
    keeper.look("89-espejo-lado-federal")
    assert list(violations(keeper)) == []
    keeper.press("Mirar ahora el lado federal")
    assert f"Falta el comprobante de carga de «{name}»" in wait_for_end(keeper)
    keeper.look("90-espejo-por-atender")

    keeper.go(f"/mirror/dataset/{name}")
    assert "público e igual" in keeper.text
    keeper.page.fill("#imss-receipt-number", "CC-17/2026")
    keeper.page.fill("#imss-receipt-date", "2026-01-01")
    upload = {"name": "acuse.pdf", "mimeType": "application/pdf", "buffer": comprobante()}
    keeper.page.set_input_files("#imss-receipt-upload", upload)  # type: ignore[arg-type]
    keeper.press("Registrar el comprobante")
    keeper.page.get_by_text("No se registró nada").wait_for()
    assert "es anterior al envío" in keeper.text
    keeper.look("91-comprobante-rechazado")
    assert list(violations(keeper)) == []
    keeper.page.fill("#imss-receipt-date", keeper.page.get_attribute("#imss-receipt-date", "max"))
    keeper.page.set_input_files("#imss-receipt-upload", upload)  # type: ignore[arg-type]
    keeper.press("Registrar el comprobante")
    assert "Se registró el comprobante CC-17/2026" in keeper.messages
    keeper.look("92-comprobantes")
    assert list(violations(keeper)) == []
    link = keeper.page.get_by_role("link", name=f"Descargar CC-17/2026 {name}")
    assert keeper.download(link) == upload["buffer"]


def comprobante() -> bytes:
    """A document of one page."""
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=12)
    document.cell(text="Comprobante de carga")
    return bytes(document.output())
