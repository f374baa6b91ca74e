"""What is published is permanent: nobody deletes or purges it, by any door (R-008, R-126)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import ANONYMOUS, SampleMaker, Unit, make_person, publish
from ckan import model
from ckan.cli.cli import ckan
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action

pytestmark = [
    pytest.mark.usefixtures("with_plugins"),
    pytest.mark.req("R-008", "R-126"),
]

PERMANENT = "Un conjunto de datos publicado es permanente"


@pytest.fixture
def published(unit: Unit, make_dataset: SampleMaker) -> dict[str, Any]:
    """A dataset with a published release, as the public sees it."""
    dataset = make_dataset()
    publish(unit, dataset)
    shown: dict[str, Any] = ANONYMOUS.call("package_show", id=dataset["id"])
    return shown


def _delete_by_hand(dataset: dict[str, Any]) -> None:
    """As ``ckan dataset delete`` does, which asks no action and no hook."""
    model.Package.get(dataset["id"]).delete()
    model.repo.commit()


def test_nobody_purges_or_deletes_what_is_published(published: dict[str, Any], cli: Any) -> None:
    sysadmin = make_person("sistemas", sysadmin=True)
    for action in ("dataset_purge", "package_delete"):
        for name in (published["id"], published["name"]):
            with pytest.raises(tk.NotAuthorized):
                sysadmin.call(action, id=name)
            # What asks for no permission: commands, jobs, other extensions.
            with pytest.raises(tk.NotAuthorized):
                call_action(action, id=name)
    result = cli.invoke(ckan, ["dataset", "purge", published["name"]])
    assert result.exit_code != 0
    assert ANONYMOUS.call("package_show", id=published["id"]) == published


def test_what_was_deleted_by_hand_is_not_purged_and_comes_back(
    published: dict[str, Any], app: Any, cli: Any
) -> None:
    sysadmin = make_person("sistemas", sysadmin=True)
    _delete_by_hand(published)
    headers = {"Authorization": factories.APIToken(user=sysadmin.name)["token"]}
    for button in ("package", "all"):
        data = {"action": button}
        answer = app.post("/ckan-admin/trash", headers=headers, data=data, status=403)
        assert PERMANENT in answer.get_data(as_text=True)
    # The way back that docs/operations.md describes.
    cli.invoke(ckan, ["search-index", "rebuild", published["name"]], catch_exceptions=False)
    sysadmin.call("package_patch", id=published["id"], state="active")
    assert ANONYMOUS.call("package_show", id=published["id"])["title"] == published["title"]


@pytest.mark.parametrize("unowned", [False, True])
def test_a_unit_with_published_datasets_stays(
    published: dict[str, Any], unit: Unit, ckan_config: Any, monkeypatch: Any, unowned: bool
) -> None:
    monkeypatch.setitem(ckan_config, "ckan.auth.create_unowned_dataset", unowned)
    sysadmin = make_person("sistemas", sysadmin=True)
    for action in ("organization_delete", "organization_purge"):
        with pytest.raises(tk.ValidationError):
            sysadmin.call(action, id=unit.organization["id"])
    assert ANONYMOUS.call("package_show", id=published["id"]) == published


def test_the_purge_of_a_group_leaves_its_datasets(published: dict[str, Any]) -> None:
    sysadmin = make_person("sistemas", sysadmin=True)
    group = factories.Group(packages=[{"id": published["id"]}])
    sysadmin.call("group_purge", id=group["id"])
    assert ANONYMOUS.call("package_show", id=published["id"])["groups"] == []


def test_drafts_and_what_was_withdrawn_can_be_purged(
    published: dict[str, Any], make_dataset: SampleMaker
) -> None:
    sysadmin = make_person("sistemas", sysadmin=True)
    draft = make_dataset(name="borrador", identifier="borrador")
    # No action withdraws yet; this is what one does.
    model.Session.execute(sa.text("UPDATE imss_release SET state = 'withdrawn'"))
    sysadmin.call("package_patch", id=published["id"], private=True)
    for dataset in (draft, published):
        sysadmin.call("dataset_purge", id=dataset["id"])
        assert model.Package.get(dataset["id"]) is None
    # The record of what was signed outlives its dataset.
    assert model.Session.scalar(sa.text("SELECT count(*) FROM imss_release")) == 1
