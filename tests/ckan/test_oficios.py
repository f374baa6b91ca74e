"""The Oficio de Validación: made from closed forms, returned signed, sent with them."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, ClassVar

import letters
import pytest
import sqlalchemy as sa
from catalogue_cast import ANONYMOUS, Person
from ckan import model
from ckan.plugins import toolkit as tk
from identification_cast import Organism
from mirror.mail_server import MailServer
from pypdf import PdfReader, PdfWriter

from ckanext.imssbienestar.model import HistoryAnchor, Mail, Oficio, PaperReceipt, SignedOficio
from ckanext.imssbienestar.portal import mail_jobs
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.procedure import content_sweep, history

pytestmark = pytest.mark.usefixtures("with_plugins")

MAILBOX = "transparencia.opd@imssbienestar.gob.mx"
TABLES = (Oficio, SignedOficio, PaperReceipt, Mail)


@pytest.fixture
def ready(organism: Organism) -> Organism:
    """The organism, with a Formato 2 and a meeting of C1."""
    letters.close_forms(organism)
    letters.hold_meeting()
    return organism


@pytest.fixture
def letter(ready: Organism) -> dict[str, Any]:
    return letters.make_letter(ready.liaison)


@pytest.fixture
def post_office(ckan_config: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A real mail server that the site sends by."""
    server = MailServer()
    monkeypatch.setitem(ckan_config, "smtp.server", f"127.0.0.1:{server.port}")
    monkeypatch.setitem(ckan_config, "smtp.mail_from", "datos@ejemplo.mx")
    monkeypatch.setattr(mail_jobs, "_request_next", lambda: None)
    yield server
    server.stop()


def _counts() -> list[int]:
    model.Session.expire_all()
    counts = [model.Session.scalar(sa.select(sa.func.count()).select_from(each)) for each in TABLES]
    return [*map(int, filter(lambda count: count is not None, counts)), len(_events())]


def _events() -> list[Any]:
    return history.events(model.Session)


def _refused(call: Callable[[], Any]) -> dict[str, Any]:
    """What a refusal says; nothing was kept by it."""
    before = _counts()
    with pytest.raises(tk.ValidationError) as error:
        call()
    model.Session.rollback()
    assert _counts() == before
    return dict(error.value.error_dict)


def _codes(said: dict[str, Any]) -> list[str]:
    return [each["code"] for each in said["findings"]]


