"""The editor of the data dictionary, by hand and by keyboard, on a desktop and on a telephone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.files import GOOD, sent
from browser.test_accessibility import violations
from browser.visitor import TELEPHONE, Visitor

from ckanext.imssbienestar.domain.dictionary import DataDictionary

COLUMNS = 9


def draft(cast: Cast, what: str) -> dict[str, Any]:
    """A draft whose file has no dictionary yet."""
    dataset = cast.liaison.client.write(
        "package_create",
        name=cast.dataset_name(what),
        title=f"Donativos para {what}",
        owner_org=cast.unit,
    )
    cast.liaison.client.upload(
        "resource_create", {"package_id": dataset["id"], "name": "Donativos de 2018"}, GOOD
    )
    made: dict[str, Any] = cast.liaison.client.read("package_show", id=dataset["id"])
    return made


def address(dataset: dict[str, Any], page: str = "") -> str:
    return f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/dictionary{page}"


def stored(cast: Cast, dataset: dict[str, Any]) -> Any:
    resource = dataset["resources"][0]["id"]
    return cast.liaison.client.read("imss_dictionary_show", id=resource)["schema"]


def missing(visitor: Visitor) -> str:
    return visitor.page.locator(".imss-missing").inner_text()


def answered(visitor: Visitor, words: str) -> None:
    """Wait until the catalogue says so at the top of the page."""
    visitor.page.locator(".flash-messages .alert").filter(has_text=words).first.wait_for()


def focused(visitor: Visitor) -> str:
    found: str = visitor.page.evaluate("document.activeElement.name || ''")
    return found


@pytest.mark.req("R-098", "R-101")
def test_a_dictionary_is_written_by_keyboard_alone(cast: Cast, open_window: OpenWindow) -> None:
    dataset = draft(cast, "teclado")
    liaison = open_window(cast.liaison)
    liaison.go(address(dataset, "/edit"))
    assert missing(liaison) == "A 9 columnas les falta su descripción."
    assert list(violations(liaison)) == []
    liaison.look("30-editor-propuesto")

    keyboard = liaison.page.keyboard
    following = liaison.page.get_by_role("button", name="Ir a la siguiente")
    following.focus()
    for number in range(COLUMNS):
        keyboard.press("Enter")
        assert focused(liaison) == f"{number}-description"
        if number == 3:
            # A repetition of the name is no description.
            keyboard.type("Entidad que otorga")
            assert missing(liaison) == "A 6 columnas les falta su descripción."
            keyboard.press("Control+A")
        keyboard.type(f"Qué significa la columna número {number}.")
        following.focus() if number < COLUMNS - 1 else None
    assert missing(liaison) == "Todas las columnas están descritas."
    assert following.is_hidden()

    # From the description by Tab: title, type, unit, always filled in, more rules.
    names = []
    for _ in range(4):
        keyboard.press("Tab")
        names.append(focused(liaison).partition("-")[2])
    assert names == ["title", "type", "unit", "required"]
    keyboard.press("Space")
    keyboard.press("Tab")
    keyboard.press("Enter")
    folded = liaison.page.locator("#imss-8-minimum")
    assert folded.is_visible()
    # What a number cannot have is put away.
    assert liaison.page.locator("#imss-8-pattern").is_hidden()
    folded.focus()
    keyboard.type("0")
    keyboard.press("Enter")  # saves, whatever button stands above
    liaison.page.wait_for_url(f"**{address(dataset)}")
    answered(liaison, "El diccionario de datos se guardó.")

    fields = stored(cast, dataset)["fields"]
    assert [field["description"] for field in fields] == [
        f"Qué significa la columna número {number}." for number in range(COLUMNS)
    ]
    assert fields[8]["constraints"] == {"minimum": 0}
    assert fields[8]["unit"] == "pesos mexicanos"
    assert list(violations(liaison)) == []
    liaison.look("31-diccionario-escrito")


@pytest.mark.req("R-101")
def test_the_script_counts_by_the_same_rule(
    cast: Cast, open_window: OpenWindow, project: Path
) -> None:
    cases = yaml.safe_load((project / "tests/data/descriptions.yaml").read_text(encoding="utf-8"))
    liaison = open_window(cast.liaison)
    liaison.go(address(draft(cast, "cuenta"), "/edit"))
    # The button that the script shows.
    liaison.page.get_by_role("button", name="Ir a la siguiente").wait_for()
    counted = liaison.page.evaluate(
        """cases => cases.map(written => {
          const column = document.querySelector('.imss-column');
          column.dataset.imssColumn = written.name;
          column.querySelector('.imss-field-title input').value = written.title;
          const description = column.querySelector('[data-imss-description]');
          description.value = written.description;
          description.dispatchEvent(new Event('input', {bubbles: true}));
          return !column.querySelector('[data-imss-needed]').hidden;
        })""",
        cases,
    )
    said = zip(cases, counted, strict=True)
    assert [case for case, needs in said if case["needs"] != needs] == []


def test_mistakes_keep_what_was_typed_and_lead_to_their_field(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("editor_errores")
    before = stored(cast, dataset)
    liaison = open_window(cast.liaison)
    liaison.go(address(dataset, "/edit"))
    liaison.page.locator("#imss-8-description").fill("Recién escrita y todavía sin guardar.")
    liaison.page.locator("fieldset:has(#imss-8-type) summary").click()
    liaison.page.locator("#imss-8-minimum").fill("cero")
    liaison.page.locator("#imss-8-enum").fill("uno\ndos")
    liaison.press("Guardar")
    summary = liaison.page.locator("#imss-errors:focus")
    summary.wait_for()
    assert "dice «cero», que no es un valor de tipo número entero" in summary.inner_text()
    liaison.page.locator("#imss-errors a").first.click()
    assert liaison.page.locator("#imss-8-minimum").is_visible()
    assert liaison.page.locator("#imss-8-minimum").input_value() == "cero"
    assert liaison.page.locator("#imss-8-minimum-wrong").is_visible()
    assert liaison.page.locator("#imss-8-description").input_value().startswith("Recién")
    assert stored(cast, dataset) == before
    assert list(violations(liaison)) == []
    liaison.look("32-editor-con-errores")
    liaison.page.locator("#imss-8-minimum").fill("0")
    liaison.page.locator("#imss-8-enum").fill("")
    liaison.press("Guardar")
    liaison.page.wait_for_url(f"**{address(dataset)}")
    assert stored(cast, dataset)["fields"][8]["description"].startswith("Recién")


@pytest.mark.req("R-098")
def test_a_new_file_is_adopted_with_one_button(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("editor_archivo_nuevo")
    before = {field["name"]: field for field in stored(cast, dataset)["fields"]}
    liaison = open_window(cast.liaison)
    resource = dataset["resources"][0]["id"]
    liaison.go(f"/dataset/{dataset['name']}/resource/{resource}/edit")
    rows = b"monto_otorgado_pesos,region,periodo_inicio\ncuatro,Norte,2018-10-01\n"
    liaison.choose_file(sent("nuevo.csv", rows))
    liaison.submit("#resource-edit")
    liaison.go(address(dataset))
    changes = liaison.page.locator(".imss-changes")
    for said in ("region", "Columnas que el archivo ya no tiene", "otro orden", "número entero"):
        assert said in changes.inner_text()
    assert list(violations(liaison)) == []
    liaison.look("33-diferencia-con-el-archivo")
    changes.get_by_label("Cambiar «monto_otorgado_pesos»").check()
    liaison.press("Adoptar las columnas del archivo")
    answered(liaison, "lo que estaba escrito se conservó")
    assert missing(liaison) == "A 1 columna le falta su descripción."
    fields = stored(cast, dataset)["fields"]
    assert [field["name"] for field in fields] == [
        "monto_otorgado_pesos",
        "region",
        "periodo_inicio",
    ]
    assert fields[0]["type"] == "string"
    assert fields[0]["description"] == before["monto_otorgado_pesos"]["description"]
    assert fields[2] == before["periodo_inicio"]


def test_of_two_people_the_second_is_told_and_loses_nothing(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("editor_dos")
    first, second = open_window(cast.liaison), open_window(cast.liaison)
    for window, words in ((first, "De la primera persona."), (second, "De la segunda persona.")):
        window.go(address(dataset, "/edit"))
        window.page.locator("#imss-0-description").fill(words)
    first.press("Guardar")
    second.press("Guardar")
    assert "Nada de lo suyo se perdió" in second.page.locator("#imss-errors").inner_text()
    assert second.page.locator("#imss-0-description").input_value() == "De la segunda persona."
    beside = second.page.locator("#imss-0-description-saved").inner_text()
    assert beside == "Guardado ahora: «De la primera persona.»"
    second.look("34-editor-dos-personas")
    second.press("Guardar")
    second.page.wait_for_url(f"**{address(dataset)}")
    assert stored(cast, dataset)["fields"][0]["description"] == "De la segunda persona."


def test_without_scripts_the_form_does_the_same_work(cast: Cast, open_window: OpenWindow) -> None:
    dataset = draft(cast, "sin_guiones")
    liaison = open_window(cast.liaison)
    liaison.page.route("**/*.js", lambda route: route.abort())
    liaison.page.set_viewport_size(TELEPHONE)
    liaison.go(address(dataset, "/edit"))
    assert missing(liaison) == "A 9 columnas les falta su descripción."
    assert liaison.page.locator("#imss-8-type").is_visible()
    for number in range(2):
        liaison.page.locator(f"#imss-{number}-description").fill("Lo que significa.")
    liaison.press("Guardar")
    answered(liaison, "Faltan por escribir 7 descripciones.")
    assert sum("description" in field for field in stored(cast, dataset)["fields"]) == 2


def test_leaving_with_something_unsaved_asks_first(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("editor_salir")
    liaison = open_window(cast.liaison)
    liaison.go(address(dataset, "/edit"))
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    liaison.page.on("dialog", stay)
    liaison.page.locator("#imss-0-description").press_sequentially("x")
    liaison.page.get_by_role("link", name="Salir sin guardar").click(no_wait_after=True)
    liaison.page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert liaison.page.locator("#imss-0-description").is_visible()
    liaison.page.remove_listener("dialog", stay)
    liaison.page.on("dialog", lambda dialog: dialog.accept())
    liaison.page.get_by_role("link", name="Salir sin guardar").click()
    liaison.page.wait_for_url(f"**{address(dataset)}")


@pytest.mark.req("R-099", "R-100", "R-101")
def test_everybody_reads_and_downloads_the_dictionary_of_a_public_dataset(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("editor_publico")
    cast.publish(dataset)
    anybody = open_window()
    anybody.go(f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}")
    table = anybody.page.locator(".imss-dictionary")
    assert "Monto acumulado entregado en el periodo." in table.inner_text()
    files = {
        name: anybody.download(anybody.page.locator(".imss-downloads a").filter(has_text=name))
        for name in ("CSV", "XLSX", "PDF", "Table Schema")
    }
    assert files["PDF"].startswith(b"%PDF-")
    assert files["XLSX"].startswith(b"PK")
    assert b"monto_otorgado_pesos" in files["CSV"]
    written = DataDictionary.from_table_schema(stored(cast, dataset))
    assert files["Table Schema"].decode().count('"name"') == len(written.names)
    assert list(violations(anybody)) == []
    anybody.look("35-diccionario-publico")
