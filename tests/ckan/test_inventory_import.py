"""A workbook of Formato 1 that comes back: shown row by row, then done as shown or not at all."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from catalogue_cast import file_storage
from ckan import model
from ckan.plugins import toolkit as tk
from identification_cast import Organism
from inventory_desk import COMPLETE, PREPARED, InventoryDesk, edited, stored, title_row

from ckanext.imssbienestar.model import InventoryImport
from ckanext.imssbienestar.portal import permissions
from ckanext.imssbienestar.procedure import history

pytestmark = pytest.mark.usefixtures("with_plugins")


@pytest.fixture
def member(organism: Organism) -> InventoryDesk:
    return InventoryDesk(organism.member, organism.coordination)


def codes(shown: dict[str, Any], part: str = "refusals") -> set[str]:
    return {found["code"] for found in shown[part]}


def reasons(shown: dict[str, Any]) -> dict[int, set[str]]:
    """Row -> the codes of why it is refused."""
    return {
        row["row"]: {found["code"] for found in row["reasons"]}
        for row in shown["results"]
        if row["reasons"]
    }


@pytest.mark.req("R-047", "R-053", "R-065", "R-066", "R-067", "R-068")
@pytest.mark.parametrize("form", ["xlsx", "ods"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_goes_out_comes_back_the_same(member: InventoryDesk, form: str, count: int) -> None:
    member.call("update", header={**PREPARED, "estado": "Jalisco"})
    for number in range(count):
        member.add(nombre=f"=1+{number}", descripcion="007\n«ñ» <&>", cobertura="México")
    before = stored()
    shown = member.look_at(member.exported(form), f"formato-1.{form}")
    assert shown["counts"] == {"created": 0, "changed": 0, "same": count, "refused": 0}
    assert not shown["header_changes"]
    assert not shown["notes"]
    assert stored() == before


def book_of(member: InventoryDesk) -> tuple[bytes, int]:
    """The workbook of a draft with two databases, and the row of the first."""
    member.add()
    member.add(nombre="Camas censables")
    book = member.exported()
    return book, title_row(book) + 1


@pytest.mark.req("R-045", "R-054", "R-068")
def test_it_is_shown_before_it_is_done_and_done_as_it_was_shown(
    member: InventoryDesk, organism: Organism
) -> None:
    book, row = book_of(member)
    book = edited(
        book,
        {
            f"B{row}": "Consultas por unidad",
            f"B{row + 2}": "Egresos",
            f"B{row + 3}": "Mal",
            f"E{row + 3}": "Papiro",
        },
    )
    before = stored()
    shown = member.look_at(book)
    assert stored() == before
    assert shown["counts"] == {"created": 1, "changed": 1, "same": 1, "refused": 1}
    by_row = {one["row"]: one for one in shown["results"]}
    (change,) = by_row[row]["changes"]
    assert (change["before"], change["after"]) == ("Consultas otorgadas", "Consultas por unidad")
    assert by_row[row + 2]["proposed"]
    (reason,) = by_row[row + 3]["reasons"]
    assert (reason["code"], reason["cell"]) == ("inventory-value-not-listed", f"E{row + 3}")
    only = member.call("import", id=shown["id"], kind="refused", limit=1)
    assert [one["row"] for one in only["results"]] == [row + 3]
    member.confirm(shown)
    names = [one["name"] for one in member.show()["results"]]
    assert names == ["Consultas por unidad", "Camas censables", "Egresos"]
    (event, *_) = history.events_of(model.Session, f"inventory:{organism.units['C1']['id']}")
    assert event.event.act == "inventory.imported"
    assert event.event.changes["counts"] == shown["counts"]
    assert history.verify(model.Session) == ()
    after = stored()
    with pytest.raises(tk.ObjectNotFound):
        member.confirm(shown)
    assert stored() == after


@pytest.mark.req("R-068")
def test_what_changed_since_it_was_shown_is_not_written_over(
    member: InventoryDesk, organism: Organism
) -> None:
    book, row = book_of(member)
    shown = member.look_at(edited(book, {f"B{row}": "Mío", f"B{row + 2}": "Nueva"}))
    liaison = InventoryDesk(organism.liaison, organism.coordination)
    entry = liaison.call("entry_show", identifier="CH-0001")
    liaison.change(entry, cobertura="Nacional")
    before = stored()
    with pytest.raises(tk.ValidationError) as refused:
        member.confirm(shown)
    assert refused.value.error_dict["findings"][0]["code"] == "inventory-import-outdated"
    assert stored() == before
    again = member.call("import", id=shown["id"], again=True)
    (told,) = [one for one in again["results"] if one["kind"] == "refused"]
    assert [one["code"] for one in told["reasons"]] == ["inventory-changed-meanwhile"]
    assert [one["after"] for one in told["meanwhile"]] == ["Nacional"]
    member.confirm(again)
    assert [one["name"] for one in member.show()["results"]][-1] == "Nueva"
    assert member.call("entry_show", identifier="CH-0001")["values"]["cobertura"] == "Nacional"


def moved(sheet: Any, row: int) -> None:
    sheet.move_range(f"B{row}:B{row + 2}", cols=20)


def renamed(sheet: Any, row: int) -> None:
    sheet[f"C{row}"] = "Descripción"


def extra(sheet: Any, row: int) -> None:
    sheet[f"V{row}"], sheet[f"V{row + 1}"] = "Notas de la jefa", "x"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (moved, "inventory-column-moved"),
        (renamed, "inventory-column-renamed"),
        (extra, "inventory-column-extra"),
    ],
)
def test_columns_that_are_not_as_the_form_has_them_are_told_and_read(
    member: InventoryDesk, change: Callable[[Any, int], None], code: str
) -> None:
    book, row = book_of(member)
    workbook = openpyxl.load_workbook(BytesIO(book))
    change(workbook.worksheets[0], row - 1)
    written = BytesIO()
    workbook.save(written)
    shown = member.look_at(written.getvalue())
    assert code in codes(shown, "notes")
    assert shown["counts"]["same"] == 2


def test_formulas_merged_cells_and_wrong_dates_refuse_their_rows(member: InventoryDesk) -> None:
    book, row = book_of(member)
    book = edited(
        book,
        {
            f"B{row}": '=CONCATENATE("a","b")',
            f"I{row + 1}": "2026-02-31",
            f"B{row + 2}": "Nueva",
            f"H{row + 2}": "2031",
        },
    )
    workbook = openpyxl.load_workbook(BytesIO(book))
    workbook.worksheets[0].merge_cells(f"C{row + 1}:D{row + 1}")
    written = BytesIO()
    workbook.save(written)
    shown = member.look_at(written.getvalue())
    told = reasons(shown)
    assert "inventory-formula" in told[row]
    assert {"inventory-merged", "inventory-date-wrong"} <= told[row + 1]
    assert told[row + 2] == {"inventory-date-wrong"}
    assert shown["counts"]["refused"] == 3
    cells = {found["cell"] for one in shown["results"] for found in one["reasons"]}
    assert {f"B{row}", f"I{row + 1}", f"H{row + 2}"} <= cells


def test_of_two_sheets_the_one_that_is_taken_is_told(member: InventoryDesk) -> None:
    book, _ = book_of(member)
    workbook = openpyxl.load_workbook(BytesIO(book))
    workbook.copy_worksheet(workbook.worksheets[0]).title = "Otra"
    written = BytesIO()
    workbook.save(written)
    shown = member.look_at(written.getvalue())
    assert "inventory-sheet-chosen" in codes(shown, "notes")
    assert shown["counts"]["same"] == 2


@pytest.mark.req("R-052", "R-054")
def test_a_workbook_or_a_row_of_another_coordination_is_refused(
    member: InventoryDesk, organism: Organism
) -> None:
    other = InventoryDesk(organism.second_member, str(organism.units["C2"]["name"]))
    theirs = other.add()
    shown = member.look_at(other.exported())
    assert codes(shown) == {"inventory-other-unit"}
    assert shown["count"] == 0
    book, row = book_of(member)
    book = edited(book, {f"A{row + 2}": theirs["identifier"], f"B{row + 2}": "Suya"})
    before = stored()
    shown = member.look_at(book)
    assert reasons(shown) == {row + 2: {"inventory-other-unit"}}
    member.confirm(shown)
    after = stored()
    assert after["imss_inventory_entry"] == before["imss_inventory_entry"]


def test_a_sheet_of_fifty_thousand_rows_is_refused_whole(member: InventoryDesk) -> None:
    book, row = book_of(member)
    workbook = openpyxl.load_workbook(BytesIO(book))
    for number in range(50_000):
        workbook.worksheets[0].cell(row + 2 + number, 2, f"Base {number}")
    written = BytesIO()
    workbook.save(written)
    before = stored()
    shown = member.look_at(written.getvalue())
    assert codes(shown) == {"inventory-too-many-rows"}
    member.confirm(shown)
    after = stored()
    assert after["imss_inventory_entry"] == before["imss_inventory_entry"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"nombre;formato\na;CSV\n", "inventory-not-workbook"),
        (b"%PDF-1.7\n", "inventory-not-workbook"),
        (b"PK\x03\x04 broken", None),
    ],
)
def test_what_is_no_workbook_is_told(
    member: InventoryDesk, content: bytes, code: str | None
) -> None:
    before = stored()
    shown = member.look_at(content)
    assert shown["refusals"]
    assert code is None or codes(shown) == {code}
    assert stored() == before


def test_without_a_file_or_without_having_looked_it_is_said(member: InventoryDesk) -> None:
    with pytest.raises(tk.ValidationError):
        member.call("import")
    member.add()
    with pytest.raises(tk.ValidationError):
        member.look_at(member.exported(), confirm=True)
    with pytest.raises(tk.ObjectNotFound):
        member.call("import", id="no-such-import", confirm=True)


def test_texts_that_show_a_person_are_not_imported(member: InventoryDesk) -> None:
    book, row = book_of(member)
    shown = member.look_at(edited(book, {f"C{row}": "Expediente de HEGG560427MVZRRL04"}))
    assert reasons(shown) == {row: {"inventory-personal-data"}}
    assert "HEGG560427MVZRRL04" not in str(shown)
    shown = member.look_at(edited(book, {"B7": "Regional, HEGG560427MVZRRL04"}))
    assert codes(shown) == {"inventory-personal-data"}
    assert shown["count"] == 0


def test_nobody_else_says_yes_and_old_ones_are_forgotten(
    member: InventoryDesk, organism: Organism
) -> None:
    book, row = book_of(member)
    book = edited(book, {f"B{row}": "Otro"})
    shown = member.look_at(book)
    other = InventoryDesk(organism.liaison, organism.coordination)
    for person in (other, InventoryDesk(organism.delegate, organism.coordination)):
        with pytest.raises(tk.ObjectNotFound):
            person.confirm(shown)
    with pytest.raises(tk.NotAuthorized):
        InventoryDesk(organism.second_member, organism.coordination).confirm(shown)
    member.call("import", id=shown["id"], cancel=True)
    with pytest.raises(tk.ObjectNotFound):
        member.confirm(shown)
    member.look_at(book)
    model.Session.execute(
        sa.update(InventoryImport).values(made=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    )
    model.Session.commit()
    newest = other.look_at(book)
    kept = model.Session.scalars(sa.select(InventoryImport.id)).all()
    assert kept == [newest["id"]]


@pytest.mark.req("R-032")
def test_nothing_is_imported_while_the_liaison_has_it(member: InventoryDesk) -> None:
    book, row = book_of(member)
    shown = member.look_at(edited(book, {f"B{row}": "Otro"}))
    member.call("hand_over")
    before = stored()
    with pytest.raises(tk.ValidationError) as refused:
        member.confirm(shown)
    assert refused.value.error_dict["findings"][0]["code"] == "inventory-in-review"
    assert stored() == before


@pytest.mark.req("R-028")
def test_an_expired_designation_neither_reads_nor_imports(
    member: InventoryDesk, organism: Organism, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, row = book_of(member)
    shown = member.look_at(edited(book, {f"B{row}": "Otro"}))
    (held,) = organism.transparency.call("imss_designation_list", user=organism.member.name)[
        "results"
    ]
    organism.transparency.call(
        "imss_designation_end", id=held["id"], valid_to=permissions.today().isoformat()
    )
    tomorrow = permissions.today() + datetime.timedelta(days=1)
    monkeypatch.setattr(permissions, "today", lambda: tomorrow)
    before = stored()
    for call in (member.show, lambda: member.confirm(shown), lambda: member.look_at(book)):
        with pytest.raises(tk.NotAuthorized):
            call()
    assert stored() == before


def test_a_workbook_without_marks_or_with_erased_identifiers_is_told(
    member: InventoryDesk,
) -> None:
    book, row = book_of(member)
    mark = "S"
    shown = member.look_at(
        edited(book, {f"{mark}{row}": None, f"B{row}": "Otro", f"A{row + 1}": None})
    )
    assert reasons(shown) == {
        row: {"inventory-mark-missing"},
        row + 1: {"inventory-identifier-erased"},
    }


@pytest.mark.req("R-068")
def test_five_hundred_rows_are_imported_at_once(member: InventoryDesk) -> None:
    blank = member.exported(blank=True)
    row = title_row(blank) + 1
    cells: dict[str, str | int | None] = {}
    for number in range(500):
        for letter, name in zip("BCDEFGHIJKNP", COMPLETE, strict=True):
            cells[f"{letter}{row + number}"] = COMPLETE[name] + (
                f" {number}" if letter == "B" else ""
            )
    shown = member.look_at(edited(blank, cells))
    assert shown["counts"]["created"] == 500, shown["results"][:1]
    member.confirm(shown)
    draft = member.show(limit=2, offset=498)
    assert [one["identifier"] for one in draft["results"]] == ["CH-0499", "CH-0500"]
    assert draft["incomplete"] == 0


def test_a_file_beyond_the_limit_is_told(
    member: InventoryDesk, ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ckan_config, "ckan.max_resource_size", 0)
    with pytest.raises(tk.ValidationError) as refused:
        member.call("import", upload=file_storage("formato-1.xlsx", b"PK" * 10))
    assert refused.value.error_dict["upload"]
