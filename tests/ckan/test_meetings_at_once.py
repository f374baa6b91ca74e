"""Two people at the same moment about the same meeting, agreement, form, request or notice."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from catalogue_cast import file_storage
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from identification_cast import Organism, small_pdf
from meetings_cast import begin_inventory, call_meeting, in_days, known_database

from ckanext.imssbienestar.model import (
    HistoryEvent,
    Mail,
    ReportedDatabase,
    SentForm,
)
from ckanext.imssbienestar.procedure import history

pytestmark = pytest.mark.usefixtures("with_plugins")


def at_once(app: Any, *calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; results or the errors they raised."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        with app.flask_app.test_request_context():
            barrier.wait()
            try:
                return call()
            except tk.ValidationError as error:
                return error
            finally:
                model.Session.remove()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def one_told(results: list[Any], code: str) -> Any:
    """The result of the one that was done; the other was told why not."""
    (done,) = [result for result in results if not isinstance(result, Exception)]
    (told,) = [result for result in results if isinstance(result, Exception)]
    assert [found["code"] for found in told.error_dict["findings"]] == [code]
    return done


@pytest.mark.req("R-029", "R-030", "R-039")
def test_two_record_the_same_meeting(organism: Organism, app: Any) -> None:
    meeting = call_meeting(organism, -2)

    def recording(name: str) -> Callable[[], Any]:
        return lambda: organism.people()[name].call(
            "imss_meeting_record",
            id=meeting["id"],
            held=True,
            attended=[name],
            agreements=[{"text": f"De {name}", "owner": name, "due": in_days(3)}],
            based_on=meeting["mark"],
        )

    done = one_told(
        at_once(app, recording("member"), recording("delegate")), "meeting-changed-meanwhile"
    )
    shown = organism.liaison.call("imss_meeting_show", id=meeting["id"])
    assert [one["text"] for one in shown["agreements"]] == [
        one["text"] for one in done["agreements"]
    ]
    assert len(shown["agreements"]) == 1
    agreement = shown["agreements"][0]["id"]

    def closing(state: str) -> Callable[[], Any]:
        return lambda: organism.liaison.call("imss_agreement_close", id=agreement, state=state)

    one_told(at_once(app, closing("done"), closing("cancelled")), "agreement-closed-already")
    assert history.verify(model.Session) == ()


@pytest.mark.req("R-034", "R-035", "R-042", "R-043")
def test_two_send_answer_and_tell_the_same(organism: Organism, app: Any) -> None:
    begin_inventory()
    known_database()

    def act(person: str, action: str, **values: Any) -> Callable[[], Any]:
        return lambda: organism.people()[person].call(action, **values)

    send = act("liaison", "imss_form_send", coordination="C1", form="formato_1")
    one_told(at_once(app, send, send), "form-sent-already")
    assert model.Session.query(SentForm).count() == 1

    request = organism.operator.call(
        "imss_request_create", coordination="C1", text="Pedido", due=in_days(3)
    )
    answers = [
        act("liaison", "imss_request_answer", id=request["id"], answer=text)
        for text in ("Una", "Otra")
    ]
    one_told(at_once(app, *answers), "request-answered-already")

    values = {"coordination": "C1", "kind": "withdrawal", "identifier": "CH-0001", "text": "x"}
    report = one_told(
        at_once(
            app,
            act("member", "imss_database_report", **values),
            act("delegate", "imss_database_report", **values),
        ),
        "database-reported-already",
    )
    forward = act("liaison", "imss_database_forward", id=report["id"])
    one_told(at_once(app, forward, forward), "database-forwarded-already")
    assert model.Session.query(ReportedDatabase).count() == 1
    assert history.verify(model.Session) == ()
    # What was told once was told by one mail: to the mailbox, and to the liaison of the group.
    kinds = [mail.kind for mail in model.Session.query(Mail)]
    assert sorted(kinds) == [
        "form_sent",
        "request_answered",
        "request_made",
        "withdrawal_reported",
        "withdrawal_reported",
    ]


def test_a_form_with_a_file_takes_agreements_as_text(organism: Organism, app: Any) -> None:
    meeting = call_meeting(organism, -2)
    token = factories.APIToken(user=organism.member.name)["token"]
    answer = app.post(
        "/api/3/action/imss_meeting_record",
        headers={"Authorization": token},
        data={
            "id": meeting["id"],
            "held": "true",
            "attended": "member, delegate",
            "agreements": json.dumps([{"text": "Uno", "owner": "member", "due": in_days(3)}]),
            "upload": file_storage("minuta.pdf", small_pdf()),
        },
    )
    shown = answer.json["result"]
    assert [one["text"] for one in shown["agreements"]] == ["Uno"]
    assert {person["name"] for person in shown["attended"]} == {"member", "delegate"}
    assert shown["minutes"]["size"] == len(small_pdf())


def test_an_act_that_fails_at_its_end_leaves_nothing(
    organism: Organism, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = call_meeting(organism, -2)
    before = model.Session.query(HistoryEvent).count()

    def broken(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr("ckanext.imssbienestar.portal.acting.record", broken)
    with pytest.raises(RuntimeError):
        organism.member.call(
            "imss_meeting_record",
            id=meeting["id"],
            held=True,
            attended=["member"],
            agreements=[{"text": "Uno", "owner": "member", "due": in_days(3)}],
        )
    model.Session.rollback()
    shown = organism.liaison.call("imss_meeting_show", id=meeting["id"])
    assert (shown["state"], shown["agreements"], shown["attended"]) == ("to_record", [], [])
    assert model.Session.query(HistoryEvent).count() == before
