"""What no signature covers is not on the page of a published dataset either (R-112)."""

from __future__ import annotations

from typing import Any

import pytest
from catalogue_cast import ANONYMOUS, SampleMaker, Unit, make_person, publish
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import datastore

pytestmark = [
    pytest.mark.usefixtures("with_plugins", "clean_datastore"),
    pytest.mark.req("R-112"),
]

OF_A_DATASET = {
    "author": "Nadie lo firmó",
    "author_email": "nadie@example.org",
    "maintainer": "Nadie lo firmó",
    "maintainer_email": "nadie@example.org",
    "version": "7",
}
OF_A_RESOURCE = {
    "inventado": "Nadie lo firmó",
    "cache_url": "https://example.org/otro",
    "resource_type": "api",
    "mimetype_inner": "text/html",
}
FACTS = {
    "datastore_active": False,
    "created": "2020-01-01",
    "last_modified": "2020-01-01",
}


@pytest.fixture
def published(unit: Unit, make_dataset: SampleMaker) -> dict[str, Any]:
    """A published dataset with its table and preview, as the public sees it."""
    dataset = make_dataset()
    publish(unit, dataset)
    datastore.synchronize(dataset["id"])
    return _shown(dataset)


def _shown(dataset: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = ANONYMOUS.call("package_show", id=dataset["id"])
    views = ANONYMOUS.call("resource_view_list", id=shown["resources"][0]["id"])
    return {**shown, "views": views}


def test_nobody_changes_what_is_public_without_a_signature(
    unit: Unit, published: dict[str, Any]
) -> None:
    resource = published["resources"][0]["id"]
    [view] = published["views"]
    of_view = {"resource_id": resource, "view_type": "datatables_view", "title": "Nadie lo firmó"}
    pair = {"subject": published["id"], "object": published["id"], "type": "links_to"}
    changes: list[tuple[str, dict[str, Any]]] = [
        *[("package_patch", {"id": published["id"], key: v}) for key, v in OF_A_DATASET.items()],
        *[("resource_patch", {"id": resource, k: v}) for k, v in (OF_A_RESOURCE | FACTS).items()],
        ("package_revise", {"match": {"id": published["id"]}, "update": {"version": "7"}}),
        ("package_resource_reorder", {"id": published["id"], "order": [resource]}),
        ("resource_view_create", of_view),
        ("resource_view_update", {**of_view, "id": view["id"]}),
        ("resource_view_reorder", {"id": resource, "order": [view["id"]]}),
        ("resource_view_delete", {"id": view["id"]}),
        ("resource_view_clear", {}),
        ("package_relationship_create", pair),
        ("organization_patch", {"id": unit.organization["id"], "name": "otro-nombre"}),
    ]
    for person in (unit.liaison, make_person("sistemas", sysadmin=True)):
        for action, data in changes:
            with pytest.raises((tk.ValidationError, tk.NotAuthorized)):
                person.call(action, **data)
            model.Session.rollback()
            assert _shown(published) == published, action
    sysadmin = make_person("otra", sysadmin=True)
    sysadmin.call("organization_patch", id=unit.organization["id"], title="Otro título")


def test_what_a_draft_has_besides_is_left_out_when_it_is_published(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset(**OF_A_DATASET)
    unit.liaison.call(
        "resource_patch", id=dataset["resources"][0]["id"], **OF_A_RESOURCE, datastore_active=True
    )
    publish(unit, dataset)
    first = _shown(dataset)
    _nothing_unsigned(first)
    assert first["views"] == []

    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    unit.liaison.call("package_patch", id=copy["id"], modified="2026-04-10", **OF_A_DATASET)
    unit.liaison.call("resource_patch", id=copy["resources"][0]["id"], **OF_A_RESOURCE)
    publish(unit, copy)
    second = _shown(dataset)
    _nothing_unsigned(second)
    assert second["modified"] == "2026-04-10"
    kept = ("id", "hash", "size", "url", "schema", "created", "last_modified")
    for key in kept:
        assert second["resources"][0][key] == first["resources"][0][key], key


@pytest.mark.ckan_config("ckan.views.default_views", "datatables_view")
def test_a_draft_has_no_views_whatever_a_site_shows_by_default(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]["id"]
    unit.liaison.call("resource_patch", id=resource, datastore_active=True)
    with pytest.raises(tk.NotAuthorized):
        unit.liaison.call(
            "resource_view_create",
            resource_id=resource,
            view_type="datatables_view",
            title="Nadie lo firmó",
        )
    assert unit.liaison.call("resource_view_list", id=resource) == []


def _nothing_unsigned(shown: dict[str, Any]) -> None:
    for key in OF_A_DATASET:
        assert not shown.get(key), key
    for key in (*OF_A_RESOURCE, "datastore_active"):
        assert not shown["resources"][0].get(key), key
