"""Designations by letter: what is asked of them, who records them, and what they give."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import ANONYMOUS, Person, designate, file_storage, kept_letter
from ckan import model
from ckan.cli.cli import ckan
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from identification_cast import Organism, small_pdf
from planted import planted_family

from ckanext.imssbienestar.model import (
    Designation,
    DesignationOficio,
    GrantedMembership,
    HistoryEvent,
    Mail,
)
from ckanext.imssbienestar.portal import memberships, permissions
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.procedure import content_sweep, history

pytestmark = pytest.mark.usefixtures("with_plugins")

TABLES = (Designation, DesignationOficio, GrantedMembership, HistoryEvent)


def _letter(**other: Any) -> dict[str, Any]:
    """The parameters of a whole letter."""
    return {
        "upload": file_storage("Oficio 12.pdf", small_pdf("12")),
        "oficio_number": "CH/012/2026",
        "oficio_date": "2026-02-01",
        **other,
    }


def _counts() -> list[int]:
    found = [
        model.Session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in TABLES
    ]
    members = sa.select(sa.func.count()).where(
        model.Member.table_name == "user", model.Member.state == "active"
    )
    return [*found, model.Session.scalar(members) or 0]


def _member(person: Person, unit: str) -> str | None:
    query = sa.select(model.Member.capacity).where(
        model.Member.table_name == "user",
        model.Member.state == "active",
        model.Member.table_id == person.id,
        model.Member.group_id == unit,
    )
    return model.Session.scalar(query)


@pytest.fixture
def move_clock(monkeypatch: Any) -> Any:
    """Makes another day the one of today, for the portal."""

    def move(day: datetime.date) -> None:
        monkeypatch.setattr(permissions, "today", lambda: day)

    return move


@pytest.fixture(autouse=True)
def _nothing_due_today(monkeypatch: Any) -> None:
    monkeypatch.setattr(memberships._Day, "applied", permissions.today())


@pytest.mark.req("R-021", "R-022", "R-025")
def test_a_designation_keeps_its_letter(organism: Organism) -> None:
    made = organism.transparency.call(
        "imss_designation_create",
        user="stranger",
        role="member",
        organization="coordinacion-de-hospitales",
        level="Jefa de División",
        represents=["division-de-hospitales-urbanos"],
        **_letter(),
    )
    assert made["findings"] == []
    assert (made["organization_id"], made["level"]) == ("C1", "division_head")
    assert made["represents"] == ["D2"]
    assert (made["oficio_number"], made["oficio_date"]) == ("CH/012/2026", "2026-02-01")
    kept = content_store().path(made["oficio_sha256"])
    assert kept.read_bytes() == small_pdf("12")
    assert kept.name in content_sweep.referred_files(model.Session)
    event = history.events_of(model.Session, f"designation:{made['id']}")[0].event
    assert (event.person, event.post) == (organism.transparency.id, "transparency_unit")
    assert history.verify(model.Session) == ()


@pytest.mark.req("R-025")
def test_one_letter_designates_several_people(organism: Organism) -> None:
    call = organism.transparency.call
    first = call(
        "imss_designation_create", user="stranger", role="administrator_delegate",
        organization="C2", **_letter(),
    )  # fmt: skip
    again = call(
        "imss_designation_create", user="other-liaison", role="administrator_delegate",
        organization="C3", oficio_id=first["oficio_id"],
    )  # fmt: skip
    assert again["oficio_id"] == first["oficio_id"]
    assert again["oficio_number"] == "CH/012/2026"


@pytest.mark.req("R-026", "R-027")
def test_the_letter_goes_to_the_head_of_the_transparency_unit(
    organism: Organism, ckan_config: Any
) -> None:
    made = organism.head.call(
        "imss_designation_create", user="stranger", role="head_representative",
        organization="C2", **_letter(),
    )  # fmt: skip
    mail = model.Session.scalars(sa.select(Mail)).one()
    assert mail.recipients == [model.User.get("transparency").email]
    assert mail.copies == [ckan_config["ckanext.imssbienestar.institutional_mailbox"]]
    assert mail.attachments == [
        {"sha256": made["oficio_sha256"], "name": "oficio-12.pdf", "media_type": "application/pdf"}
    ]
    assert (mail.kind, mail.subject_of) == ("designation", f"designation:{made['id']}")
    assert "CH/012/2026" in mail.subject
    assert "/working-group/coordinacion-de-primer-nivel" in mail.body
    assert "stranger" not in mail.body


def test_a_refused_designation_sends_nothing(organism: Organism) -> None:
    with pytest.raises(tk.ValidationError):
        organism.head.call(
            "imss_designation_create", user="representative", role="head_representative",
            organization="UA1", **_letter(),
        )  # fmt: skip
    model.Session.rollback()
    assert model.Session.query(Mail).count() == 0


PERSON_OF_C1 = {"user": "stranger", "role": "member", "organization": "C1", "level": "Divisionario"}
REFUSED = [
    ("no-number", {"oficio_number": ""}, "designation-oficio-number"),
    ("no-date", {"oficio_date": ""}, "designation-oficio-date"),
    ("no-file", {"upload": None}, "designation-oficio-file"),
    ("future-letter", {"oficio_date": "2099-01-01"}, "designation-oficio-future"),
    ("level", {"level": "Subjefatura de División"}, "designation-level"),
    ("no-level", {"level": ""}, "designation-level-missing"),
    ("backwards", {"valid_from": "2026-05-01", "valid_to": "2026-04-01"},
     "designation-dates-backwards"),
    ("unit-of-no-group", {"organization": "UA2"}, "designation-place"),
    ("elsewhere", {"represents": ["D3"]}, "designation-division-elsewhere"),
    ("twice", {"user": "member"}, "designation-overlap"),
    ("second-liaison", {"role": "liaison", "organization": "UA1"}, "designation-place-taken"),
    ("second-administrator", {"role": "administrator", "organization": ""},
     "designation-place-taken"),
    ("head-without-signature", {"role": "unit_head"}, "designation-unit-does-not-sign"),
    ("not-pdf", {"upload": file_storage("oficio.pdf", b"MZ no es un PDF")}, "letter-not-pdf"),
    ("cut", {"upload": file_storage("oficio.pdf", b"%PDF-1.7\n1 0 obj")}, "letter-damaged"),
]  # fmt: skip


@pytest.mark.req("R-013", "R-021", "R-025", "R-028")
@pytest.mark.parametrize(
    ("changed", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_designation_against_a_rule_is_refused_whole(
    organism: Organism, changed: dict[str, Any], code: str
) -> None:
    before = _counts()
    with pytest.raises(tk.ValidationError) as refused:
        organism.transparency.call(
            "imss_designation_create", **{**PERSON_OF_C1, **_letter(), **changed}
        )
    assert code in {found["code"] for found in refused.value.error_dict["findings"]}
    model.Session.rollback()
    assert _counts() == before


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"user": "nadie"}, "user"),
        ({"role": "jefe"}, "role"),
        ({"organization": "ninguna"}, "organization"),
        ({"level": "Capitán"}, "level"),
        ({"oficio_date": "mañana"}, "oficio_date"),
        ({"oficio_id": "ninguno"}, "oficio_id"),
        ({"oficio_number": f"CURP {planted_family(1)[0].curp}"}, "oficio_number"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_field(
    organism: Organism, changed: dict[str, Any], field: str
) -> None:
    before = _counts()
    with pytest.raises(tk.ValidationError) as refused:
        organism.transparency.call(
            "imss_designation_create", **{**PERSON_OF_C1, **_letter(), **changed}
        )
    assert field in refused.value.error_dict
    model.Session.rollback()
    assert _counts() == before


@pytest.mark.req("R-012", "R-023", "R-024", "R-026")
def test_who_records_which_designation(organism: Organism) -> None:
    everybody = {*organism.people()}
    keepers = {"transparency", "operator", "sysadmin"}
    cases = [
        ({"role": "member", "organization": "C1", "level": "Divisionario"}, keepers),
        ({"role": "head_representative", "organization": "C1"}, keepers | {"head"}),
        ({"role": "head_representative", "organization": "C3"}, keepers | {"other_head"}),
        ({"role": "administrator_delegate", "organization": "C2"}, keepers | {"administrator"}),
    ]
    for asked, allowed in cases:
        for name in everybody:
            letter = kept_letter("X/1", received_by=organism.people()[name].id)
            before = _counts()
            try:
                made = organism.people()[name].call(
                    "imss_designation_create", user="stranger", oficio_id=letter, **asked
                )
            except tk.NotAuthorized:
                assert name not in allowed, (name, asked)
                assert _counts() == before
            else:
                assert name in allowed, (name, asked)
                if name != "sysadmin":
                    acted = history.events_of(model.Session, f"designation:{made['id']}")[0].event
                    assert acted.person == organism.people()[name].id
                organism.people()[name].call(
                    "imss_designation_end", id=made["id"], valid_to=made["valid_from"]
                )
                _forget(made["id"])
    with pytest.raises(tk.NotAuthorized):
        ANONYMOUS.call("imss_designation_create", user="stranger", **cases[0][0])


def test_nobody_reads_a_letter_by_designating_with_it(organism: Organism) -> None:
    letter = kept_letter("X/1", received_by=organism.transparency.id)
    with pytest.raises(tk.ValidationError, match="oficio_id"):
        organism.head.call(
            "imss_designation_create", user="stranger", role="head_representative",
            organization="C1", oficio_id=letter,
        )  # fmt: skip


def _forget(designation_id: str) -> None:
    """Take a test's own designation out of the way of the next."""
    table = Designation.__tablename__
    model.Session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    model.Session.execute(sa.delete(Designation).where(Designation.id == designation_id))
    model.Session.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    model.Session.commit()