class TestMaking:
    """It is made of closed forms, and says how many databases there are and of what type."""

    @pytest.mark.req("R-010", "R-082", "R-084", "R-085", "R-086", "R-087", "R-090", "R-092")
    def test_it_says_what_anexo_iii_asks_for(self, ready: Organism) -> None:
        made = letters.make_letter(ready.liaison)
        day = letters.today()
        assert made["number_line"] == f"Oficio No. {letters.folio()}"
        assert made["subject"] == "Asunto: Datos Abiertos"
        assert made["date_line"].startswith(f"Ciudad de México, a {day.day} de ")
        assert made["date_line"].endswith(str(day.year))
        assert made["addressee"][0].startswith("Jefatura de División de Transparencia")
        assert made["totals"] == {"databases": 3, "personal": 1, "open": 1, "public_interest": 2}
        assert made["table"][-1] == ["TOTAL", "3", "1", "1", "2"]
        assert made["meetings"] == [day.isoformat()]
        assert any(f"el día {day.day} de " in text for text in made["paragraphs"])
        assert any("digital e impreso" in text for text in made["paragraphs"])
        assert made["signature"][0] == model.User.get(ready.head.name).fullname
        assert made["signature"][-1] == "Unidad de Atención a la Salud"
        assert made["state"] == "generated"
        form = ready.member.call("imss_concentrado_show", coordination="C1")
        assert made["totals"] == form["totals"]

    @pytest.mark.req("R-082", "R-093")
    def test_its_files_carry_the_hashes_of_both_forms(
        self, ready: Organism, letter: dict[str, Any]
    ) -> None:
        (form,) = letter["forms"]
        text = "".join(letters.text_of(letters.printed(ready.head, letter)).split())
        for digest in (form["inventory_digest"], form["concentrado_digest"]):
            assert digest in text
        with zipfile.ZipFile(io.BytesIO(letters.printed(ready.liaison, letter, "docx"))) as docx:
            words = docx.read("word/document.xml").decode()
        assert form["concentrado_digest"] in words
        assert letters.printed(ready.head, letter) == letters.printed(ready.head, letter)
        with pytest.raises(tk.ObjectNotFound):
            letters.printed(ready.head, letter, "signed")

    def test_the_history_has_it_and_an_anchor(
        self, ready: Organism, letter: dict[str, Any]
    ) -> None:
        newest = _events()[-1]
        assert (newest.event.act, newest.event.subject) == (
            "oficio.generated",
            f"oficio:{letter['id']}",
        )
        assert newest.event.changes["digest"] == letter["digest"]
        anchor = model.Session.scalars(sa.select(HistoryAnchor)).one()
        assert (anchor.count, anchor.last_hash) == (newest.number, newest.hash)
        assert history.verify(model.Session) == ()

    @pytest.mark.req("R-082")
    def test_it_is_not_made_before_its_forms(self, organism: Organism) -> None:
        said = _refused(lambda: letters.make_letter(organism.liaison))
        assert {"oficio-no-form-of", "oficio-no-forms", "oficio-no-meetings"} <= set(_codes(said))
        letters.close_forms(organism)
        letters.hold_meeting(day=letters.today() - datetime.timedelta(days=400))
        said = _refused(lambda: letters.make_letter(organism.liaison))
        assert _codes(said) == ["oficio-no-meetings"]

    @pytest.mark.req("R-084")
    @pytest.mark.parametrize(
        ("folio", "code"),
        [
            ("", "oficio-no-folio"),
            ("IB-UAS-0012", "oficio-no-folio"),
            ("—/2026", "oficio-no-folio"),
            ("IB-UAS/0012/2023", "oficio-other-year"),
        ],
    )
    def test_its_number_has_the_year_of_its_date(
        self, ready: Organism, folio: str, code: str
    ) -> None:
        said = _refused(lambda: letters.make_letter(ready.liaison, folio=folio))
        assert code in _codes(said)

    @pytest.mark.req("R-084")
    def test_its_number_is_its_own(self, ready: Organism, letter: dict[str, Any]) -> None:
        again = letters.folio(" ib-uas / 0012 ")
        said = _refused(lambda: letters.make_letter(ready.liaison, folio=again))
        assert _codes(said) == ["oficio-folio-used"]

    @pytest.mark.req("R-084")
    def test_of_two_at_once_one_gets_the_number(self, ready: Organism) -> None:
        barrier = Barrier(2)

        def make() -> str:
            barrier.wait(10)
            try:
                letters.make_letter(ready.liaison)
            except tk.ValidationError as error:
                return str(error.error_dict["findings"][0]["code"])
            else:
                return "made"
            finally:
                model.Session.remove()

        with ThreadPoolExecutor(2) as both:
            outcomes = sorted(job.result() for job in [both.submit(make) for _each in range(2)])
        assert outcomes == ["made", "oficio-folio-used"]

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"date": "2030-01-01"}, "oficio-wrong-date"),
            ({"coordinations": ["coordinacion-de-transparencia"]}, "oficio-not-of-unit"),
            ({"coordinations": ["no-hay"]}, "oficio-not-of-unit"),
            ({"coordinations": ["coordinacion-de-primer-nivel"]}, "oficio-no-form-of"),
            ({"signatory_post": "Titular\x07"}, "oficio-unwritable-text"),
        ],
    )
    def test_what_does_not_agree_is_told(
        self, ready: Organism, changed: dict[str, Any], code: str
    ) -> None:
        assert code in _codes(_refused(lambda: letters.make_letter(ready.liaison, **changed)))

    def test_what_is_no_day_or_holds_personal_data_is_told(self, ready: Organism) -> None:
        for field, value in (
            ("date", "ayer"),
            ("signatory_post", "x" * 301),
            ("signatory_post", "Titular, CURP HEGG560427MVZRRL04"),
        ):
            asked = {field: value}
            said = _refused(lambda asked=asked: letters.make_letter(ready.liaison, **asked))
            assert said[field]

    @pytest.mark.req("R-082")
    def test_it_needs_a_head(self, ready: Organism) -> None:
        held = ready.transparency.call("imss_designation_list", organization="UA1")["results"]
        head = next(each for each in held if each["role"] == "unit_head")
        yesterday = (letters.today() - datetime.timedelta(days=1)).isoformat()
        ready.transparency.call("imss_designation_end", id=head["id"], valid_to=yesterday)
        said = _refused(lambda: letters.make_letter(ready.liaison))
        assert _codes(said) == ["oficio-no-signatory"]

    def test_one_letter_covers_the_groups_of_its_unit(self, ready: Organism) -> None:
        letters.close_forms(ready, "C2", "PN")
        made = letters.make_letter(ready.head, coordinations=[])
        assert [form["coordination"] for form in made["forms"]] == [
            "Coordinación de Hospitales",
            "Coordinación de Primer Nivel",
        ]
        assert made["totals"]["databases"] == 6

    def test_a_preview_makes_nothing(self, ready: Organism) -> None:
        before = _counts()
        shown = ready.liaison.call("imss_oficio_preview", unit="UA1", folio=letters.folio())
        assert shown["table"][-1][1] == "3"
        assert "id" not in shown
        assert _counts() == before

    @pytest.mark.req("R-093")
    def test_a_form_that_changes_needs_another_letter(
        self, ready: Organism, letter: dict[str, Any]
    ) -> None:
        shown = ready.head.call("imss_oficio_list", unit="ua-salud")
        assert (shown["count"], shown["uncovered"]) == (1, [])
        letters.close_forms(ready, prefix="CX")
        (listed,) = (shown := ready.head.call("imss_oficio_list", unit="ua-salud"))["results"]
        assert [found["code"] for found in listed["outdated"]] == ["oficio-outdated"]
        assert shown["uncovered"] == [{"coordination": "Coordinación de Hospitales", "version": 2}]
        again = ready.head.call("imss_oficio_show", id=letter["id"])
        assert again["digests"] == letter["digests"]  # what was made stays

    @pytest.mark.req("R-093")
    def test_a_letter_that_was_made_anew_waits_for_nobody(
        self, ready: Organism, letter: dict[str, Any]
    ) -> None:
        assert letter["replaced_by"] is None
        again = letters.make_letter(ready.head, folio=letters.folio("IB-UAS/0013"))
        assert again["replaced_by"] is None
        first = ready.head.call("imss_oficio_show", id=letter["id"])
        assert first["replaced_by"] == again["folio"]


