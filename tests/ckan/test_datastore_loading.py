"""Loading published tables: whole or not at all, whatever happens on the way."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis
import rq
import sqlalchemy as sa
from catalogue_cast import ANONYMOUS, SampleMaker, Unit, file_storage, publish, sample
from ckan import model
from ckan.cli.cli import ckan
from ckan.lib import jobs
from ckan.plugins import toolkit as tk
from ckan.tests.helpers import call_action
from ckanext.datastore.backend.postgres import get_read_engine, get_write_engine
from published_tables import published, search, tables

from ckanext.imssbienestar.domain.release import digest
from ckanext.imssbienestar.portal import datastore, datastore_tables
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.datastore_errors import DataStoreUnavailable, Kind
from ckanext.imssbienestar.portal.datastore_tables import DataStoreTables
from ckanext.imssbienestar.portal.datastore_texts import failure_sentence
from ckanext.imssbienestar.portal.documents import current_document, stored_dataset
from ckanext.imssbienestar.procedure import guard_records

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_datastore")

DONATIVOS = sample("donativos_otorgados.csv")
ONE_ROW_MORE = DONATIVOS + DONATIVOS.splitlines(keepends=True)[1].replace(b",1,", b",99,", 1)


@pytest.mark.req("R-112")
def test_loading_changes_nothing_that_was_signed(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    release = publish(unit, dataset)
    before = ANONYMOUS.call("package_show", id=dataset["id"])
    activities = unit.liaison.call("package_activity_list", id=dataset["id"])

    for _turn in range(2):
        datastore.synchronize(dataset["id"])
        after = ANONYMOUS.call("package_show", id=dataset["id"])
        assert digest(current_document(stored_dataset(dataset["id"]))) == release["digest"]
        assert after["private"] is False
        assert after["resources"][0].pop("datastore_active") is True
        for key in ("metadata_modified", "datastore_active"):
            before["resources"][0].pop(key, None)
            after["resources"][0].pop(key, None)
            before.pop(key, None)
            after.pop(key, None)
        assert after == before
    views = ANONYMOUS.call("resource_view_list", id=dataset["resources"][0]["id"])
    assert [view["view_type"] for view in views] == ["datatables_view"]
    assert unit.liaison.call("package_activity_list", id=dataset["id"]) == activities


def test_an_update_replaces_the_table_and_its_working_copy_has_none(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = published(unit, make_dataset)
    resource_id = dataset["resources"][0]["id"]
    datastore.synchronize(dataset["id"])
    rows = search(resource_id)["total"]

    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    assert not copy["resources"][0].get("datastore_active")
    assert ANONYMOUS.call("resource_view_list", id=resource_id)
    unit.liaison.call(
        "resource_patch",
        id=copy["resources"][0]["id"],
        upload=file_storage("donativos_otorgados.csv", ONE_ROW_MORE),
    )
    datastore.synchronize(copy["id"])
    assert tables() == {resource_id}
    publish(unit, copy)
    # Until the job has run the earlier release answers, and its preview stays.
    assert search(resource_id)["total"] == rows
    assert ANONYMOUS.call("resource_show", id=resource_id)["datastore_active"] is True

    datastore.synchronize(dataset["id"])
    assert search(resource_id)["total"] == rows + 1
    assert tables() == {resource_id}


def test_what_is_withdrawn_or_removed_leaves(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = published(unit, make_dataset)
    first = dataset["resources"][0]["id"]
    datastore.synchronize(dataset["id"])
    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    added = unit.liaison.call(
        "resource_create",
        package_id=copy["id"],
        name="Donativos de 2019",
        upload=file_storage("donativos_2019.csv", sample("donativos_otorgados.csv")),
    )
    text = sample("donativos_otorgados.dictionary.csv").decode()
    unit.liaison.call("imss_dictionary_import", resource_id=added["id"], content=text)
    unit.liaison.call("resource_delete", id=copy["resources"][0]["id"])
    publish(unit, copy)
    datastore.synchronize(dataset["id"])
    [second] = ANONYMOUS.call("package_show", id=dataset["id"])["resources"]
    assert tables() == {second["id"]}
    with pytest.raises((tk.ObjectNotFound, tk.NotAuthorized)):
        ANONYMOUS.call("datastore_search", resource_id=first)

    # No action withdraws yet; this is what one does.
    model.Session.execute(sa.text("UPDATE imss_release SET state = 'withdrawn'"))
    call_action("package_patch", {"user": "enlace"}, id=dataset["id"], private=True)
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("datastore_search", resource_id=second["id"])
    datastore.synchronize(dataset["id"])
    assert tables() == set()
    assert not unit.liaison.call("resource_show", id=second["id"]).get("datastore_active")


def test_loading_the_same_again_does_nothing(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = published(unit, make_dataset)
    [first] = datastore.synchronize(dataset["id"])
    monkeypatch.setattr(DataStoreTables, "replace", _never)
    for [again] in (datastore.synchronize(dataset["id"]), datastore.standings(dataset["id"])):
        assert (again.loaded, again.failure) == (first.loaded, None)


def test_the_table_before_answers_until_the_next_is_complete(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, copy = _published_twice(unit, make_dataset)
    resource_id = dataset["resources"][0]["id"]
    seen: list[int] = []

    def put_in_place(*arguments: Any) -> None:
        seen.append(search(resource_id)["total"])
        original(*arguments)

    original = datastore_tables._put_in_place
    monkeypatch.setattr(datastore_tables, "_put_in_place", put_in_place)
    rows = search(resource_id)["total"]
    datastore.synchronize(dataset["id"])
    assert seen == [rows]
    assert search(resource_id)["total"] == rows + 1
    assert copy["id"] != dataset["id"]


def test_a_process_that_is_killed_leaves_the_table_as_it_was(
    unit: Unit, make_dataset: SampleMaker, pytestconfig: pytest.Config, ckan_config: Any
) -> None:
    dataset, _copy = _published_twice(unit, make_dataset)
    resource_id = dataset["resources"][0]["id"]
    rows = search(resource_id)["total"]
    with get_write_engine().begin() as reader:
        # As long as somebody reads the old table, the new one cannot take its place.
        reader.execute(sa.text(f'LOCK TABLE "{resource_id}" IN ACCESS SHARE MODE'))
        process = _in_another_process(pytestconfig, ckan_config, dataset["id"])
        _wait_until(_somebody_waits_for_the_table)
        process.kill()
        process.wait()
    _wait_until(lambda: not _somebody_waits_for_the_table())
    assert tables() == {resource_id}
    assert search(resource_id)["total"] == rows

    both = [_in_another_process(pytestconfig, ckan_config, dataset["id"]) for _each in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert tables() == {resource_id}
    assert search(resource_id)["total"] == rows + 1


def test_a_table_that_cannot_be_loaded_says_why_and_is_not_shown(
    unit: Unit, make_dataset: SampleMaker, cli: Any
) -> None:
    dataset, _copy = _published_twice(unit, make_dataset)
    resource_id = dataset["resources"][0]["id"]
    # As if the check had seen other rows than the file has.
    statement = "UPDATE imss_check_report SET report = jsonb_set(report, '{rows}', '1')"
    model.Session.execute(sa.text(statement))
    model.Session.commit()

    [standing] = datastore.synchronize(dataset["id"])
    assert standing.loaded is None
    assert standing.failure is not None
    assert standing.failure.kind is Kind.ROWS
    assert standing.failure.facts["expected"] == 1
    # Not the earlier release in the place of the one that the page shows.
    assert tables() == set()
    assert ANONYMOUS.call("resource_show", id=resource_id)["datastore_active"] is False
    status = cli.invoke(ckan, ["imssbienestar", "datastore", "status", "--json"])
    assert status.exit_code == 1
    [table] = json.loads(status.output)["tables"]
    assert (table["state"], table["rows"]) == ("rows", None)
    assert "1" in table["message"]

    model.Session.execute(sa.text("DELETE FROM imss_check_report"))
    model.Session.commit()
    result = cli.invoke(ckan, ["imssbienestar", "datastore", "load", dataset["name"]])
    assert result.exit_code == 0, result.output
    [standing] = datastore.standings(dataset["id"])
    assert (standing.failure, standing.loaded is not None) == (None, True)
    assert ANONYMOUS.call("resource_show", id=resource_id)["datastore_active"] is True


@pytest.mark.req("R-182", "R-201")
def test_what_nobody_looked_at_by_the_rules_of_today_is_not_loaded(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset()
    publish(unit, dataset)
    with monkeypatch.context() as newer:
        newer.setattr(guard_records, "RULES_VERSION", "of tomorrow")
        (standing,) = datastore.synchronize(dataset["id"])
        assert standing.failure is not None
        assert standing.failure.kind is Kind.NOT_LET_THROUGH
        assert "personal-data scan" in failure_sentence(standing.failure)
        assert tables() == set()
    (standing,) = datastore.synchronize(dataset["id"])
    assert standing.loaded is not None
    # A table that is there stays: what it was loaded from was let through.
    with monkeypatch.context() as newer:
        newer.setattr(guard_records, "RULES_VERSION", "of tomorrow")
        (again,) = datastore.synchronize(dataset["id"])
    assert again.loaded == standing.loaded


def test_altered_bytes_are_not_loaded(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = published(unit, make_dataset)
    path = content_store().path(dataset["resources"][0]["hash"])
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"4000000", b"4000001"))
    [standing] = datastore.synchronize(dataset["id"])
    assert standing.failure is not None
    assert standing.failure.kind is Kind.CONTENT
    path.unlink()
    [standing] = datastore.synchronize(dataset["id"])
    assert standing.failure is not None
    assert standing.failure.kind is Kind.CONTENT
    assert tables() == set()


def test_a_database_that_does_not_answer_is_tried_again(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = published(unit, make_dataset)

    def broken(*arguments: Any, **options: Any) -> None:
        raise DataStoreUnavailable("53100")

    monkeypatch.setattr(DataStoreTables, "replace", broken)
    with pytest.raises(DataStoreUnavailable):
        datastore.synchronize(dataset["id"])
    [standing] = datastore.standings(dataset["id"])
    assert standing.failure is not None
    assert standing.failure.may_pass
    nowhere = sa.create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setattr(datastore, "get_write_engine", lambda: nowhere)
    with pytest.raises(DataStoreUnavailable):
        datastore.synchronize(dataset["id"])


def test_publishing_puts_the_loading_into_the_queue(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = jobs.get_queue()
    queue.empty()
    dataset = published(unit, make_dataset)
    assert len(queue) == 1
    # In this process, so that it uses this test's files.
    rq.SimpleWorker([queue], connection=queue.connection).work(burst=True)
    assert len(queue) == 0
    assert search(dataset["resources"][0]["id"])["total"] > 0

    def refuse(*arguments: Any, **options: Any) -> None:
        raise redis.exceptions.ConnectionError

    monkeypatch.setattr(tk, "enqueue_job", refuse)
    other = make_dataset(name="otro_conjunto", identifier="otro_conjunto")
    assert publish(unit, other)["state"] == "published"
    assert [found.loaded for found in datastore.standings(other["id"])] == [None]
    assert set(datastore.datasets_to_synchronize()) == {dataset["id"], other["id"]}


def _published_twice(
    unit: Unit, make_dataset: SampleMaker
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A dataset whose first release is loaded and whose second, a row longer, is published."""
    dataset = published(unit, make_dataset)
    datastore.synchronize(dataset["id"])
    copy = unit.liaison.call("imss_update_start", id=dataset["id"])
    unit.liaison.call(
        "resource_patch",
        id=copy["resources"][0]["id"],
        upload=file_storage("donativos_otorgados.csv", ONE_ROW_MORE),
    )
    publish(unit, copy)
    return dataset, copy


def _in_another_process(
    pytestconfig: pytest.Config, ckan_config: Any, dataset_id: str
) -> subprocess.Popen[bytes]:
    key = "ckanext.imssbienestar.content_path"
    program = (
        "import sys\n"
        "from ckan.cli import load_config\n"
        "from ckan.config.middleware import make_app\n"
        "config = load_config(sys.argv[1])\n"
        f"config[{key!r}] = sys.argv[2]\n"
        "make_app(config)\n"
        "from ckanext.imssbienestar.portal.datastore import synchronize\n"
        "[standing] = synchronize(sys.argv[3])\n"
        "sys.exit(standing.loaded is None)\n"
    )
    ini = pytestconfig.getoption("ckan_ini")
    return subprocess.Popen([sys.executable, "-c", program, ini, ckan_config[key], dataset_id])


def _somebody_waits_for_the_table() -> bool:
    query = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'")
    with get_read_engine().connect() as connection:
        return bool(connection.scalar(query))


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _never(*arguments: Any, **options: Any) -> None:
    raise AssertionError("nothing was to be loaded")
