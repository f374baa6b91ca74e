"""Counts instead of persons, in a browser: from a refusal to a private draft."""

from __future__ import annotations

import csv
import io

import pytest
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.files import sent
from browser.test_accessibility import violations
from personal_corpus.people import Crowd


def _roll() -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["curp", "nombre_completo", "edad", "sexo", "municipio"])
    towns = ("Oaxaca de Juárez", "Acapulco de Juárez", "Mérida")
    for place, person in enumerate(Crowd(41).people(300)):
        writer.writerow([person.curp, person.full, person.age, person.sex, towns[place % 3]])
    return text.getvalue().encode()


@pytest.mark.req("R-081", "R-202")
def test_from_a_refusal_to_a_draft_of_counts(cast: Cast, open_window: OpenWindow) -> None:
    dataset = cast.make_draft("padron_contado")
    roll = sent("padron.csv", _roll())
    liaison = open_window(cast.liaison)
    liaison.go(f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/edit")
    liaison.choose_file(roll)
    liaison.submit("#resource-edit")
    liaison.page.get_by_role("link", name="Ver qué se puede publicar de este archivo").click()
    assert not list(violations(liaison))
    liaison.page.set_input_files("#imss-derivative-file", roll)  # type: ignore[arg-type]
    liaison.press("Ver qué se puede publicar")
    liaison.page.get_by_role("heading", name="Primeras filas del resultado").wait_for()
    assert "Se quita: identifica a una persona" in liaison.text
    assert not list(violations(liaison))
    liaison.look("64-conteos-en-lugar-de-personas")
    liaison.page.get_by_label("Revisé el resultado y no distingue a nadie.").check()
    liaison.press("Hacer un nuevo conjunto de datos privado con estos conteos")
    liaison.page.get_by_text("Este borrador tiene los conteos").wait_for()
    assert "(conteos)" in liaison.text
    liaison.look("65-borrador-de-conteos")
