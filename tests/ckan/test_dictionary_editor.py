"""The form of the data dictionary: one row for each column; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from catalogue_cast import Person, SampleMaker, Unit, file_storage, sample
from ckan.plugins import toolkit as tk
from dictionary_browser import Browser, address, form_of, schema_of

pytestmark = pytest.mark.usefixtures("with_plugins")


@pytest.mark.req("R-098")
def test_a_first_dictionary_is_written_in_the_form(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset(dictionary="")
    liaison = browser(unit.liaison)
    page = liaison.get(address(dataset, "/edit"))
    form = form_of(page)
    assert "A 9 columnas les falta su descripción." in page.text
    assert (
        form["8-name"],
        form["8-type"],
        form["8-unit"],
        form["digest"],
    ) == (
        "monto_otorgado_pesos",
        "integer",
        "pesos mexicanos",
        "",
    )
    assert schema_of(unit, dataset) is None
    for number in range(9):
        form[f"{number}-description"] = f"Qué significa la columna {number}.\r\nSegunda línea."
    form["3-enum"] = "IMSS\r\n\r\n  IMSS-BIENESTAR | OPD \r\n"
    form["8-minimum"] = "0"
    del form["8-required"]
    page = liaison.post(address(dataset, "/edit"), form)
    assert "El diccionario de datos se guardó." in page.text
    fields = schema_of(unit, dataset)["fields"]
    assert fields[3]["constraints"]["enum"] == ["IMSS", "IMSS-BIENESTAR | OPD"]
    assert fields[8]["constraints"] == {"minimum": 0}
    assert fields[8]["description"] == "Qué significa la columna 8.\nSegunda línea."


def test_opening_and_saving_changes_nothing(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    schema = schema_of(unit, dataset)
    schema["fields"][0]["rdfType"] = "http://ejemplo.mx/fecha"
    schema["fields"][2]["constraints"] = {"enum": ["50\n51", " 52"], "pattern": "5.*|\\s52"}
    schema["primaryKey"] = ["periodo_fin", "periodo_inicio"]
    schema["title"] = "De otros"
    resource = dataset["resources"][0]["id"]
    unit.liaison.call("imss_dictionary_update", resource_id=resource, schema=schema)
    liaison = browser(unit.liaison)
    form = form_of(liaison.get(address(dataset, "/edit")))
    liaison.post(address(dataset, "/edit"), form)
    assert schema_of(unit, dataset) == schema
    form = form_of(liaison.get(address(dataset, "/edit")))
    form["0-description"] = "El primer día."
    liaison.post(address(dataset, "/edit"), form)
    schema["fields"][0]["description"] = "El primer día."
    assert schema_of(unit, dataset) == schema


def test_mistakes_stand_beside_their_field_and_nothing_typed_is_lost(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    before = schema_of(unit, dataset)
    liaison = browser(unit.liaison)
    form = form_of(liaison.get(address(dataset, "/edit")))
    form |= {
        "8-minimum": "cero",
        "8-description": "Recién <b>escrito</b>.",
        "0-minLength": "muchos",
        "3-pattern": "(?=x)",
        "5-maximum": "9",
    }
    page = liaison.post(address(dataset, "/edit"), form)
    assert schema_of(unit, dataset) == before
    assert form_of(page) == form
    beside = {
        error["id"].removesuffix("-wrong"): error.text for error in page.select(".imss-field-error")
    }
    wrong = beside["imss-8-minimum"]
    assert "En Mínimo de la columna «monto_otorgado_pesos» dice «cero»" in wrong
    assert "de tipo número entero. Corrija el valor o el tipo" in wrong
    assert {"imss-8-minimum", "imss-0-minLength", "imss-5-maximum"} <= set(beside)
    field = page.select_one("#imss-8-minimum")
    assert field["aria-invalid"] == "true"
    assert "imss-8-minimum-wrong" in field["aria-describedby"]
    assert page.select_one("a[href='#imss-8-minimum']")
    assert field.find_parent("details").has_attr("open")

    # The engine's own limits are told in the same way once the rest is right.
    form |= {"8-minimum": "0", "0-minLength": "", "5-maximum": ""}
    page = liaison.post(address(dataset, "/edit"), form)
    assert "no se admiten referencias hacia atrás" in page.text
    assert schema_of(unit, dataset) == before


def test_two_people_who_edit_at_once(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]["id"]
    liaison = browser(unit.liaison)
    form = form_of(liaison.get(address(dataset, "/edit")))
    stale = unit.liaison.call("imss_dictionary_show", id=resource)

    theirs = dict(form, **{"0-description": "De la otra persona.", "1-title": "Suyo"})
    liaison.post(address(dataset, "/edit"), theirs)
    mine = dict(form, **{"0-description": "Mía."})
    page = liaison.post(address(dataset, "/edit"), mine)
    assert schema_of(unit, dataset)["fields"][0]["description"] == "De la otra persona."
    assert "Nada de lo suyo se perdió" in page.text
    again = form_of(page)
    assert again["0-description"] == "Mía."
    assert "De la otra persona." in page.select_one("#imss-0-description-saved").text
    assert "Suyo" in page.select_one("#imss-1-title-saved").text
    again["1-title"] = "Suyo"
    liaison.post(address(dataset, "/edit"), again)
    fields = schema_of(unit, dataset)["fields"]
    assert (fields[0]["description"], fields[1]["title"]) == ("Mía.", "Suyo")

    for action, value in (
        ("imss_dictionary_update", {"schema": stale["schema"]}),
        ("imss_dictionary_import", {"content": stale["csv"]}),
    ):
        with pytest.raises(tk.ValidationError) as refused:
            unit.liaison.call(action, resource_id=resource, digest=stale["digest"], **value)
        assert list(refused.value.error_dict) == ["digest"]
    # Whoever does not ask for the comparison replaces what is there.
    unit.liaison.call("imss_dictionary_update", resource_id=resource, schema=stale["schema"])
    assert schema_of(unit, dataset) == stale["schema"]


def _new_file() -> bytes:
    """Columns added, removed, retyped and in another order."""
    rows = [line.split(",") for line in sample("donativos_otorgados.csv").decode().splitlines()]
    header = rows[0]
    assert header[-1] == "monto_otorgado_pesos"
    lines = ["monto_otorgado_pesos,periodo_inicio,region", "cuatro,2018-10-01,Norte"]
    return "\n".join([*lines, "5,2018-10-01,Sur"]).encode() + b"\n"


@pytest.mark.req("R-098")
def test_a_new_file_keeps_the_descriptions_and_shows_the_difference(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]["id"]
    before = {field["name"]: field for field in schema_of(unit, dataset)["fields"]}
    unit.liaison.call("resource_patch", id=resource, upload=file_storage("nuevo.csv", _new_file()))
    assert {f["name"]: f for f in schema_of(unit, dataset)["fields"]} == before
    changes = unit.liaison.call("imss_dictionary_infer", id=resource)["changes"]
    assert changes["added"] == ("region",)
    assert len(changes["removed"]) == 7
    assert changes["moved"] == ("monto_otorgado_pesos", "periodo_inicio")
    assert changes["retyped"] == [
        {"column": "monto_otorgado_pesos", "declared": "integer", "found": "string"}
    ]

    liaison = browser(unit.liaison)
    for path in (address(dataset), address(dataset, "/edit"), address(dataset).rsplit("/", 1)[0]):
        assert liaison.get(path).select_one(".imss-changes"), path
    form = form_of(liaison.get(address(dataset, "/edit")))
    form["8-description"] = "Escrito antes de adoptar."
    page = liaison.post(address(dataset, "/edit"), {**form, "then": "adopt"})
    assert "tiene ahora las columnas del archivo" in page.text
    fields = schema_of(unit, dataset)["fields"]
    assert [field["name"] for field in fields] == [
        "monto_otorgado_pesos",
        "periodo_inicio",
        "region",
    ]
    assert fields[0]["description"] == "Escrito antes de adoptar."
    assert fields[0]["type"] == "integer"  # the declared type wins until somebody says otherwise
    assert fields[1] == before["periodo_inicio"]
    assert "description" not in fields[2]

    shown = liaison.get(address(dataset))
    digest = shown.select_one("input[name=digest]")["value"]
    button = {"digest": digest, "retype": "monto_otorgado_pesos"}
    liaison.post(address(dataset, "/adopt"), button)
    assert schema_of(unit, dataset)["fields"][0]["type"] == "string"
    assert not liaison.get(address(dataset)).select_one(".imss-changes")


def test_more_columns_than_a_page_of_the_form(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    names = [f"columna_{number}" for number in range(95)]
    content = "\n".join([",".join(names), ",".join("x" for _ in names)]).encode()
    dataset = make_dataset(content=content, dictionary="")
    liaison = browser(unit.liaison)
    page = liaison.get(address(dataset, "/edit?page=2"))
    form = form_of(page)
    assert (form["40-name"], "39-name" in form, "80-name" in form) == ("columna_40", False, False)
    form["40-description"] = "La primera de la segunda página."
    page = liaison.post(address(dataset, "/edit?page=2"), {**form, "then": "3"})
    assert form_of(page)["80-name"] == "columna_80"
    assert "A 94 columnas les falta su descripción." in page.text
    fields = schema_of(unit, dataset)["fields"]
    assert [field["name"] for field in fields] == names
    assert fields[40]["description"] == "La primera de la segunda página."
    for unlike_a_form in ({}, {"digest": "x"}, {"0-name": "columna_0"}, {"x-y": "z", "7": "8"}):
        liaison.post(address(dataset, "/edit"), unlike_a_form)
    assert schema_of(unit, dataset)["fields"] == fields
    for odd in ("0", "999999999999", "-1", "x", "9"):
        assert liaison.get(address(dataset, f"/edit?page={odd}")).select(".imss-editor")


def test_columns_with_odd_names_are_edited_too(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    names = [
        "dos\nlíneas",
        " con espacios ",
        '"><script>alert(1)</script>',
        "50%25 & más",
        "ñ" * 300,
    ]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    dataset = make_dataset(content=f"{header}\n1,2,3,4,5\n".encode(), dictionary="")
    liaison = browser(unit.liaison)
    page = liaison.get(address(dataset, "/edit"))
    assert not page.select("form script")
    form = form_of(page)
    form |= {f"{number}-description": f"Descripción {number}." for number in range(len(names))}
    liaison.post(address(dataset, "/edit"), form)
    fields = schema_of(unit, dataset)["fields"]
    assert [(field["name"], field["description"]) for field in fields] == [
        (name, f"Descripción {number}.") for number, name in enumerate(names)
    ]
    assert not unit.liaison.call("imss_dictionary_infer", id=dataset["resources"][0]["id"])[
        "changes"
    ]["moved"]


@pytest.mark.ckan_config("ckanext.imssbienestar.check_inline_bytes", 1000)
def test_of_a_large_file_it_is_said_how_many_rows_were_looked_at(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    rows = [f"{number},Norte,2018-10-01\n" for number in range(10_000, 12_000)]
    header = "monto_otorgado_pesos,region,periodo_inicio\n"
    seen = (1000 - len(header)) // len(rows[0])
    dataset = make_dataset(content=(header + "".join(rows)).encode(), dictionary="")
    liaison = browser(unit.liaison)
    sentence = f"solo se miraron aquí sus primeras {seen} filas"
    form = form_of(liaison.get(address(dataset, "/edit")))
    for path in ("", "/edit"):
        assert sentence in liaison.get(address(dataset, path)).text, path
    liaison.post(address(dataset, "/edit"), form)
    schema = schema_of(unit, dataset)
    for fields in (schema["fields"], schema["fields"][:2]):
        resource = dataset["resources"][0]["id"]
        stored = {**schema, "fields": fields}
        unit.liaison.call("imss_dictionary_update", resource_id=resource, schema=stored)
        for path in ("", "/edit"):
            assert sentence in liaison.get(address(dataset, path)).text, path
