"""The analysis of public interest by API: who decides, what is kept, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import closed_forms
import pytest
import sqlalchemy as sa
from catalogue_cast import ANONYMOUS, Person
from ckan import model
from ckan.plugins import toolkit as tk
from identification_cast import Organism

from ckanext.imssbienestar.domain.inventory_versions import ClosedInventory
from ckanext.imssbienestar.model import AnalysisDecision, HistoryEvent
from ckanext.imssbienestar.procedure import history

pytestmark = pytest.mark.usefixtures("with_plugins")

WHY = "Solo sirve para el control interno del almacén."


@pytest.fixture
def form(organism: Organism) -> ClosedInventory:
    """A closed Formato 1 of C1 with one database of each sort."""
    return closed_forms.close("C1", closed_forms.one_of_each(), closed_by=organism.liaison.id)


def decide(person: Person, form: ClosedInventory, *answers: dict[str, Any] | str) -> Any:
    """Decide about databases of C1; an identifier alone takes the default answers."""
    sent = [{"entry": one} if isinstance(one, str) else one for one in answers]
    return person.call(
        "imss_analysis_decide", coordination="C1", inventory=form.digest, decisions=sent
    )


def shown(person: Person, **asked: Any) -> Any:
    return person.call("imss_analysis_show", coordination="C1", **asked)


def kept() -> list[tuple[Any, ...]]:
    """Every decision in the table, in order."""
    table = AnalysisDecision
    rows = model.Session.execute(
        sa.select(table.entry, table.publish, table.reason, table.author).order_by(table.id)
    )
    return [tuple(row) for row in rows]


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    """What a refusal says; nothing was kept by it."""
    before, events = kept(), len(history.events(model.Session))
    with pytest.raises(tk.ValidationError) as error:
        call()
    model.Session.expire_all()
    assert kept() == before
    assert len(history.events(model.Session)) == events
    return dict(error.value.error_dict)


@pytest.mark.req("R-046", "R-006", "R-009")
def test_each_database_gets_an_answer_a_reason_an_author_and_a_moment(
    organism: Organism, form: ClosedInventory
) -> None:
    member = organism.member
    before = shown(member)
    assert (before["total"], before["undecided"], before["complete"]) == (5, 5, False)
    assert before["definition"]["text"].startswith("Es información de interés público")
    assert set(before["definition"]["parts"]) == {"relevant_to_society", "useful_to_understand"}
    decide(member, form, "CH-0001", "CH-0002", "CH-0003", "CH-0004")
    answer = decide(
        member, form, {"entry": "CH-0005", "useful_to_understand": False, "reason": WHY}
    )
    assert answer == {"decided": 1, "undecided": 0}
    after = shown(organism.liaison)
    assert after["complete"]
    rows = {row["identifier"]: row for row in after["results"]}
    assert {name: row["decision"]["open"] for name, row in rows.items()} == {
        "CH-0001": True,
        "CH-0002": False,
        "CH-0003": True,
        "CH-0004": False,
        "CH-0005": False,
    }
    assert rows["CH-0005"]["decision"]["reason"] == WHY
    assert rows["CH-0005"]["decision"]["author"] == model.User.get(member.name).fullname
    assert rows["CH-0005"]["decision"]["decided"]


@pytest.mark.req("R-031", "R-067", "R-081")
def test_personal_and_reserved_are_excluded_whatever_is_decided(
    organism: Organism, form: ClosedInventory
) -> None:
    rows = {row["identifier"]: row for row in shown(organism.member)["results"]}
    assert [rows[name]["exclusion"] for name in sorted(rows)] == [
        "",
        "personal",
        "",
        "reserved",
        "",
    ]
    assert rows["CH-0002"]["derivatives"] == ["CH-0003"]
    assert rows["CH-0003"]["derived_from"] == "CH-0002"
    said = refused(
        lambda: decide(
            organism.member,
            form,
            "CH-0001",
            {"entry": "CH-0002", "publish": True},
            {"entry": "CH-0004", "publish": True},
        )
    )
    assert [row["entry"] for row in said["decisions"]] == ["CH-0002", "CH-0004"]
    assert [each["code"] for each in said["findings"]] == ["open-but-personal", "open-but-reserved"]


@pytest.mark.req("R-006", "R-080")
def test_an_answer_that_breaks_a_rule_keeps_nothing_of_the_whole_page(
    organism: Organism, form: ClosedInventory
) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"relevant_to_society": False}, "analysis-no-reason"),
        ({"useful_to_understand": False, "reason": "."}, "analysis-no-reason"),
        ({"publish": False}, "analysis-not-open-no-reason"),
        (
            {"publish": True, "relevant_to_society": False, "reason": WHY},
            "open-without-public-interest",
        ),
        ({"publish": False, "reason": "x" * 4001}, "analysis-long-reason"),
        ({"publish": False, "reason": WHY + "\x07"}, "analysis-unwritable-reason"),
        ({"entry": "NADA-1"}, "analysis-unknown-entry"),
    ]
    for answers, code in wrong:
        one = {"entry": "CH-0003"} | answers
        said = refused(lambda one=one: decide(organism.member, form, "CH-0001", one, "CH-0005"))
        assert [each["code"] for each in said["findings"]] == [code]
        (row,) = said["decisions"]
        assert row["entry"] == one["entry"]
        assert row["message"]


def test_what_is_no_list_of_decisions_gets_a_sentence(
    organism: Organism, form: ClosedInventory
) -> None:
    sent: list[Any] = [
        [],
        None,
        "CH-0001",
        [7],
        [{}],
        [{"entry": "CH-0001", "publish": "perhaps"}],
        [{"entry": "CH-0001", "based_on": "x"}],
        [{"entry": None}],
        [{"entry": "CH-0001"}] * 1001,
        [{"entry": "CH-0001", "publish": False, "reason": "Motivo \ud800 con media letra"}],
        [{"entry": "\x00"}],
    ]
    for decisions in sent:
        asked = {"coordination": "C1", "inventory": form.digest, "decisions": decisions}
        said = refused(lambda asked=asked: organism.member.call("imss_analysis_decide", **asked))
        assert said.get("message") or said.get("decisions"), decisions


def test_the_same_database_twice_in_one_call_is_told(
    organism: Organism, form: ClosedInventory
) -> None:
    said = refused(lambda: decide(organism.member, form, "CH-0001", "CH-0001"))
    assert [each["code"] for each in said["findings"]] == ["analysis-decided-twice"]


def test_a_reason_that_tells_of_a_person_is_not_kept(
    organism: Organism, form: ClosedInventory
) -> None:
    reason = "La pidió quien tiene la CURP HEGG560427MVZRRL04 en el área."
    said = refused(
        lambda: decide(
            organism.member,
            form,
            "CH-0001",
            {"entry": "CH-0005", "publish": False, "reason": reason},
        )
    )
    (row,) = said["decisions"]
    assert row["entry"] == "CH-0005"
    assert "HEGG" not in row["message"]


@pytest.mark.req("R-046")
def test_a_new_decision_counts_and_the_earlier_one_stays(
    organism: Organism, form: ClosedInventory
) -> None:
    decide(organism.member, form, "CH-0001")
    first = shown(organism.member, q="CH-0001")["results"][0]["decision"]
    decide(
        organism.liaison,
        form,
        {"entry": "CH-0001", "publish": False, "reason": WHY, "based_on": first["id"]},
    )
    (row,) = shown(organism.member, q="donativos")["results"]
    assert row["decision"]["publish"] is False
    assert row["decision"]["id"] > first["id"]
    assert row["earlier_decisions"] == [first]
    with pytest.raises(sa.exc.DatabaseError, match="append-only"):
        model.Session.execute(sa.text("UPDATE imss_analysis_decision SET reason = ''"))
    model.Session.rollback()


@pytest.mark.req("R-046")
def test_it_cannot_begin_before_formato_1_is_closed(organism: Organism) -> None:
    nothing = shown(organism.member)
    assert nothing["version"] is None
    assert [each["code"] for each in nothing["findings"]] == ["analysis-before-close"]
    said = refused(
        lambda: organism.member.call(
            "imss_analysis_decide",
            coordination="C1",
            inventory="0" * 64,
            decisions=[{"entry": "CH-0001"}],
        )
    )
    assert [each["code"] for each in said["findings"]] == ["analysis-before-close"]


def test_a_version_closed_meanwhile_is_told(organism: Organism, form: ClosedInventory) -> None:
    closed_forms.close("C1", [*closed_forms.one_of_each(), closed_forms.entry("CH-0006")])
    said = refused(lambda: decide(organism.member, form, "CH-0001"))
    assert [each["code"] for each in said["findings"]] == ["analysis-other-version"]
    assert "2" in said["message"][0]


def test_a_declared_empty_formato_1_has_nothing_to_decide(organism: Organism) -> None:
    closed_forms.close("C1", [])
    assert shown(organism.member)["complete"]


class TestTwoPeople:
    """The second is told, and nothing of either is lost."""

    def test_who_saw_no_decision_is_told_of_the_one_there_is(
        self, organism: Organism, form: ClosedInventory
    ) -> None:
        decide(organism.member, form, "CH-0001")
        said = refused(lambda: decide(organism.liaison, form, "CH-0001", "CH-0003"))
        (row,) = said["decisions"]
        assert row["entry"] == "CH-0001"
        assert model.User.get(organism.member.name).fullname in row["message"]

    def test_at_the_same_moment_one_of_them_decides(
        self, organism: Organism, form: ClosedInventory, app: Any
    ) -> None:
        barrier = Barrier(2)

        def run(person: Person) -> Any:
            with app.flask_app.test_request_context():
                barrier.wait()
                try:
                    return decide(person, form, "CH-0001", "CH-0005")
                except tk.ValidationError as error:
                    return error
                finally:
                    model.Session.remove()

        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(run, [organism.member, organism.liaison]))
        assert sorted(isinstance(result, Exception) for result in results) == [False, True]
        assert [row[0] for row in kept()] == ["CH-0001", "CH-0005"]


class TestRepeating:
    """A person confirms what an earlier version decided about what did not change."""

    @pytest.fixture
    def second(self, organism: Organism, form: ClosedInventory) -> ClosedInventory:
        """A second version: one database changed, one is new, one is gone."""
        no = {"entry": "CH-0005", "relevant_to_society": False, "reason": WHY}
        decide(organism.member, form, "CH-0001", "CH-0002", "CH-0003", "CH-0004", no)
        first, second, third, _, fifth = closed_forms.one_of_each()
        changed = closed_forms.entry(third.identifier, "Consultas", derivada_de="CH-0002")
        new = closed_forms.entry("CH-0006")
        return closed_forms.close("C1", [first, second, changed, fifth, new])

    @pytest.mark.req("R-046")
    def test_what_did_not_change_is_repeated_by_a_person(
        self, organism: Organism, second: ClosedInventory
    ) -> None:
        before = shown(organism.liaison)
        assert (before["undecided"], before["repeatable"]) == (5, 3)
        answer = organism.liaison.call(
            "imss_analysis_repeat", coordination="C1", inventory=second.digest
        )
        assert answer == {"decided": 3, "undecided": 2}
        assert [row[0] for row in kept()[5:]] == ["CH-0001", "CH-0002", "CH-0005"]
        assert {row[3] for row in kept()[5:]} == {organism.liaison.id}
        (row,) = shown(organism.liaison, q="CH-0005")["results"]
        assert row["decision"]["reason"] == WHY
        assert row["earlier_decisions"] == []
        assert shown(organism.liaison)["repeatable"] == 0

    def test_what_changed_or_is_decided_cannot_be_repeated(
        self, organism: Organism, second: ClosedInventory
    ) -> None:
        def repeat(*entries: str) -> Any:
            return organism.member.call(
                "imss_analysis_repeat",
                coordination="C1",
                inventory=second.digest,
                entries=list(entries),
            )

        said = refused(lambda: repeat("CH-0001", "CH-0003", "CH-0006", "NADA"))
        assert [row["entry"] for row in said["decisions"]] == ["CH-0003", "CH-0006", "NADA"]
        assert repeat("CH-0001")["decided"] == 1
        said = refused(lambda: repeat("CH-0001"))
        assert [each["code"] for each in said["findings"]] == ["analysis-not-repeatable"]
        repeat("CH-0002", "CH-0005")
        said = refused(
            lambda: organism.member.call(
                "imss_analysis_repeat", coordination="C1", inventory=second.digest
            )
        )
        assert [each["code"] for each in said["findings"]] == ["analysis-nothing-to-repeat"]

    def test_the_earlier_version_can_still_be_read(
        self, organism: Organism, second: ClosedInventory
    ) -> None:
        earlier = shown(organism.transparency, version=1)
        assert earlier["complete"]
        assert earlier["repeatable"] == 0
        with pytest.raises(tk.ObjectNotFound):
            shown(organism.transparency, version=9)


class TestWhoMay:
    """The group decides; those who look after it read; nobody else learns anything (R-057)."""

    DECIDERS = ("liaison", "member", "representative", "delegate", "administrator")
    READERS = (*DECIDERS, "head", "transparency", "operator")

    @pytest.mark.req("R-046")
    def test_by_post(self, organism: Organism, form: ClosedInventory) -> None:
        for name, person in {**organism.people(), "anonymous": ANONYMOUS}.items():
            calls = {
                "read": lambda person=person: shown(person),
                "decide": lambda person=person: decide(person, form, "NADA"),
                "repeat": lambda person=person: person.call(
                    "imss_analysis_repeat", coordination="C1", inventory=form.digest
                ),
            }
            may = {"read": name in self.READERS}
            may |= dict.fromkeys(("decide", "repeat"), name in self.DECIDERS)
            for what, call in calls.items():
                if not may[what]:
                    with pytest.raises(tk.NotAuthorized):
                        call()
                elif what == "read":
                    assert call()["total"] == 5
                else:
                    refused(call)
        assert kept() == []

    def test_what_there_is_not_answers_like_what_is_not_yours(
        self, organism: Organism, form: ClosedInventory
    ) -> None:
        for coordination in ("C1", "nothing-like-this", "UA1", "", "\x00"):
            with pytest.raises((tk.NotAuthorized, tk.ValidationError)):
                organism.stranger.call("imss_analysis_show", coordination=coordination)
        with pytest.raises(tk.ObjectNotFound):
            organism.transparency.call("imss_analysis_show", coordination="UA1")


def test_the_history_says_who_decided_what_in_which_post(
    organism: Organism, form: ClosedInventory
) -> None:
    decide(organism.member, form, {"entry": "CH-0001", "publish": False, "reason": WHY})
    (event,) = history.events_of(model.Session, "analysis:C1")
    assert (event.event.act, event.event.person, event.event.post) == (
        "analysis.decided",
        organism.member.id,
        "member",
    )
    assert event.event.oficio == "UT/001/2026"
    assert event.event.changes == {
        "formato_1": 1,
        "count": 1,
        "decisions": ["CH-0001: not_open"],
    }
    assert history.verify(model.Session) == ()
    stored = model.Session.scalars(sa.select(HistoryEvent.changes)).all()
    assert not any(WHY in changes for changes in stored)


def test_the_list_is_filtered_and_paged(organism: Organism, form: ClosedInventory) -> None:
    decide(organism.member, form, "CH-0001", {"entry": "CH-0005", "publish": False, "reason": WHY})
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"show": "undecided"}, ["CH-0002", "CH-0003", "CH-0004"]),
        ({"show": "excluded"}, ["CH-0002", "CH-0004"]),
        ({"show": "not_open"}, ["CH-0005"]),
        ({"q": "consultas MUNICIPIO"}, ["CH-0003"]),
        ({"q": "ch 0004"}, ["CH-0004"]),
        ({"limit": 2, "offset": 3}, ["CH-0004", "CH-0005"]),
        ({"offset": 99}, []),
        ({"limit": 0}, []),
    ]
    for asked, found in cases:
        answer = shown(organism.member, **asked)
        assert [row["identifier"] for row in answer["results"]] == found
        if not {"limit", "offset"} & asked.keys():
            assert answer["count"] == len(found)
