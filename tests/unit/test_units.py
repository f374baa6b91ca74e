"""The hierarchy of units in time: names that change, rules, and the tree of a day."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organism import DAY, START, TODAY, TREE, UNIT_RULES, UNITS, period

from ckanext.imssbienestar.domain.units import (
    UnitPeriod,
    UnitRefused,
    UnitRegister,
    unit_problems,
)

LATER = datetime.date(2025, 7, 1)


def codes(*periods: UnitPeriod) -> list[str]:
    return [found.problem.code for found in unit_problems(UnitRegister(periods, UNIT_RULES))]


@pytest.mark.req("R-011")
def test_a_renamed_and_moved_unit_is_the_same_one() -> None:
    moved = UNITS.with_period(
        period("C2", "central_coordination", "U2", LATER, name="Coordinación de Otra Cosa")
    )
    assert unit_problems(moved) == ()
    assert [unit.name for unit in moved.history("C2")] == [
        "Unidad C2",
        "Coordinación de Otra Cosa",
    ]
    before, after = moved.on(LATER - DAY), moved.on(LATER)
    assert [above.unit_id for above in before.ancestors("C2")] == ["U1", "DG"]
    assert [above.unit_id for above in after.ancestors("C2")] == ["U2", "DG"]
    assert [below.unit_id for below in after.within("C2")] == ["C2", "D3"]
    assert {unit.unit_id for unit in after.with_working_group("U2")} == {"C2", "C3"}
    assert moved.at("C2", START - DAY) is None


@pytest.mark.req("R-082", "R-175")
def test_who_signs_for_whom() -> None:
    signing = {unit: TREE.signing_unit(unit) for unit in ("D2", "C1", "C4", "U2", "DG", "none")}
    assert {unit: found and found.unit_id for unit, found in signing.items()} == {
        "D2": "U1",
        "C1": "U1",
        "C4": "C4",
        "U2": "U2",
        "DG": None,
        "none": None,
    }
    assert {unit.unit_id for unit in TREE.to_represent("U1")} == {"D1", "D2", "D3"}


@pytest.mark.parametrize(
    ("periods", "code"),
    [
        ([period("D9", "division", None)], "unit-without-parent"),
        ([period("C9", "central_coordination", None)], "unit-without-parent"),
        ([period("D9", "division", "none")], "unit-parent-unknown"),
        ([period("D9", "division", "DG")], "unit-kind-under"),
        ([period("X9", "ministry", "DG")], "unit-kind-unknown"),
        ([period("U9", "administrative_unit", "DG", name=" ")], "unit-without-name"),
        ([period("U9", "administrative_unit", "DG", START - DAY)], "unit-outside-parent"),
        (
            [period("U9", "administrative_unit", "DG", valid_to=START - DAY)],
            "unit-dates-backwards",
        ),
        (
            [
                period("U9", "administrative_unit", "DG"),
                period("U9", "administrative_unit", "DG", LATER),
            ],
            "unit-periods-overlap",
        ),
        (
            [
                period("U9", "administrative_unit", "DG", valid_to=LATER),
                period("D9", "division", "U9"),
            ],
            "unit-outside-parent",
        ),
    ],
)
def test_what_is_against_the_rules(periods: list[UnitPeriod], code: str) -> None:
    assert codes(period("DG", "general_direction", None), *periods) == [code]


def test_a_cycle_that_begins_in_the_middle_is_found() -> None:
    found = codes(
        period("DG", "general_direction", None),
        period("A", "administrative_unit", "DG", valid_to=LATER - DAY),
        period("A", "central_coordination", "B", LATER),
        period("B", "administrative_unit", "A", LATER),
    )
    assert "unit-cycle" in found


def test_a_superior_with_a_new_name_still_covers_its_units() -> None:
    renamed = UNITS.with_period(period("U1", "administrative_unit", "DG", LATER, name="Nueva"))
    assert unit_problems(renamed) == ()
    closed = renamed.ended("U1", TODAY)
    assert {found.problem.code for found in unit_problems(closed)} == {"unit-outside-parent"}


def test_nothing_that_held_is_overwritten() -> None:
    with pytest.raises(UnitRefused):
        UNITS.with_period(period("C1", "central_coordination", "U2", START))
    with pytest.raises(UnitRefused):
        UNITS.ended("C1", START - DAY)
    with pytest.raises(UnitRefused):
        UNITS.ended("none", TODAY)
    with pytest.raises(UnitRefused):
        UNITS.corrected(period("C1", "central_coordination", "U2", LATER))


PARENTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)), max_size=8)


@given(PARENTS)
def test_a_register_without_findings_is_a_forest_every_day(
    made: list[tuple[int, int, int]],
) -> None:
    """Whatever hangs from whatever: the walk up and down ends, and cycles are never passed over."""
    register = UnitRegister(
        tuple(
            period(
                str(unit), "division", None if unit == above == 0 else str(above), START + DAY * n
            )
            for unit, above, n in made
        ),
        UNIT_RULES,
    )
    cyclic = "unit-cycle" in {found.problem.code for found in unit_problems(register)}
    found = False
    for n in range(4):
        tree = register.on(START + DAY * n)
        for unit_id in tree.units:
            above, seen = tree.units[unit_id].parent_id, {unit_id}
            while above in tree.units and above not in seen:
                seen.add(above)
                above = tree.units[above].parent_id
            found = found or above in seen
            assert unit_id not in {unit.unit_id for unit in tree.ancestors(unit_id)}
            assert len(tree.descendants(unit_id)) < len(tree.units)
    assert cyclic or not found