class TestSigned:
    """The signed copy is looked at; what is not this letter is recorded and not kept."""

    @pytest.mark.req("R-092", "R-093")
    def test_a_signed_copy_is_kept_with_its_hash(
        self, ready: Organism, letter: dict[str, Any]
    ) -> None:
        content = letters.signed_by_hand(ready.liaison, letter)
        answer = letters.give_back(ready.liaison, letter, content)
        assert answer["state"] == "signed"
        assert [found["code"] for found in answer["findings"]] == ["signed-no-signature"]
        (copy,) = answer["signed_copies"]
        assert (copy["accepted"], copy["size"]) == (True, len(content))
        assert content_store().path(copy["sha256"]).read_bytes() == content
        assert letters.printed(ready.head, letter, "signed") == content
        assert copy["sha256"] in content_sweep.referred_files(model.Session)
        assert _events()[-1].event.act == "oficio.signed_copy_kept"

    def test_a_scan_is_kept_and_told_to_be_compared(
        self, ready: Organism, letter: dict[str, Any]
    ) -> None:
        answer = letters.give_back(ready.head, letter, letters.scanned())
        assert [found["code"] for found in answer["findings"]] == ["signed-no-text"]
        assert answer["state"] == "signed"

    @pytest.mark.req("R-093")
    @pytest.mark.parametrize("wrong", ["another", "unsigned", "not a pdf", "encrypted", "cut"])
    def test_what_is_not_this_letter_is_recorded_and_not_kept(
        self, ready: Organism, letter: dict[str, Any], wrong: str
    ) -> None:
        content, code = _wrong(ready, letter, wrong)
        before = len(_events())
        with pytest.raises(tk.ValidationError) as error:
            letters.give_back(ready.liaison, letter, content)
        assert code in _codes(error.value.error_dict)
        assert error.value.error_dict["upload"]
        shown = ready.head.call("imss_oficio_show", id=letter["id"])
        (copy,) = shown["signed_copies"]
        assert not copy["accepted"]
        assert code in copy["problems"]
        assert shown["state"] == "generated"
        assert not content_store().path(copy["sha256"]).exists()
        assert len(_events()) == before + 1

    def test_no_file_or_too_large_a_one_is_told(
        self, ready: Organism, letter: dict[str, Any], ckan_config: Any, monkeypatch: Any
    ) -> None:
        said = _refused(
            lambda: ready.liaison.call("imss_oficio_receive_signed", id=letter["id"], upload="x")
        )
        assert said["upload"]
        monkeypatch.setitem(ckan_config, "ckan.max_resource_size", 1)
        large = b"%PDF-1.7\n" + b" " * (2 << 20)
        assert _refused(lambda: letters.give_back(ready.liaison, letter, large))["upload"]


