"""Agreements of meetings followed up, and who may do and see anything of a group's meetings."""

from __future__ import annotations

from typing import Any

import pytest
from catalogue_cast import ANONYMOUS
from ckan.plugins import toolkit as tk
from identification_cast import Organism
from meetings_cast import call_meeting, codes, events, in_days, moment, record, stored

pytestmark = pytest.mark.usefixtures("with_plugins")


@pytest.mark.req("R-036", "R-039")
class TestAgreements:
    """Followed up by the liaison; overdue ones are told."""

    def _agreed(self, organism: Organism, *due: str, starts: float = -2) -> dict[str, Any]:
        agreements = [
            {"text": f"Acuerdo {place}", "owner": "member", "due": day}
            for place, day in enumerate(due, start=1)
        ]
        meeting = call_meeting(organism, starts)
        return record(organism.member, meeting, attended=["member"], agreements=agreements)

    def test_the_liaison_closes_it_once(self, organism: Organism) -> None:
        meeting = self._agreed(organism, in_days(3))
        (agreement,) = meeting["agreements"]
        with pytest.raises(tk.NotAuthorized):
            organism.member.call("imss_agreement_close", id=agreement["id"], state="done")
        closed = organism.liaison.call("imss_agreement_close", id=agreement["id"], state="done")
        assert (closed["state"], closed["closed_on"]) == ("done", in_days(0))
        before = stored()
        with pytest.raises(tk.ValidationError) as refused:
            organism.liaison.call("imss_agreement_close", id=agreement["id"], state="cancelled")
        assert "agreement-closed-already" in str(refused.value.error_dict)
        assert stored() == before
        assert events()[-1].event.act == "agreement.closed"

    def test_it_is_not_closed_before_the_meeting_nor_tomorrow(self, organism: Organism) -> None:
        (agreement,) = self._agreed(organism, in_days(3))["agreements"]
        for day in (-30, 1):
            with pytest.raises(tk.ValidationError) as refused:
                organism.liaison.call(
                    "imss_agreement_close",
                    id=agreement["id"],
                    state="done",
                    closed_on=in_days(day),
                )
            assert "agreement-closed-out-of-time" in str(refused.value.error_dict)

    def test_overdue_ones_are_told_and_listed_first(self, organism: Organism) -> None:
        meeting = self._agreed(organism, in_days(5), in_days(-1), in_days(-3), starts=-24 * 9)
        assert codes(meeting).count("agreement-overdue") == 2
        listed = organism.liaison.call("imss_agreement_list", coordination="C1")
        assert [one["text"] for one in listed["results"]] == [
            "Acuerdo 3",
            "Acuerdo 2",
            "Acuerdo 1",
        ]
        overdue = organism.liaison.call("imss_agreement_list", state="overdue", owner="member")
        assert overdue["count"] == 2
        assert {one["state"] for one in overdue["results"]} == {"overdue"}

    def test_two_hundred_agreements(self, organism: Organism) -> None:
        meeting = self._agreed(organism, *[in_days(5)] * 200)
        assert len(meeting["agreements"]) == 200
        page = organism.member.call("imss_agreement_list", coordination="C1", limit=50, offset=150)
        assert page["count"] == 200
        assert [one["position"] for one in page["results"]] == list(range(151, 201))
        with pytest.raises(tk.ValidationError):
            self._agreed(organism, *[in_days(5)] * 201)


class TestStrangers:
    """Whoever is not of the group, its liaison, its head or the Transparency Unit."""

    READS = (
        ("imss_meeting_list", {"coordination": "C1"}),
        ("imss_agreement_list", {"coordination": "C1"}),
        ("imss_form_list", {"coordination": "C1"}),
        ("imss_observation_list", {"coordination": "C1"}),
        ("imss_request_list", {"coordination": "C1"}),
        ("imss_database_list", {"coordination": "C1"}),
    )

    @pytest.mark.req("R-057")
    def test_they_read_nothing(self, organism: Organism) -> None:
        meeting = call_meeting(organism)
        for person in (
            organism.stranger,
            organism.sysadmin,
            organism.other_liaison,
            organism.other_head,
            organism.second_member,
            ANONYMOUS,
        ):
            for action, values in (*self.READS, ("imss_meeting_show", {"id": meeting["id"]})):
                with pytest.raises(tk.NotAuthorized):
                    person.call(action, **values)

    def test_lists_of_all_groups_hold_only_ones_own(self, organism: Organism) -> None:
        call_meeting(organism)
        assert organism.transparency.call("imss_meeting_list")["count"] == 1
        assert organism.second_member.call("imss_meeting_list")["count"] == 0
        assert organism.other_head.call("imss_meeting_list")["count"] == 0
        for person in (organism.stranger, organism.sysadmin, ANONYMOUS):
            with pytest.raises(tk.NotAuthorized):
                person.call("imss_meeting_list")

    def test_they_do_nothing(self, organism: Organism) -> None:
        meeting = record(
            organism.member,
            call_meeting(organism, -2),
            attended=["member"],
            agreements=[{"text": "x", "owner": "member", "due": in_days(2)}],
        )
        before = stored()
        agreement = meeting["agreements"][0]["id"]
        acts = {
            "imss_meeting_create": {"coordination": "C1", "starts_at": moment(3)},
            "imss_meeting_update": {"id": meeting["id"], "agenda": ["x"]},
            "imss_meeting_record": {"id": meeting["id"], "held": True, "attended": ["member"]},
            "imss_agreement_close": {"id": agreement, "state": "done"},
        }
        for name, person in organism.people().items():
            for action, values in acts.items():
                allowed = name == "liaison" or (
                    action == "imss_meeting_record"
                    and name in {"member", "representative", "delegate", "administrator"}
                )
                if not allowed:
                    with pytest.raises(tk.NotAuthorized):
                        person.call(action, **values)
        assert stored() == before

    def test_what_does_not_exist_is_not_found(self, organism: Organism) -> None:
        for action, values in (
            ("imss_meeting_show", {"id": "x"}),
            ("imss_meeting_record", {"id": "x", "held": True}),
            ("imss_agreement_close", {"id": "x", "state": "done"}),
            ("imss_request_show", {"id": "x"}),
            ("imss_form_show", {"id": "x"}),
            ("imss_database_forward", {"id": "x"}),
            ("imss_observation_create", {"form": "x", "text": "y"}),
        ):
            with pytest.raises(tk.ObjectNotFound):
                organism.liaison.call(action, **values)
