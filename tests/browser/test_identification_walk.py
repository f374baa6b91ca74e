"""Chapters 1 and 2 in the browser by the roles in turn: from a designation to a letter received."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import signed_letters
from browser.cast import Cast, Person, new_person
from browser.conftest import OpenWindow
from browser.visitor import Visitor
from fpdf import FPDF
from inventory_cases import GOOD
from mirror.mail_server import MailServer

from ckanext.imssbienestar.demo.client import Client
from ckanext.imssbienestar.domain.inventory import InventoryEntry, InventoryHeader
from ckanext.imssbienestar.formats.inventory.workbook import dump_inventory_xlsx

_NOW = datetime.now(ZoneInfo("America/Mexico_City"))
_MAIL_SECONDS = 60


@pytest.fixture
def post_office() -> Iterator[MailServer]:
    """The mail server that the catalogue's settings name; it answers while the test runs."""
    port = os.environ.get("IMSS_TEST_MAIL_PORT")
    if not port:
        pytest.skip("needs the catalogue that scripts/test browser starts")
    server = MailServer(port=int(port))
    yield server
    server.stop()


@pytest.fixture
def member(cast: Cast, site: str) -> Person:
    """Somebody with an account and no designation."""
    token = Path(os.environ["IMSS_TEST_INSTITUTIONAL_TOKEN_FILE"]).read_text().strip()
    return new_person(Client(site, token), f"integra-{cast.run}", f"Elena Soto Integra {cast.run}")


@pytest.fixture
def coordination(cast: Cast) -> str:
    """The organization of a coordination with one división and no group yet."""
    key, title = f"W{cast.run}", f"Coordinación de Nutrición {cast.run}"
    table = "clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde\n"
    table += f"{key},{title},Coordinación central,{cast.unit},2026-01-01\n"
    table += f"N{cast.run},División de Dietas {cast.run},División,{key},2026-01-01\n"
    cast.transparency.client.write("imss_unit_import", content=table, confirm=True)
    return f"coordinacion-de-nutricion-{cast.run}"


def _pdf(path: Path, text: str) -> Path:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.multi_cell(0, 8, text)
    pdf.output(str(path))
    return path


@pytest.mark.req(
    "R-019", "R-021", "R-025", "R-026", "R-027", "R-032", "R-041", "R-045", "R-046", "R-069",
    "R-082", "R-083", "R-091",
)  # fmt: skip
def test_chapters_1_and_2_by_the_roles_in_turn(
    cast: Cast,
    member: Person,
    coordination: str,
    post_office: MailServer,
    open_window: OpenWindow,
    tmp_path: Path,
) -> None:
    group = f"/working-group/{coordination}"
    transparency = open_window(cast.transparency)
    _group_and_member(transparency, cast, member, group, tmp_path)
    designated = _received(post_office, "Designaci")
    assert "DES/77/2026" in designated.text()
    assert designated.message["Cc"]

    elena = open_window(member)
    elena.go("/my-work")
    elena.look("120-mi-trabajo-integrante")
    _inventory(elena, group, tmp_path)
    liaison = open_window(cast.liaison)
    _meeting(liaison, group, tmp_path)
    liaison.go(f"{group}/inventory")
    liaison.press("Cerrar esta versión")
    assert "Se cerró la versión 1" in liaison.messages

    elena.go(f"{group}/analysis")
    elena.press("Decidir las 2 que faltan en esta página")
    assert "El análisis está completo." in elena.messages
    liaison.go(f"{group}/formato-2")
    liaison.page.get_by_label("Atribuciones de la unidad administrativa").fill("Estatuto, art. 40")
    liaison.press("Generarlo y cerrarlo")
    assert "Se cerró la versión 1 del Formato 2." in liaison.messages

    head = open_window(cast.head)
    folio = _letter(head, cast, tmp_path)
    letter = _received(post_office, folio)
    names = [part.get_filename() for part in letter.message.walk() if part.get_filename()]
    assert any(str(name).endswith(".pdf") for name in names)
    assert sum("formato-1" in str(name).casefold() for name in names) >= 1
    assert sum("formato-2" in str(name).casefold() for name in names) >= 1
    _shown_as_sent(head, cast, str(letter.message["Message-ID"]).strip("<>"))
    head.look("121-oficio-enviado-y-recibido")

    stranger = open_window(cast.administrator)
    stranger.go(f"{group}/history")
    assert "Generó el Formato 2" in stranger.text
    stranger.look("122-historia")


