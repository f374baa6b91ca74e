"""Forms sent to the Transparency Unit, its observations and requests, and reported databases."""

from __future__ import annotations

import datetime
import hashlib
import json
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from catalogue_cast import Person
from ckan import model
from ckan.plugins import toolkit as tk
from identification_cast import Organism
from meetings_cast import begin_inventory, call_meeting, in_days, known_database, stored

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.release import canonical
from ckanext.imssbienestar.model import (
    Concentrado,
    Inventory,
    Mail,
    Observation,
    ReportedDatabase,
    Request,
    SentForm,
)
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.identification import asked
from ckanext.imssbienestar.procedure import content_sweep, history, sent_forms

pytestmark = pytest.mark.usefixtures("with_plugins")


def mails(kind: str) -> list[Mail]:
    return list(model.Session.scalars(sa.select(Mail).where(Mail.kind == kind)))


def refused_with(person: Person, action: str, **values: Any) -> list[str]:
    """The codes of the findings for which an action refuses; it must write nothing."""
    before = stored()
    with pytest.raises(tk.ValidationError) as refused:
        person.call(action, **values)
    model.Session.rollback()
    assert stored() == before
    return [found["code"] for found in refused.value.error_dict.get("findings", [])]


def move(meeting: dict[str, Any], hours: float) -> None:
    """Let time pass: the meeting now begins so many hours from now."""
    model.Session.execute(
        sa.text("UPDATE imss_meeting SET starts_at = :at WHERE id = :id"),
        {"at": asked.now() + datetime.timedelta(hours=hours), "id": meeting["id"]},
    )
    model.Session.commit()
    model.Session.expire_all()


