"""Two people at the same moment, a crash in the middle: one outcome, nothing lost."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
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
    submit_and_sign,
)
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.model import Designation
from ckanext.imssbienestar.portal import updates

pytestmark = pytest.mark.usefixtures("with_plugins")


def _at_once(app: Any, calls: list[Callable[[], Any]]) -> list[Any]:
    """Run the calls in threads that start together; results or the errors they raised."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        with app.flask_app.test_request_context():
            barrier.wait()
            try:
                return call()
            except (tk.ValidationError, tk.NotAuthorized) as error:
                return error
            finally:
                model.Session.remove()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_administrators_publish_once(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    other = make_person("administradora")
    # Recorded before the rule that there is one at a time.
    model.Session.add(
        Designation(
            user_id=other.id,
            role="administrator",
            organization_id=None,
            oficio_number="DES/2/2026",
            valid_from=datetime.date(2026, 1, 1),
            created=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            created_by="",
        )
    )
    model.Session.commit()
    release = submit_and_sign(unit, make_dataset())

    results = _at_once(
        app,
        [
            lambda: unit.administrator.call("imss_release_publish", id=release["id"]),
            lambda: other.call("imss_release_publish", id=release["id"]),
        ],
    )

    assert sorted(isinstance(result, Exception) for result in results) == [False, True]
    history = unit.liaison.call("imss_release_show", id=release["id"])["history"]
    assert [event["transition"] for event in history].count("publish") == 1


def test_two_submissions_make_one_release(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    dataset = make_dataset()
    results = _at_once(
        app, [lambda: unit.liaison.call("imss_release_submit", id=dataset["id"])] * 3
    )
    assert sorted(isinstance(result, Exception) for result in results) == [False, True, True]
    assert unit.liaison.call("imss_release_list", dataset_id=dataset["id"])["count"] == 1


def test_an_edit_during_the_publication_is_never_what_becomes_public(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    release = submit_and_sign(unit, dataset)
    _at_once(
        app,
        [
            lambda: unit.administrator.call("imss_release_publish", id=release["id"]),
            lambda: unit.liaison.call("package_patch", id=dataset["id"], title="Otro título"),
        ],
    )
    state = unit.liaison.call("imss_release_show", id=release["id"])["state"]
    if state == "published":
        assert ANONYMOUS.call("package_show", id=dataset["id"])["title"] == dataset["title"]
    else:
        with pytest.raises(tk.NotAuthorized):
            ANONYMOUS.call("package_show", id=dataset["id"])


def test_a_crash_after_publishing_an_update_leaves_only_a_copy_to_tidy(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    changed = sample("donativos_otorgados.csv").replace(b"4000000", b"4000001")
    upload = file_storage("donativos_otorgados.csv", changed)
    unit.liaison.call("resource_patch", id=copy["resources"][0]["id"], upload=upload)
    release = submit_and_sign(unit, copy)

    class PowerCut(BaseException):
        """Not an error anybody handles."""

    def cut(*arguments: Any) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(updates, "_remove", cut)
        with pytest.raises(PowerCut):
            unit.administrator.call("imss_release_publish", id=release["id"])
    model.Session.remove()

    published = unit.liaison.call("imss_release_show", id=release["id"])
    assert (published["state"], published["number"]) == ("published", 2)
    next_copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    assert next_copy["id"] != copy["id"]
    assert next_copy["resources"][0]["hash"] == published["files"][0]["sha256"]
