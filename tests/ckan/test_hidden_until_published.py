"""What nobody has signed is not reachable by the public, by any address (R-112)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from catalogue_cast import (
    ANONYMOUS,
    SampleMaker,
    Unit,
    file_storage,
    make_person,
    publish,
    sample,
)
from ckan.plugins import toolkit as tk

pytestmark = pytest.mark.usefixtures("with_plugins")

SECRET_TITLE = "Título que nadie ha firmado"
SECRET_WORD = "palabrasecreta"


@pytest.fixture
def draft(unit: Unit, make_dataset: SampleMaker) -> dict[str, Any]:
    """A complete draft with a title and a keyword that must not leak."""
    return make_dataset(title=SECRET_TITLE, tags=[{"name": SECRET_WORD}])


def _addresses(dataset: dict[str, Any], release: dict[str, Any] | None) -> list[str]:
    name, resource = dataset["name"], dataset["resources"][0]
    file = "donativos_otorgados.csv"
    pages = [
        f"/dataset/{name}",
        f"/dataset/{dataset['id']}",
        f"/dataset/{name}/resource/{resource['id']}",
        f"/dataset/{name}/resource/{resource['id']}/download/{file}",
        f"/dataset/{name}/resource/{resource['id']}/download",
        f"/dataset/{name}/resource/{resource['id']}/dictionary",
        f"/dataset/{name}/resource/{resource['id']}/dictionary.csv",
        f"/dataset/activity/{name}",
        f"/dataset/groups/{name}",
        f"/dataset/{name}.ttl",
        f"/dataset/{name}.xml",
        f"/dataset/{name}.jsonld",
        f"/dataset/{name}/release/1/{resource['identifier']}/{file}",
        f"/dataset/{name}/release/2/{resource['identifier']}/{file}",
    ]
    calls = [
        f"package_show?id={name}",
        f"package_show?id={dataset['id']}",
        f"resource_show?id={resource['id']}",
        f"package_activity_list?id={name}",
        f"resource_view_list?id={resource['id']}",
        f"imss_dictionary_show?id={resource['id']}",
        f"imss_release_show?id={name}",
        f"dcat_dataset_show?id={name}&format=ttl",
    ]
    if release is not None:
        calls.append(f"imss_release_show?id={release['id']}")
    return pages + [f"/api/3/action/{call}" for call in calls]


def _lists() -> list[str]:
    calls = [
        "package_list",
        f"package_search?q={SECRET_WORD}",
        "package_search?include_private=true&include_drafts=true",
        "package_autocomplete?q=donativos",
        "current_package_list_with_resources",
        "resource_search?query=name:Donativos",
        "tag_list",
        f"tag_show?id={SECRET_WORD}&include_datasets=true",
        "tag_autocomplete?query=palabra",
        "recently_changed_packages_activity_list",
        "organization_show?id=unidad-de-finanzas&include_datasets=true",
        "organization_activity_list?id=unidad-de-finanzas",
        "user_show?id=enlace&include_datasets=true",
        "imss_release_list",
        "imss_release_list?state=in_review",
        "imss_release_list?state=draft&latest=true",
        "dcat_catalog_show?format=ttl",
    ]
    pages = [
        "/dataset/",
        f"/dataset/?q={SECRET_WORD}",
        "/organization/unidad-de-finanzas",
        "/organization/activity/unidad-de-finanzas",
        "/catalog.ttl",
        "/catalog.xml",
        "/catalog.jsonld",
        "/feeds/dataset.atom",
        "/feeds/organization/unidad-de-finanzas.atom",
        "/user/enlace",
        "/",
    ]
    return pages + [f"/api/3/action/{call}" for call in calls]


@pytest.mark.req("R-112")
@pytest.mark.parametrize("stage", ["draft", "in_review", "signed"])
def test_no_address_gives_what_is_not_published(
    unit: Unit, draft: dict[str, Any], app: Any, stage: str
) -> None:
    release = None
    if stage != "draft":
        release = unit.liaison.call("imss_release_submit", id=draft["id"])
    if stage == "signed":
        unit.head.call("imss_release_sign", id=draft["id"], oficio_number="OF/1")
        unit.transparency.call("imss_release_sign", id=draft["id"])

    for address in _addresses(draft, release):
        response = app.get(address, follow_redirects=False, status=None)
        assert response.status_code in {302, 400, 403, 404, 409}, address
        _nothing_secret(response, address)
    for address in _lists():
        response = app.get(address, follow_redirects=False, status=None)
        assert response.status_code in {200, 302, 403, 404}, (address, response.status_code)
        _nothing_secret(response, address)


@pytest.mark.req("R-106")
def test_the_same_addresses_do_give_what_is_published(
    unit: Unit, draft: dict[str, Any], app: Any
) -> None:
    """Without this, the addresses above could be wrong and prove nothing."""
    publish(unit, draft)
    name, resource = draft["name"], draft["resources"][0]
    file = f"resource/{resource['id']}/download/donativos_otorgados.csv"
    shown = {
        f"/dataset/{name}": SECRET_TITLE,
        f"/dataset/{name}/{file}": "4000000",
        f"/dataset/{name}/release/1/{resource['identifier']}/donativos_otorgados.csv": "4000000",
        f"/dataset/{name}/resource/{resource['id']}/dictionary.csv": "periodo_inicio",
        f"/dataset/{name}.ttl": SECRET_TITLE,
        "/catalog.ttl": SECRET_TITLE,
        "/feeds/dataset.atom": SECRET_TITLE,
        f"/api/3/action/tag_autocomplete?query={SECRET_WORD[:5]}": SECRET_WORD,
        "/api/3/action/tag_list": SECRET_WORD,
        "/api/3/action/imss_release_list": name,
        "/api/3/action/resource_search?query=name:Donativos": resource["id"],
        f"/api/3/action/package_search?q={SECRET_WORD}": name,
    }
    for address, word in shown.items():
        response = app.get(address, status=200)
        assert word in response.get_data(as_text=True), address


def _nothing_secret(response: Any, address: str) -> None:
    body = response.get_data(as_text=True)
    # The search page repeats the words that were looked for.
    words = [SECRET_TITLE, "4000000", "Fundación Universidad"]
    if SECRET_WORD not in address:
        words.append(SECRET_WORD)
    for word in words:
        assert word not in body, (address, word)
        assert json.dumps(word)[1:-1] not in body, (address, word)


@pytest.mark.req("R-112")
def test_a_person_of_another_unit_sees_no_draft(unit: Unit, draft: dict[str, Any]) -> None:
    stranger = make_person("ajena")
    with pytest.raises(tk.NotAuthorized):
        stranger.call("package_show", id=draft["id"])
    assert stranger.call("package_search", include_private=True)["count"] == 0


def test_those_who_review_see_the_draft_everywhere(unit: Unit, draft: dict[str, Any]) -> None:
    for person in unit.people():
        assert person.call("package_show", id=draft["id"])["title"] == SECRET_TITLE
        found = person.call("package_search", include_private=True)
        assert found["count"] == 1, person.name


@pytest.mark.req("R-112")
def test_nothing_becomes_public_by_a_side_door(unit: Unit, draft: dict[str, Any]) -> None:
    sysadmin = make_person("sistemas", sysadmin=True)
    for person in (unit.liaison, sysadmin):
        with pytest.raises(tk.ValidationError):
            person.call("package_patch", id=draft["id"], private=False)
        with pytest.raises(tk.ValidationError):
            person.call(
                "package_create",
                name="publico",
                title="Público",
                owner_org=unit.organization["id"],
                private=False,
            )
        with pytest.raises(tk.ValidationError):
            person.call("package_revise", match={"id": draft["id"]}, update={"private": False})
        with pytest.raises(tk.NotAuthorized):
            person.call(
                "bulk_update_public", datasets=[draft["id"]], org_id=unit.organization["id"]
            )
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("package_show", id=draft["id"])


def test_a_dataset_made_by_the_api_is_private_unless_it_says_so(unit: Unit) -> None:
    made = unit.liaison.call(
        "package_create", name="nuevo", title="Nuevo", owner_org=unit.organization["id"]
    )
    assert made["private"] is True
    assert made["identifier"] == "nuevo"


@pytest.mark.req("R-008", "R-112", "R-126")
def test_a_published_dataset_is_not_changed_in_place(
    unit: Unit, draft: dict[str, Any], app: Any
) -> None:
    publish(unit, draft)
    resource = draft["resources"][0]["id"]
    sysadmin = make_person("sistemas", sysadmin=True)
    for person in (unit.liaison, sysadmin):
        changes: list[tuple[str, dict[str, Any]]] = [
            ("package_patch", {"id": draft["id"], "title": "Otro"}),
            ("package_patch", {"id": draft["id"], "private": True}),
            ("package_patch", {"id": draft["id"], "state": "draft"}),
            ("resource_patch", {"id": resource, "name": "Otro"}),
            ("resource_delete", {"id": resource}),
            (
                "resource_patch",
                {"id": resource, "upload": file_storage("x.csv", b"a\n1\n")},
            ),
            (
                "resource_create",
                {"package_id": draft["id"], "url": "https://example.org", "name": "x"},
            ),
        ]
        for action, data in changes:
            with pytest.raises((tk.ValidationError, tk.NotAuthorized)):
                person.call(action, **data)
        for action in ("package_delete", "bulk_update_delete"):
            with pytest.raises(tk.NotAuthorized):
                person.call(
                    action,
                    id=draft["id"],
                    datasets=[draft["id"]],
                    org_id=unit.organization["id"],
                )
    public = ANONYMOUS.call("package_show", id=draft["id"])
    assert public["title"] == SECRET_TITLE
    url = public["resources"][0]["url"].split("test.ckan.net")[-1]
    assert app.get(url).data == sample("donativos_otorgados.csv")


def test_the_public_does_not_see_how_a_draft_was_before(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(title="Borrador con un dato que no debía estar")
    unit.liaison.call("package_patch", id=dataset["id"], title="Donativos")
    publish(unit, dataset)
    for address in (
        f"/dataset/activity/{dataset['name']}",
        f"/api/3/action/package_activity_list?id={dataset['id']}&include_data=true",
        "/api/3/action/recently_changed_packages_activity_list",
        "/organization/activity/unidad-de-finanzas",
    ):
        response = app.get(address, status=None)
        assert "no debía estar" not in response.get_data(as_text=True), address
        assert "no deb\\u00eda estar" not in response.get_data(as_text=True), address
