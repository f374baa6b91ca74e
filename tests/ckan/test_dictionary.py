"""The actions of the data dictionary: proposed, replaced, imported, given out; never lost."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from catalogue_cast import SampleMaker, Unit, file_storage, sample
from ckan.plugins import toolkit as tk
from dictionary_browser import schema_of

from ckanext.imssbienestar.formats import parse_dictionary

pytestmark = pytest.mark.usefixtures("with_plugins")


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
