"""Files on their way in: the content store, the check on upload, the guard, bad input."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import Any

import pytest
from catalogue_cast import (
    ANONYMOUS,
    SampleMaker,
    Unit,
    file_storage,
    publish,
    sample,
)
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.procedure import content_store

pytestmark = pytest.mark.usefixtures("with_plugins")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _upload(unit: Unit, resource_id: str, content: bytes, name: str = "datos.csv") -> Any:
    return unit.liaison.call("resource_patch", id=resource_id, upload=file_storage(name, content))


def test_hash_and_size_come_from_the_bytes_never_from_the_request(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]
    expected = hashlib.sha256(sample("donativos_otorgados.csv")).hexdigest()
    assert (resource["hash"], resource["mimetype"]) == (expected, "text/csv")

    unit.liaison.call("resource_patch", id=resource["id"], hash="0" * 64, size=1, name="Otro")
    after = unit.liaison.call("resource_show", id=resource["id"])
    assert (after["hash"], after["size"], after["name"]) == (
        expected,
        len(sample("donativos_otorgados.csv")),
        "Otro",
    )


def test_a_new_file_never_overwrites_an_earlier_one(
    unit: Unit, make_dataset: SampleMaker, tmp_path: Path
) -> None:
    dataset = make_dataset()
    before = _files(tmp_path / "files")
    _upload(unit, dataset["resources"][0]["id"], b"a\n1\n")
    after = _files(tmp_path / "files")
    assert set(before) < set(after)
    assert all(path.stat().st_mode & 0o222 == 0 for path in after)
    _upload(unit, dataset["resources"][0]["id"], b"a\n1\n")
    assert _files(tmp_path / "files") == after


@pytest.mark.req("R-098", "R-101")
def test_every_upload_is_checked_and_the_report_is_for_those_who_take_part(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    broken = sample("donativos_otorgados.csv").replace(b"4000000", b"cuatro millones")
    dataset = make_dataset(content=broken)
    resource = dataset["resources"][0]["id"]

    report = unit.liaison.call("imss_resource_report", id=resource)
    assert report["publishable"] is False
    assert [found["cell"] for found in report["findings"]] == ["I2"]
    assert unit.transparency.call("imss_resource_report", id=resource) == report
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("imss_resource_report", id=resource)

    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert "I2" in [found["cell"] for found in refused.value.error_dict["findings"]]

    _upload(unit, resource, sample("donativos_otorgados.csv"))
    assert unit.liaison.call("imss_resource_report", id=resource)["publishable"] is True
    publish(unit, dataset)


@pytest.mark.req("R-108")
@pytest.mark.parametrize(
    "field",
    ["notes", "modified", "contact_name", "contact_email", "url", "frequency"],
)
def test_minimum_metadata_is_needed_to_send_not_to_save(
    unit: Unit, make_dataset: SampleMaker, field: str
) -> None:
    dataset = make_dataset(**{field: None})
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    findings = refused.value.error_dict["findings"]
    assert [(f["code"], f["column"]) for f in findings] == [("metadata-missing", field)]


@pytest.mark.req("R-098")
def test_every_column_of_every_resource_needs_a_description(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]
    resource["schema"]["fields"][7]["description"] = ""
    unit.liaison.call("resource_patch", id=resource["id"], schema=resource["schema"])
    # A validator would see only the second resource, which is fine.
    second = unit.liaison.call(
        "resource_create",
        package_id=dataset["id"],
        name="Otro",
        upload=file_storage("otro.csv", sample("donativos_otorgados.csv")),
    )
    text = sample("donativos_otorgados.dictionary.csv").decode()
    unit.liaison.call("imss_dictionary_import", resource_id=second["id"], content=text)
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    blocking = [f for f in refused.value.error_dict["findings"] if f["severity"] == "blocking"]
    assert [f["column"] for f in blocking] == ["partida_de_gasto"]


def test_a_dataset_without_files_or_with_a_link_is_not_sent(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    unit.liaison.call("resource_delete", id=dataset["resources"][0]["id"])
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert "no-resources" in [f["code"] for f in refused.value.error_dict["findings"]]

    unit.liaison.call(
        "resource_create",
        package_id=dataset["id"],
        name="Liga",
        url="https://example.org/datos.csv",
        url_type="upload",
        hash="0" * 64,
    )
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert "not-uploaded" in [f["code"] for f in refused.value.error_dict["findings"]]


@pytest.mark.req("R-178", "R-179", "R-182", "R-202")
def test_the_padron_is_refused_and_nothing_of_it_is_kept(
    unit: Unit, make_dataset: SampleMaker, tmp_path: Path
) -> None:
    dataset = make_dataset()
    before = _files(tmp_path / "files")
    header = sample("padron_de_personas_beneficiarias.header_only.csv")
    for attempt in (
        lambda: unit.liaison.call(
            "resource_create",
            package_id=dataset["id"],
            name="Padrón",
            upload=file_storage("padron.csv", header),
        ),
        lambda: _upload(unit, dataset["resources"][0]["id"], header),
    ):
        with pytest.raises(tk.ValidationError) as refused:
            attempt()
        sentence = refused.value.error_dict["upload"][0]
        assert "clave_unica_de_registro_de_poblacion" in sentence
        assert "transparencia.opd@imssbienestar.gob.mx" in sentence
    assert _files(tmp_path / "files") == before
    assert unit.liaison.call("package_show", id=dataset["id"]) == dataset


def test_no_room_on_the_disk_is_a_sentence_and_nothing_is_lost(
    unit: Unit, make_dataset: SampleMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset()
    before = _files(tmp_path / "files")

    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(content_store.os, "fsync", no_room)
    with pytest.raises(tk.ValidationError) as refused:
        _upload(unit, dataset["resources"][0]["id"], b"a\n1\n")
    assert refused.value.error_dict["upload"]
    assert _files(tmp_path / "files") == before
    assert unit.liaison.call("package_show", id=dataset["id"]) == dataset


@pytest.mark.ckan_config("ckan.max_resource_size", "1")
def test_a_file_over_the_limit_is_a_sentence(unit: Unit, make_dataset: SampleMaker) -> None:
    dataset = make_dataset()
    with pytest.raises(tk.ValidationError) as refused:
        _upload(unit, dataset["resources"][0]["id"], b"a\n" + b"1\n" * (1 << 20))
    assert "1 MB" in refused.value.error_dict["upload"][0]


def test_a_file_of_no_bytes_is_kept_as_a_draft_and_named(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset(content=b"")
    report = unit.liaison.call("imss_resource_report", id=dataset["resources"][0]["id"])
    assert report["publishable"] is False
    assert list(report["counts"]) == ["empty-file"]


@pytest.mark.parametrize(
    "text", ["", "esto no es un diccionario", '{"fields": 3}', "campo,descripcion\na,b\na,c\n"]
)
def test_a_dictionary_that_cannot_be_used_leaves_the_old_one(
    unit: Unit, make_dataset: SampleMaker, text: str
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_dictionary_import", resource_id=resource["id"], content=text)
    assert all(refused.value.error_dict["upload"])
    after = unit.liaison.call("resource_show", id=resource["id"])
    assert after["schema"] == resource["schema"]


def test_the_dictionary_goes_out_as_it_came_in_and_survives_a_new_file(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]
    shown = unit.liaison.call("imss_dictionary_show", id=resource["id"])
    assert shown["csv"] == sample("donativos_otorgados.dictionary.csv").decode()
    unit.liaison.call(
        "resource_update",
        id=resource["id"],
        name="Nuevo",
        upload=file_storage("nuevo.csv", b"a\n1\n"),
    )
    after = unit.liaison.call("resource_show", id=resource["id"])
    assert after["schema"] == resource["schema"]
    assert after["identifier"] == resource["identifier"]


def test_a_number_that_cannot_be_signed_is_a_sentence_not_a_traceback(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]
    resource["schema"]["fields"][8]["constraints"]["maximum"] = 9007199254740993
    unit.liaison.call("resource_patch", id=resource["id"], schema=resource["schema"])
    with pytest.raises(tk.ValidationError) as refused:
        unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert "message" in refused.value.error_dict