def _group_and_member(
    transparency: Visitor, cast: Cast, member: Person, group: str, folder: Path
) -> None:
    title = f"Coordinación de Nutrición {cast.run}"
    transparency.go("/working-group/")
    transparency.page.get_by_role("button", name=re.compile(f"Hacer el grupo.*{title}")).click()
    transparency.go(group)
    page = transparency.page
    page.get_by_role("link", name=re.compile("Designar.*Integrante del grupo de trabajo")).click()
    page.fill("#imss-user", member.name)
    page.select_option("#imss-level", "division_head")
    page.get_by_label(f"División de Dietas {cast.run}").check()
    page.fill("#imss-number", "DES/77/2026")
    page.fill("#imss-date", "2026-02-01")
    page.set_input_files("#imss-file", _pdf(folder / "designacion.pdf", "Designación de prueba."))
    transparency.press("Registrar la designación")
    assert "La designación quedó registrada." in transparency.messages


def _inventory(elena: Visitor, group: str, folder: Path) -> None:
    """By XLSX: shown, then done; then handed to the liaison."""
    entries = [
        InventoryEntry("", {**GOOD, "nombre": name}) for name in ("Menús por unidad", "Comedores")
    ]
    path = folder / "formato-1.xlsx"
    header = InventoryHeader({"fecha_de_elaboracion": _NOW.date().isoformat()})
    path.write_bytes(dump_inventory_xlsx(header, entries))
    elena.go(f"{group}/inventory")
    elena.page.get_by_role("link", name="Importar un libro").click()
    elena.page.set_input_files("#imss-upload", path)
    elena.press("Ver qué cambiaría")
    assert "Todavía no se ha guardado nada" in elena.text
    elena.page.get_by_role("button", name="Hacerlo").click()
    assert "2 nuevas" in elena.messages
    elena.press("Entregarlo al Enlace")


def _meeting(liaison: Visitor, group: str, folder: Path) -> None:
    """One that has begun and was held, which the letter has to name (R-090)."""
    page = liaison.page
    liaison.go(f"{group}/meetings")
    page.get_by_role("link", name="Convocar una reunión").click()
    begun = (_NOW - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    page.get_by_label("Día y hora (Ciudad de México)").fill(begun)
    page.get_by_label("Orden del día").fill("Formatos 1 y 2")
    liaison.press("Convocar la reunión")
    liaison.go("/my-work")
    page.get_by_role("link", name="Registre la reunión").first.click()
    page.get_by_label("Se celebró", exact=True).check()
    page.get_by_label("Elena Soto").check()
    page.set_input_files("#field-upload", _pdf(folder / "minuta.pdf", "Minuta de prueba."))
    liaison.press("Guardar el registro")
    assert "Quedó registrado" in liaison.messages


def _letter(head: Visitor, cast: Cast, folder: Path) -> str:
    """Made, signed electronically, returned and sent by the head of the unit."""
    head.go(f"/validation/{cast.unit}")
    head.page.get_by_role("link", name="Elaborar un oficio").click()
    folio = f"NUT-{cast.run}/1/{_NOW.year}"
    head.page.get_by_label("Número del oficio, con su año").fill(folio)
    head.press("Elaborar el oficio")
    unsigned = head.download(head.page.get_by_role("link", name="PDF para firmar"))
    path = folder / "firmado.pdf"
    signer = signed_letters.make_authority().signer()
    # The library begins a loop of its own, which cannot be inside Playwright's.
    with ThreadPoolExecutor(1) as aside:
        path.write_bytes(aside.submit(signed_letters.sign, unsigned, signer).result())
    head.page.set_input_files("#upload", path)
    head.press("Subir el oficio firmado")
    head.press("Enviar el oficio")
    assert "va en camino" in head.messages
    return folio


def _shown_as_sent(head: Visitor, cast: Cast, message_id: str) -> None:
    """The letter counts as sent once the worker has noted that the server took it (R-083)."""
    deadline = time.monotonic() + _MAIL_SECONDS
    letters: dict[str, Any] = {}
    while not letters or letters["results"][0]["state"] != "sent":
        assert time.monotonic() < deadline, "the letter is not told as sent"
        time.sleep(0.5)
        letters = cast.head.client.read("imss_oficio_list", unit=cast.unit, limit=1)
    head.page.reload()
    assert message_id in str(head.page.locator("body").text_content())


def _received(post_office: MailServer, words: str) -> Any:
    """The mail with these words in its subject or text, once the worker has sent it."""
    deadline = time.monotonic() + _MAIL_SECONDS
    while True:
        for mail in list(post_office.received):
            if words in str(mail.message["Subject"]) or words in mail.text():
                return mail
        assert time.monotonic() < deadline, f"no mail about {words}"
        time.sleep(0.5)
