"""The federal side inside CKAN: its notices, its review, its comprobantes, by page and by API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import traces
from catalogue_cast import ANONYMOUS, Person, Unit, file_storage
from ckan import model
from ckan.lib import jobs as queue
from ckan.lib.redis import connect_to_redis
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from click.testing import CliRunner
from fpdf import FPDF
from mirror_desk import COPY, FEDERAL, PROFILE_SETTING, Desk, open_desk
from planted import planted_family, values_of
from rq import SimpleWorker
from rq.job import JobStatus

from ckanext.imssbienestar.mirror.ledger.activities import Activities, Kind, Stage
from ckanext.imssbienestar.model import RefusedFile
from ckanext.imssbienestar.portal import mirror_jobs, mirror_site

pytestmark = pytest.mark.usefixtures("with_plugins")

TODAY = datetime.now(UTC).astimezone(ZoneInfo("America/Mexico_City")).date().isoformat()


@pytest.fixture
def desk(
    unit: Unit, tmp_path: Path, ckan_config: Any, monkeypatch: pytest.MonkeyPatch, app: Any
) -> Iterator[Desk]:
    """The Administrator's, with nothing sent yet."""
    with open_desk(unit, tmp_path, app) as made:
        monkeypatch.setitem(ckan_config, PROFILE_SETTING, str(made.profile))
        yield made


def pdf(*lines: str) -> bytes:
    """A document of one page."""
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=12)
    for line in lines:
        document.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(document.output())


@pytest.mark.req("R-107", "R-111")
def test_a_notice_is_looked_at_and_then_that_notice_leaves_once(desk: Desk) -> None:
    desk.sends("gasto_uno")
    first = desk.draft()
    page = desk.get(f"/mirror/notice/{first}")
    for words in (FEDERAL, COPY, "aviso de 1 conjuntos", "gasto_uno", "Enviar este aviso", "Carga"):
        assert words in page
    assert desk.mail.received == []

    # What there is to tell has moved on: nothing leaves that nobody has seen.
    desk.sends("gasto_dos")
    desk.press("/mirror/notify", as_shown=first)
    assert "ya no es lo que se mostró" in desk.work()[-1]
    assert desk.mail.received == []

    second = desk.draft()
    for _ in range(2):
        desk.press("/mirror/notify", as_shown=second)
    (said,) = desk.work()
    assert f"salió para {FEDERAL}" in said
    (received,) = desk.mail.received
    assert received.mailboxes == [FEDERAL, COPY]
    assert "gasto_uno" in received.text()
    assert "gasto_dos" in received.text()
    assert {"archivos.csv", "notas_tecnicas.txt"} <= {
        part.get_filename() for part in received.message.iter_attachments()
    }
    desk.press("/mirror/notify", as_shown=second)
    assert "ya no es lo que se mostró" in desk.work()[-1]
    assert "No hay nada confirmado" in desk.ended(desk.draft())
    assert len(desk.mail.received) == 1
    shown = desk.unit.administrator.call("imss_mirror_activity_show", id=second)
    assert (shown["mail"]["count"], shown["message_id"]) == (2, None)
    desk.press("/mirror/notify", as_shown="no existe")
    assert "ningún ensayo" in desk.work()[-1]


@pytest.mark.req("R-111")
def test_a_mail_whose_answer_is_lost_is_named_and_repeated_only_when_asked(desk: Desk) -> None:
    desk.sends("gasto_uno")
    desk.mail.behaviour.hang_up = True
    desk.press("/mirror/notify", as_shown=desk.draft())
    assert "puede haber salido" in desk.work()[-1]
    desk.mail.behaviour.hang_up = False
    again = "See it with those"
    page = desk.get(f"/en/mirror/notice/{desk.draft()}")
    assert again in page
    assert "Send this notice" not in page
    draft = desk.draft(again="1")
    assert "Enviar este aviso" in desk.get(f"/mirror/notice/{draft}")
    assert len(desk.mail.received) == 1
    desk.mail.behaviour.unknown = {COPY}
    desk.press("/mirror/notify", as_shown=draft, again="1")
    assert "salió para" in desk.work()[-1]
    assert len(desk.mail.received) == 2
    assert f"no aceptó estos buzones: {COPY}" in desk.get("/mirror")

    desk.sends("gasto_dos")
    desk.mail.behaviour.refuse = "554 no"
    desk.press("/mirror/notify", as_shown=desk.draft())
    assert "El aviso no salió" in desk.work()[-1]


