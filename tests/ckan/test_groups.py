"""Working groups: made once for each coordination, read by nobody outside, with their gaps."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import ANONYMOUS, Person, designate, file_storage, kept_letter
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests.helpers import call_action
from identification_cast import Organism, small_pdf

from ckanext.imssbienestar.model import Designation, UnitPeriod, WorkingGroup
from ckanext.imssbienestar.portal import memberships, permissions

pytestmark = pytest.mark.usefixtures("with_plugins")

IN_THE_GROUP = ("liaison", "member", "representative", "delegate", "administrator")
READS_TOO = ("head", "transparency", "operator")


@pytest.fixture(autouse=True)
def _nothing_due_today(monkeypatch: Any) -> None:
    monkeypatch.setattr(memberships._Day, "applied", permissions.today())


class Window:
    """Opens pages as one person."""

    def __init__(self, app: Any, person: Person | None) -> None:
        self._app = app
        self._headers = {}
        if person is not None:
            token = call_action("api_token_create", user=person.name, name="t")["token"]
            self._headers = {"Authorization": token}

    def get(self, url: str) -> Any:
        return self._app.get(url, headers=self._headers)

    def post(self, url: str, **data: Any) -> Any:
        return self._app.post(url, headers=self._headers, data=data, follow_redirects=False)


@pytest.mark.req("R-019")
def test_a_coordination_gets_one_group(organism: Organism) -> None:
    model.Session.query(WorkingGroup).filter_by(coordination_id="C2").delete()
    model.Session.commit()
    call = organism.operator.call
    lines = call("imss_group_list")["results"]
    assert [line["group"] is None for line in lines] == [False, True, False]
    made = call("imss_group_create", coordination="coordinacion-de-primer-nivel")
    assert made["coordination_id"] == "C2"
    for wrong in ("C2", "UA1", "D1"):
        with pytest.raises(tk.ValidationError):
            call("imss_group_create", coordination=wrong)
    assert model.Session.query(WorkingGroup).count() == 3
    for person in (organism.liaison, organism.administrator, organism.head, organism.stranger):
        with pytest.raises(tk.NotAuthorized):
            person.call("imss_group_create", coordination="C2")


@pytest.mark.req("R-020", "R-021", "R-023", "R-024", "R-037")
def test_a_group_says_who_is_in_it_and_who_is_not_represented(organism: Organism) -> None:
    group = organism.member.call("imss_group_show", coordination=organism.coordination)
    found = {letter: [held["user"] for held in each] for letter, each in group["people"].items()}
    assert found == {
        "a": ["liaison"],
        "b": ["member"],
        "d": ["representative"],
        "e": ["delegate", "administrator"],
    }
    assert [each["id"] for each in group["coverage"]["divisions"]] == ["D1", "D2"]
    assert [each["title"] for each in group["coverage"]["gaps"]] == [
        "División de Hospitales Urbanos"
    ]
    assert [each["code"] for each in group["findings"]] == ["group-division-uncovered"]
    designate(organism.stranger, "member", "C1", level="Coordinador", represents=["D2"])
    group = organism.member.call("imss_group_show", coordination="C1")
    assert (group["coverage"]["gaps"], group["findings"]) == ([], [])


@pytest.mark.req("R-022")
def test_a_coordination_under_the_direction_has_its_members_by_letter_c(
    organism: Organism, app: Any
) -> None:
    designate(organism.stranger, "member", "C3", level="Divisionario", represents=["D4"])
    group = organism.other_head.call("imss_group_show", coordination="C3")
    assert [held["user"] for held in group["people"]["c"]] == ["stranger"]
    assert "b" not in group["people"]
    with pytest.raises(tk.ValidationError, match="Divisionario"):
        designate(organism.member, "member", "C3", level="Subjefatura de División")
    page = Window(app, organism.other_head).get(f"/working-group/{organism.other_coordination}")
    assert "c) " in page.body


@pytest.mark.req("R-020")
def test_a_group_without_its_liaison_can_send_nothing(organism: Organism) -> None:
    held = organism.liaison.call("imss_designation_list", user="liaison")["results"][0]
    organism.transparency.call("imss_designation_end", id=held["id"], valid_to="2026-06-30")
    findings = organism.member.call("imss_group_show", coordination="C1")["findings"]
    lacks = next(each for each in findings if each["code"] == "group-without-liaison")
    assert "Unidad de Transparencia" in lacks["message"] or "Transparency" in lacks["message"]
    with pytest.raises(tk.NotAuthorized):
        organism.liaison.call("imss_group_show", coordination="C1")


@pytest.mark.req("R-001", "R-013")
def test_every_coordination_is_seen_by_the_transparency_unit(organism: Organism, app: Any) -> None:
    model.Session.query(WorkingGroup).delete()
    model.Session.commit()
    lines = organism.transparency.call("imss_group_list")["results"]
    assert {line["coordination_id"] for line in lines} == {"C1", "C2", "C3"}
    page = Window(app, organism.transparency).get("/working-group/").body
    assert page.count("Make the group") == 3 or page.count("Hacer el grupo") == 3
    model.Session.add(
        Designation(
            user_id=organism.stranger.id, role="administrator", organization_id=None,
            oficio_number="X", valid_from=permissions.today(),
            created=tk.h.date_str_to_datetime("2026-01-01T00:00:00+00:00"), created_by="",
        )
    )  # fmt: skip
    model.Session.commit()
    page = Window(app, organism.transparency).get("/working-group/").body
    assert re.search(r"has 2 Open Data|hay 2 Administradores|2 Administradores", page)


@pytest.mark.req("R-036")
def test_only_who_belongs_to_a_group_sees_it(organism: Organism, app: Any) -> None:
    for name, person in {**organism.people(), "anonymous": None}.items():
        window = Window(app, person)
        status = window.get(f"/working-group/{organism.coordination}").status_code
        caller = person or ANONYMOUS
        if name in (*IN_THE_GROUP, *READS_TOO):
            assert status == 200, name
            assert caller.call("imss_group_show", coordination="C1")
        else:
            assert status == (403 if person is None else 404), name
            with pytest.raises(tk.NotAuthorized):
                caller.call("imss_group_show", coordination="C1")
    assert organism.second_member.call("imss_group_list")["count"] == 1
    assert organism.liaison.call("imss_group_list")["count"] == 2
    assert organism.stranger.call("imss_group_list")["count"] == 0
    with pytest.raises(tk.NotAuthorized):
        organism.sysadmin.call("imss_group_show", coordination="C1")


def test_the_members_of_an_organization_are_not_for_everybody(organism: Organism) -> None:
    for caller in (ANONYMOUS, organism.stranger):
        for asked in ({}, {"object_type": "user"}):
            with pytest.raises(tk.NotAuthorized):
                caller.call("member_list", id=organism.coordination, **asked)
    found = organism.member.call("member_list", id=organism.coordination, object_type="user")
    assert organism.member.id in {each[0] for each in found}
    assert ANONYMOUS.call("member_list", id="C1", object_type="package") == []


def test_the_letter_is_for_who_reads_the_group(organism: Organism, app: Any) -> None:
    made = organism.transparency.call(
        "imss_designation_create", user="stranger", role="member", organization="C1",
        level="Divisionario", oficio_number="C/9", oficio_date="2026-03-01",
        upload=file_storage("Oficio nueve.pdf", small_pdf("nueve")),
    )  # fmt: skip
    url = f"/designation/{made['id']}/letter"
    for name in ("liaison", "member", "transparency", "head", "stranger"):
        answer = Window(app, organism.people()[name]).get(url)
        assert answer.status_code == 200, name
        assert answer.data == small_pdf("nueve")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "attachment" in answer.headers["Content-Disposition"]
    for name in ("second_member", "other_head"):
        assert Window(app, organism.people()[name]).get(url).status_code == 404
    assert Window(app, None).get(url).status_code == 403
    assert Window(app, organism.sysadmin).get(url).status_code == 404


def test_my_work_says_what_groups_lack_and_what_ends(organism: Organism, app: Any) -> None:
    model.Session.query(WorkingGroup).filter_by(coordination_id="C2").delete()
    model.Session.commit()
    soon = (permissions.today() + datetime.timedelta(days=5)).isoformat()
    held = organism.member.call("imss_designation_list", user="member")["results"][0]
    organism.transparency.call("imss_designation_end", id=held["id"], valid_to=soon)
    keeper = Window(app, organism.operator).get("/my-work").body
    own = Window(app, organism.member).get("/my-work").body
    for page in (keeper, own):
        assert re.search("ends: see who|termina: vea qui", page)
    assert re.search("working group of 1 coord|grupo de trabajo de 1 coord", keeper)
    assert re.search("Complete 2 working|Completar 2 grupos", keeper)
    assert not re.search("Complete 2 working|Completar 2 grupos", own)


def test_a_refused_form_keeps_what_was_typed(organism: Organism, app: Any) -> None:
    window = Window(app, organism.transparency)
    url = "/designation/new"
    asked = {"role": "member", "organization": "C1", "user": "stranger", "level": "operative",
             "oficio_number": "CH/77", "oficio_date": "2026-02-02", "represents": "D2",
             "valid_from": "2026-03-01"}  # fmt: skip
    before = model.Session.query(Designation).count()
    page = window.post(url, **asked, upload=(file_storage("a.pdf", b"no").stream, "a.pdf"))
    assert page.status_code == 200
    for value in ("CH/77", "2026-02-02", "stranger", "PDF"):
        assert value in page.body
    assert re.search(r'value="D2" checked', page.body)
    assert model.Session.query(Designation).count() == before
    asked["level"] = "division_head"
    done = window.post(url, **asked, upload=(file_storage("a.pdf", small_pdf()).stream, "a.pdf"))
    assert done.status_code == 302
    assert done.headers["Location"].endswith(f"/working-group/{organism.coordination}")
    assert model.Session.query(Designation).count() == before + 1


def test_pages_of_units_are_for_who_keeps_them(organism: Organism, app: Any) -> None:
    for name, person in organism.people().items():
        keeps = name in ("transparency", "operator", "sysadmin")
        for url in ("/units/", "/units/ua-salud", "/units/export"):
            status = Window(app, person).get(url).status_code
            assert status == (200 if keeps else 404), (name, url)
    page = Window(app, organism.transparency).get("/units/").body
    assert page.index("Unidad de Atención") < page.index("Coordinación de Hospitales")


def test_the_page_applies_what_it_showed(organism: Organism, app: Any) -> None:
    window = Window(app, organism.transparency)
    table = (
        "clave,nombre,tipo,clave_de_la_unidad_superior,vigente_desde\n"
        "C4,Coordinación de Archivo,Coordinación central,UA2,2026-06-01\n"
        "C5,,Coordinación central,UA2,2026-06-01\n"
    ).encode()
    page = window.post("/units/import", upload=(file_storage("u.csv", table).stream, "u.csv"))
    assert page.status_code == 200
    assert "B3" in page.body
    assert model.Session.scalar(sa.select(sa.func.count()).where(UnitPeriod.unit_id == "C4")) == 0
    digest = re.search(r'name="digest" value="(\w+)"', page.body)
    content = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.body, re.DOTALL)
    assert digest
    assert content
    done = window.post("/units/import/apply", digest=digest[1], content=content[1])
    assert done.status_code == 302
    assert model.Group.get("coordinacion-de-archivo").id == "C4"


def test_two_people_designate_to_one_place_at_once(organism: Organism, app: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    letter = kept_letter("L/1")
    barrier = Barrier(2)

    def record(keeper: Person, user: str) -> Any:
        with app.flask_app.test_request_context():
            barrier.wait()
            try:
                return keeper.call(
                    "imss_designation_create", user=user, role="liaison", organization="C2",
                    oficio_id=letter,
                )  # fmt: skip
            except tk.ValidationError as error:
                return error
            finally:
                model.Session.remove()

    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(record, (organism.transparency, organism.operator), ("stranger", "member"))
        )
    assert sorted(isinstance(each, Exception) for each in found) == [False, True]
    refused = next(each for each in found if isinstance(each, tk.ValidationError))
    assert refused.error_dict["findings"][0]["code"] == "designation-place-taken"