class TestForms:
    """What was sent is kept to the letter; the Transparency Unit says what it thinks of it."""

    @pytest.mark.req("R-033", "R-042")
    def test_a_draft_goes_ahead_of_its_meeting(self, organism: Organism) -> None:
        begin_inventory()
        meeting = call_meeting(organism, 48, forms=["formato_1", "formato_2"])
        assert meeting["forms_missing"] == ["Formato 1", "Formato 2"]
        sent = organism.liaison.call(
            "imss_form_send", coordination="C1", form="formato_1", meeting=meeting["id"]
        )
        shown = organism.operator.call("imss_form_show", id=sent["id"])
        assert hashlib.sha256(canonical(shown["document"])).hexdigest() == sent["sha256"]
        assert shown["document"]["declared_empty"] is True
        (mail,) = mails("forms_before_meeting")
        assert mail.recipients == [config.institutional_mailbox()]
        assert sent["sha256"] in mail.body
        (attached,) = mail.attachments
        workbook = content_store().path(attached["sha256"]).read_bytes()
        assert openpyxl.load_workbook(BytesIO(workbook)).sheetnames
        assert attached["sha256"] in content_sweep.referred_files(model.Session)
        again = organism.head.call("imss_meeting_show", id=meeting["id"])
        assert again["forms_missing"] == ["Formato 2"]
        assert [form["id"] for form in again["forms_sent"]] == [sent["id"]]
        assert again["findings"] == []
        assert history.events(model.Session)[-1].event.act == "form.sent"

    @pytest.mark.req("R-033")
    def test_a_form_sent_after_the_meeting_began_is_told(self, organism: Organism) -> None:
        begin_inventory()
        meeting = call_meeting(organism, -1, forms=["formato_1"])
        codes = {found["code"] for found in meeting["findings"]}
        assert "meeting-form-not-sent" in codes
        organism.liaison.call(
            "imss_form_send", coordination="C1", form="formato_1", meeting=meeting["id"]
        )
        shown = organism.liaison.call("imss_meeting_show", id=meeting["id"])
        codes = {found["code"] for found in shown["findings"]}
        assert "meeting-form-late" in codes
        assert "meeting-form-not-sent" not in codes

    @pytest.mark.req("R-041")
    def test_an_incomplete_one_is_not_sent(self, organism: Organism) -> None:
        values = {"coordination": "C1", "form": "formato_1"}
        assert refused_with(organism.liaison, "imss_form_send", **values) == [
            "form-nothing-to-send"
        ]
        begin_inventory(empty=False)
        assert "inventory-empty" in refused_with(organism.liaison, "imss_form_send", **values)

    def test_the_same_version_is_sent_once(self, organism: Organism) -> None:
        begin_inventory()
        values = {"coordination": "C1", "form": "formato_1"}
        organism.liaison.call("imss_form_send", **values)
        assert refused_with(organism.liaison, "imss_form_send", **values) == ["form-sent-already"]
        assert len(mails("form_sent")) == 1

    def test_formato_2_is_the_newest_one(self, organism: Organism) -> None:
        values = {"coordination": "C1", "form": "formato_2"}
        assert refused_with(organism.liaison, "imss_form_send", **values) == [
            "form-nothing-to-send"
        ]
        assert model.Session.query(Concentrado).count() == 0

    def test_a_meeting_of_another_group_is_none(self, organism: Organism) -> None:
        begin_inventory()
        other = organism.liaison.call(
            "imss_meeting_create", coordination="C2", starts_at=f"{in_days(2)}T10:00"
        )
        with pytest.raises(tk.ObjectNotFound):
            organism.liaison.call(
                "imss_form_send", coordination="C1", form="formato_1", meeting=other["id"]
            )

    @pytest.mark.req("R-042")
    def test_only_the_liaison_sends(self, organism: Organism) -> None:
        begin_inventory()
        for name, person in organism.people().items():
            if name != "liaison":
                with pytest.raises(tk.NotAuthorized):
                    person.call("imss_form_send", coordination="C1", form="formato_1")
        assert model.Session.query(SentForm).count() == 0

    @pytest.mark.req("R-033")
    def test_observations_of_the_transparency_unit(self, organism: Organism) -> None:
        begin_inventory()
        meeting = call_meeting(organism, 48, forms=["formato_1"])
        sent = organism.liaison.call(
            "imss_form_send", coordination="C1", form="formato_1", meeting=meeting["id"]
        )
        values = {"form": sent["id"], "text": "Falta una base de datos."}
        for person in (organism.liaison, organism.member, organism.head, organism.sysadmin):
            with pytest.raises(tk.NotAuthorized):
                person.call("imss_observation_create", **values)
        made = organism.operator.call("imss_observation_create", **values)
        assert (made["form_sha256"], made["text"]) == (sent["sha256"], values["text"])
        (mail,) = mails("observation_made")
        assert mail.recipients == [model.User.get(organism.liaison.id).email]
        assert organism.liaison.call("imss_meeting_show", id=meeting["id"])["findings"] == []
        move(meeting, -1)
        organism.transparency.call("imss_observation_create", form=sent["id"], text="Y otra.")
        shown = organism.member.call("imss_meeting_show", id=meeting["id"])
        assert "meeting-observation-late" in {found["code"] for found in shown["findings"]}
        listed = organism.member.call("imss_observation_list", form=sent["id"])
        assert [one["text"] for one in listed["results"]] == ["Y otra.", values["text"]]
        with pytest.raises(sa.exc.DatabaseError, match="append-only"):
            model.Session.execute(sa.update(Observation).values(text="x"))
        model.Session.rollback()

    def test_what_was_sent_stays_when_the_draft_changes(self, organism: Organism) -> None:
        begin_inventory()
        sent = organism.liaison.call("imss_form_send", coordination="C1", form="formato_1")
        model.Session.execute(sa.update(Inventory).values(declared_empty=False))
        model.Session.commit()
        row = model.Session.get(SentForm, sent["id"])
        assert sent_forms.sent_draft(row).declared_empty
        assert json.loads(row.document)["declared_empty"] is True