@pytest.mark.req("R-028")
def test_replacing_ends_the_earlier_one_the_day_before(organism: Organism) -> None:
    held = organism.liaison.call("imss_designation_list", user="liaison")["results"][0]
    made = organism.operator.call(
        "imss_designation_replace", id=held["id"], user="stranger", valid_from="2026-09-01",
        **_letter(),
    )  # fmt: skip
    assert (made["role"], made["organization_id"], made["replaces"]) == (
        "liaison", "UA1", held["id"],
    )  # fmt: skip
    earlier = organism.transparency.call("imss_designation_show", id=held["id"])
    assert (earlier["valid_to"], earlier["in_force"]) == ("2026-08-31", False)
    on_a_day = {
        day: organism.operator.call("imss_designation_list", organization="UA1", day=day)
        for day in ("2026-08-31", "2026-09-01")
    }
    liaisons = {
        day: [row["user"] for row in listed["results"] if row["role"] == "liaison"]
        for day, listed in on_a_day.items()
    }
    assert liaisons == {"2026-08-31": ["liaison"], "2026-09-01": ["stranger"]}
    with pytest.raises(tk.ValidationError) as refused:
        organism.operator.call(
            "imss_designation_replace", id=made["id"], user="member", valid_from="2026-09-01",
            **_letter(),
        )  # fmt: skip
    assert refused.value.error_dict["findings"][0]["code"] == "designation-replaced-too-early"


