"""Formato 2: generated from a closed Formato 1 and its analysis, never typed."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from formato_cases import (
    CLOSED,
    HEADER,
    REASON,
    RULES,
    TODAY,
    concentrado,
    decision,
    entry,
    inventory,
)
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.analysis import DocumentRefused
from ckanext.imssbienestar.domain.concentrado import (
    Concentrado,
    ConcentradoRow,
    Marks,
    Note,
    NoteKind,
    Totals,
    concentrado_problems,
    generate_concentrado,
    mark_problems,
)
from ckanext.imssbienestar.domain.inventory import InventoryEntry
from ckanext.imssbienestar.domain.inventory_versions import ClosedInventory
from ckanext.imssbienestar.domain.kept_documents import AlteredDocument


@pytest.mark.req("R-075", "R-076", "R-077", "R-078")
def test_the_marks_follow_from_the_analysis() -> None:
    rows = {row.identifier: row for row in concentrado().rows}
    said = {
        name: (row.marks.personal, row.marks.open, row.marks.public_interest)
        for name, row in rows.items()
    }
    assert said == {
        "BD-1": (False, True, True),
        "BD-2": (True, False, True),
        "BD-3": (False, True, True),
        "BD-4": (False, False, True),
        "BD-5": (False, False, False),
    }
    assert rows["BD-1"].name == "Donativos recibidos"
    assert rows["BD-3"].notes == (Note(NoteKind.DERIVED, "BD-2"),)
    assert rows["BD-4"].notes == (Note(NoteKind.RESERVED_GROUND, "Art. 113, 5 años"),)
    assert rows["BD-5"].notes == (Note(NoteKind.NO_PUBLIC_INTEREST, REASON),)


@pytest.mark.req("R-080", "R-081")
def test_the_truth_table_of_the_three_marks() -> None:
    """personal, open, public interest, with a reason -> what is wrong."""
    wrong = {
        marks: {problem.code for problem in mark_problems(_row(*marks))}
        for marks in product((False, True), repeat=4)
    }
    for (personal, is_open, interest, reason), codes in wrong.items():
        assert ("open-without-public-interest" in codes) is (is_open and not interest)
        assert ("open-but-personal" in codes) is (is_open and personal)
        assert ("analysis-not-open-no-reason" in codes) is (interest and not is_open and not reason)
    assert sum(not codes for codes in wrong.values()) == 8


def _row(personal: bool, is_open: bool, interest: bool, reason: bool) -> ConcentradoRow:
    notes = (Note(NoteKind.NOT_OPEN, REASON),) if reason else (Note(NoteKind.DERIVED, "A"),)
    return ConcentradoRow("A", "Base", Marks(personal, is_open, interest), notes)


entries = st.lists(
    st.builds(
        entry,
        st.text(min_size=1, max_size=6),
        st.text(max_size=8),
        personal=st.booleans(),
        reserved=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda found: found.identifier.upper(),
)


@pytest.mark.req("R-069", "R-079")
@given(entries, st.data())
def test_it_has_the_rows_of_formato_1_and_counts_them(
    known: list[InventoryEntry], data: st.DataObject
) -> None:
    form = inventory(*known)
    decided = [
        decision(found.identifier, useful_to_understand=data.draw(st.booleans()), reason=REASON)
        for found in known
    ]
    made = generate_concentrado(form, decided, HEADER, RULES, today=TODAY)
    assert sorted((row.identifier, row.name) for row in made.rows) == sorted(
        (found.identifier, found.name) for found in known
    )
    assert concentrado_problems(made, form, RULES) == ()
    answers = [row.marks.public_interest for row in made.rows]
    assert answers == sorted(answers, reverse=True), "those with public interest stand first"
    assert made.totals.databases == len(known)
    assert made.totals.public_interest == sum(found.public_interest for found in decided)
    assert made.totals.open <= made.totals.public_interest


@pytest.mark.req("R-079")
def test_the_totals_are_counted_and_added() -> None:
    totals = concentrado().totals
    assert totals == Totals(databases=5, personal=1, open=2, public_interest=4)
    assert totals + Totals() == totals
    assert (totals + totals).databases == 10


@pytest.mark.req("R-072", "R-073", "R-074")
@pytest.mark.parametrize(
    ("form", "header", "code"),
    [
        ({"unit": " "}, {}, "concentrado-no-unit"),
        ({}, {"organism": ""}, "concentrado-no-organism"),
        ({}, {"attributions": ("", " ", "—")}, "concentrado-no-attributions"),
        ({}, {"attributions": ("x\x00",)}, "concentrado-unwritable-text"),
        ({}, {"version": 0}, "concentrado-wrong-version"),
        ({}, {"made_on": CLOSED - datetime.timedelta(days=1)}, "concentrado-wrong-date"),
        ({}, {"made_on": TODAY + datetime.timedelta(days=1)}, "concentrado-wrong-date"),
        ({}, {"attributions": ("x" * 10_001,)}, "concentrado-long-attributions"),
    ],
)
def test_it_is_not_made_without_its_header(
    form: dict[str, Any], header: dict[str, Any], code: str
) -> None:
    with pytest.raises(DocumentRefused) as refused:
        concentrado(**form, header=header)
    (finding,) = problem_findings(refused.value.problems)
    assert finding.code == code
    assert code in str(refused.value)


@pytest.mark.req("R-093", "R-069")
def test_a_stored_form_is_held_to_its_formato_1() -> None:
    made = concentrado()
    same = inventory(
        *(
            entry(row.identifier, row.name, personal=row.marks.personal)
            for row in sorted(made.rows, key=lambda row: row.identifier)
        )
    )

    def codes(form: Concentrado, known: ClosedInventory) -> list[str]:
        problems = concentrado_problems(form, known, RULES)
        return [found.code for found in problem_findings(problems)]

    assert codes(made, same) == []
    other = replace(same, digest="2" * 64, entries=(*same.entries[1:], entry("new")))
    assert codes(made, other) == [
        "concentrado-other-inventory",
        "concentrado-row-missing",
        "concentrado-row-not-in-inventory",
    ]
    renamed = replace(made, rows=(replace(made.rows[0], name="Otra"), *made.rows[1:], made.rows[1]))
    assert codes(renamed, same) == ["concentrado-row-not-in-inventory", "concentrado-other-name"]
    secret = replace(
        same, entries=(entry("BD-1", same.entries[0].name, reserved=True), *same.entries[1:])
    )
    assert codes(made, secret) == ["open-but-reserved"]
    private = replace(
        same, entries=(entry("BD-1", same.entries[0].name, personal=True), *same.entries[1:])
    )
    assert codes(made, private) == ["concentrado-other-marks"]


@pytest.mark.req("R-093")
def test_every_fact_is_in_the_digest() -> None:
    made = concentrado()
    others = [
        replace(made, unit="Otra"),
        replace(made, coordination="Otra"),
        replace(made, inventory_digest="2" * 64),
        replace(made, rows=made.rows[1:]),
        replace(made, rows=(replace(made.rows[0], name="Otra"), *made.rows[1:])),
        replace(made, header=replace(made.header, version=2)),
        replace(made, header=replace(made.header, attributions=("Otra",))),
    ]
    assert concentrado().digest == made.digest
    assert len({made.digest, *(other.digest for other in others)}) == len(others) + 1


@pytest.mark.req("R-093")
def test_what_was_kept_comes_back_or_is_refused() -> None:
    made = concentrado()
    kept = json.loads(json.dumps(made.document()))
    assert Concentrado.restored(kept, made.digest) == made
    rows = kept["content"]["rows"]
    altered = [
        {**kept, "form": "otra"},
        {**kept, "content": {**kept["content"], "unit": "Otra"}},
        {**kept, "content": {**kept["content"], "rows": rows[1:]}},
        {**kept, "content": {**kept["content"], "extra": 1}},
        {**kept, "content": {**kept["content"], "inventory_version": "1"}},
        {**kept, "content": None},
        {},
        None,
        {**kept, "content": {**kept["content"], "unit": "\ud800"}},
    ]
    for document in altered:
        with pytest.raises(AlteredDocument):
            Concentrado.restored(document, made.digest)
    with pytest.raises(AlteredDocument):
        Concentrado.restored(kept, "0" * 64)


def test_the_layout_has_every_note_and_column_in_both_languages() -> None:
    layout = read_yaml("formato_2.yaml")
    for language in ("es", "en"):
        assert set(layout["notes"][language]) == {str(kind) for kind in NoteKind}
        assert all(part[language] for part in (*layout["header"], *layout["columns"]))
    assert set(layout["titles"]["es"]) == set(layout["titles"]["en"])
