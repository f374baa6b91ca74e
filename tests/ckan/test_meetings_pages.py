"""The pages of meetings, forms sent, requests and notices, and what they leave in *Mi trabajo*."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from catalogue_cast import Person, file_storage
from ckan import model
from identification_cast import Organism, small_pdf
from meetings_cast import begin_inventory, call_meeting, in_days, known_database, moment

from ckanext.imssbienestar.model import Agreement, Meeting
from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.portal.identification import asked, meetings_tasks

pytestmark = pytest.mark.usefixtures("with_plugins")

Open = Callable[[Person], Any]


@pytest.fixture
def group(organism: Organism) -> str:
    return f"/working-group/{organism.coordination}"


def text_of(page: BeautifulSoup) -> str:
    return " ".join(page.select_one(".imss-identification").get_text(" ").split())


class TestMeetings:
    """Call, change, record, follow up: by forms alone."""

    @pytest.mark.req("R-029", "R-036")
    def test_the_liaison_calls_a_meeting(
        self, organism: Organism, browser: Open, group: str
    ) -> None:
        liaison = browser(organism.liaison)
        form = liaison.get(f"{group}/meetings/new")
        boxes = form.select('input[name="people"]')
        assert organism.member.id in {box["value"] for box in boxes}
        assert all(box.has_attr("checked") for box in boxes)
        shown = liaison.post(
            f"{group}/meetings/new",
            {
                "starts_at": moment(48),
                "agenda": "Formato 1\r\nFormato 2",
                "people": [organism.member.id, organism.delegate.id],
                "forms": ["formato_1"],
            },
        )
        assert "Formato 1 aún no se ha enviado" in text_of(shown)
        (meeting,) = model.Session.scalars(sa.select(Meeting))
        assert (meeting.agenda, meeting.forms) == (["Formato 1", "Formato 2"], ["formato_1"])
        index = text_of(browser(organism.member).get(f"{group}/meetings"))
        assert "Próxima reunión" in index
        assert "enviar Formato 1 a la Unidad de Transparencia" in index

    def test_a_refused_call_keeps_what_was_typed(
        self, organism: Organism, browser: Open, group: str
    ) -> None:
        page = browser(organism.liaison).post(
            f"{group}/meetings/new",
            {"starts_at": "mañana", "agenda": "Mi punto", "people": [organism.member.id],
             "others": "nadie-conocido", "forms": ["formato_2"]},
        )  # fmt: skip
        assert "No se guardó nada" in text_of(page)
        assert page.select_one('textarea[name="agenda"]').text.strip() == "Mi punto"
        ticked = {box["value"] for box in page.select("input[checked]")}
        assert ticked == {organism.member.id, "formato_2"}
        assert page.select_one('input[name="others"]')["value"] == "nadie-conocido"
        assert model.Session.query(Meeting).count() == 0

    @pytest.mark.req("R-030", "R-038", "R-039")
    def test_it_is_recorded_with_minutes_and_agreements(
        self, organism: Organism, browser: Open, group: str
    ) -> None:
        meeting = call_meeting(organism, -2)
        address = f"{group}/meetings/{meeting['id']}"
        member = browser(organism.member)
        form = member.get(f"{address}/record")
        mark = form.select_one('input[name="based_on"]')["value"]
        values = {
            "based_on": mark,
            "rows": "3",
            "held": "true",
            "people": [organism.member.id],
            "agreement-1-text": "Completar el Formato 1",
            "agreement-1-owner": organism.member.id,
            "agreement-1-due": in_days(9),
            "agreement-3-text": "Revisar el Formato 1",
            "agreement-3-owner": organism.liaison.id,
            "agreement-3-due": in_days(12),
        }
        more = member.post(f"{address}/record", {**values, "more": "1"})
        assert len(more.select(".imss-agreement")) == 8
        assert more.select_one('[name="agreement-3-text"]').text.strip() == "Revisar el Formato 1"
        upload = file_storage("minuta.pdf", small_pdf())
        shown = text_of(member.post(f"{address}/record", {**values, "upload": upload}))
        assert "Completar el Formato 1" in shown
        answer = browser(organism.transparency).bytes(f"{address}/minutes")
        assert answer.data == small_pdf()
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Type"] == "application/pdf"
        liaison = browser(organism.liaison)
        agreement = model.Session.scalars(sa.select(Agreement).where(Agreement.position == 1)).one()
        closed = liaison.post(
            f"{group}/agreements/{agreement.id}/close",
            {"state": "done", "closed_on": in_days(0), "meeting": meeting["id"]},
        )
        assert "Cumplido" in text_of(closed)

    def test_the_second_of_two_people_loses_nothing(
        self, organism: Organism, browser: Open, group: str
    ) -> None:
        meeting = call_meeting(organism, -2)
        address = f"{group}/meetings/{meeting['id']}/record"
        first, second = browser(organism.member), browser(organism.delegate)
        marks = [
            page.select_one('input[name="based_on"]')["value"]
            for page in (first.get(address), second.get(address))
        ]
        first.post(address, {"based_on": marks[0], "held": "true", "people": [organism.member.id]})
        typed = {
            "held": "true",
            "people": [organism.delegate.id],
            "agreement-1-text": "Lo que escribió la segunda",
            "agreement-1-owner": organism.delegate.id,
            "agreement-1-due": in_days(4),
        }
        told = second.post(address, {"based_on": marks[1], **typed})
        assert "Otra persona cambió o registró la reunión" in text_of(told)
        assert "Qué está registrado ahora" in text_of(told)
        area = told.select_one('[name="agreement-1-text"]').text.strip()
        assert area == "Lo que escribió la segunda"
        mark = told.select_one('input[name="based_on"]')["value"]
        assert mark not in marks
        second.post(address, {"based_on": mark, **typed})
        shown = organism.member.call("imss_meeting_show", id=meeting["id"])
        assert [one["text"] for one in shown["agreements"]] == ["Lo que escribió la segunda"]

    def test_two_hundred_agreements_have_pages(
        self, organism: Organism, browser: Open, group: str
    ) -> None:
        agreements = [
            {"text": f"Acuerdo número {place}", "owner": "member", "due": in_days(5)}
            for place in range(200)
        ]
        meeting = call_meeting(organism, -2)
        organism.member.call(
            "imss_meeting_record",
            id=meeting["id"],
            held=True,
            attended=["member"],
            agreements=agreements,
        )
        liaison = browser(organism.liaison)
        page = liaison.get(f"{group}/agreements?state=open&page=10")
        assert "Página 10 de 10" in text_of(page)
        assert len(page.select("tbody tr")) == 20
        assert len(liaison.get(f"{group}/meetings/{meeting['id']}").select("tbody tr")) == 200
        assert len(liaison.get(f"{group}/meetings?page=-3").select("form")) > 0


class TestRequests:
    """Forms and observations, requests and answers, notices."""

    @pytest.mark.req("R-033", "R-042")
    def test_a_form_is_sent_and_observed(
        self, organism: Organism, browser: Open, group: str
    ) -> None:
        begin_inventory()
        meeting = call_meeting(organism, 48, forms=["formato_1"])
        liaison, transparency = browser(organism.liaison), browser(organism.transparency)
        shown = liaison.post(f"{group}/forms", {"form": "formato_1", "meeting": meeting["id"]})
        address = shown.select_one(f'a[href*="{group}/forms/"]')["href"]
        page = transparency.post(address, {"text": "Falta la base de camas."})
        assert "Falta la base de camas." in text_of(page)
        workbook = transparency.bytes(f"{address}/file")
        assert workbook.data.startswith(b"PK")
        assert workbook.headers["X-Content-Type-Options"] == "nosniff"
        for person in (organism.transparency, organism.member):
            told = text_of(browser(person).get(f"{group}/meetings/{meeting['id']}"))
            assert "Falta la base de camas." in told
        assert "Falta la base de camas." in text_of(transparency.get("/requests"))

    @pytest.mark.req("R-043")
    def test_a_request_is_answered(self, organism: Organism, browser: Open, group: str) -> None:
        operator, liaison = browser(organism.operator), browser(organism.liaison)
        refused = operator.post(f"{group}/requests/new", {"text": "Mi petición", "due": "x"})
        assert refused.select_one('textarea[name="text"]').text.strip() == "Mi petición"
        shown = operator.post(f"{group}/requests/new", {"text": "Mi petición", "due": in_days(3)})
        assert "Espera su respuesta" in text_of(shown)
        address = liaison.get(f"{group}/meetings").select_one(f'a[href*="{group}/requests/"]')
        address = next(
            link["href"]
            for link in liaison.get(f"{group}/requests").select("tbody a")
            if "/requests/" in link["href"]
        )
        answered = liaison.post(address, {"answer": "La respuesta"})
        assert "La respuesta" in text_of(answered)
        again = liaison.post(address, {"answer": "Otra respuesta"})
        assert "ya se respondió" in text_of(again)
        assert "Otra respuesta" in text_of(again)
        assert "La respuesta" not in text_of(operator.get("/requests"))
        assert "Mi petición" in text_of(operator.get("/requests?state=answered"))

    @pytest.mark.req("R-034", "R-035")
    def test_a_database_goes_from_the_group_to_the_transparency_unit(
        self, organism: Organism, browser: Open, group: str
    ) -> None:
        known_database()
        member, liaison = browser(organism.member), browser(organism.liaison)
        typed = {"kind": "withdrawal", "identifier": "XX", "text": "Está repetida"}
        refused = member.post(f"{group}/databases", typed)
        assert "no tiene ninguna base de datos" in text_of(refused)
        assert refused.select_one('textarea[name="text"]').text.strip() == "Está repetida"
        assert refused.select_one('input[value="withdrawal"]').has_attr("checked")
        member.post(f"{group}/databases", {**typed, "identifier": "CH-0001"})
        forward = liaison.get(f"{group}/databases").select_one('form[action*="/forward"]')
        told = liaison.post(forward["action"], {})
        assert "Espera al Enlace" not in text_of(told)
        assert "Está repetida" in text_of(browser(organism.transparency).get("/requests"))


@pytest.mark.req("R-057")
class TestStrangers:
    """For everybody else the pages do not exist."""

    def test_no_page_is_there(self, organism: Organism, browser: Open, group: str) -> None:
        begin_inventory()
        meeting = call_meeting(organism, -2)
        sent = organism.liaison.call("imss_form_send", coordination="C1", form="formato_1")
        request = organism.operator.call(
            "imss_request_create", coordination="C1", text="x", due=in_days(2)
        )
        pages = [
            f"{group}/meetings",
            f"{group}/meetings/new",
            f"{group}/meetings/{meeting['id']}",
            f"{group}/meetings/{meeting['id']}/record",
            f"{group}/meetings/{meeting['id']}/minutes",
            f"{group}/agreements",
            f"{group}/requests",
            f"{group}/requests/{request['id']}",
            f"{group}/forms",
            f"{group}/forms/{sent['id']}",
            f"{group}/forms/{sent['id']}/file",
            f"{group}/databases",
            "/requests",
        ]
        for person in (organism.stranger, organism.sysadmin, organism.other_liaison):
            visitor = browser(person)
            for page in pages:
                visitor.get(page, status=404)
            visitor.post(f"{group}/meetings/new", {"starts_at": moment(4)}, status=404)
            visitor.post(f"{group}/forms", {"form": "formato_1"}, status=404)
        assert model.Session.query(Meeting).count() == 1

    def test_nobody_without_an_account(self, organism: Organism, app: Any, group: str) -> None:
        for page in (f"{group}/meetings", "/requests"):
            assert app.get(page, follow_redirects=False).status_code in {302, 403}

    def test_members_do_not_do_what_is_the_liaisons(
        self, organism: Organism, browser: Open, group: str
    ) -> None:
        meeting = call_meeting(organism, 5)
        member = browser(organism.member)
        member.get(f"{group}/meetings/new", status=404)
        member.get(f"{group}/meetings/{meeting['id']}/change", status=404)
        member.post(f"{group}/forms", {"form": "formato_1"}, status=404)
        page = member.get(f"{group}/meetings")
        assert "Convocar una reunión" not in text_of(page)

    def test_what_belongs_to_another_group_is_not_there(
        self, organism: Organism, browser: Open, group: str
    ) -> None:
        other = organism.liaison.call("imss_meeting_create", coordination="C2", starts_at=moment(4))
        browser(organism.liaison).get(f"{group}/meetings/{other['id']}", status=404)
        browser(organism.liaison).get(f"{group}/requests/{other['id']}", status=404)
        browser(organism.liaison).get(f"{group}/forms/{other['id']}", status=404)
        browser(organism.liaison).get(f"{group}/meetings/x", status=404)


class TestTasks:
    """What waits for whom, and until when."""

    def _of(self, person: Person) -> dict[str, datetime.date | None]:
        found = meetings_tasks.tasks_of(acting.people(), person.id, asked.today())
        return {re.sub(r" \d.*", "", task.what): task.until for task in found}

    def test_each_has_what_is_theirs(self, organism: Organism, app: Any) -> None:
        begin_inventory()
        to_come = call_meeting(organism, 24 * 3, called=["member"], forms=["formato_1"])
        past = call_meeting(organism, -2)
        agreed = organism.member.call(
            "imss_meeting_record",
            id=past["id"],
            held=True,
            attended=["member"],
            agreements=[{"text": "Acordado", "owner": "member", "due": in_days(2)}],
        )
        call_meeting(organism, -3)
        organism.operator.call(
            "imss_request_create", coordination="C1", text="Pedido", due=in_days(4)
        )
        organism.member.call("imss_database_report", coordination="C1", kind="new", text="Nueva")
        begins = datetime.datetime.fromisoformat(to_come["starts_at"]).date()
        with app.flask_app.test_request_context("/"):
            liaison = self._of(organism.liaison)
            member = self._of(organism.member)
            assert liaison["Envíe Formato"] == begins
            assert liaison["Responda el requerimiento: Pedido"] == (
                asked.today() + datetime.timedelta(days=4)
            )
            assert "Avise a la Unidad de Transparencia de una base de datos: Nueva" in liaison
            assert "Adjunte la minuta de la reunión del" in liaison
            assert "Registre la reunión del" in liaison
            assert member["Asista a la reunión del"] == begins
            assert "Cumpla el acuerdo: Acordado" in member
            assert "Envíe Formato" not in member
            assert self._of(organism.transparency) == {}
            assert self._of(organism.stranger) == self._of(organism.sysadmin) == {}
            sent = organism.liaison.call(
                "imss_form_send", coordination="C1", form="formato_1", meeting=to_come["id"]
            )
            assert "Envíe Formato" not in self._of(organism.liaison)
            assert self._of(organism.operator) == {"Revise Formato": begins}
            organism.operator.call("imss_observation_create", form=sent["id"], text="Falta algo")
            assert self._of(organism.operator) == {}
            assert "Lea las observaciones a Formato" in self._of(organism.liaison)
            organism.liaison.call(
                "imss_agreement_close", id=agreed["agreements"][0]["id"], state="done"
            )
            assert "Cumpla el acuerdo: Acordado" not in self._of(organism.member)


def test_a_file_that_is_no_minutes_is_told_in_the_form(
    organism: Organism, browser: Open, group: str
) -> None:
    meeting = call_meeting(organism, -2)
    page = browser(organism.member).post(
        f"{group}/meetings/{meeting['id']}/record",
        {
            "held": "true",
            "people": [organism.member.id],
            "upload": (BytesIO(b"no es"), "minuta.pdf"),
        },
    )
    assert "no es un PDF ni un DOCX" in text_of(page)
    assert page.select_one(f'input[value="{organism.member.id}"]').has_attr("checked")
    assert model.Session.get(Meeting, meeting["id"]).held is None