@pytest.mark.req("R-107")
def test_a_look_tells_what_the_federal_side_did_and_reminds_when_asked(desk: Desk) -> None:
    desk.sends("gasto_uno", "gasto_dos")
    desk.press("/mirror/notify", as_shown=desk.draft())
    desk.work()
    for package in desk.target.model.stored.values():
        if package["name"] == "gasto_uno":
            desk.target.model.edit(package["id"], private=False)
    desk.press("/mirror/review")
    (said,) = desk.work()
    assert "1 en revisión federal, 1 públicos e iguales" in said
    assert len(desk.mail.received) == 1
    page = desk.get("/mirror")
    assert "está en revisión federal desde" in page
    assert "Falta el comprobante" in page
    assert "Se miró por última vez" in page
    assert "has been in federal review" in desk.get("/en/mirror")
    desk.press("/mirror/review", remind="1")
    assert "Salió un recordatorio sobre gasto_dos" in desk.work()[-1]
    assert "siguen con visibilidad" in desk.mail.received[1].text()


@pytest.mark.req("R-136", "R-182", "R-201")
def test_a_comprobante_is_kept_listed_and_given_out(desk: Desk) -> None:
    desk.sends("gasto_uno")
    form = {"dataset": "gasto_uno", "kind": "load", "number": "CC-1/2026", "date": TODAY}
    # Who signs a comprobante is named lawfully; a name alone stops no file here.
    content = pdf("Comprobante de carga", "Atentamente", "Guadalupe Hernandez Lopez")

    def record(**changes: Any) -> str:
        file = (BytesIO(content), "comprobante.pdf")
        answer = desk.press("/mirror/receipts", **{**form, "upload": file, **changes})
        return str(answer.get_data(as_text=True))

    wrong: list[tuple[dict[str, str], str]] = [
        ({"date": "2999-01-01"}, "no ha llegado"),
        ({"date": "ayer"}, "año, mes y día"),
        ({"dataset": "otro"}, "no consta en la bitácora"),
        ({"kind": "withdrawal"}, "no fue de la clase"),
        ({"number": ""}, "Número: "),
    ]
    for changes, words in wrong:
        page = record(**changes)
        assert words in page
        assert "No se registró nada" in page
    page = record(upload=(BytesIO(b"a,b\n1,2\n"), "comprobante.pdf"))
    assert "comprobante.pdf no es un PDF" in page
    too_large = BytesIO(b"%PDF-" + bytes(20_000_001))
    assert "límite" in record(upload=(too_large, "grande.pdf"))
    folder = desk.profile.parent / "mirror.receipts"
    refuses_a_person(desk)
    assert not folder.exists()

    assert "CC-1/2026" in record()
    record(number="CC-2/2026")
    found = desk.unit.administrator.call("imss_mirror_receipt_list", dataset="gasto_uno")
    assert [(one["number"], one["counts"]) for one in found["results"]] == [
        ("CC-2/2026", True),
        ("CC-1/2026", False),
    ]
    (one, _corrected) = found["results"]
    assert (one["kept"], one["person"]) == (True, desk.unit.administrator.name)
    address = f"/mirror/receipts/{one['sha256']}"
    answer = desk.app.get(address, headers={"Authorization": desk.token})
    assert answer.data == content
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "attachment" in answer.headers["Content-Disposition"]
    (kept,) = [path for path in folder.rglob("*") if path.is_file()]
    kept.write_bytes(content[::-1])
    desk.get(address, 404)
    kept.unlink()
    assert "Falta" in desk.get("/mirror/receipts")


def refuses_a_person(desk: Desk) -> None:
    """A comprobante with a person in it leaves no trace but the record of its refusal."""
    (person,) = planted_family(1)
    with pytest.raises(tk.ValidationError) as refused:
        desk.unit.administrator.call(
            "imss_mirror_receipt_record",
            dataset="gasto_uno",
            kind="load",
            number="1",
            date=TODAY,
            upload=file_storage("comprobante.pdf", pdf(f"CURP: {person.curp}")),
        )
    assert "personal_data" in refused.value.error_dict
    told = json.dumps(refused.value.error_dict, ensure_ascii=False)
    assert not any(value in told for value in values_of(person))
    assert (
        list(traces.search_files(traces.forms_of(values_of(person)), [desk.profile.parent])) == []
    )
    (recorded,) = model.Session.query(RefusedFile).all()
    assert recorded.user_id == desk.unit.administrator.id