def _wrong(ready: Organism, letter: dict[str, Any], wrong: str) -> tuple[bytes, str]:
    content = letters.printed(ready.liaison, letter)
    if wrong == "another":
        letters.close_forms(ready, prefix="CX")
        other = letters.make_letter(ready.liaison, folio=letters.folio("IB-UAS/0013"))
        return letters.printed(ready.liaison, other), "signed-other-digest"
    if wrong == "unsigned":
        return content, "signed-as-generated"
    if wrong == "not a pdf":
        return b"PK\x03\x04 no", "signed-not-pdf"
    if wrong == "cut":
        return content[:9] + b"\xff" * 400, "signed-damaged"
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt("secreta")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue(), "signed-encrypted"


class TestSending:
    """To the institutional mailbox with copy to the administrator, with the forms, once."""

    @pytest.mark.req("R-042", "R-083", "R-089", "R-091")
    def test_it_leaves_with_its_forms_and_its_id_is_kept(
        self, ready: Organism, letter: dict[str, Any], post_office: MailServer
    ) -> None:
        signed = letters.signed_by_hand(ready.liaison, letter)
        letters.give_back(ready.liaison, letter, signed)
        queued = ready.head.call("imss_oficio_send", id=letter["id"])
        assert queued["state"] == "sending"
        assert mail_jobs.send_due().sent == 1
        (received,) = post_office.received
        administrator = model.User.get(ready.administrator.name).email
        assert received.message["To"] == MAILBOX
        assert received.message["Cc"] == administrator
        attached = {
            part.get_filename(): part.get_payload(decode=True)
            for part in received.message.iter_attachments()
        }
        kinds = [name.rsplit("-v", 1)[0] for name in attached]
        assert kinds[1:] == [
            "formato-1-coordinacion-de-hospitales",
            "formato-2-coordinacion-de-hospitales",
        ]
        assert next(iter(attached.values())) == signed
        text = received.text()
        for each in letter["digests"]:
            assert each["digest"] in text
        newest = _events()[-1]
        assert newest.event.act == "oficio.sent"
        assert newest.hash in text  # the history is anchored in somebody's mailbox
        (mail,) = ready.head.call("imss_oficio_show", id=letter["id"])["mails"]
        assert mail["message_id"] == received.message["Message-ID"]
        assert mail["sent"] is not None
        assert ready.liaison.call("imss_oficio_show", id=letter["id"])["state"] == "sent"

    @pytest.mark.req("R-083")
    def test_it_is_not_sent_unsigned_or_twice(
        self, ready: Organism, letter: dict[str, Any], post_office: MailServer
    ) -> None:
        def send() -> Any:
            return ready.liaison.call("imss_oficio_send", id=letter["id"])

        assert _codes(_refused(send)) == ["oficio-not-signed"]
        letters.give_back(ready.liaison, letter, letters.signed_by_hand(ready.liaison, letter))
        send()
        assert _codes(_refused(send)) == ["oficio-on-its-way"]
        said = _refused(lambda: letters.give_back(ready.liaison, letter, letters.scanned()))
        assert _codes(said) == ["oficio-on-its-way"]

    @pytest.mark.req("R-083")
    def test_of_two_who_send_it_one_does(
        self, ready: Organism, letter: dict[str, Any], post_office: MailServer
    ) -> None:
        letters.give_back(ready.liaison, letter, letters.scanned())
        barrier = Barrier(2)

        def send(person: Person) -> str:
            barrier.wait(10)
            try:
                person.call("imss_oficio_send", id=letter["id"])
            except tk.ValidationError as error:
                return str(error.error_dict["findings"][0]["code"])
            else:
                return "sent"
            finally:
                model.Session.remove()

        with ThreadPoolExecutor(2) as both:
            jobs = [both.submit(send, person) for person in (ready.liaison, ready.head)]
            outcomes = sorted(job.result() for job in jobs)
        assert outcomes == ["oficio-on-its-way", "sent"]
        assert mail_jobs.send_due().sent == 1
        assert len(post_office.received) == 1

    @pytest.mark.req("R-083")
    def test_one_that_was_given_up_can_be_sent_again(
        self, ready: Organism, letter: dict[str, Any], post_office: MailServer
    ) -> None:
        letters.give_back(ready.liaison, letter, letters.signed_by_hand(ready.liaison, letter))
        post_office.behaviour.unknown = {MAILBOX}
        ready.liaison.call("imss_oficio_send", id=letter["id"])
        assert mail_jobs.send_due().failed == 1
        shown = ready.head.call("imss_oficio_show", id=letter["id"])
        assert shown["state"] == "not_sent"
        assert MAILBOX in shown["mails"][0]["reason"]
        post_office.behaviour.unknown = set()
        ready.head.call("imss_mail_retry", id=shown["mails"][0]["id"])
        assert mail_jobs.send_due().sent == 1
        assert ready.head.call("imss_oficio_show", id=letter["id"])["state"] == "sent"

    @pytest.mark.req("R-091")
    def test_it_needs_an_administrator(self, ready: Organism, letter: dict[str, Any]) -> None:
        letters.give_back(ready.liaison, letter, letters.signed_by_hand(ready.liaison, letter))
        held = ready.transparency.call("imss_designation_list")["results"]
        yesterday = (letters.today() - datetime.timedelta(days=1)).isoformat()
        for each in held:
            if each["role"] == "administrator":
                ready.transparency.call("imss_designation_end", id=each["id"], valid_to=yesterday)
        said = _refused(lambda: ready.liaison.call("imss_oficio_send", id=letter["id"]))
        assert _codes(said) == ["oficio-no-administrator"]

    @pytest.mark.req("R-089")
    def test_its_arrival_on_paper_is_noted(self, ready: Organism, letter: dict[str, Any]) -> None:
        day = letters.today().isoformat()
        noted = ready.operator.call(
            "imss_oficio_paper_receipt", id=letter["id"], received_on=day, reference="A-7"
        )
        assert noted["paper_receipts"][0]["received_on"] == day
        for wrong in ("2020-01-01", "2099-01-01"):
            said = _refused(
                lambda wrong=wrong: ready.operator.call(
                    "imss_oficio_paper_receipt", id=letter["id"], received_on=wrong
                )
            )
            assert _codes(said) == ["oficio-paper-date"]