@pytest.mark.req("R-043")
class TestRequests:
    """The Transparency Unit asks, the liaison answers once."""

    def _ask(self, organism: Organism, due: int = 5) -> dict[str, Any]:
        made: dict[str, Any] = organism.operator.call(
            "imss_request_create", coordination="C1", text="Envíe la base.", due=in_days(due)
        )
        return made

    def test_asked_and_answered(self, organism: Organism) -> None:
        request = self._ask(organism)
        (asked_by_mail,) = mails("request_made")
        assert asked_by_mail.recipients == [model.User.get(organism.liaison.id).email]
        assert organism.liaison.call("imss_request_list", state="open")["count"] == 1
        for person in (organism.member, organism.transparency, organism.head, organism.sysadmin):
            with pytest.raises(tk.NotAuthorized):
                person.call("imss_request_answer", id=request["id"], answer="Va.")
        answered = organism.liaison.call(
            "imss_request_answer", id=request["id"], answer="Va.\r\nAdjunta."
        )
        assert (answered["state"], answered["answer"]) == ("answered", "Va.\nAdjunta.")
        (mail,) = mails("request_answered")
        assert mail.recipients == [config.institutional_mailbox()]
        assert "Adjunta." in mail.body
        assert refused_with(
            organism.liaison, "imss_request_answer", id=request["id"], answer="Otra."
        ) == ["request-answered-already"]
        acts = [one.event.act for one in history.events(model.Session)]
        assert acts[-2:] == ["request.made", "request.answered"]
        assert history.verify(model.Session) == ()

    def test_overdue_ones_come_first_and_a_late_answer_is_told(self, organism: Organism) -> None:
        late, soon = self._ask(organism, 3), self._ask(organism, 1)
        model.Session.execute(
            sa.update(Request)
            .where(Request.id == late["id"])
            .values(
                made_on=asked.today() - datetime.timedelta(days=9),
                due=asked.today() - datetime.timedelta(days=2),
            )
        )
        model.Session.commit()
        listed = organism.transparency.call("imss_request_list")
        assert [(one["id"], one["state"]) for one in listed["results"]] == [
            (late["id"], "overdue"),
            (soon["id"], "open"),
        ]
        answered = organism.liaison.call("imss_request_answer", id=late["id"], answer="Va.")
        assert [found["code"] for found in answered["findings"]] == ["request-answered-late"]

    def test_dates_backwards_and_other_slips(self, organism: Organism) -> None:
        values = {"coordination": "C1", "text": "Envíe la base.", "due": in_days(5)}
        before = refused_with(
            organism.operator, "imss_request_create", **{**values, "due": in_days(-1)}
        )
        assert "request-dates-backwards" in before
        for slip in (
            {"due": "2026-13-01"},
            {"due": "2999-01-01"},
            {"due": ""},
            {"text": "  \n "},
            {"text": "x" * 4001},
            {"text": "nul \x00"},
            {"text": "CURP HEGG560427MVZRRL04"},
        ):
            refused_with(organism.operator, "imss_request_create", **{**values, **slip})

    def test_who_may_ask(self, organism: Organism) -> None:
        for name, person in organism.people().items():
            if name not in {"transparency", "operator"}:
                with pytest.raises(tk.NotAuthorized):
                    person.call("imss_request_create", coordination="C1", text="x", due=in_days(3))
        assert model.Session.query(Request).count() == 0


@pytest.mark.req("R-034", "R-035")
class TestReportedDatabases:
    """The group tells the liaison, the liaison the Transparency Unit."""

    @pytest.fixture
    def identifier(self, organism: Organism) -> str:
        return known_database()

    def test_a_new_one_goes_from_the_group_to_the_transparency_unit(
        self, organism: Organism
    ) -> None:
        made = organism.member.call(
            "imss_database_report", coordination="C1", kind="new", text="Camas por hospital."
        )
        assert (made["state"], made["forwarded"]) == ("waiting", None)
        (to_liaison,) = mails("new_database_reported")
        assert to_liaison.recipients == [model.User.get(organism.liaison.id).email]
        for person in (organism.member, organism.transparency, organism.sysadmin):
            with pytest.raises(tk.NotAuthorized):
                person.call("imss_database_forward", id=made["id"])
        forwarded = organism.liaison.call("imss_database_forward", id=made["id"])
        assert forwarded["reported"] < forwarded["forwarded"] or forwarded["forwarded"]
        assert config.institutional_mailbox() in mails("new_database_reported")[1].recipients
        assert refused_with(organism.liaison, "imss_database_forward", id=made["id"]) == [
            "database-forwarded-already"
        ]
        assert organism.transparency.call("imss_database_list", state="forwarded")["count"] == 1

    def test_a_withdrawal_names_a_database_of_the_group(
        self, organism: Organism, identifier: str
    ) -> None:
        values = {"coordination": "C1", "kind": "withdrawal", "text": "Está repetida."}
        made = organism.member.call("imss_database_report", identifier="ch-0001", **values)
        assert made["identifier"] == identifier
        assert identifier in mails("withdrawal_reported")[0].body
        assert refused_with(
            organism.delegate, "imss_database_report", identifier=identifier, **values
        ) == ["database-reported-already"]
        for unknown in ("", "CH-0002"):
            assert refused_with(
                organism.member, "imss_database_report", identifier=unknown, **values
            ) == ["database-unknown"]
        assert refused_with(
            organism.second_member,
            "imss_database_report",
            identifier=identifier,
            **{**values, "coordination": "C2"},
        ) == ["database-unknown"]

    def test_who_may_tell(self, organism: Organism) -> None:
        values = {"coordination": "C1", "kind": "new", "text": "x"}
        allowed = {"liaison", "member", "representative", "delegate", "administrator"}
        for name, person in organism.people().items():
            if name not in allowed:
                with pytest.raises(tk.NotAuthorized):
                    person.call("imss_database_report", **values)
        assert model.Session.query(ReportedDatabase).count() == 0
