"""The analysis: one reasoned decision for each database of a closed Formato 1."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from formato_cases import CLOSED, REASON, RULES, TODAY, decision, entry, inventory
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.checks.texts import known_codes, problem_findings
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain import inventory_layout as names
from ckanext.imssbienestar.domain.analysis import (
    Decision,
    analysis_problems,
    analysis_remarks,
    is_open,
    legal_definition,
)
from ckanext.imssbienestar.domain.inventory import InventoryEntry

DATA = read_yaml("public_interest.yaml")


def codes(entries: list[InventoryEntry], decisions: list[Decision], **changed: Any) -> list[str]:
    problems = analysis_problems(inventory(*entries, **changed), decisions, RULES, today=TODAY)
    assert all(finding.blocks and finding.fix for finding in problem_findings(problems))
    return [problem.code for problem in problems]


@pytest.mark.req("R-046")
def test_every_database_of_a_closed_form_gets_one_decision() -> None:
    known = [entry("A"), entry("B")]
    assert codes(known, [decision("A"), decision("B")]) == []
    assert codes(known, [decision("A")]) == ["analysis-missing"]
    assert codes(known, [decision(name) for name in "ABC"]) == ["analysis-unknown-entry"]
    assert codes(known, [decision(name) for name in "ABB"]) == ["analysis-decided-twice"]
    assert codes([], []) == [], "nothing to decide is decided"
    draft = inventory(*known).next_draft()
    (problem,) = analysis_problems(draft, [decision("A")], RULES, today=TODAY)
    assert problem.code == "analysis-before-close"


@pytest.mark.req("R-046")
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"author": " "}, "analysis-no-author"),
        ({"decided_on": CLOSED - datetime.timedelta(days=1)}, "analysis-wrong-date"),
        ({"decided_on": TODAY + datetime.timedelta(days=1)}, "analysis-wrong-date"),
    ],
)
def test_a_decision_says_who_and_when(changed: dict[str, Any], code: str) -> None:
    assert codes([entry("A")], [decision("A", **changed)]) == [code]


@pytest.mark.req("R-006")
def test_the_default_is_to_publish_and_a_no_needs_a_reason() -> None:
    fresh = decision("A")
    assert is_open(entry("A"), fresh, RULES)
    for answer in ({"relevant_to_society": False}, {"useful_to_understand": False}):
        for said in ("", "-", ". . . . . . . . . . ."):
            assert codes([entry("A")], [decision("A", reason=said, **answer)]) == [
                "analysis-no-reason"
            ]
        assert codes([entry("A")], [decision("A", reason=REASON, **answer)]) == []
    endless = decision("A", reason="x" * (RULES.longest_reason + 1))
    assert codes([entry("A")], [endless]) == ["analysis-long-reason"]
    torn = decision("A", reason=f"{REASON}\ud800")
    assert codes([entry("A")], [torn]) == ["analysis-unwritable-reason"]


@pytest.mark.req("R-081", "R-067")
@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"personal": True}, "personal"),
        ({names.KIND_OF_DATA: "sensitive"}, "personal"),
        ({"reserved": True}, "reserved"),
        ({names.KIND_OF_DATA: "reserved", "personal": True}, "reserved"),
    ],
)
def test_what_is_excluded_is_never_open(changed: dict[str, Any], kind: str) -> None:
    found = entry("A", **changed)
    assert not is_open(found, decision("A", publish=True), RULES)
    assert codes([found], [decision("A")]) == [], "the exclusion is the reason"
    assert codes([found], [decision("A", publish=True)]) == [f"open-but-{kind}"]


@pytest.mark.req("R-081")
def test_a_derivative_is_an_entry_linked_to_its_original() -> None:
    def of(**origins: str) -> list[str]:
        known = [entry(name, **{names.DERIVED_FROM: origin}) for name, origin in origins.items()]
        return codes(known, [decision(name) for name in origins])

    assert of(A="", B="A", C="B") == []
    assert of(A="Z") == [], "of another inventory, asked when the form was closed"
    assert of(A="A") == ["derivative-of-itself"]
    assert of(A="B", B="A", C="A") == ["derivative-of-itself"] * 2


def test_open_data_said_to_be_internal_are_looked_at_again() -> None:
    known = inventory(entry("A", **{names.KIND_OF_DATA: "internal"}))
    (remark,) = problem_findings(analysis_remarks(known, [decision("A"), decision("Z")], RULES))
    assert not remark.blocks
    assert "A" in remark.message


@pytest.mark.req("R-009")
def test_the_form_quotes_the_definition_of_the_day_and_asks_for_both_parts() -> None:
    found = legal_definition(DATA, TODAY)
    assert "fracción XII" in found.reference.es
    assert set(found.parts) <= set(Decision.__dataclass_fields__)
    assert len(found.parts) == 2
    newer = {**DATA["definitions"][0], "from": datetime.date(2026, 1, 1)}
    both = {"definitions": [newer, *DATA["definitions"]]}
    assert legal_definition(both, TODAY).since == datetime.date(2026, 1, 1)
    assert legal_definition(both, datetime.date(2025, 1, 1)).since == found.since
    with pytest.raises(LookupError):
        legal_definition(both, datetime.date(2000, 1, 1))


entries = st.builds(
    entry,
    st.sampled_from("ABC"),
    personal=st.booleans(),
    reserved=st.booleans(),
    **{
        names.KIND_OF_DATA: st.sampled_from(["", "open", "personal", "reserved", "internal"]),
        names.DERIVED_FROM: st.sampled_from(["", "A", "B", "C", "Z"]),
    },
)
decisions = st.builds(
    Decision,
    st.sampled_from("ABCZ"),
    st.sampled_from(["", "enlace"]),
    st.dates(CLOSED - datetime.timedelta(days=2), TODAY + datetime.timedelta(days=2)),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, True, False]),
    st.sampled_from(["", REASON]),
)


@given(st.lists(entries, max_size=4), st.lists(decisions, max_size=5))
def test_whatever_is_decided_has_an_answer(
    known: list[InventoryEntry], decided: list[Decision]
) -> None:
    problems = analysis_problems(inventory(*known), decided, RULES, today=TODAY)
    assert {problem.code for problem in problems} <= set(known_codes())
    assert len(problem_findings(problems, "en")) == len(problems)
