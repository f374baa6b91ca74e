"""Who is in each group, whom nobody represents, and what a group cannot do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from organism import (
    CAPABILITY_RULES,
    DAY,
    DESIGNATION_RULES,
    START,
    TODAY,
    TREE,
    UNITS,
    designation,
)

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.capabilities import capabilities
from ckanext.imssbienestar.domain.designations import Designation, Post, designation_problems
from ckanext.imssbienestar.domain.working_groups import (
    WorkingGroup,
    coordination_coverage,
    division_coverage,
    group_problems,
    new_group_problems,
    organism_problems,
    people_of,
)

GROUPS = [WorkingGroup(f"g{n}", f"C{n}", START) for n in (1, 2, 3, 4)]
MEMBER = designation(Post.MEMBER, "C1", represents=("D1", "D2"))
WHOLE = [designation(Post.LIAISON, "U1"), MEMBER, designation(Post.ADMINISTRATOR)]


def lacking(held: list[Designation], coordination: str = "C1") -> list[str]:
    found = group_problems(coordination, held, TREE, CAPABILITY_RULES)
    assert len(problem_findings(found, "en")) == len(found)
    return [problem.code for problem in found]


@pytest.mark.req("R-020", "R-021", "R-022", "R-023", "R-024")
def test_what_a_group_lacks() -> None:
    assert lacking(WHOLE) == []
    assert lacking(WHOLE[1:]) == ["group-without-liaison"]
    assert lacking([WHOLE[0], WHOLE[2]]) == ["group-without-member"] + (
        ["group-division-uncovered"] * 2
    )
    assert lacking(WHOLE[:2]) == ["group-without-administrator"]
    assert lacking([*WHOLE[:2], designation(Post.ADMINISTRATOR_DELEGATE, "C1")]) == []
    assert lacking([*WHOLE[:2], designation(Post.ADMINISTRATOR_DELEGATE, "C2")]) == [
        "group-without-administrator"
    ]
    assert lacking(WHOLE, "C9") == ["group-unit-unknown"]
    gone = [replace(one, valid_to=TODAY - DAY) for one in WHOLE]
    assert lacking(gone)[:2] == ["group-without-liaison", "group-without-member"]
    without = group_problems("C4", [], TREE, CAPABILITY_RULES)[0]
    sentence = problem_findings([without], "en")[0].message
    assert "send to the Transparency Unit" in sentence
    assert "fill in Formato 1" not in sentence


def test_a_liaison_held_where_no_liaison_can_be_is_none() -> None:
    """What a group is told to lack and what people may do are one answer."""
    above = designation(Post.LIAISON, "DG")
    assert lacking([above, *WHOLE[1:]]) == ["group-without-liaison"]
    assert not capabilities([above], TREE, CAPABILITY_RULES)
    ended = replace(MEMBER, person="luz", valid_to=TODAY - DAY)
    outside = designation(Post.UNIT_HEAD, "U1", person="eva")
    people = [replace(one, person=str(one.post)) for one in WHOLE]
    assert people_of("C1", [*people, ended, outside], TREE, DESIGNATION_RULES) == {
        "liaison",
        "member",
        "administrator",
    }


@pytest.mark.req("R-037")
def test_the_matrix_of_divisions_and_members() -> None:
    other = designation(Post.MEMBER, "C1", person="eva", represents=("D1",))
    gone = designation(Post.MEMBER, "C1", person="luz", represents=("D2",), valid_to=START)
    elsewhere = designation(Post.MEMBER, "C2", represents=("D2",))
    matrix = division_coverage("C1", [other, gone, elsewhere], TREE, DESIGNATION_RULES)
    assert {unit.unit_id for unit in matrix.divisions} == {"D1", "D2"}
    assert matrix.members == (other,)
    assert [unit.unit_id for unit in matrix.gaps] == ["D2"]
    assert division_coverage("C1", [other, MEMBER], TREE, DESIGNATION_RULES).gaps == ()
    assert {unit.unit_id for unit in matrix.divisions if matrix.is_represented_by(unit, other)} == {
        "D1"
    }
    # A division made later is a gap from its first day on.
    made = UNITS.with_period(
        replace(UNITS.history("D1")[0], unit_id="D7", name="Nueva", valid_from=TODAY)
    )
    assert division_coverage("C1", [MEMBER], made.on(TODAY - DAY), DESIGNATION_RULES).gaps == ()
    assert [
        unit.name
        for unit in division_coverage("C1", [MEMBER], made.on(TODAY), DESIGNATION_RULES).gaps
    ] == ["Nueva"]


@pytest.mark.req("R-037")
def test_a_division_of_the_unit_itself_is_represented_in_any_of_its_groups() -> None:
    loose = replace(UNITS.history("D1")[0], unit_id="D8", name="Suelta", parent_id="U1")
    units = UNITS.with_period(loose)
    tree = units.on(TODAY)

    def told(*represents: tuple[str, str]) -> list[str]:
        held = [
            WHOLE[2],
            *(designation(Post.MEMBER, unit, represents=(one,)) for unit, one in represents),
        ]
        found = organism_problems(GROUPS, held, tree, DESIGNATION_RULES)
        assert len(problem_findings(found, "es")) == len(found)
        return [problem.code for problem in found]

    whole = division_coverage(
        "U1", [MEMBER, designation(Post.MEMBER, "C2", represents=("D8",))], tree, DESIGNATION_RULES
    )
    assert len(whole.members) == 2
    assert [unit.unit_id for unit in whole.gaps] == ["D3"]
    assert told() == told(("C3", "D8")) == ["unit-division-uncovered"]
    assert told(("C2", "D8")) == []
    for unit, codes in (("C2", []), ("C3", ["designation-division-elsewhere"])):
        made = designation(Post.MEMBER, unit, represents=("D8",))
        found = designation_problems(made, [], units, DESIGNATION_RULES, TODAY)
        assert [problem.code for problem in found] == codes


@pytest.mark.req("R-019", "R-021")
def test_every_coordination_with_its_group_or_without() -> None:
    rows = coordination_coverage(GROUPS[:1], WHOLE, TREE, DESIGNATION_RULES, "U1")
    assert [(row.coordination.unit_id, row.is_covered) for row in rows] == [
        ("C1", True),
        ("C2", False),
    ]
    assert rows[1].group is None
    assert rows[1].liaisons == (WHOLE[0],)
    assert len(coordination_coverage(GROUPS, WHOLE, TREE, DESIGNATION_RULES)) == 4


@pytest.mark.req("R-013", "R-019")
def test_one_group_for_each_coordination_and_one_administrator() -> None:
    assert organism_problems(GROUPS, WHOLE, TREE, DESIGNATION_RULES) == ()

    def codes(groups: list[WorkingGroup], held: list[Designation]) -> list[str]:
        found = organism_problems(groups, held, TREE, DESIGNATION_RULES)
        assert len(problem_findings(found, "es")) == len(found)
        return [problem.code for problem in found]

    eva = designation(Post.ADMINISTRATOR, person="eva")
    assert codes(GROUPS[1:], WHOLE) == ["group-missing"]
    assert codes([*GROUPS, replace(GROUPS[0], id="x")], WHOLE) == ["group-twice"]
    assert codes(GROUPS, []) == ["administrator-missing"]
    assert codes(GROUPS, [*WHOLE, eva]) == ["administrator-twice"]
    strange = [WorkingGroup("x", "D1", START), WorkingGroup("y", "none", START)]
    assert codes([*GROUPS, *strange], WHOLE) == ["group-not-of-coordination", "group-unit-unknown"]


@pytest.mark.req("R-019")
@pytest.mark.parametrize(
    ("group", "codes"),
    [
        (WorkingGroup("n", "C1", TODAY), ["group-twice"]),
        (WorkingGroup("n", "U1", TODAY), ["group-not-of-coordination"]),
        (WorkingGroup("n", "none", TODAY), ["group-unit-unknown"]),
        (WorkingGroup("n", "C2", TODAY, TODAY - DAY), ["group-dates-backwards"]),
        (WorkingGroup("g1", "C1", TODAY), []),
        (WorkingGroup("n", "C2", TODAY), []),
    ],
)
def test_a_second_group_is_refused(group: WorkingGroup, codes: list[str]) -> None:
    ended = replace(GROUPS[1], valid_to=TODAY - DAY)
    found = new_group_problems(group, [GROUPS[0], ended], TREE)
    assert [problem.code for problem in found] == codes
    assert len(problem_findings(found, "es")) == len(codes)