class TestTemplate:
    """The Transparency Unit changes the words of the letters that come."""

    @pytest.mark.req("R-088")
    def test_its_words_can_be_changed_from_now_on(
        self, ready: Organism, letter: dict[str, Any]
    ) -> None:
        kept = ready.operator.call("imss_oficio_template_show")
        assert "Metodología" in kept["template"]["letter"]["paragraphs"][0]
        words = {**kept["template"], "letter": dict(kept["template"]["letter"])}
        words["letter"]["farewell"] = "Le envío un saludo."
        ready.operator.call("imss_oficio_template_update", template=words, preview=True)
        assert ready.operator.call("imss_oficio_template_show") == kept
        changed = ready.operator.call("imss_oficio_template_update", template=words)
        assert len(changed["versions"]) == 1
        ready.operator.call("imss_oficio_template_update", template=words)  # the same words
        assert len(ready.operator.call("imss_oficio_template_show")["versions"]) == 1
        other = letters.make_letter(ready.liaison, folio=letters.folio("IB-UAS/0013"))
        assert other["farewell"] == "Le envío un saludo."
        first = ready.head.call("imss_oficio_show", id=letter["id"])
        assert first["farewell"] == letter["farewell"]

    @pytest.mark.req("R-085", "R-088", "R-090")
    def test_words_that_would_spoil_a_letter_are_told(self, ready: Organism) -> None:
        template = ready.operator.call("imss_oficio_template_show")["template"]
        for part, text, code in (
            ("subject", "Asunto: Otro", "oficio-other-subject"),
            ("number", "Oficio", "oficio-missing-placeholder"),
            ("place_and_date", "{date} {secret}", "oficio-unknown-placeholder"),
            ("paragraphs", ["Sin reuniones"], "oficio-missing-placeholder"),
            ("farewell", "", "oficio-part-empty"),
        ):
            words = {**template, "letter": {**template["letter"], part: text}}
            said = _refused(
                lambda words=words: ready.operator.call(
                    "imss_oficio_template_update", template=words
                )
            )
            assert code in _codes(said)
        for broken in ({}, "x", {**template, "letter": {}}):
            said = _refused(
                lambda broken=broken: ready.operator.call(
                    "imss_oficio_template_update", template=broken
                )
            )
            assert said["template"]


