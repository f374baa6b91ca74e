"""The next release of a published dataset: prepared aside, then swapped in at once."""

from __future__ import annotations

from typing import Any

import pytest
from catalogue_cast import (
    ANONYMOUS,
    SampleMaker,
    Unit,
    designate,
    file_storage,
    make_person,
    publish,
    register_unit,
    sample,
)
from ckan.plugins import toolkit as tk
from ckan.tests import factories

from ckanext.imssbienestar.domain.workflow import Role

pytestmark = pytest.mark.usefixtures("with_plugins")

CHANGED = sample("donativos_otorgados.csv").replace(b"4000000", b"4000001")


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


@pytest.mark.req("R-044", "R-093", "R-112")
def test_the_public_keeps_the_last_release_until_the_next_is_published(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    first = publish(unit, dataset)
    before = ANONYMOUS.call("package_show", id=dataset["id"])

    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    assert copy["private"] is True
    assert unit.liaison.call("imss_update_start", id=dataset["id"])["id"] == copy["id"]
    resource = copy["resources"][0]
    assert resource["schema"] == before["resources"][0]["schema"]
    unit.liaison.call(
        "resource_patch",
        id=resource["id"],
        upload=file_storage("donativos_otorgados.csv", CHANGED),
    )
    unit.liaison.call("package_patch", id=copy["id"], modified="2026-04-10")
    assert ANONYMOUS.call("package_show", id=dataset["id"]) == before
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("package_show", id=copy["id"])

    second = publish(unit, copy)

    assert (second["number"], second["dataset_id"]) == (2, dataset["id"])
    after = ANONYMOUS.call("package_show", id=dataset["name"])
    assert after["id"] == dataset["id"]
    assert after["modified"] == "2026-04-10"
    assert after["resources"][0]["id"] == before["resources"][0]["id"]
    assert app.get(_path(after["resources"][0]["url"])).data == CHANGED
    # Both releases stay downloadable at addresses of their own.
    assert app.get(_path(first["files"][0]["url"])).data == sample("donativos_otorgados.csv")
    assert app.get(_path(second["files"][0]["url"])).data == CHANGED
    with pytest.raises(tk.ObjectNotFound):
        unit.liaison.call("package_show", id=copy["id"])


def test_resources_can_be_added_and_removed_by_an_update(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    added = unit.liaison.call(
        "resource_create",
        package_id=copy["id"],
        name="Donativos de 2019",
        upload=file_storage("donativos_2019.csv", CHANGED),
    )
    text = sample("donativos_otorgados.dictionary.csv").decode()
    unit.liaison.call("imss_dictionary_import", resource_id=added["id"], content=text)
    unit.liaison.call("resource_delete", id=copy["resources"][0]["id"])

    publish(unit, copy)

    after = ANONYMOUS.call("package_show", id=dataset["id"])
    assert [res["name"] for res in after["resources"]] == ["Donativos de 2019"]
    assert after["resources"][0]["identifier"] == added["identifier"]


def test_an_update_that_changes_nothing_is_not_a_release(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=copy["id"])
    assert "1" in str(refused.value.error_dict["message"])

    unit.liaison.call("imss_update_discard", id=copy["id"])
    with pytest.raises(tk.ObjectNotFound):
        unit.liaison.call("package_show", id=copy["id"])
    assert ANONYMOUS.call("package_show", id=dataset["id"])["title"] == dataset["title"]


def test_an_update_is_for_what_is_published(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    with pytest.raises(tk.ValidationError):
        unit.liaison.call("imss_update_start", id=dataset["id"])
    with pytest.raises(tk.ValidationError):
        unit.liaison.call("imss_update_discard", id=dataset["id"])
    publish(unit, dataset)
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("imss_update_start", id=dataset["id"])


@pytest.mark.req("R-112")
def test_a_unit_cannot_publish_over_the_dataset_of_another(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    before = ANONYMOUS.call("package_show", id=dataset["id"])
    intruder = make_person("enlace-ajeno")
    other = factories.Organization(
        name="unidad-ajena",
        users=[
            {"name": intruder.name, "capacity": "editor"},
            {"name": unit.liaison.name, "capacity": "editor"},
        ],
    )
    designate(intruder, Role.LIAISON, register_unit(other)["id"])

    forged = make_dataset(name="ajeno", update_of=dataset["id"], identifier="ajeno")
    # It is the unit's own until it moves to the other one, whose people then send it.
    unit.liaison.call("package_patch", id=forged["id"], owner_org=other["id"])
    with pytest.raises(tk.ValidationError) as refused:
        intruder.call("imss_release_submit", id=forged["id"])
    assert "findings" not in refused.value.error_dict
    assert ANONYMOUS.call("package_show", id=dataset["id"]) == before
    assert unit.liaison.call("imss_release_list", dataset_id=dataset["id"])["count"] == 1


def test_an_update_of_what_is_not_public_is_refused(unit: Unit, make_dataset: SampleMaker) -> None:
    draft = make_dataset()
    copy = make_dataset(name="copia", update_of=draft["id"], identifier="copia")
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=copy["id"])
    assert "findings" not in refused.value.error_dict
    assert unit.liaison.call("imss_release_list")["count"] == 0


def test_two_copies_of_one_dataset_are_not_under_review_at_once(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    for name, outcome in (("primera", True), ("segunda", False)):
        copy = make_dataset(name=name, update_of=dataset["id"], title=name, identifier=name)
        if outcome:
            assert unit.liaison.call("imss_release_submit", id=copy["id"])["number"] == 2
            continue
        with pytest.raises(tk.ValidationError) as refused:
            unit.liaison.call("imss_release_submit", id=copy["id"])
        assert "findings" not in refused.value.error_dict
