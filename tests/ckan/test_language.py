"""People read Spanish: in pages, in answers of the API, in findings."""

from __future__ import annotations

from typing import Any

import pytest
from catalogue_cast import SampleMaker, Unit, publish

pytestmark = pytest.mark.usefixtures("with_plugins")


def test_the_api_answers_in_spanish_and_in_english_where_asked(unit: Unit, app: Any) -> None:
    address = "/api/3/action/imss_release_show?id=nada"
    assert "No existe" in app.get(address, status=404).json["error"]["message"]
    assert "no such release" in app.get(f"/en{address}", status=404).json["error"]["message"]


@pytest.mark.req("R-098")
def test_the_public_page_shows_the_dictionary_in_spanish(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    page = app.get(f"/dataset/{dataset['name']}").get_data(as_text=True)
    assert "Diccionario de datos" in page
    assert "Organización que recibió el donativo" in page
    assert "Data dictionary" not in page
