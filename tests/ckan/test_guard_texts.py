"""The texts of a dataset and of its transitions: what they may not tell of anybody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from catalogue_cast import SampleMaker, Unit
from ckan.plugins import toolkit as tk

pytestmark = pytest.mark.usefixtures("with_plugins")

CURP = "HEGG560427MVZRRL04"
"""The example of the official instructions; of nobody."""


@pytest.mark.req("R-182", "R-201")
@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("package_patch", "notes"),
        ("package_patch", "title"),
        ("package_patch", "contact_name"),
        ("package_patch", "version"),
        ("resource_patch", "description"),
        ("resource_patch", "otro_campo"),
        ("resource_patch", "schema"),
    ],
)
def test_a_text_with_certain_personal_data_is_not_saved(
    unit: Unit, make_dataset: SampleMaker, action: str, field: str, caplog: Any
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]
    value: Any = f"Consulta de {CURP} en el módulo"
    if field == "schema":
        resource["schema"]["fields"][0]["description"] = value
        value = resource["schema"]
    target = dataset["id"] if action == "package_patch" else resource["id"]
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call(action, id=target, **{field: value})
    assert CURP not in str(refused.value)
    assert refused.value.error_dict
    assert unit.liaison.call("package_show", id=dataset["id"])["notes"] == dataset["notes"]
    found = unit.liaison.call("package_search", q=CURP, include_private=True)
    assert found["count"] == 0
    activities = unit.liaison.call("package_activity_list", id=dataset["id"])
    assert CURP not in json.dumps(activities)
    assert CURP not in caplog.text
    # What the next person does is not in the way of what was refused.
    unit.liaison.call("package_patch", id=dataset["id"], notes="Otra descripción del conjunto.")


@pytest.mark.req("R-182")
def test_a_new_dataset_with_personal_data_in_a_text_does_not_come_to_be(unit: Unit) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call(
            "package_create",
            name="nuevo",
            title="Nuevo",
            notes=f"De {CURP}",
            owner_org=unit.organization["id"],
        )
    assert list(refused.value.error_dict["notes"])
    with pytest.raises(tk.ObjectNotFound):
        unit.liaison.call("package_show", id="nuevo")
    assert unit.liaison.call("package_search", q=CURP, include_private=True)["count"] == 0


@pytest.mark.req("R-182")
def test_a_name_in_a_text_is_a_warning_and_contacts_name_people_lawfully(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset(
        notes="Elaboró: María López García", contact_name="María López García", title=""
    )
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    found = refused.value.error_dict["findings"]
    told = [each for each in found if each["code"] == "personal-data-text"]
    assert [(each["column"], each["severity"]) for each in told] == [("notes", "warning")]
    assert "María" not in json.dumps(found, ensure_ascii=False)


@pytest.mark.req("R-182")
def test_what_is_kept_of_a_transition_tells_of_nobody(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    release = unit.liaison.call("imss_release_submit", id=dataset["id"])
    with pytest.raises(tk.ValidationError) as refused:
        unit.head.call("imss_release_return", id=release["id"], reason=f"Falta {CURP}")
    assert list(refused.value.error_dict) == ["reason"]
    assert CURP not in str(refused.value)
    with pytest.raises(tk.ValidationError) as refused:
        unit.head.call("imss_release_sign", id=release["id"], oficio_number=f"OF/{CURP}")
    assert list(refused.value.error_dict) == ["oficio_number"]
    shown = unit.liaison.call("imss_release_show", id=release["id"])
    assert shown["state"] == "in_review"
