"""Importing a Formato 1: told row by row first; two people at the same entry lose nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inventory_cases import GOOD, HEADER, LAYOUT, TODAY, any_entries, as_read, entries, entry

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.inventory import InventoryEntry
from ckanext.imssbienestar.domain.inventory_import import (
    ImportOutdated,
    ImportPlan,
    Inventory,
    ReadInventory,
    RowKind,
    apply_import,
    plan_edit,
    plan_import,
)
from ckanext.imssbienestar.domain.problems import Problem


def planned(read: ReadInventory, *stored: InventoryEntry, **options: Any) -> ImportPlan:
    inventory = Inventory(HEADER, stored, prefix="CE", **options)
    plan = plan_import(read, inventory, LAYOUT, TODAY)
    told = [p for row in plan.rows for p in (*row.reasons, *row.notes)]
    # Whatever is told has words in both languages.
    for language in ("es", "en"):
        problem_findings((*told, *plan.notes, *plan.refusals), language)
    return plan


def only(plan: ImportPlan) -> tuple[str, list[tuple[str, str | None]]]:
    (row,) = plan.rows
    return row.kind.value, [(p.code.removeprefix("inventory-"), p.cell) for p in row.reasons]


@pytest.mark.req("R-054", "R-068")
def test_created_changed_same_refused_and_what_is_not_there_stays() -> None:
    one, two, three = entries(3)
    edited = {name: two.value(name) for name in LAYOUT.fields} | {
        "formato": "ODS",
        "marca_de_version": two.mark,
    }
    wrong = GOOD | {"nombre": "Futura", "fecha_de_creacion": "2030-01-01"}
    plan = planned(as_read([one, edited, GOOD, wrong]), one, two, three)
    assert [row.kind.value for row in plan.rows] == ["same", "changed", "created", "refused"]
    assert plan.counts == dict.fromkeys(RowKind, 1)
    _, changed, created, refused = plan.rows
    assert [(c.field, c.before, c.after) for c in changed.changes] == [("formato", "csv", "ods")]
    assert (created.identifier, created.proposed) == ("CE-0004", True)
    assert [(p.code, p.variant, p.cell) for p in refused.reasons] == [
        ("inventory-date-wrong", "future", "H18"),
        ("inventory-date-wrong", "before_creation", "I18"),
    ]
    assert plan.absent == ("CE-0003",)
    after = apply_import(plan, (one, two, three))
    assert [e.identifier for e in after] == ["CE-0001", "CE-0002", "CE-0003", "CE-0004"]
    assert (after[0], after[2], after[1].value("formato")) == (one, three, "ods")


@pytest.mark.req("R-068")
@settings(max_examples=6)
@given(any_entries(), st.data())
def test_what_is_exported_changes_nothing_and_what_is_edited_is_all_that_changes(
    stored: list[InventoryEntry], data: st.DataObject
) -> None:
    rows: list[Any] = list(stored)
    plan = planned(as_read(rows), *stored)
    assert {row.kind for row in plan.rows} <= {RowKind.SAME}
    assert apply_import(plan, stored) == stored
    if not stored:
        return
    at = data.draw(st.integers(0, len(stored) - 1))
    rows[at] = {name: stored[at].value(name) for name in LAYOUT.fields} | {
        "nombre": "Otro nombre",
        "marca_de_version": stored[at].mark,
    }
    plan = planned(as_read(rows), *stored)
    after = apply_import(plan, stored)
    assert [n for n, (a, b) in enumerate(zip(stored, after, strict=True)) if a != b] in ([at], [])
    # Somebody else was quicker: refused or nothing to do, and what they wrote stands.
    quicker = list(stored)
    quicker[at] = InventoryEntry(
        stored[at].identifier, {**stored[at].values, "cobertura": "Cambió mientras tanto"}
    )
    late = planned(as_read(rows), *quicker)
    assert late.rows[at].kind is RowKind.REFUSED
    assert apply_import(late, quicker) == quicker


def test_everything_that_is_wrong_in_a_row_is_told_at_once() -> None:
    wrong = GOOD | {
        "identificador": "CE 1",
        "fecha_de_creacion": "31/02/2019",
        "fecha_de_actualizacion": "2030-01-01",
        "acceso": "quien sea",
    }
    kind, reasons = only(planned(as_read([wrong])))
    assert kind == "refused"
    assert sorted(reasons) == [
        ("date-wrong", "H15"),
        ("date-wrong", "I15"),
        ("identifier-form", "A15"),
        ("value-not-listed", "F15"),
    ]


@pytest.mark.req("R-054")
def test_a_workbook_without_identifiers_that_is_imported_twice_creates_nothing_twice() -> None:
    other = GOOD | {"nombre": "Otra"}
    rows = [GOOD, GOOD, other]
    first = planned(as_read(rows))
    stored = apply_import(first, ())
    assert [e.identifier for e in stored] == ["CE-0001", "CE-0002", "CE-0003"]
    again = planned(as_read([*rows, GOOD]), *stored)
    assert [(o.kind.value, o.identifier) for o in again.rows] == [
        ("same", "CE-0001"),
        ("same", "CE-0002"),
        ("same", "CE-0003"),
        ("created", "CE-0004"),  # there is one more than there was
    ]
    assert [p.code for p in again.rows[0].notes] == ["inventory-already-there"]
    assert again.absent == ()
    # A copy of a row that is there with its identifier is a new database.
    copied = planned(as_read([stored[0], GOOD]), stored[0])
    assert [o.kind.value for o in copied.rows] == ["same", "created"]


@pytest.mark.req("R-068")
def test_two_people_edit_the_same_entry() -> None:
    exported = entry()
    mine = as_read([entry(formato="pdf")])
    mine = replace(
        mine,
        rows=tuple(
            replace(row, written={**row.written, "marca_de_version": exported.mark})
            for row in mine.rows
        ),
    )
    theirs = entry(acceso="public")
    plan = planned(mine, theirs, earlier={exported.mark: exported})
    assert only(plan) == ("refused", [("changed-meanwhile", "S15")])
    (row,) = plan.rows
    assert [(c.field, c.before, c.after) for c in row.meanwhile] == [
        ("acceso", "internal", "public")
    ]
    # Without the earlier version: how what is stored differs from the row.
    (row,) = planned(mine, theirs).rows
    assert [(c.field, c.before, c.after) for c in row.meanwhile] == [
        ("formato", "pdf", "csv"),
        ("acceso", "internal", "public"),
    ]
    # Who did not touch the row is not told off for it.
    kept = planned(as_read([exported]), theirs)
    assert only(kept) == ("same", [])
    assert [p.code for p in kept.rows[0].notes] == ["inventory-newer-kept"]
    # The plan was looked at, and somebody else was quicker than the click.
    fresh = planned(mine, exported)
    with pytest.raises(ImportOutdated):
        apply_import(fresh, [theirs])


@pytest.mark.req("R-054")
@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"identificador": "CE-0001", "formato": "PDF"}, ("refused", "mark-missing", "S15")),
        ({"identificador": "CC-0001"}, ("refused", "other-unit", "A15")),
        ({"identificador": "CE-0099"}, ("refused", "identifier-retired", "A15")),
        ({"identificador": "CE-7", "marca_de_version": "v-1"}, ("refused", "entry-gone", "A15")),
        ({"marca_de_version": "v-1"}, ("refused", "identifier-erased", "A15")),
        ({"identificador": "a b"}, ("refused", "identifier-form", "A15")),
        ({"formato": "cinta"}, ("refused", "value-not-listed", "E15")),
        ({"identificador": "PROPIO-1"}, ("created", "", None)),
        ({"descripcion": ""}, ("created", "", None)),
    ],
)
def test_who_a_row_is(row: dict[str, str], expected: tuple[str, str, str | None]) -> None:
    plan = planned(
        as_read([GOOD | {"nombre": "Otra"} | row]),
        entry(),
        elsewhere={"CC-0001": "Coordinación de Compras"},
        retired=frozenset({"ce-0099"}),
    )
    kind, reasons = only(plan)
    assert (kind, *(reasons[0] if reasons else ("", None))) == expected
    if row == {"descripcion": ""}:
        assert [(p.code, p.cell) for p in plan.rows[0].notes] == [
            ("inventory-value-missing", "C15")
        ]


def test_an_identifier_on_two_rows_refuses_both() -> None:
    plan = planned(as_read([entry(), entry(formato="pdf")]), entry())
    assert [row.kind.value for row in plan.rows] == ["refused", "refused"]
    assert [row.reasons[0].facts["rows"] for row in plan.rows] == ["16", "15"]


@pytest.mark.req("R-052")
def test_a_workbook_of_another_coordination_is_refused_whole() -> None:
    read = as_read([GOOD])
    other = replace(read, header={**read.header, "coordinacion_central": "Coordinación de Compras"})
    plan = planned(other, entry())
    assert (plan.rows, plan.header_changes) == ((), ())
    assert [(p.code, p.variant, p.cell) for p in plan.refusals] == [
        ("inventory-other-unit", "workbook", "B6")
    ]
    # The same words in other letters are the same unit, and its name stays as it is stored.
    same = {
        **read.header,
        "coordinacion_central": "COORDINACION DE ESTADISTICA",
        "estado": "Jalisco",
    }
    plan = planned(replace(read, header=same))
    assert [(c.field, c.after) for c in plan.header_changes] == [("estado", "14")]
    assert [p.code for p in plan.notes] == ["inventory-municipality-unknown"]


def test_a_column_that_is_not_there_leaves_what_is_stored() -> None:
    known = entry(cobertura="Nacional")
    read = as_read([known])
    (row,) = read.rows
    written = {"identificador": "CE-0001", "nombre": "Nuevo nombre", "marca_de_version": known.mark}
    plan = planned(replace(read, rows=(replace(row, written=written),)), known)
    assert plan.rows[0].entry == entry(cobertura="Nacional", nombre="Nuevo nombre")


def test_what_the_cells_cannot_say_refuses_the_row() -> None:
    read = as_read([GOOD])
    doubt = Problem("inventory-formula", row=15, cell="C15")
    read = replace(read, rows=(replace(read.rows[0], problems=(doubt,)),))
    assert only(planned(read)) == ("refused", [("formula", "C15")])
    assert planned(as_read([])).rows == ()


def test_one_entry_saved_from_a_form_obeys_the_same_rules() -> None:
    known = entry()
    inventory = Inventory(HEADER, (known,), prefix="CE")
    form = {name: known.value(name) for name in LAYOUT.fields} | {"acceso": "Público"}
    fresh = plan_edit(form | {"marca_de_version": known.mark}, inventory, LAYOUT, TODAY)
    assert (fresh.kind, fresh.entry) == (RowKind.CHANGED, entry(acceso="public"))
    stale = plan_edit(form | {"marca_de_version": "v-otra"}, inventory, LAYOUT, TODAY)
    assert [p.code for p in stale.reasons] == ["inventory-changed-meanwhile"]
    new = plan_edit(GOOD | {"nombre": "Nueva"}, inventory, LAYOUT, TODAY)
    assert (new.kind, new.identifier) == (RowKind.CREATED, "CE-0002")


def test_new_identifiers_follow_one_another_past_refused_rows() -> None:
    rows = [GOOD | {"nombre": f"Base {n}"} | ({"formato": "?"} if n == 1 else {}) for n in range(4)]
    found = [(row.kind.value, row.identifier) for row in planned(as_read(rows), entry()).rows]
    assert found == [
        ("created", "CE-0002"),
        ("refused", ""),
        ("created", "CE-0003"),
        ("created", "CE-0004"),
    ]
