"""The data dictionary in CKAN: proposed, written, imported, given out; never lost."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from bs4 import BeautifulSoup
from catalogue_cast import (
    ANONYMOUS,
    Person,
    SampleMaker,
    Unit,
    file_storage,
    make_person,
    publish,
    sample,
    submit_and_sign,
)
from ckan.plugins import toolkit as tk
from ckan.tests import factories

from ckanext.imssbienestar.formats import parse_dictionary

pytestmark = pytest.mark.usefixtures("with_plugins")

Form = dict[str, str]


class Browser:
    """Somebody who is logged in and fills in the forms of the dictionary."""

    def __init__(self, app: Any, person: Person) -> None:
        token = factories.APIToken(user=person.name)["token"]
        self._app, self._headers = app, {"Authorization": token}

    def get(self, path: str, status: int = 200) -> BeautifulSoup:
        return self._page(self._app.get(path, headers=self._headers, status=status))

    def post(self, path: str, data: Any, status: int = 200) -> BeautifulSoup:
        return self._page(self._app.post(path, data=data, headers=self._headers, status=status))

    def bytes(self, path: str) -> Any:
        return self._app.get(path, headers=self._headers)

    @staticmethod
    def _page(response: Any) -> BeautifulSoup:
        return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def form_of(page: BeautifulSoup) -> Form:
    """What a browser would send of the editor as it is shown, but for the token of the form."""
    form = page.select_one("form.imss-editor")
    assert form is not None
    values: Form = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        if field["name"] == "_csrf_token":
            continue
        if field.get("type") == "checkbox" and not field.has_attr("checked"):
            continue
        if field.name == "textarea":
            # A browser drops the first line break and sends CRLF.
            values[field["name"]] = field.text.removeprefix("\n").replace("\n", "\r\n")
        elif field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            values[field["name"]] = chosen["value"]
        else:
            values[field["name"]] = field.get("value", "")
    return values


@pytest.fixture
def browser(app: Any) -> Callable[[Person], Browser]:
    return lambda person: Browser(app, person)


def address(dataset: dict[str, Any], page: str = "") -> str:
    return f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/dictionary{page}"


def schema_of(unit: Unit, dataset: dict[str, Any]) -> Any:
    resource = dataset["resources"][0]["id"]
    return unit.liaison.call("imss_dictionary_show", id=resource)["schema"]


def test_show_infer_and_export_change_nothing(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]["id"]
    shown = unit.liaison.call("imss_dictionary_show", id=resource)
    assert shown["csv"].encode() == sample("donativos_otorgados.dictionary.csv")
    assert len(shown["digest"]) == 64
    assert shown["undescribed"] == []
    inferred = unit.liaison.call("imss_dictionary_infer", id=resource)
    assert inferred["changes"] == {"added": (), "removed": (), "moved": (), "retyped": []}
    assert inferred["adopted"] == shown["schema"]
    assert not any("description" in field for field in inferred["schema"]["fields"])
    for form in ("csv", "xlsx", "pdf", "json"):
        unit.liaison.call("imss_dictionary_export", id=resource, format=form)
    assert unit.liaison.call("package_show", id=dataset["id"]) == dataset
    for action in ("imss_dictionary_show", "imss_dictionary_infer", "imss_dictionary_export"):
        assert tk.get_action(action).side_effect_free


def test_every_form_that_is_given_out_comes_back(unit: Unit, make_dataset: SampleMaker) -> None:
    resource = make_dataset()["resources"][0]["id"]
    before = unit.liaison.call("imss_dictionary_show", id=resource)
    for form in ("csv", "xlsx", "json"):
        file = unit.liaison.call("imss_dictionary_export", id=resource, format=form, lang="en")
        content = file["text"].encode() if "text" in file else base64.b64decode(file["base64"])
        assert parse_dictionary(content).to_table_schema() == before["schema"]
        upload = file_storage(file["name"], content)
        unit.liaison.call("imss_dictionary_import", resource_id=resource, upload=upload)
        assert unit.liaison.call("imss_dictionary_show", id=resource) == before
    pdf = unit.liaison.call("imss_dictionary_export", id=resource, format="pdf")
    assert base64.b64decode(pdf["base64"]).startswith(b"%PDF-")
    with pytest.raises(tk.ValidationError):
        unit.liaison.call("imss_dictionary_export", id=resource, format="docx")


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


def test_only_those_who_may_edit_the_dataset_and_only_a_draft(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]["id"]
    schema = schema_of(unit, dataset)
    stranger = make_person("ajena")
    for person in (stranger, ANONYMOUS, unit.head):
        for action, value in (
            ("imss_dictionary_update", {"resource_id": resource, "schema": schema}),
            ("imss_dictionary_import", {"resource_id": resource, "content": "campo\na\n"}),
            ("imss_dictionary_infer", {"id": resource}),
        ):
            with pytest.raises(tk.NotAuthorized):
                person.call(action, **value)
    browser(stranger).get(address(dataset, "/edit"), status=404)
    browser(unit.head).get(address(dataset, "/edit"), status=403)
    assert not browser(unit.head).get(address(dataset)).select("input[type=file]")

    liaison = browser(unit.liaison)
    form = form_of(liaison.get(address(dataset, "/edit")))
    form["0-description"] = "Escrito mientras se enviaba."
    submit_and_sign(unit, dataset)
    page = liaison.post(address(dataset, "/edit"), form)
    assert "en revisión" in page.text
    assert form_of(page)["0-description"] == "Escrito mientras se enviaba."
    assert schema_of(unit, dataset) == schema
    assert not liaison.get(address(dataset, "/edit")).select(".imss-editor")


def test_a_published_dictionary_is_read_by_all_and_changed_in_the_working_copy(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    resource = dataset["resources"][0]["id"]
    anyone = browser(make_person("quien-sea"))
    page = anyone.get(address(dataset))
    assert "Monto acumulado entregado en el periodo." in page.text
    assert not page.select(".imss-editor, input[type=file]")
    for form, kind in (("csv", "text/csv"), ("xlsx", "sheet"), ("pdf", "pdf"), ("json", "json")):
        response = anyone.bytes(address(dataset, f".{form}"))
        assert kind in response.headers["Content-Type"]
        assert "attachment" in response.headers["Content-Disposition"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    book = openpyxl.load_workbook(io.BytesIO(anyone.bytes(address(dataset, ".xlsx")).data))
    assert book.worksheets[0]["B1"].value == dataset["title"]
    anyone.get(address(dataset, ".docx"), status=404)
    schema = schema_of(unit, dataset)
    schema["fields"][0]["description"] = "Otra."
    with pytest.raises(tk.ValidationError):
        unit.liaison.call("imss_dictionary_update", resource_id=resource, schema=schema)

    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    liaison = browser(unit.liaison)
    form = form_of(liaison.get(address(copy, "/edit")))
    form["0-description"] = "Otra."
    liaison.post(address(copy, "/edit"), form)
    assert schema_of(unit, copy)["fields"][0]["description"] == "Otra."
    assert schema_of(unit, dataset)["fields"][0]["description"] != "Otra."


def test_what_a_table_cannot_say_survives_its_import(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]["id"]
    before = unit.liaison.call("imss_dictionary_show", id=resource)
    schema = before["schema"]
    schema["fields"][0]["rdfType"] = "http://ejemplo.mx/fecha"
    unit.liaison.call("imss_dictionary_update", resource_id=resource, schema=schema)
    unit.liaison.call("imss_dictionary_import", resource_id=resource, content=before["csv"])
    assert schema_of(unit, dataset)["fields"][0]["rdfType"] == "http://ejemplo.mx/fecha"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{", "JSON"),
        ("[" * 100_000, "JSON"),
        ([], "no es un Table Schema"),
        ({"fields": [{"name": "a", "type": "entero"}]}, "El tipo «entero»"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "dos veces"),
        ({"fields": [{"name": "a", "constraints": {"pattern": "("}}]}, "El patrón de la columna"),
    ],
)
def test_a_dictionary_that_cannot_be_used_is_refused_with_sentences(
    unit: Unit, make_dataset: SampleMaker, schema: Any, said: str
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]["id"]
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_dictionary_update", resource_id=resource, schema=schema)
    assert said in " ".join(refused.value.error_dict["schema"])
    for finding in refused.value.error_dict.get("findings", []):
        assert finding["code"].startswith("dictionary-")
        assert finding["fix"]
    assert unit.liaison.call("package_show", id=dataset["id"]) == dataset


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


def test_a_resource_without_a_table_has_nothing_to_begin_from(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset()
    link = unit.liaison.call(
        "resource_create", package_id=dataset["id"], url="https://example.org/x", name="Enlace"
    )
    path = f"/dataset/{dataset['name']}/resource/{link['id']}/dictionary"
    page = browser(unit.liaison).get(f"{path}/edit")
    assert "No hay de dónde partir" in page.text
    assert unit.liaison.call("imss_dictionary_infer", id=link["id"])["schema"] is None
    with pytest.raises(tk.ObjectNotFound):
        unit.liaison.call("imss_dictionary_export", id=link["id"], format="csv", proposed=True)
    browser(unit.liaison).get(f"{path}.xlsx?proposed=1", status=404)


def test_a_workbook_to_fill_in_before_there_is_a_dictionary(
    unit: Unit, make_dataset: SampleMaker, browser: Callable[[Person], Browser]
) -> None:
    dataset = make_dataset(dictionary="")
    resource = dataset["resources"][0]["id"]
    file = unit.liaison.call("imss_dictionary_export", id=resource, format="xlsx", proposed=True)
    proposed = parse_dictionary(base64.b64decode(file["base64"]))
    assert proposed.names[-1] == "monto_otorgado_pesos"
    response = browser(unit.liaison).bytes(address(dataset, ".xlsx?proposed=1"))
    assert parse_dictionary(response.data) == proposed
    browser(unit.liaison).get(address(dataset, ".xlsx"), status=404)