class TestWhoMay:
    """The unit's head and liaison make letters; its groups and the Transparency Unit read them."""

    ACTIONS = (
        "imss_oficio_create",
        "imss_oficio_preview",
        "imss_oficio_show",
        "imss_oficio_list",
        "imss_oficio_export",
        "imss_oficio_receive_signed",
        "imss_oficio_send",
        "imss_oficio_paper_receipt",
        "imss_oficio_template_show",
        "imss_oficio_template_update",
    )
    READ = frozenset({"imss_oficio_show", "imss_oficio_list", "imss_oficio_export"})
    PREPARE = READ | {
        "imss_oficio_create",
        "imss_oficio_preview",
        "imss_oficio_receive_signed",
        "imss_oficio_send",
    }
    UNIT = READ | {
        "imss_oficio_paper_receipt",
        "imss_oficio_template_show",
        "imss_oficio_template_update",
    }
    MAY: ClassVar[dict[str, frozenset[str]]] = {
        "liaison": PREPARE,
        "head": PREPARE,
        "transparency": UNIT,
        "operator": UNIT,
        "administrator": READ,
        "representative": READ,
        "member": READ,
        "delegate": READ,
        # Of another group of the unit: it sees that the unit has letters, and none of this group.
        "second_member": frozenset({"imss_oficio_list"}),
    }

    @pytest.mark.req("R-057", "R-082", "R-083")
    def test_each_act_is_for_its_people_alone(
        self, ready: Organism, letter: dict[str, Any]
    ) -> None:
        for name, person in {**ready.people(), "nobody": ANONYMOUS}.items():
            allowed = set()
            for action in self.ACTIONS:
                try:
                    person.call(action, **_arguments(action, letter))
                except tk.NotAuthorized:
                    continue
                except (tk.ValidationError, tk.ObjectNotFound):
                    pass
                allowed.add(action)
            assert allowed == self.MAY.get(name, frozenset()), name
        seen = ready.second_member.call("imss_history_list", coordination="C2")["results"]
        assert not any(event["act"].startswith("oficio.") for event in seen)
        (one,) = [ready.second_member.call("imss_oficio_list", unit="UA1")]
        assert (one["count"], one["results"], one["uncovered"]) == (0, [], [])

    def test_what_does_not_exist_is_not_told_from_what_is_hidden(self, ready: Organism) -> None:
        for action, arguments in (
            ("imss_oficio_show", {"id": "no-hay"}),
            ("imss_oficio_list", {"unit": "no-hay"}),
            ("imss_oficio_list", {"unit": "coordinacion-de-hospitales"}),
        ):
            with pytest.raises(tk.NotAuthorized):
                ready.stranger.call(action, **arguments)
            with pytest.raises(tk.ObjectNotFound):
                ready.operator.call(action, **arguments)


def _arguments(action: str, letter: dict[str, Any]) -> dict[str, Any]:
    """Arguments that do nothing even for those who may."""
    if action in {"imss_oficio_create", "imss_oficio_preview"}:
        return {"unit": "UA1", "folio": ""}
    if action == "imss_oficio_list":
        return {"unit": "UA1"}
    if "template" in action:
        return {"template": {}}
    extra = {
        "imss_oficio_export": {"format": "signed"},
        "imss_oficio_receive_signed": {"upload": "x"},
        "imss_oficio_paper_receipt": {"received_on": "x"},
    }
    return {"id": letter["id"], **extra.get(action, {})}
