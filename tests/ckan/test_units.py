"""The register of units: imported from a table, kept as CKAN's organizations (R-011, R-176)."""

from __future__ import annotations

import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import ANONYMOUS, Person, file_storage, make_person
from ckan import model
from ckan.cli.cli import ckan
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from identification_cast import Organism
from openpyxl import Workbook
from planted import planted_family

from ckanext.imssbienestar.model import HistoryEvent, UnitPeriod
from ckanext.imssbienestar.portal import memberships, permissions

pytestmark = pytest.mark.usefixtures("with_plugins")

HEADER = "clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde,vigente_hasta\n"
FIRST = (
    HEADER + "DG,Dirección General,Dirección General,,2024-01-01,\n"
    "U1,Unidad de Salud,Unidad Administrativa,DG,2024-01-01,\n"
    "U2,Unidad de Finanzas,Unidad Administrativa,DG,2024-01-01,\n"
    "C1,Coordinación de Hospitales,Coordinación central,U1,2024-01-01,\n"
    "T1,Coordinación Técnica de Camas,Coordinación Técnica,C1,2024-01-01,\n"
    "D1,División de Camas,División,T1,2024-01-01,\n"
)
MOVED = HEADER + "C1,Coordinación de Hospitales y Camas,Coordinación central,U2,2026-07-01,\n"


@pytest.fixture
def keeper(clean_site: None) -> Person:
    """A system administrator, who makes the first units."""
    return make_person("inicio", sysadmin=True)


def _rows() -> list[tuple[Any, ...]]:
    columns = (UnitPeriod.unit_id, UnitPeriod.name, UnitPeriod.parent_id, UnitPeriod.valid_from)
    return [tuple(row) for row in model.Session.execute(sa.select(*columns).order_by(*columns))]


def _imported(keeper: Person, content: str, **other: Any) -> dict[str, Any]:
    found: dict[str, Any] = keeper.call("imss_unit_import", content=content, confirm=True, **other)
    return found


def _move_clock(monkeypatch: Any, day: datetime.date) -> None:
    monkeypatch.setattr(permissions, "today", lambda: day)


@pytest.mark.req("R-011", "R-175")
def test_a_dry_run_writes_nothing_and_then_it_is_applied(keeper: Person) -> None:
    told = keeper.call("imss_unit_import", content=FIRST)
    assert told["counts"] == {"created": 6, "changed": 0, "same": 0, "refused": 0}
    assert _rows() == []
    assert model.Group.get("DG") is None

    applied = _imported(keeper, told["content"], digest=told["digest"])
    assert applied["counts"]["created"] == 6
    organization = model.Group.get("D1")
    assert (organization.name, organization.title) == ("division-de-camas", "División de Camas")
    above = [group.id for group in organization.get_parent_group_hierarchy("organization")]
    assert above == ["DG", "U1", "C1", "T1"]
    event = model.Session.scalars(sa.select(HistoryEvent)).one()
    assert (event.act, event.post) == ("units.imported", "system_administrator")
    assert _imported(keeper, FIRST)["counts"]["same"] == 6


@pytest.mark.req("R-176")
def test_a_unit_renamed_and_moved_keeps_its_address_and_datasets(keeper: Person) -> None:
    _imported(keeper, FIRST)
    dataset = factories.Dataset(owner_org="C1", private=True)
    assert _imported(keeper, MOVED)["counts"]["changed"] == 1
    shown = keeper.call("organization_show", id="coordinacion-de-hospitales")
    assert (shown["id"], shown["title"]) == ("C1", "Coordinación de Hospitales y Camas")
    assert model.Package.get(dataset["id"]).owner_org == "C1"
    assert [group.id for group in model.Group.get("C1").get_parent_groups("organization")] == ["U2"]
    history = ANONYMOUS.call("imss_unit_show", id="coordinacion-de-hospitales")["history"]
    assert [(each["title"], each["parent_id"]) for each in history] == [
        ("Coordinación de Hospitales", "U1"),
        ("Coordinación de Hospitales y Camas", "U2"),
    ]
    before = ANONYMOUS.call("imss_unit_list", day="2025-01-01", kind="central_coordination")
    assert [unit["title"] for unit in before["results"]] == ["Coordinación de Hospitales"]


def test_nobody_changes_the_name_in_the_addresses_of_a_unit(keeper: Person) -> None:
    _imported(keeper, FIRST)
    with pytest.raises(tk.NotAuthorized):
        keeper.call("organization_patch", id="C1", name="otro-nombre")
    keeper.call("organization_patch", id="C1", description="Camas y hospitales")
    parents = model.Group.get("C1").get_parent_groups("organization")
    assert [group.id for group in parents] == ["U1"]


def test_a_change_of_name_takes_effect_on_its_day(
    keeper: Person, app: Any, monkeypatch: Any
) -> None:
    _imported(keeper, FIRST)
    later = permissions.today() + datetime.timedelta(days=3)
    _imported(keeper, MOVED.replace("2026-07-01", later.isoformat()))
    assert model.Group.get("C1").title == "Coordinación de Hospitales"
    _move_clock(monkeypatch, later)
    app.get("/")
    model.Session.expire_all()
    assert model.Group.get("C1").title == "Coordinación de Hospitales y Camas"


