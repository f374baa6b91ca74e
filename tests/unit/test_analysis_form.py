"""The form of the analysis: what nobody touched is not decided, what somebody changed is."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.imssbienestar.domain.inventory_values import clean_text
from ckanext.imssbienestar.portal.identification.analysis_form import (
    FormRow,
    sent_rows,
    shown_row,
    to_keep,
)

REASONS = st.text(st.sampled_from("ab ñ\n\t\r«»<&'\""), max_size=12).map(clean_text)
DECISIONS = st.none() | st.fixed_dictionaries(
    {
        "id": st.integers(1, 10**12),
        "relevant_to_society": st.booleans(),
        "useful_to_understand": st.booleans(),
        "publish": st.sampled_from([None, False]),
        "reason": REASONS,
    }
)


def as_sent(rows: list[FormRow]) -> dict[str, str]:
    """What a browser sends of rows that nobody touched: its line breaks are CRLF."""
    form: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        form |= {
            f"entry-{number}": row.entry,
            f"seen-{number}": str(row.based_on),
            f"was-{number}": row.was.replace("\n", "\r\n"),
            f"reason-{number}": row.reason.replace("\n", "\r\n"),
            **{f"{name}-{number}": answer for name, answer in row.answers.items()},
        }
    return form


@settings(max_examples=25)
@given(st.lists(DECISIONS, min_size=1, max_size=4), st.data())
def test_a_row_is_kept_when_it_was_marked_or_changed(
    decisions: list[dict[str, Any] | None], data: st.DataObject
) -> None:
    rows = [
        shown_row({"identifier": f"BD-{number}", "decision": decision, "repeatable": None})
        for number, decision in enumerate(decisions)
    ]
    form = as_sent(rows)
    assert [row.entry for row in sent_rows(form)] == [row.entry for row in rows]
    assert to_keep(sent_rows(form), undecided_too=False) == []
    missing = [row for row in sent_rows(form) if not row.based_on]
    assert to_keep(sent_rows(form), undecided_too=True) == missing
    for row, decision in zip(sent_rows(form), decisions, strict=True):
        expected = decision or {"relevant_to_society": True, "useful_to_understand": True}
        for name in ("relevant_to_society", "useful_to_understand"):
            assert row.sent[name] is expected[name]
        assert row.sent["based_on"] == (decision["id"] if decision else 0)
        assert row.sent["publish"] in (None, False)
    number = data.draw(st.integers(1, len(rows)))
    field = data.draw(st.sampled_from(["publish", "reason", "decide", "useful_to_understand"]))
    if field == "reason":
        changed = {f"reason-{number}": rows[number - 1].reason + "x"}
    elif field == "decide":
        changed = {f"decide-{number}": "1"}
    else:
        other = {"yes": "no", "no": "yes"}[rows[number - 1].answers[field]]
        changed = {f"{field}-{number}": other}
    (kept,) = to_keep(sent_rows(form | changed), undecided_too=False)
    assert kept.entry == rows[number - 1].entry


def test_what_the_earlier_version_said_is_where_a_row_begins() -> None:
    earlier = {
        "id": 7,
        "relevant_to_society": False,
        "useful_to_understand": True,
        "publish": None,
        "reason": "Solo sirve para el control interno.",
    }
    row = shown_row({"identifier": "BD-1", "decision": None, "repeatable": earlier})
    assert row.answers["relevant_to_society"] == "no"
    assert row.reason == earlier["reason"]
    assert row.based_on == 0, "nothing was decided about this version"
    assert to_keep([row], undecided_too=False) == []


def test_what_is_no_form_has_no_rows() -> None:
    assert sent_rows({}) == []
    assert sent_rows({"entry-2": "BD-1"}) == []
    twice = {"entry-1": " BD-1 ", "entry-2": "BD-1", "entry-3": " ", "seen-1": "²"}
    (row,) = sent_rows(twice)
    assert (row.entry, row.based_on, row.reason) == ("BD-1", 0, "")
