"""The report for people: pages, downloads, the job behind a large file, and who sees what."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from catalogue_cast import (
    ANONYMOUS,
    Person,
    SampleMaker,
    Unit,
    file_storage,
    make_person,
    publish,
    sample,
    submit_and_sign,
)
from ckan import model
from ckan.lib import jobs as queue
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from openpyxl import load_workbook

from ckanext.imssbienestar.portal import jobs

pytestmark = pytest.mark.usefixtures("with_plugins")

GOOD = sample("donativos_otorgados.csv")
BROKEN = GOOD.replace(b"4000000", b"cuatro millones")
ONE_BYTE = ("ckanext.imssbienestar.check_inline_bytes", "1")


def _headers(person: Person) -> dict[str, str]:
    return {"Authorization": factories.APIToken(user=person.name)["token"]}


def _page(dataset: dict[str, Any], suffix: str = "") -> str:
    resource = dataset["resources"][0]["id"]
    return f"/dataset/{dataset['name']}/resource/{resource}/report{suffix}"


def _upload(unit: Unit, dataset: dict[str, Any], content: bytes) -> None:
    unit.liaison.call(
        "resource_patch",
        id=dataset["resources"][0]["id"],
        upload=file_storage("donativos_otorgados.csv", content),
    )


def test_the_page_says_verdict_groups_cells_and_remedies(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset(content=BROKEN)
    page = app.get(_page(dataset), headers=_headers(unit.liaison)).get_data(as_text=True)
    assert "No se puede publicar todavía: donativos_otorgados.csv" in page
    assert "Valor de otro tipo que el declarado" in page
    assert "I2" in page
    assert "cuatro millones" in page
    report = unit.liaison.call("imss_table_check", resource_id=dataset["resources"][0]["id"])
    wrong = next(found for found in report["findings"] if found["cell"] == "I2")
    assert (report["state"], report["publishable"]) == ("done", False)
    for text in (wrong["fix"], wrong["rule"]):
        assert text in page
    groups = {(g["code"], g["column"]): g["count"] for g in report["groups"]}
    assert groups["type-error", wrong["column"]] == 1
    assert sum(groups.values()) == report["total"]