def test_nobody_else_may(desk: Desk) -> None:
    desk.sends("gasto_uno")
    draft, calls = (
        desk.draft(),
        {
            "imss_mirror_notify": {},
            "imss_mirror_review": {},
            "imss_mirror_receipt_list": {},
            "imss_mirror_activity_show": {"id": "x"},
            "imss_mirror_receipt_record": {
                "dataset": "gasto_uno",
                "kind": "load",
                "number": "1",
                "date": TODAY,
            },
        },
    )
    for person in (ANONYMOUS, desk.unit.liaison, desk.unit.transparency):
        for action, data in calls.items():
            with pytest.raises(tk.NotAuthorized):
                person.call(action, **data)
        for path in (f"notice/{draft}", "receipts", "receipts/" + "0" * 64, "dataset/gasto_uno"):
            _get(desk, person, f"/mirror/{path}")
        for path in ("notify", "review", "receipts"):
            desk.app.post(f"/mirror/{path}", headers=_headers(person), data={}, status=403)
    assert desk.mail.received == []


def _headers(person: Person) -> dict[str, str]:
    if person is ANONYMOUS:
        return {}
    return {"Authorization": factories.APIToken(user=person.name)["token"]}


def _get(desk: Desk, person: Person, path: str) -> None:
    desk.app.get(path, headers=_headers(person), status=403)


@pytest.fixture
def worker() -> Callable[[], None]:
    """Works off what waits in the queue, in this process."""
    return lambda: SimpleWorker([queue.get_queue()], connection=connect_to_redis()).work(burst=True)


def test_a_profile_that_broke_after_the_asking_is_told_in_words(
    desk: Desk, worker: Callable[[], None]
) -> None:
    asked = desk.unit.administrator.call("imss_mirror_start", kind="run")
    sound = desk.profile.read_text()
    desk.profile.write_text("contact = 3")
    worker()
    assert "ajustes que no sirven" in desk.get("/mirror")
    desk.profile.write_text(sound)
    assert "ajustes que no sirven" in desk.ended(asked["id"])
    assert "settings that do not work" in desk.get("/en/mirror")
    (activity,) = Activities(mirror_site.database()).recent(5)
    assert (activity.stage, activity.exit_code) == (Stage.DONE, 2)

    # A profile that says where the ledger is, and does not work all the same.
    asked = desk.unit.administrator.call("imss_mirror_start", kind="verify")
    (desk.profile.parent / "target").chmod(0o644)
    worker()
    (desk.profile.parent / "target").chmod(0o600)
    assert "Otras cuentas de esta máquina pueden leer" in desk.ended(asked["id"])


def test_a_job_whose_process_was_killed_is_told_at_once(desk: Desk) -> None:
    draft = desk.draft()
    activities = Activities(mirror_site.database())
    asked: list[tuple[str, dict[str, str], str]] = [
        ("/mirror", {"kind": "run"}, "No se confirmó nada sin prueba"),
        ("/mirror/notify", {}, "No cambió nada"),
        ("/mirror/notify", {"as_shown": draft}, "No se sabe si el correo salió"),
    ]
    for path, form, told in asked:
        desk.press(path, **form)
        newest = activities.recent(1)[0]
        activities.start(newest.id)
        assert "En curso" in desk.ended(newest.id)
        # What a worker writes when the process of its job is gone.
        queue.job_from_id(newest.id).set_status(JobStatus.FAILED)
        said = desk.ended(newest.id)
        assert "terminado a la fuerza" in said
        assert told in said
    activities.lose(draft)
    found = activities.find(draft)
    assert found is not None
    assert found.stage is Stage.DONE, "what has ended is not lost"


def test_the_commands_pass_through(desk: Desk, cli: CliRunner) -> None:
    from ckan.cli.cli import ckan

    desk.sends("gasto_uno")
    commands = [
        (["notify", "--dry-run", "--json"], 0),
        (["review", "--json"], 1),  # its comprobante is missing
        (["receipt", "list", "--json"], 0),
        (["notify", "--as-shown", "no existe"], 2),
    ]
    for words, code in commands:
        done = cli.invoke(ckan, ["imssbienestar", "mirror", *words])
        assert done.exit_code == code, (words, done.output)
    page = desk.get("/mirror")
    assert "Mirada al lado federal: todo" in page
    assert "ningún ensayo" in page
    assert desk.mail.received == []


def test_the_schedule_looks_at_the_federal_side_too(desk: Desk) -> None:
    moment = datetime(2026, 11, 20, 3, tzinfo=UTC)
    registry = queue.get_queue().scheduled_job_registry
    mirror_jobs.schedule(moment)
    assert len(registry.get_job_ids()) == 1
    more = "[schedule]\nreview_every_hours = 2\nremind = true\n"
    desk.profile.write_text(desk.profile.read_text() + more)
    mirror_jobs.turn(moment.isoformat())
    mirror_jobs.look_turn(moment.isoformat())
    asked = Activities(mirror_site.database()).recent(5)
    assert {(one.kind, one.options.get("remind")) for one in asked} == {
        (Kind.RUN, None),
        (Kind.REVIEW, True),
    }
    assert mirror_jobs.unschedule() == 4