@pytest.mark.req("R-028")
def test_one_with_a_last_day_can_be_replaced_before_it(organism: Organism) -> None:
    organism.transparency.call(
        "imss_designation_create", user="stranger", role="administrator_delegate",
        organization="C3", valid_from="2026-01-01", valid_to="2099-12-31",
        **_letter(oficio_date="2026-01-01"),
    )  # fmt: skip
    listed = organism.transparency.call("imss_designation_list", user="stranger")
    ended = organism.transparency.call(
        "imss_designation_end", id=listed["results"][0]["id"], valid_to="2026-06-30"
    )
    assert ended["valid_to"] == "2026-06-30"
    with pytest.raises(tk.ValidationError, match="2026-06-30"):
        organism.transparency.call("imss_designation_end", id=ended["id"], valid_to="2026-07-31")


@pytest.mark.req("R-028")
def test_the_list_has_the_ended_ones_too_and_pages(organism: Organism) -> None:
    call = organism.transparency.call
    everything = call("imss_designation_list", limit=5)
    assert (everything["count"], len(everything["results"])) == (12, 5)
    rest = call("imss_designation_list", limit=100, offset=5)["results"]
    assert len({row["id"] for row in [*everything["results"], *rest]}) == 12
    of_group = organism.member.call("imss_designation_list", coordination=organism.coordination)
    assert {row["user"] for row in of_group["results"]} == {
        "transparency", "operator", "administrator", "head", "liaison", "representative",
        "delegate", "member",
    }  # fmt: skip
    for person in (organism.second_member, organism.other_liaison, organism.stranger):
        with pytest.raises(tk.NotAuthorized):
            person.call("imss_designation_list", coordination=organism.coordination)
        of_member = next(row for row in of_group["results"] if row["user"] == "member")
        with pytest.raises(tk.NotAuthorized):
            person.call("imss_designation_show", id=of_member["id"])
    assert organism.stranger.call("imss_designation_list", user="stranger")["count"] == 0


