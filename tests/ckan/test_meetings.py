"""Meetings of a working group: called, recorded by one, followed up, and nobody else's business."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from catalogue_cast import file_storage
from ckan import model
from ckan.plugins import toolkit as tk
from identification_cast import Organism, small_pdf
from meetings_cast import call_meeting, codes, events, in_days, moment, record, stored

from ckanext.imssbienestar.model import Mail
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.procedure import content_sweep

pytestmark = pytest.mark.usefixtures("with_plugins")


def docx(text: str = "Minuta") -> bytes:
    """The least that is a DOCX."""
    kinds = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/word/document.xml" ContentType="{kinds}"/></Types>',
        )
        archive.writestr(
            "word/document.xml",
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            f"<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>",
        )
    return content.getvalue()


@pytest.mark.req("R-029", "R-036")
class TestCall:
    """The liaison calls; everybody called gets a mail."""

    def test_the_whole_group_is_called_when_nobody_is_named(self, organism: Organism) -> None:
        made = call_meeting(organism)
        called = {person["id"] for person in made["called"]}
        assert {organism.liaison.id, organism.member.id, organism.administrator.id} <= called
        assert organism.stranger.id not in called
        assert made["state"] == "called"
        mails = model.Session.scalars(sa.select(Mail)).all()
        assert {mail.kind for mail in mails} == {"meeting_called"}
        assert len(mails) == len(called)
        assert all("Formato 1" in mail.body for mail in mails)
        (event,) = events()
        assert (event.event.act, event.event.person) == ("meeting.called", organism.liaison.id)

    def test_an_hour_without_a_zone_is_of_mexico_city(self, organism: Organism) -> None:
        day = in_days(3)
        made = organism.liaison.call(
            "imss_meeting_create", coordination=organism.coordination, starts_at=f"{day}T10:00"
        )
        assert made["starts_at"] == f"{day}T10:00:00-06:00"
        assert codes(made) == ["meeting-without-agenda"]

    def test_a_change_tells_everybody_and_an_addition_the_new_one(self, organism: Organism) -> None:
        made = call_meeting(organism, called=[organism.member.name])
        model.Session.execute(sa.delete(Mail))
        organism.liaison.call(
            "imss_meeting_update",
            id=made["id"],
            called=[organism.member.name, organism.delegate.name],
        )
        assert model.Session.query(Mail).count() == 1
        changed = organism.liaison.call(
            "imss_meeting_update", id=made["id"], agenda="Formato 1\nFormato 2"
        )
        assert model.Session.query(Mail).count() == 3
        assert changed["agenda"] == ["Formato 1", "Formato 2"]
        assert {person["name"] for person in changed["called"]} == {"member", "delegate"}

    def test_nothing_changed_writes_nothing(self, organism: Organism) -> None:
        made = call_meeting(organism)
        before = stored()
        again = organism.liaison.call("imss_meeting_update", id=made["id"], agenda=["Formato 1"])
        assert again["mark"] == made["mark"]
        assert stored() == before

    def test_what_cannot_be_is_told_and_nothing_is_written(self, organism: Organism) -> None:
        slips: tuple[tuple[dict[str, Any], str], ...] = (
            ({"starts_at": "2026-11-31T10:00"}, "starts_at"),
            ({"starts_at": "2026-12-03"}, "starts_at"),
            ({"starts_at": "mañana"}, "starts_at"),
            ({"starts_at": "0226-12-03T10:00"}, "starts_at"),
            ({"starts_at": "2999-12-03T10:00"}, "starts_at"),
            ({"starts_at": "9999-12-31T23:59:59-14:00"}, "starts_at"),
            ({"starts_at": ""}, "starts_at"),
            ({"agenda": {"a": "b"}}, "agenda"),
            ({"agenda": [1, 2]}, "agenda"),
            ({"agenda": ["x" * 501]}, "agenda"),
            ({"agenda": ["x"] * 51}, "agenda"),
            ({"agenda": ["nul \x00"]}, "agenda"),
            ({"agenda": ["CURP HEGG560427MVZRRL04"]}, "agenda"),
            ({"called": ["nadie"]}, "called"),
            ({"forms": ["formato_3"]}, "forms"),
        )
        before = stored()
        for values, field in slips:
            asked_for = {"coordination": "C1", "starts_at": moment(5), "agenda": ["x"], **values}
            with pytest.raises(tk.ValidationError) as refused:
                organism.liaison.call("imss_meeting_create", **asked_for)
            model.Session.rollback()
            assert field in refused.value.error_dict, values
        assert stored() == before

    def test_only_a_coordination_with_a_group_has_meetings(self, organism: Organism) -> None:
        with pytest.raises(tk.NotAuthorized):
            organism.liaison.call("imss_meeting_create", coordination="UA1", starts_at=moment(5))
        with pytest.raises(tk.ValidationError):
            organism.transparency.call(
                "imss_request_create", coordination="UA1", text="x", due=in_days(3)
            )
        with pytest.raises(tk.ObjectNotFound):
            organism.liaison.call("imss_meeting_create", coordination="x", starts_at=moment(5))


@pytest.mark.req("R-029", "R-030", "R-038")
class TestRecord:
    """Attendance, minutes and agreements; by one at a time."""

    def test_what_a_meeting_yields(self, organism: Organism) -> None:
        meeting = call_meeting(organism, -2, called=[organism.member.name, organism.delegate.name])
        assert meeting["state"] == "to_record"
        assert codes(meeting) == ["meeting-not-recorded"]
        made = record(
            organism.member,
            meeting,
            attended=[organism.member.name],
            agreements=[
                {"text": "Completar el Formato 1", "owner": "member", "due": in_days(10)},
                {"text": "Revisarlo", "owner": organism.liaison.id, "due": in_days(20)},
            ],
            upload=file_storage("Minuta de la reunión.PDF", small_pdf()),
        )
        assert made["state"] == "held"
        assert made["attendance"] == {"called": 2, "attended": 1, "percent": 50.0}
        assert [one["text"] for one in made["agreements"]] == [
            "Completar el Formato 1",
            "Revisarlo",
        ]
        assert made["minutes"]["name"].endswith(".pdf")
        assert content_store().path(made["minutes"]["sha256"]).is_file()
        assert made["minutes"]["sha256"] in content_sweep.referred_files(model.Session)
        assert codes(made) == []
        listed = organism.head.call("imss_meeting_list", coordination="C1")
        assert listed["attendance"]["percent"] == 50.0
        assert listed["count"] == 1
        assert [one.event.act for one in events()] == ["meeting.called", "meeting.recorded"]

    def test_a_docx_is_minutes_too(self, organism: Organism) -> None:
        made = record(
            organism.liaison,
            call_meeting(organism, -2),
            attended=["liaison"],
            upload=file_storage("minuta.docx", docx()),
        )
        assert made["minutes"]["name"] == "minuta.docx"

    def test_minutes_that_are_none_keep_nothing(self, organism: Organism) -> None:
        files = (
            ("minuta.pdf", b"no es un PDF", "minutes-not-document"),
            ("minuta.docx", b"PK\x03\x04 tampoco", "minutes-unreadable"),
            ("minuta.pdf", b"%PDF-1.7\n cortado", "minutes-unreadable"),
            ("minuta.pdf", b"", "minutes-not-document"),
            ("minuta.html", b"<script>alert(1)</script>", "minutes-not-document"),
            ("minuta.pdf", b"%PDF-" + b"x" * (20 << 20), "minutes-too-large"),
        )
        meeting = call_meeting(organism, -2)
        before, kept = stored(), sorted(content_store().kept())
        for name, content, code in files:
            with pytest.raises(tk.ValidationError) as refused:
                record(
                    organism.member,
                    meeting,
                    attended=["member"],
                    upload=file_storage(name, content),
                )
            assert [one["code"] for one in refused.value.error_dict["findings"]] == [code], name
        assert stored() == before
        assert sorted(content_store().kept()) == kept

    def test_a_workbook_is_no_minutes(self, organism: Organism) -> None:
        import openpyxl

        content = BytesIO()
        openpyxl.Workbook().save(content)
        with pytest.raises(tk.ValidationError) as refused:
            record(
                organism.member,
                call_meeting(organism, -2),
                attended=["member"],
                upload=file_storage("minuta.docx", content.getvalue()),
            )
        assert "minutes-not-document" in str(refused.value.error_dict)

    def test_a_meeting_that_has_not_begun_has_no_attendance(self, organism: Organism) -> None:
        meeting = call_meeting(organism, 2)
        before = stored()
        for values in ({"held": True, "attended": ["member"]}, {"held": False}):
            with pytest.raises(tk.ValidationError) as refused:
                record(organism.member, meeting, **values)
            assert "meeting-not-yet" in str(refused.value.error_dict)
        assert stored() == before

    def test_what_cannot_be_is_told_and_nothing_is_written(self, organism: Organism) -> None:
        slips: tuple[tuple[dict[str, Any], str], ...] = (
            ({"held": True}, "meeting-without-attendance"),
            ({"held": False, "attended": ["member"]}, "meeting-attended-not-held"),
            (
                {"agreements": [{"text": "x", "owner": "", "due": in_days(2)}]},
                "agreement-without-owner",
            ),
            (
                {"agreements": [{"text": "x", "owner": "member", "due": in_days(-2)}]},
                "agreement-due-before-meeting",
            ),
            ({"agreements": [{"text": "x", "owner": "nadie", "due": in_days(2)}]}, "nadie"),
            ({"agreements": [{"text": "", "owner": "member", "due": in_days(2)}]}, "agreements"),
            ({"agreements": [{"text": "x", "owner": "member", "due": "pronto"}]}, "2026-11-23"),
            ({"agreements": "no es JSON"}, "agreements"),
            ({"agreements": json.dumps([["x"]])}, "agreements"),
            ({"agreements": "[" * 5000}, "agreements"),
            (
                {
                    "agreements": [
                        {"text": "HEGG560427MVZRRL04", "owner": "member", "due": in_days(2)}
                    ]
                },
                "CURP",
            ),
            ({"held": "quizá"}, "held"),
            ({"attended": ["nadie"]}, "nadie"),
        )
        meeting = call_meeting(organism, -2)
        before = stored()
        for values, told in slips:
            attended = [] if "held" in values and "attended" not in values else ["member"]
            with pytest.raises(tk.ValidationError) as refused:
                record(organism.member, meeting, **{"attended": attended, **values})
            model.Session.rollback()
            assert told in str(refused.value.error_dict), values
        assert stored() == before

    def test_whoever_came_without_designation_is_told(self, organism: Organism) -> None:
        made = record(
            organism.member, call_meeting(organism, -2), attended=["member", organism.stranger.name]
        )
        assert "meeting-attended-by-others" in codes(made)
        assert "meeting-without-minutes" in codes(made)

    def test_one_that_was_not_held(self, organism: Organism) -> None:
        made = record(organism.member, call_meeting(organism, -2), held=False)
        assert (made["state"], codes(made)) == ("not_held", [])
        listed = organism.head.call("imss_meeting_list", coordination="C1")
        assert listed["attendance"] == {"called": 0, "attended": 0, "percent": None}

    def test_the_second_of_two_people_is_told(self, organism: Organism) -> None:
        meeting = call_meeting(organism, -2)
        first = record(
            organism.member,
            meeting,
            attended=["member"],
            agreements=[{"text": "De la primera", "owner": "member", "due": in_days(5)}],
            based_on=meeting["mark"],
        )
        before = stored()
        for mark in (meeting["mark"], "", "m-0000000000000000"):
            with pytest.raises(tk.ValidationError) as refused:
                record(organism.delegate, meeting, attended=["delegate"], based_on=mark)
            assert "meeting-changed-meanwhile" in str(refused.value.error_dict)
        assert stored() == before
        added = record(
            organism.delegate,
            meeting,
            attended=["member", "delegate"],
            agreements=[{"text": "De la segunda", "owner": "delegate", "due": in_days(6)}],
            based_on=first["mark"],
        )
        assert [one["position"] for one in added["agreements"]] == [1, 2]
        assert {person["name"] for person in added["attended"]} == {"member", "delegate"}

    def test_minutes_stay_when_the_record_is_corrected(self, organism: Organism) -> None:
        meeting = call_meeting(organism, -2)
        first = record(
            organism.member,
            meeting,
            attended=["member"],
            upload=file_storage("minuta.pdf", small_pdf()),
        )
        again = record(
            organism.member, meeting, attended=["member", "liaison"], based_on=first["mark"]
        )
        assert again["minutes"] == first["minutes"]

    def test_the_call_of_a_recorded_meeting_stays(self, organism: Organism) -> None:
        meeting = call_meeting(organism, -2)
        record(organism.member, meeting, attended=["member"])
        with pytest.raises(tk.ValidationError) as refused:
            organism.liaison.call("imss_meeting_update", id=meeting["id"], agenda=["Otra"])
        assert "meeting-recorded-already" in str(refused.value.error_dict)

    def test_attendance_is_counted_over_the_unit(self, organism: Organism) -> None:
        record(
            organism.member,
            call_meeting(organism, -2, called=["member", "delegate"]),
            attended=["member", "delegate"],
        )
        other = organism.liaison.call(
            "imss_meeting_create", coordination="C2", starts_at=moment(-1), called=["second-member"]
        )
        record(organism.second_member, other, attended=["liaison"])
        of_unit = organism.liaison.call("imss_meeting_list", coordination="ua-salud")
        assert of_unit["count"] == 2
        assert of_unit["attendance"]["called"] == 3
        assert of_unit["attendance"]["attended"] == 2
