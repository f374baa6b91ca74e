"""The life of a release on a real CKAN: submit, sign, publish, return, and every refusal."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import (
    ANONYMOUS,
    SampleMaker,
    Unit,
    file_storage,
    make_person,
    publish,
    sample,
    submit_and_sign,
)
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.release import digest

pytestmark = pytest.mark.usefixtures("with_plugins")


@pytest.mark.req("R-042", "R-082", "R-084", "R-104", "R-111")
def test_each_step_is_done_by_the_person_whose_step_it_is(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()

    release = unit.liaison.call("imss_release_submit", id=dataset["name"])
    assert (release["state"], release["next_roles"]) == ("in_review", ["unit_head"])

    release = unit.head.call("imss_release_sign", id=release["id"], oficio_number="OF/1/2026")
    assert (release["state"], release["next_roles"]) == ("in_review", ["transparency_unit"])

    release = unit.transparency.call("imss_release_sign", id=release["id"])
    assert (release["state"], release["next_roles"]) == ("signed", ["administrator"])

    release = unit.administrator.call("imss_release_publish", id=release["id"])
    assert release["state"] == "published"
    assert release["digest"] == digest(release["document"])
    roles = [event["role"] for event in release["history"]]
    assert roles == ["liaison", "unit_head", "transparency_unit", "administrator"]

    public = ANONYMOUS.call("package_show", id=dataset["name"])
    assert public["private"] is False
    assert public["resources"][0]["schema"]["fields"][0]["name"] == "periodo_inicio"


@pytest.mark.req("R-042", "R-104")
def test_nobody_takes_another_persons_step(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    sysadmin = make_person("sistemas", sysadmin=True)
    for person in (unit.head, unit.administrator, unit.transparency, sysadmin):
        with pytest.raises(tk.NotAuthorized):
            person.call("imss_release_submit", id=dataset["id"])

    release = unit.liaison.call("imss_release_submit", id=dataset["id"])
    for person in (unit.liaison, unit.transparency, unit.administrator, sysadmin):
        with pytest.raises(tk.NotAuthorized):
            person.call("imss_release_sign", id=release["id"], oficio_number="X")

    with pytest.raises(tk.ValidationError, match="oficio"):
        unit.head.call("imss_release_sign", id=release["id"])


def _change_title(unit: Unit, dataset: dict[str, Any]) -> None:
    unit.liaison.call("package_patch", id=dataset["id"], title="Otro título")


def _change_keyword(unit: Unit, dataset: dict[str, Any]) -> None:
    unit.liaison.call("package_patch", id=dataset["id"], tags=[{"name": "otra"}])


def _change_description_of_column(unit: Unit, dataset: dict[str, Any]) -> None:
    resource = dataset["resources"][0]
    resource["schema"]["fields"][0]["description"] += "."
    unit.liaison.call("resource_patch", id=resource["id"], schema=resource["schema"])


def _change_one_cell(unit: Unit, dataset: dict[str, Any]) -> None:
    changed = sample("donativos_otorgados.csv").replace(b"4000000", b"4000001")
    upload = file_storage("donativos_otorgados.csv", changed)
    unit.liaison.call("resource_patch", id=dataset["resources"][0]["id"], upload=upload)


def _add_resource(unit: Unit, dataset: dict[str, Any]) -> None:
    unit.liaison.call(
        "resource_create",
        package_id=dataset["id"],
        name="Otro",
        upload=file_storage("otro.csv", b"a\n1\n"),
    )


@pytest.mark.req("R-093", "R-112")
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_change_title, "dataset.title"),
        (_change_keyword, "dataset.tags"),
        (_change_description_of_column, ".schema.fields"),
        (_change_one_cell, ".file.sha256"),
        (_add_resource, "resources."),
    ],
)
def test_a_change_after_signing_is_refused_with_the_reason(
    unit: Unit, make_dataset: SampleMaker, change: Any, named: str
) -> None:
    dataset = make_dataset()
    release = submit_and_sign(unit, dataset)

    change(unit, dataset)

    with pytest.raises(tk.ValidationError) as refused:
        unit.administrator.call("imss_release_publish", id=release["id"])
    assert named in refused.value.error_dict["message"][0]
    assert unit.liaison.call("imss_release_show", id=release["id"])["state"] == "signed"
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("package_show", id=dataset["id"])


def test_bytes_altered_on_the_disk_are_refused(
    unit: Unit, make_dataset: SampleMaker, tmp_path: Any
) -> None:
    dataset = make_dataset()
    release = submit_and_sign(unit, dataset)
    sha256 = release["files"][0]["sha256"]
    stored = tmp_path / "files" / sha256[:2] / sha256[2:4] / sha256
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"4000000", b"4000001"))

    with pytest.raises(tk.ValidationError) as refused:
        unit.administrator.call("imss_release_publish", id=release["id"])
    assert "stored file" in refused.value.error_dict["message"][0]
    assert unit.liaison.call("imss_release_show", id=release["id"])["state"] == "signed"


def test_a_return_undoes_the_signatures_and_keeps_them_in_the_history(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    release = submit_and_sign(unit, dataset)

    with pytest.raises(tk.ValidationError):
        unit.administrator.call("imss_release_return", id=release["id"])
    release = unit.administrator.call(
        "imss_release_return", id=release["id"], reason="Falta el título"
    )
    assert release["state"] == "draft"

    unit.liaison.call("package_patch", id=dataset["id"], title="Donativos")
    again = unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert again["id"] == release["id"]
    assert again["digest"] != release["digest"]
    assert again["next_roles"] == ["unit_head"]
    transitions = [event["transition"] for event in again["history"]]
    assert transitions == ["submit", "sign", "sign", "return", "submit"]


def test_a_person_who_signs_something_else_than_was_shown_is_told(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    release = unit.liaison.call("imss_release_submit", id=make_dataset()["id"])
    with pytest.raises(tk.ValidationError):
        unit.head.call("imss_release_sign", id=release["id"], oficio_number="OF/1", digest="0" * 64)


def test_the_history_cannot_be_rewritten(unit: Unit, make_dataset: SampleMaker) -> None:
    publish(unit, make_dataset())
    for statement in (
        "UPDATE imss_release_event SET user_id = 'otra'",
        "DELETE FROM imss_release_event",
        "UPDATE imss_release_document SET canonical = '{}'",
        "DELETE FROM imss_release_document",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            model.Session.execute(sa.text(statement))
        model.Session.rollback()
