"""The pages of letters and mails: who sees them, what they say, what their forms do."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import letters
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from catalogue_cast import Person
from ckan import model
from ckan.tests import factories
from identification_cast import Organism
from signed_letters import Authority, changed_afterwards, make_authority, sign

from ckanext.imssbienestar.model import Mail, Oficio
from ckanext.imssbienestar.portal import acting
from ckanext.imssbienestar.portal.identification import work_views
from ckanext.imssbienestar.procedure import mails

pytestmark = pytest.mark.usefixtures("with_plugins")

UNIT = "/validation/ua-salud"
Page = Callable[..., Any]


@pytest.fixture
def ready(organism: Organism) -> Organism:
    letters.close_forms(organism)
    letters.hold_meeting()
    return organism


@pytest.fixture
def letter(ready: Organism) -> dict[str, Any]:
    return letters.make_letter(ready.liaison)


@pytest.fixture
def ask(app: Any) -> Page:
    """Asks for an address as somebody: its status and its page."""
    tokens: dict[str, str] = {}

    def asked(
        person: Person, path: str, data: dict[str, Any] | None = None
    ) -> tuple[int, BeautifulSoup]:
        if person.name not in tokens:
            tokens[person.name] = factories.APIToken(user=person.name)["token"]
        headers = {"Authorization": tokens[person.name]}
        answer = (
            app.get(path, headers=headers)
            if data is None
            else app.post(path, data=data, headers=headers)
        )
        return answer.status_code, BeautifulSoup(answer.get_data(), "html.parser")

    return asked


def _said(page: BeautifulSoup) -> str:
    return " ".join(page.get_text(" ").split())


class TestWhoSees:
    """For everybody else the pages do not exist."""

    @pytest.mark.req("R-057")
    def test_the_pages_of_a_unit(self, ready: Organism, letter: dict[str, Any], ask: Page) -> None:
        see = {
            "liaison", "head", "transparency", "operator", "administrator",
            "representative", "member", "delegate",
        }  # fmt: skip
        page, file = f"{UNIT}/{letter['id']}", f"{UNIT}/{letter['id']}/file/pdf"
        for name, person in ready.people().items():
            statuses = {ask(person, path)[0] for path in (page, file)}
            assert statuses == ({200} if name in see else {404}), name
            listed = ask(person, UNIT)[0]
            assert listed == (200 if name in see or name == "second_member" else 404), name

    def test_the_list_has_the_units_that_are_theirs(
        self, ready: Organism, letter: dict[str, Any], ask: Page
    ) -> None:
        units = {
            "operator": 3, "liaison": 1, "second_member": 1, "other_head": 1, "other_liaison": 1,
        }  # fmt: skip
        for name, count in units.items():
            status, page = ask(ready.people()[name], "/validation")
            assert (status, len(page.select(".imss-rows h2"))) == (200, count), name
        assert ask(ready.stranger, "/validation")[0] == 404

    def test_the_address_of_another_unit_gives_nothing(
        self, ready: Organism, letter: dict[str, Any], ask: Page
    ) -> None:
        for path in (
            f"/validation/coordinacion-de-transparencia/{letter['id']}",
            "/validation/coordinacion-de-hospitales",
            "/validation/no-hay",
            f"{UNIT}/no-hay",
            f"{UNIT}/{letter['id']}/file/exe",
            f"{UNIT}/{letter['id']}/file/signed",
        ):
            assert ask(ready.transparency, path)[0] == 404, path

    def test_mails_and_template_are_for_the_transparency_unit(
        self, ready: Organism, ask: Page
    ) -> None:
        for path in ("/mail", "/validation-template"):
            for name, person in ready.people().items():
                wanted = 200 if name in {"transparency", "operator"} else 404
                assert ask(person, path)[0] == wanted, (path, name)


class TestLetters:
    """Made, returned and sent by their forms; nothing that was typed is lost."""

    @pytest.mark.req("R-082", "R-084")
    def test_what_is_wrong_comes_back_as_it_was_typed(self, ready: Organism, ask: Page) -> None:
        status, page = ask(ready.liaison, f"{UNIT}/new")
        assert status == 200
        assert page.select_one("input[name=coordinations][value=C1]").has_attr("checked")
        assert page.select_one("input[name=coordinations][value=C2]").has_attr("disabled")
        day = letters.today().isoformat()
        typed = {"folio": "IB «1»/1999", "date": day, "coordinations": "C1"}
        status, page = ask(ready.liaison, f"{UNIT}/new", typed)
        assert status == 200
        assert page.select_one("[role=alert]") is not None
        assert page.select_one("#folio")["value"] == typed["folio"]
        assert model.Session.scalars(sa.select(Oficio)).all() == []
        status, page = ask(ready.liaison, f"{UNIT}/new", {**typed, "coordinations": ""})
        assert "coordinación" in page.select_one("[role=alert]").get_text()

    @pytest.mark.req("R-010", "R-082")
    def test_it_is_seen_before_it_is_made(self, ready: Organism, ask: Page) -> None:
        typed = {"folio": letters.folio(), "date": "", "coordinations": "C1"}
        _status, page = ask(ready.head, f"{UNIT}/new", {**typed, "preview": "1"})
        assert "Asunto: Datos Abiertos" in _said(page)
        assert model.Session.scalars(sa.select(Oficio)).all() == []
        _status, page = ask(ready.head, f"{UNIT}/new", typed)
        assert letters.folio() in _said(page)
        assert "Falta" in _said(page.select_one(".imss-standing"))
        assert len(model.Session.scalars(sa.select(Oficio)).all()) == 1

    def test_only_those_who_make_letters_get_the_form(self, ready: Organism, ask: Page) -> None:
        assert ask(ready.member, f"{UNIT}/new")[0] == 403
        before = len(model.Session.scalars(sa.select(Oficio)).all())
        ask(ready.member, f"{UNIT}/new", {"folio": letters.folio(), "coordinations": "C1"})
        assert len(model.Session.scalars(sa.select(Oficio)).all()) == before

    @pytest.mark.req("R-083", "R-092")
    def test_from_the_signature_to_the_mail(
        self, ready: Organism, letter: dict[str, Any], ask: Page
    ) -> None:
        here = f"{UNIT}/{letter['id']}"
        status, page = ask(ready.liaison, f"{here}/signed", {"upload": ""})
        assert (status, page.select_one("[role=alert]") is not None) == (200, True)
        unsigned = letters.printed(ready.liaison, letter)
        _status, page = ask(ready.liaison, f"{here}/signed", _file(unsigned))
        assert "nadie lo ha firmado" in _said(page)
        _status, page = ask(ready.liaison, f"{here}/signed", _file(letters.scanned()))
        assert hashlib.sha256(letters.scanned()).hexdigest()[:12] in _said(page)
        assert page.select_one(f"form[action$='{here}/send']") is not None
        _status, page = ask(ready.head, f"{here}/send", {})
        assert page.select_one(f"form[action$='{here}/send']") is None
        mail = model.Session.scalars(sa.select(Mail)).one()
        assert mail.message_id in _said(page)
        status, page = ask(ready.operator, f"{here}/paper", {"received_on": "ayer"})
        assert "AAAA-MM-DD" in _said(page.select_one("[role=alert]"))
        day = letters.today().isoformat()
        _status, page = ask(ready.operator, f"{here}/paper", {"received_on": day})
        assert "acuse" in _said(page)

    def test_a_form_of_another_site_does_nothing(
        self, ready: Organism, letter: dict[str, Any], app: Any
    ) -> None:
        user = factories.User(password="12345678")
        for path in (f"{UNIT}/{letter['id']}/send", "/validation-template", "/mail/1/retry"):
            answer = app.post(path, data={}, environ_overrides={"REMOTE_USER": user["name"]})
            assert answer.status_code in {302, 400, 403, 404}, path
        assert model.Session.scalars(sa.select(Mail)).all() == []


class TestSignatures:
    """An electronic signature is verified against the certificates of the settings."""

    @pytest.fixture(scope="class")
    def authority(self) -> Authority:
        return make_authority()

    @pytest.mark.req("R-092")
    def test_it_is_verified_told_or_refused(
        self,
        ready: Organism,
        letter: dict[str, Any],
        authority: Authority,
        tmp_path: Path,
        ckan_config: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        signed = sign(letters.printed(ready.liaison, letter), authority.signer())
        told = letters.give_back(ready.liaison, letter, signed)
        assert [found["code"] for found in told["findings"]] == ["signed-not-verified"]
        roots = tmp_path / "roots.pem"
        roots.write_bytes(authority.pem)
        setting = "ckanext.imssbienestar.signature_roots"
        monkeypatch.setitem(ckan_config, setting, str(roots))
        told = letters.give_back(ready.liaison, letter, signed)
        assert told["findings"] == []
        assert told["signed_copies"][0]["signatures"][0]["state"] == "verified"
        with pytest.raises(Exception, match=r"signed-altered|se cambió después"):
            letters.give_back(ready.liaison, letter, changed_afterwards(signed))
        monkeypatch.setitem(ckan_config, setting, str(tmp_path / "none.pem"))
        with pytest.raises(Exception, match="signature_roots"):
            letters.give_back(ready.liaison, letter, signed)


class TestMail:
    """No mail is lost silently: it is on a page, with a button to try it again."""

    @pytest.fixture
    def failed(self, organism: Organism) -> Mail:
        mail = mails.queue(
            model.Session,
            kind="form_sent",
            subject_of="sent_form:1",
            coordination_id="C1",
            recipients=["ut@ejemplo.mx"],
            values={"group": "G", "form": "Formato 1", "sha256": "0" * 64, "url": "/"},
            queued_by=organism.liaison.id,
            now=datetime.datetime.now(datetime.UTC),
        )
        taken = mails.take_due(model.Session, datetime.datetime.now(datetime.UTC))
        assert taken is not None
        mails.was_not_sent(
            model.Session,
            mail.id,
            1,
            datetime.datetime.now(datetime.UTC),
            reason="recipient 1: SMTP 550 no such mailbox",
            never=True,
        )
        model.Session.commit()
        return mail

    def test_it_is_shown_and_tried_again(self, organism: Organism, failed: Mail, ask: Page) -> None:
        here = "/working-group/coordinacion-de-hospitales/mail"
        for path, person in ((here, organism.liaison), ("/mail", organism.operator)):
            _status, page = ask(person, path)
            assert "ut@ejemplo.mx" in _said(page)
            assert "550" in _said(page)
            assert page.select_one(f"form[action$='{failed.id}/retry']") is not None
        _status, page = ask(organism.member, here)
        assert page.select_one("form[action$='/retry']") is None
        assert ask(organism.member, f"/mail/{failed.id}/retry", {"back": here})[0] == 404
        assert ask(organism.stranger, here)[0] == 404
        back = {"back": "//elsewhere.example/"}
        assert ask(organism.liaison, f"/mail/{failed.id}/retry", back)[0] == 200
        model.Session.expire_all()
        assert model.Session.get(Mail, failed.id).state == "queued"
        assert ask(organism.operator, "/mail?page=x")[0] == 200
        assert ask(organism.operator, "/mail?failed=1&page=99999")[0] == 200

    def test_it_waits_in_the_work_of_the_transparency_unit(
        self, organism: Organism, failed: Mail, ask: Page
    ) -> None:
        _status, page = ask(organism.operator, "/my-work")
        assert page.select_one("a[href*='/mail']") is not None


def test_each_step_waits_for_its_person(ready: Organism, app: Any) -> None:
    def work(person: Person) -> list[str]:
        with app.flask_app.test_request_context("/"):
            tasks = work_views.gathered(acting.people(), person.id, letters.today())
            return [task.what for task in tasks if "validation" in task.url]

    assert len(work(ready.head)) == len(work(ready.liaison)) == 1  # make it
    assert work(ready.member) == []
    letter = letters.make_letter(ready.liaison)
    assert len(work(ready.head)) == len(work(ready.liaison)) == 1  # sign it, upload it
    assert work(ready.head) != work(ready.liaison)
    letters.give_back(ready.liaison, letter, letters.scanned())
    assert work(ready.head) == work(ready.liaison)  # send it
    ready.head.call("imss_oficio_send", id=letter["id"])
    assert work(ready.head) == work(ready.liaison) == []


def test_the_template_is_changed_by_its_form(organism: Organism, ask: Page) -> None:
    _status, page = ask(organism.operator, "/validation-template")
    form = page.select_one("form.imss-form")
    words = {
        field["name"]: field.get("value", field.text.removeprefix("\n"))
        for field in form.select("input[name], textarea[name]")
        if field["name"] != "_csrf_token"
    }
    assert "letter.table.total" in words
    _status, page = ask(
        organism.operator, "/validation-template", {**words, "letter.number": "Sin número"}
    )
    assert page.select_one("[role=alert]") is not None
    assert page.select_one("input[name='letter.number']")["value"] == "Sin número"
    words["letter.farewell"] = "Reciba un saludo."
    ask(organism.operator, "/validation-template", {**words, "preview": "1"})
    kept = organism.operator.call("imss_oficio_template_show")
    assert kept["versions"] == []
    ask(organism.operator, "/validation-template", words)
    kept = organism.operator.call("imss_oficio_template_show")
    assert kept["template"]["letter"]["farewell"] == "Reciba un saludo."
    assert len(kept["template"]["months"]) == 12


@pytest.mark.req("R-015", "R-017", "R-018")
def test_the_legal_basis_is_in_view(organism: Organism, ask: Page) -> None:
    _status, page = ask(organism.liaison, UNIT)
    listed = [item.get_text() for item in page.select("details li")]
    assert len(listed) == 9
    assert sum("2015-02-20" in item for item in listed) == 1


def _file(content: bytes) -> dict[str, Any]:
    return {"upload": (BytesIO(content), "oficio.pdf")}