def test_a_unit_that_ends_stays_in_the_catalogue(keeper: Person) -> None:
    _imported(keeper, FIRST)
    ended = HEADER + "D1,División de Camas,División,T1,2024-01-01,2026-06-30\n"
    assert _imported(keeper, ended)["counts"]["changed"] == 1
    assert model.Group.get("D1").state == "active"
    assert ANONYMOUS.call("imss_unit_show", id="D1")["exists"] is False


def test_an_organization_made_by_hand_becomes_a_unit_by_its_name(keeper: Person) -> None:
    organization = factories.Organization(name="unidad-de-finanzas", title="Finanzas")
    row = "unidad-de-finanzas,Unidad de Finanzas,Unidad Administrativa,,2024-01-01,\n"
    _imported(keeper, HEADER + row)
    assert [row[0] for row in _rows()] == [organization["id"]]
    assert model.Group.get("unidad-de-finanzas").title == "Unidad de Finanzas"


def test_two_units_of_one_name_have_two_addresses(keeper: Person) -> None:
    row = ",Unidad de Finanzas,Unidad Administrativa,,2024-01-01,\n"
    _imported(keeper, HEADER + "A" + row + "B" + row)
    assert {model.Group.get(key).name for key in "AB"} == {
        "unidad-de-finanzas",
        "unidad-de-finanzas-2",
    }


def test_a_refused_row_says_its_cell_and_the_others_are_applied(keeper: Person) -> None:
    bad = "C9,Coordinación suelta,Coordinación central,,2024-01-01,\nX,,División,C1,ayer,\n"
    told = _imported(keeper, FIRST + bad)
    assert told["counts"] == {"created": 6, "changed": 0, "same": 0, "refused": 2}
    refused = [change for change in told["changes"] if change["outcome"] == "refused"]
    assert {(change["row"], finding["cell"]) for change in refused for finding in change["findings"]
            } == {(8, "D8"), (9, "B9"), (9, "E9")}  # fmt: skip
    assert len(_rows()) == 6


def test_a_workbook_is_read_by_its_cells(keeper: Person) -> None:
    workbook = Workbook()
    for line in FIRST.splitlines():
        workbook.active.append(line.split(","))
    content = BytesIO()
    workbook.save(content)
    told = keeper.call(
        "imss_unit_import", upload=file_storage("unidades.xlsx", content.getvalue()), confirm=True
    )
    assert told["counts"]["created"] == 6
    exported = ANONYMOUS.call("imss_unit_export")["content"]
    assert keeper.call("imss_unit_import", content=exported)["counts"]["same"] == 6


@pytest.mark.parametrize(
    ("content", "word"),
    [("", "Choose"), ("a,b\n1,2\n", "clave"), ("\x00", "clave"), (FIRST[:6] + "\n", "nombre")],
)
def test_what_is_no_table_of_units_is_a_sentence(keeper: Person, content: str, word: str) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        _imported(keeper, content)
    assert word in str(refused.value.error_dict) or "eadline" in str(refused.value.error_dict)
    assert _rows() == []


def test_what_was_shown_is_what_is_applied(keeper: Person) -> None:
    told = keeper.call("imss_unit_import", content=MOVED.replace("U2", "DG"))
    _imported(keeper, FIRST)
    with pytest.raises(tk.ValidationError, match="changed after"):
        _imported(keeper, told["content"], digest=told["digest"])
    assert len(_rows()) == 6


def test_a_unit_is_not_called_after_a_person_by_their_curp(keeper: Person) -> None:
    curp = planted_family(1)[0].curp
    row = f"Z,Unidad {curp},Unidad Administrativa,,2024-01-01,\n"
    with pytest.raises(tk.ValidationError):
        _imported(keeper, HEADER + row)
    assert _rows() == []


def test_the_commands_tell_import_and_export(clean_site: None, cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "unidades.csv"
    file.write_text(FIRST, encoding="utf-8")
    command = ["imssbienestar", "units", "import", str(file)]
    told = cli.invoke(ckan, command)
    assert (told.exit_code, _rows()) == (0, [])
    assert "--yes" in told.output
    assert cli.invoke(ckan, [*command, "--yes"]).exit_code == 0
    assert len(_rows()) == 6
    output = tmp_path / "salida.csv"
    assert cli.invoke(ckan, ["imssbienestar", "units", "export", "-o", str(output)]).exit_code == 0
    file.write_text(output.read_text(encoding="utf-8") + "Q,,División,C1,ayer,\n", encoding="utf-8")
    refused = cli.invoke(ckan, [*command, "--yes"])
    assert refused.exit_code == 1
    assert "B8" in refused.output
    file.write_bytes(b"PK\x03\x04 no")
    broken = cli.invoke(ckan, command)
    assert broken.exit_code == 1
    assert "Traceback" not in broken.output


@pytest.mark.req("R-012")
def test_only_the_transparency_unit_keeps_the_units(organism: Organism) -> None:
    before = _rows()
    for name, person in organism.people().items():
        if name in ("transparency", "operator", "sysadmin"):
            assert person.call("imss_unit_import", content=FIRST)["counts"]
        else:
            with pytest.raises(tk.NotAuthorized):
                person.call("imss_unit_import", content=FIRST, confirm=True)
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("imss_unit_import", content=FIRST, confirm=True)
    assert _rows() == before


@pytest.fixture(autouse=True)
def _a_new_day(monkeypatch: Any) -> None:
    """What a process did on the day of another test is not done for this one."""
    monkeypatch.setattr(memberships._Day, "applied", permissions.today())
