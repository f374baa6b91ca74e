"""What the guard records of files, and what the Transparency Unit decides."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
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
    sample_dictionary,
)
from ckan import model
from ckan.cli.cli import ckan
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action

from ckanext.imssbienestar.checks import RULES_VERSION
from ckanext.imssbienestar.checks.personal.errors import GuardFailedError
from ckanext.imssbienestar.model import PersonalDecision, PersonalScan, RefusedFile
from ckanext.imssbienestar.portal import guard, personal_data_metadata

pytestmark = pytest.mark.usefixtures("with_plugins")

COLUMN = "partida_de_gasto"
"""Of the sample table; given another name, the guard tells of it."""
BLOCKED, DOUBTFUL = "folio_del_expediente", "credencial"
REASON = "Es el número de la partida del gasto, no el de un expediente."
CURP = "HEGG560427MVZRRL04"
"""The example of the official instructions; of nobody."""


def _table(name: str) -> bytes:
    return sample("donativos_otorgados.csv").replace(COLUMN.encode(), name.encode())


def _dictionary(name: str) -> str:
    return sample_dictionary().replace(COLUMN, name)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _upload(unit: Unit, dataset: dict[str, Any], content: bytes, name: str = "datos.csv") -> Any:
    return unit.liaison.call(
        "resource_create",
        package_id=dataset["id"],
        name="Donativos",
        upload=file_storage(name, content),
    )


def _decide(person: Any, content: bytes, column: str, reason: str = REASON) -> Any:
    return person.call(
        "imss_personal_data_decide",
        sha256=_sha256(content),
        column=column,
        decision="false-alarm",
        reason=reason,
    )


def _rows(table: Any) -> list[Any]:
    model.Session.rollback()
    return list(model.Session.scalars(sa.select(table).order_by(table.id)))


def _blocking(unit: Unit, dataset: dict[str, Any]) -> list[tuple[str, str | None]]:
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    found = refused.value.error_dict["findings"]
    return [(each["code"], each["column"]) for each in found if each["severity"] == "blocking"]


@pytest.mark.req("R-201")
def test_every_file_let_in_has_a_scan_and_releases_show_it(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    (scan,) = _rows(PersonalScan)
    content = sample("donativos_otorgados.csv")
    assert (scan.sha256, scan.size, scan.rules_version) == (
        _sha256(content),
        len(content),
        RULES_VERSION,
    )
    published = publish(unit, dataset)
    (listed,) = ANONYMOUS.call("imss_release_list")["results"]
    for release in (published, listed):
        (file,) = release["files"]
        assert file["personal_data"]["rules_version"] == RULES_VERSION
        assert file["personal_data"]["decision"] == "pass"
        assert file["personal_data"]["scanned"]
        assert "personal_data" not in json.dumps(release["document"])


@pytest.mark.req("R-178", "R-179", "R-182", "R-196", "R-202")
@pytest.mark.ckan_config("ckanext.imssbienestar.arco_mailbox", "arco@example.org")
def test_a_refusal_is_recorded_without_the_file_and_says_why(
    unit: Unit, make_dataset: SampleMaker, tmp_path: Path
) -> None:
    dataset = make_dataset()
    before = sorted((tmp_path / "files").rglob("*"))
    content = f"curp,monto\n{CURP},1\n".encode()
    with pytest.raises(tk.ValidationError) as refused:
        _upload(unit, dataset, content, f"{CURP}.csv")
    error = refused.value.error_dict
    assert CURP not in json.dumps(error)
    (told,) = error["personal_data"]
    assert (told["sha256"], told["kept"]) == (_sha256(content), False)
    assert next((each["column"], each["kind"]) for each in told["columns"]) == ("curp", "curp")
    assert {law["articles"] for law in told["laws"]} >= {"34, 49, 50"}
    assert told["arco"] == "arco@example.org"
    assert told["arco"] in error["upload"][0]
    assert _sha256(content) in error["upload"][0]

    (row,) = _rows(RefusedFile)
    assert (row.sha256, row.size, row.file_name) == (_sha256(content), len(content), "")
    assert (row.dataset_id, row.organization_id) == (dataset["id"], unit.organization["id"])
    assert row.user_id == unit.liaison.id
    assert CURP not in json.dumps(row.columns)
    assert sorted((tmp_path / "files").rglob("*")) == before
    assert unit.liaison.call("package_show", id=dataset["id"]) == dataset


@pytest.mark.parametrize("table", [PersonalScan, RefusedFile, PersonalDecision])
@pytest.mark.req("R-201")
def test_what_was_recorded_is_never_changed(
    unit: Unit, make_dataset: SampleMaker, table: Any
) -> None:
    content = _table(BLOCKED)
    dataset = make_dataset()
    with pytest.raises(tk.ValidationError):
        _upload(unit, dataset, content)
    _decide(unit.transparency, content, BLOCKED)
    assert _rows(table)
    for statement in (sa.delete(table), sa.update(table).values(sha256="0")):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            model.Session.execute(statement)
        model.Session.rollback()


@pytest.mark.req("R-201")
def test_only_the_transparency_unit_overrules_with_a_reason(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    content = _table(BLOCKED)
    with pytest.raises(tk.ValidationError):
        _upload(unit, dataset, content)
    sysadmin = make_person("sistemas", sysadmin=True)
    for person in (unit.liaison, unit.head, unit.administrator, sysadmin, ANONYMOUS):
        with pytest.raises(tk.NotAuthorized):
            _decide(person, content, BLOCKED)
        with pytest.raises(tk.NotAuthorized):
            person.call("imss_personal_data_list")
    with pytest.raises(tk.NotAuthorized):
        # What asks for no permission: commands, jobs, other extensions.
        call_action(
            "imss_personal_data_decide",
            {"user": sysadmin.name, "ignore_auth": True},
            sha256=_sha256(content),
            column=BLOCKED,
            reason=REASON,
        )
    for reason in (
        "",
        "falsa alarma",
        f"Es la clave {CURP} de una persona que ya lo sabe",
        "Porque lo dijo María López García en su oficio de ayer",
        "palabra " * 1000,
    ):
        with pytest.raises(tk.ValidationError) as refused:
            _decide(unit.transparency, content, BLOCKED, reason)
        assert CURP not in str(refused.value)
        assert refused.value.error_dict["reason"]
    for sha256, column in ((_sha256(content), "monto"), ("0" * 64, BLOCKED)):
        with pytest.raises(tk.ObjectNotFound):
            unit.transparency.call(
                "imss_personal_data_decide", sha256=sha256, column=column, reason=REASON
            )
    assert not _rows(PersonalDecision)


@pytest.mark.req("R-201")
def test_after_a_decision_the_same_bytes_pass_and_no_others(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    content = _table(BLOCKED)
    with pytest.raises(tk.ValidationError):
        _upload(unit, dataset, content)
    (waiting,) = unit.transparency.call("imss_personal_data_list")["results"]
    assert (waiting["sha256"], waiting["kept"], waiting["file_name"]) == (
        _sha256(content),
        False,
        "datos.csv",
    )
    assert [each["column"] for each in waiting["columns"]] == [BLOCKED]

    _decide(unit.transparency, content, BLOCKED)
    assert unit.transparency.call("imss_personal_data_list")["count"] == 0
    (decision,) = _rows(PersonalDecision)
    assert (decision.user_id, decision.oficio_number, decision.reason) == (
        unit.transparency.id,
        "DES/1/2026",
        REASON,
    )
    with pytest.raises(tk.ValidationError):
        _upload(unit, dataset, content + b"\n")

    unit.liaison.call("resource_delete", id=dataset["resources"][0]["id"])
    resource = _upload(unit, dataset, content)
    unit.liaison.call(
        "imss_dictionary_import", resource_id=resource["id"], content=_dictionary(BLOCKED)
    )
    shown = unit.liaison.call("imss_personal_data_show", id=resource["id"])
    assert [each["decided"]["decision"] for each in shown["columns"]] == ["false-alarm"]
    report = unit.liaison.call("imss_resource_report", id=resource["id"])
    assert report["publishable"]
    assert "personal-data" not in report["counts"]
    (file,) = publish(unit, dataset)["files"]
    assert file["personal_data"]["decision"] == "decided"


@pytest.mark.req("R-201")
def test_weak_evidence_is_kept_in_the_draft_and_waits_for_a_decision(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    content = _table(DOUBTFUL)
    dataset = make_dataset(content=content, dictionary=_dictionary(DOUBTFUL))
    assert _blocking(unit, dataset) == [("personal-data-undecided", DOUBTFUL)]
    (waiting,) = unit.transparency.call("imss_personal_data_list")["results"]
    assert (waiting["kept"], waiting["dataset"]) == (True, dataset["name"])
    _decide(unit.transparency, content, DOUBTFUL)
    publish(unit, dataset)
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("imss_personal_data_show", id=dataset["resources"][0]["id"])


@pytest.mark.req("R-201")
def test_the_same_bytes_elsewhere_tell_nothing_of_a_draft_of_another_unit(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    content = _table(DOUBTFUL)
    mine = make_dataset(content=content)
    other = make_person("otra")
    organization = factories.Organization(users=[{"name": other.name, "capacity": "editor"}])
    theirs = other.call("package_create", name="ajeno", owner_org=organization["id"], title="Ajeno")
    resource = other.call(
        "resource_create",
        package_id=theirs["id"],
        name="Ajeno",
        upload=file_storage("ajeno.csv", content),
    )
    shown = other.call("imss_personal_data_show", id=resource["id"], sha256=_sha256(content))
    assert (shown["dataset"], shown["organization"]) == ("ajeno", organization["name"])
    with pytest.raises(tk.NotAuthorized):
        other.call("imss_personal_data_show", id=mine["resources"][0]["id"])


@pytest.mark.parametrize("sha256", ["\0", "../etc", "0" * 63, "0" * 64, "G" * 64])
def test_what_is_no_file_is_a_sentence(unit: Unit, sha256: str) -> None:
    for action, data in (
        ("imss_personal_data_show", {}),
        ("imss_personal_data_decide", {"column": "\0", "reason": REASON}),
    ):
        with pytest.raises(tk.ObjectNotFound):
            unit.transparency.call(action, sha256=sha256, **data)


def test_names_that_no_database_can_hold_are_refused_and_decided_like_others(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset()
    content = _table(BLOCKED)
    odd = "folio\ud800\0"
    scan = guard.scan_personal_data

    def with_odd_name(*given: Any, **named: Any) -> Any:
        report = scan(*given, **named)
        columns = [each.model_copy(update={"column": odd}) for each in report.columns]
        return report.model_copy(update={"columns": tuple(columns)})

    monkeypatch.setattr(guard, "scan_personal_data", with_odd_name)
    with pytest.raises(tk.ValidationError) as refused:
        _upload(unit, dataset, content, "da\0tos\ud800.csv")
    (told,) = refused.value.error_dict["personal_data"]
    _decide(unit.transparency, content, told["columns"][0]["column"], f"{REASON}\0")
    assert _upload(unit, dataset, content)["hash"] == _sha256(content)


def test_a_guard_that_fails_lets_nothing_through(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dataset = make_dataset()
    before = sorted((tmp_path / "files").rglob("*"))

    def fails(*given: Any, **named: Any) -> Any:
        raise GuardFailedError("TypeError")

    monkeypatch.setattr(guard, "scan_personal_data", fails)
    monkeypatch.setattr(personal_data_metadata, "scan_texts", fails)
    for change in ({"upload": file_storage("datos.csv", b"a\n1\n")}, {"description": "Otra"}):
        with pytest.raises(tk.ValidationError) as refused:
            unit.liaison.call("resource_patch", id=dataset["resources"][0]["id"], **change)
        assert "is not let through" in str(refused.value.error_dict)
    assert sorted((tmp_path / "files").rglob("*")) == before
    assert unit.liaison.call("package_show", id=dataset["id"]) == dataset


@pytest.mark.req("R-201")
def test_files_stored_under_older_rules_are_looked_at_again(
    unit: Unit, make_dataset: SampleMaker, monkeypatch: pytest.MonkeyPatch, cli: Any
) -> None:
    dataset = make_dataset()
    release = publish(unit, dataset)
    draft = make_dataset(name="otros_donativos")
    monkeypatch.setattr("ckanext.imssbienestar.procedure.guard_records.RULES_VERSION", "newer")
    shown = ANONYMOUS.call("imss_release_show", id=release["id"])
    assert shown["files"][0]["personal_data"] is None

    unit.liaison.call("imss_release_submit", id=draft["id"])
    assert [row.rules_version for row in _rows(PersonalScan)][-1] == "newer"
    shown = ANONYMOUS.call("imss_release_show", id=release["id"])
    assert shown["files"][0]["personal_data"]["rules_version"] == "newer"

    monkeypatch.setattr("ckanext.imssbienestar.procedure.guard_records.RULES_VERSION", "newest")
    for expected in ("1", "0"):
        result = cli.invoke(ckan, ["imssbienestar", "personal-data", "scan"])
        assert result.exit_code == 0, result.output
        assert result.output.strip().splitlines()[-1].startswith(expected)
    shown = ANONYMOUS.call("imss_release_show", id=release["id"])
    assert shown["files"][0]["personal_data"]["rules_version"] == "newest"
