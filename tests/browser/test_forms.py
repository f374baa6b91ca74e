"""The forms: in Spanish, a word of help under every field, mistakes named and nothing lost."""

from __future__ import annotations

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.files import ORIGINAL, PADRON
from browser.visitor import Visitor

ENGLISH = ("Title", "Description", "Organization", "Visibility", "Private", "Name", "Format")


def field_groups(visitor: Visitor) -> list[dict[str, str]]:
    """Label and help of each field of the form that a person sees."""
    found: list[dict[str, str]] = visitor.page.evaluate(
        """() => [...document.querySelectorAll('form .form-label, form .control-label')]
            .filter(label => label.offsetParent && !label.closest('.upload-type'))
            .map(label => {
              const group = label.closest('.form-group');
              const after = group.nextElementSibling;
              const help = group.querySelector('.imss-help') ||
                (after && after.matches('.imss-help') ? after : null);
              return {label: label.innerText.replace('*', '').trim(),
                      help: help ? help.innerText.trim() : ''};
            })"""
    )
    return found


@pytest.mark.parametrize("form", ["/dataset/new", "/dataset/{dataset}/resource/new"])
def test_every_field_has_a_spanish_label_and_help(
    cast: Cast, open_window: OpenWindow, form: str
) -> None:
    dataset = cast.make_draft(f"formulario{len(form)}")
    liaison = open_window(cast.liaison)
    liaison.go(form.format(dataset=dataset["name"]))
    fields = field_groups(liaison)
    assert len(fields) >= 4
    assert [field for field in fields if not field["help"]] == []
    assert [field for field in fields if field["label"] in ENGLISH] == []


@pytest.mark.req("R-108")
def test_the_form_says_what_a_release_cannot_go_without(
    cast: Cast, open_window: OpenWindow
) -> None:
    liaison = open_window(cast.liaison)
    liaison.go("/dataset/new")
    needed = [field["label"] for field in field_groups(liaison) if "publicar" in field["help"]]
    assert {"Título", "Descripción", "Frecuencia de actualización"} <= set(needed)
    assert liaison.page.locator("#field-private").count() == 0
    assert liaison.page.input_value("#field-license_id") == "CC-BY-4.0"


def test_mistakes_are_named_and_what_was_typed_stays(cast: Cast, open_window: OpenWindow) -> None:
    liaison = open_window(cast.liaison)
    liaison.go("/dataset/new")
    typed = {
        "#field-title": f"Formulario con errores {cast.run}",
        "#field-contact_email": "no es un correo",
        "#field-url": "tampoco una dirección",
        "#field-temporal_start": "2018-02-01",
        "#field-temporal_end": "2018-01-01",
    }
    for field, value in typed.items():
        liaison.page.fill(field, value)
    liaison.submit()
    wrong = liaison.page.locator(".error-explanation").inner_text()
    for label in ("Correo de contacto", "Página de la fuente", "Fin del periodo"):
        assert label in wrong
    assert {field: liaison.page.input_value(field) for field in typed} == typed
    liaison.look("20-errores-del-formulario")


@pytest.mark.req("R-178")
def test_a_list_of_persons_is_refused_with_the_reason_and_nothing_is_kept(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("padron")
    resource = dataset["resources"][0]
    liaison = open_window(cast.liaison)
    liaison.go(f"/dataset/{dataset['name']}/resource/{resource['id']}/edit")
    liaison.page.fill("#field-name", "Un título recién escrito")
    liaison.choose_file(PADRON)
    liaison.submit("#resource-edit")
    wrong = liaison.page.locator(".imss-refusal").inner_text()
    assert "No se guardó nada del archivo" in wrong
    assert "clave_unica_de_registro_de_poblacion" in wrong
    assert "transparencia.opd@imssbienestar.gob.mx" in wrong
    assert liaison.page.input_value("#field-name") == "Un título recién escrito"
    liaison.look("21-padron-rechazado")
    assert cast.liaison.client.read("package_show", id=dataset["id"]) == dataset


def test_a_form_of_a_published_dataset_says_so_before_and_refuses_after(
    cast: Cast, open_window: OpenWindow
) -> None:
    dataset = cast.make_draft("publicado_formulario")
    cast.publish(dataset)
    cast.wait_for_table(dataset["resources"][0]["id"])  # its preview is the last to arrive
    published = cast.liaison.client.read("package_show", id=dataset["id"])
    liaison = open_window(cast.liaison)
    liaison.go(f"/dataset/edit/{dataset['name']}")
    assert "Preparar una actualización" in liaison.page.locator(".alert").first.inner_text()
    liaison.page.fill("#field-title", "Cambiado sin firma")
    liaison.submit()
    wrong = liaison.page.locator(".error-explanation").inner_text()
    assert "solo cambia con una nueva versión firmada" in wrong
    assert "{" not in wrong
    assert liaison.page.input_value("#field-title") == "Cambiado sin firma"
    liaison.go(f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/edit")
    liaison.choose_file(ORIGINAL)
    liaison.submit("#resource-edit")
    assert "solo cambia con una nueva versión firmada" in (
        liaison.page.locator(".error-explanation").inner_text()
    )
    assert cast.liaison.client.read("package_show", id=dataset["id"]) == published