@pytest.mark.req("R-028")
def test_an_expired_designation_gives_nothing_the_next_day(
    organism: Organism, app: Any, move_clock: Any
) -> None:
    dataset = factories.Dataset(owner_org="UA1", private=True, title="Bases de salud")
    today = permissions.today()
    person = organism.liaison
    held = person.call("imss_designation_list", user=person.name)["results"][0]
    organism.transparency.call("imss_designation_end", id=held["id"], valid_to=today.isoformat())
    token = call_action("api_token_create", user=person.name, name="t")["token"]
    headers = {"Authorization": token}
    routes = [
        f"/api/3/action/package_show?id={dataset['id']}",
        f"/dataset/{dataset['name']}",
        f"/api/3/action/imss_designation_list?coordination={organism.coordination}",
    ]
    search = f"/api/3/action/package_search?include_private=true&q=id:{dataset['id']}"

    assert _member(person, "UA1") == "editor"
    assert [app.get(url, headers=headers).status_code for url in routes] == [200, 200, 200]
    assert app.get(search, headers=headers).json["result"]["count"] == 1

    move_clock(today + datetime.timedelta(days=1))
    assert app.get(search, headers=headers).json["result"]["count"] == 0
    for url in routes:
        assert app.get(url, headers=headers).status_code in (403, 404), url
    model.Session.expire_all()
    assert _member(person, "UA1") is None


def test_a_designation_of_tomorrow_gives_nothing_today(
    organism: Organism, app: Any, move_clock: Any
) -> None:
    tomorrow = permissions.today() + datetime.timedelta(days=1)
    designate(organism.stranger, "head_representative", "UA2", valid_from=tomorrow.isoformat())
    assert _member(organism.stranger, "UA2") is None
    move_clock(tomorrow)
    app.get("/")
    model.Session.expire_all()
    assert _member(organism.stranger, "UA2") == "member"


def test_memberships_follow_and_those_given_by_hand_stay(organism: Organism) -> None:
    assert _member(organism.liaison, "UA1") == "editor"
    assert _member(organism.member, "C1") == "member"
    by_hand = {"id": "UA2", "username": "stranger", "role": "editor"}
    call_action("organization_member_create", {"user": "sysadmin"}, **by_hand)
    made = designate(organism.stranger, "head_representative", "UA2")
    assert _member(organism.stranger, "UA2") == "editor"
    organism.transparency.call("imss_designation_end", id=made["id"], valid_to="2026-02-01")
    assert _member(organism.stranger, "UA2") == "editor"
    held = organism.member.call("imss_designation_list", user="member")["results"][0]
    organism.transparency.call("imss_designation_end", id=held["id"], valid_to="2026-02-01")
    assert _member(organism.member, "C1") is None
    granted = sa.select(GrantedMembership.user_id)
    assert organism.member.id not in set(model.Session.scalars(granted))


def test_the_command_designates_with_a_letter(organism: Organism, cli: Any, tmp_path: Path) -> None:
    letter = tmp_path / "oficio.pdf"
    letter.write_bytes(small_pdf("cli"))
    command = ["imssbienestar", "designate", "stranger", "member", "--organization", "C1",
               "--oficio", "CLI/1", "--oficio-date", "2026-03-01", "--oficio-file", str(letter),
               "--represents", "D2"]  # fmt: skip
    refused = cli.invoke(ckan, command)
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output
    done = cli.invoke(ckan, [*command, "--level", "Divisionario"])
    assert done.exit_code == 0, done.output
    model.Session.expire_all()
    assert _member(organism.stranger, "C1") == "member"


def test_the_command_applies_them(organism: Organism, cli: Any) -> None:
    model.Session.query(model.Member).filter_by(table_id=organism.member.id).delete()
    model.Session.commit()
    result = cli.invoke(ckan, ["imssbienestar", "memberships", "apply"])
    assert result.exit_code == 0, result.output
    assert "1 given" in result.output or "1 dad" in result.output
    model.Session.expire_all()
    assert _member(organism.member, "C1") == "member"
