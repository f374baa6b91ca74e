"""Formato 2 by API and command: generated from what is closed and decided, never typed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import closed_forms
import pytest
import sqlalchemy as sa
from catalogue_cast import ANONYMOUS, Person
from ckan import model
from ckan.cli.cli import ckan as ckan_command
from ckan.plugins import toolkit as tk
from identification_cast import Organism

from ckanext.imssbienestar.domain.concentrado import concentrado_problems
from ckanext.imssbienestar.domain.inventory_versions import ClosedInventory
from ckanext.imssbienestar.domain.kept_documents import AlteredDocument
from ckanext.imssbienestar.model import Concentrado
from ckanext.imssbienestar.procedure import concentrado, history
from ckanext.imssbienestar.procedure.rules import analysis_rules

pytestmark = pytest.mark.usefixtures("with_plugins")

WHY = "Solo sirve para el control interno del almacén."
ARTICLES = ["Estatuto Orgánico, artículo 40, fracción III", "Reglamento interno, artículo 7"]


@pytest.fixture
def form(organism: Organism) -> ClosedInventory:
    """A closed Formato 1 of C1 with one database of each sort, all decided."""
    closed = closed_forms.close("C1", closed_forms.one_of_each())
    decide(organism.member, closed, "CH-0001", "CH-0002", "CH-0003", "CH-0004")
    decide(
        organism.member,
        closed,
        {"entry": "CH-0005", "relevant_to_society": False, "reason": WHY},
    )
    return closed


def decide(person: Person, form: ClosedInventory, *answers: dict[str, Any] | str) -> None:
    sent = [{"entry": one} if isinstance(one, str) else one for one in answers]
    person.call("imss_analysis_decide", coordination="C1", inventory=form.digest, decisions=sent)


def generate(person: Person, **changed: Any) -> Any:
    asked = {"coordination": "C1", "attributions": ARTICLES} | changed
    return person.call("imss_concentrado_generate", **asked)


def count() -> int:
    query = sa.select(sa.func.count()).select_from(Concentrado)
    return int(model.Session.scalar(query) or 0)


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    """What a refusal says; nothing was kept by it."""
    before, events = count(), len(history.events(model.Session))
    with pytest.raises(tk.ValidationError) as error:
        call()
    model.Session.expire_all()
    assert (count(), len(history.events(model.Session))) == (before, events)
    return dict(error.value.error_dict)


def codes(said: dict[str, Any]) -> list[str]:
    return [each["code"] for each in said["findings"]]


@pytest.mark.req(
    "R-069", "R-071", "R-072", "R-073", "R-074", "R-075", "R-076", "R-077", "R-078", "R-079"
)
def test_it_says_what_was_closed_and_decided(organism: Organism, form: ClosedInventory) -> None:
    made = generate(organism.liaison)
    assert (made["organism"], made["unit"]) == ("IMSS-BIENESTAR", closed_forms.UNIT)
    assert made["coordination"] == closed_forms.COORDINATION
    assert made["attributions"] == ARTICLES
    assert made["made_on"] == form.closed_on.isoformat()
    assert made["totals"] == {"databases": 5, "personal": 1, "open": 2, "public_interest": 4}
    marks = {
        row["identifier"]: (row["personal"], row["open"], row["public_interest"])
        for row in made["rows"]
    }
    assert marks == {
        "CH-0001": (False, True, True),
        "CH-0002": (True, False, True),
        "CH-0003": (False, True, True),
        "CH-0004": (False, False, True),
        "CH-0005": (False, False, False),
    }
    names = {row["identifier"]: row["name"] for row in made["rows"]}
    assert names == {entry.identifier: entry.name for entry in form.entries}
    assert organism.member.call("imss_concentrado_show", coordination="C1") == made
    version = concentrado.newest(model.Session, "C1")
    assert version is not None
    kept = concentrado.content(model.Session, version)
    assert concentrado_problems(kept, form, analysis_rules()) == ()


@pytest.mark.req("R-003", "R-074")
def test_every_database_is_there_by_a_power_of_the_unit(
    organism: Organism, form: ClosedInventory
) -> None:
    missing: list[Any] = [[], [""], " \n ", ["", "\t"]]
    for attributions in missing:
        said = refused(lambda sent=attributions: generate(organism.liaison, attributions=sent))
        assert codes(said) == ["concentrado-no-attributions"]
    wrong: list[tuple[Any, str]] = [
        (["x" * 10_001], "concentrado-long-attributions"),
        (["Artículo 4\x07"], "concentrado-unwritable-text"),
        ([4], ""),
        ({"a": 1}, ""),
        (["Artículo 40, a petición de la CURP HEGG560427MVZRRL04"], ""),
    ]
    for attributions, told in wrong:
        said = refused(lambda sent=attributions: generate(organism.liaison, attributions=sent))
        assert codes(said) == [told] if told else said["attributions"]


@pytest.mark.req("R-031")
def test_it_says_whether_the_unit_has_open_and_personal_databases(organism: Organism) -> None:
    closed = closed_forms.close("C1", [closed_forms.personal("CH-0001")])
    decide(organism.member, closed, "CH-0001")
    made = generate(organism.liaison)
    assert (made["has_open"], made["has_personal"]) == (False, True)


@pytest.mark.req("R-046", "R-069")
def test_it_is_not_made_before_the_analysis_is_complete(organism: Organism) -> None:
    assert codes(refused(lambda: generate(organism.liaison))) == ["analysis-before-close"]
    closed = closed_forms.close("C1", closed_forms.one_of_each())
    decide(organism.member, closed, "CH-0001", "CH-0002", "CH-0003")
    said = refused(lambda: generate(organism.liaison))
    assert codes(said) == ["analysis-missing"] * 2


@pytest.mark.req("R-068", "R-093")
def test_a_version_is_superseded_and_never_changed(
    organism: Organism, form: ClosedInventory
) -> None:
    first = generate(organism.liaison)
    assert (first["number"], first["outdated"]) == (1, "")
    assert codes(refused(lambda: generate(organism.liaison))) == ["concentrado-nothing-changed"]
    decision = organism.member.call("imss_analysis_show", coordination="C1", q="CH-0001")
    again = {"entry": "CH-0001", "based_on": decision["results"][0]["decision"]["id"]}
    decide(organism.member, form, again)
    present = organism.member.call("imss_concentrado_show", coordination="C1")
    assert present["outdated"] == "", "a decision that only confirms makes no other form"
    decision = organism.member.call("imss_analysis_show", coordination="C1", q="CH-0001")
    again["based_on"] = decision["results"][0]["decision"]["id"]
    decide(organism.member, form, again | {"publish": False, "reason": WHY})
    present = organism.member.call("imss_concentrado_show", coordination="C1")
    assert present["outdated"] == "decisions"
    second = generate(organism.liaison)
    assert (second["number"], second["totals"]["open"]) == (2, 1)
    old = organism.member.call("imss_concentrado_show", coordination="C1", version=1)
    assert old["outdated"] == "superseded"
    assert {**old, "outdated": ""} == first
    listed = organism.member.call("imss_concentrado_list", coordination="C1", limit=1)
    assert listed["count"] == 2
    assert [each["number"] for each in listed["results"]] == [2]
    for change in ("UPDATE imss_concentrado SET number = 9", "DELETE FROM imss_concentrado"):
        with pytest.raises(sa.exc.DatabaseError, match="append-only"):
            model.Session.execute(sa.text(change))
        model.Session.rollback()


@pytest.mark.req("R-093")
def test_a_newer_formato_1_outdates_it(organism: Organism, form: ClosedInventory) -> None:
    generate(organism.liaison)
    closed_forms.close("C1", [*form.entries, closed_forms.entry("CH-0006")])
    shown = organism.liaison.call("imss_concentrado_show", coordination="C1")
    assert shown["outdated"] == "inventory"


def test_what_somebody_altered_behind_our_back_is_not_shown(
    organism: Organism, form: ClosedInventory, browser: Any
) -> None:
    made = generate(organism.liaison)
    model.Session.execute(sa.text("ALTER TABLE imss_concentrado DISABLE TRIGGER USER"))
    model.Session.execute(sa.text("UPDATE imss_concentrado SET digest = repeat('0', 64)"))
    model.Session.execute(sa.text("ALTER TABLE imss_concentrado ENABLE TRIGGER USER"))
    model.Session.commit()
    version = concentrado.newest(model.Session, "C1")
    assert version is not None
    assert made["digest"] != version.digest
    with pytest.raises(AlteredDocument):
        concentrado.content(model.Session, version)
    said = refused(lambda: organism.liaison.call("imss_concentrado_show", coordination="C1"))
    assert "altered" in said["message"][0]
    page = browser(organism.liaison).get("/working-group/coordinacion-de-hospitales/formato-2", 409)
    assert "no es lo que se cerró" in page.text


def test_two_liaisons_at_once_close_one_version(
    organism: Organism, form: ClosedInventory, app: Any
) -> None:
    barrier = Barrier(2)

    def run(_number: int) -> Any:
        with app.flask_app.test_request_context():
            barrier.wait()
            try:
                return generate(organism.liaison)
            except tk.ValidationError as error:
                return error
            finally:
                model.Session.remove()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, range(2)))
    assert sorted(isinstance(result, Exception) for result in results) == [False, True]
    assert count() == 1


@pytest.mark.req("R-041", "R-069")
def test_the_liaison_closes_it_and_the_group_may_see_a_preview(
    organism: Organism, form: ClosedInventory
) -> None:
    makers, readers = {"liaison"}, {"head", "transparency", "operator"}
    members = makers | {"member", "representative", "delegate", "administrator"}
    for name, person in {**organism.people(), "anonymous": ANONYMOUS}.items():
        calls: dict[str, tuple[set[str], Callable[[], Any]]] = {
            "preview": (members, lambda person=person: generate(person, preview=True)),
            "list": (
                members | readers,
                lambda person=person: person.call("imss_concentrado_list", coordination="C1"),
            ),
        }
        if name not in makers:
            calls["generate"] = (makers, lambda person=person: generate(person))
        for allowed, call in calls.values():
            if name in allowed:
                assert call()
            else:
                with pytest.raises(tk.NotAuthorized):
                    call()
    assert count() == 0
    made = generate(organism.liaison)
    preview = generate(organism.member, preview=True)
    assert preview["rows"] == made["rows"]
    assert "digest" not in preview
    with pytest.raises(tk.NotAuthorized):
        organism.stranger.call("imss_concentrado_show", coordination="C1")
    with pytest.raises(tk.NotAuthorized):
        organism.sysadmin.call("imss_concentrado_export", coordination="C1", format="pdf")
    (event,) = history.events_of(model.Session, "concentrado:C1")
    assert (event.event.post, event.event.changes["digest"]) == ("liaison", made["digest"])


def test_it_is_exported(organism: Organism, form: ClosedInventory) -> None:
    generate(organism.liaison)
    for kind, first in {"xlsx": b"PK", "ods": b"PK", "pdf": b"%PDF"}.items():
        file = organism.transparency.call(
            "imss_concentrado_export", coordination=organism.coordination, format=kind
        )
        assert file["name"] == f"formato-2-coordinacion-de-hospitales-v1.{kind}"
        assert base64.b64decode(file["base64"]).startswith(first)


def test_the_command_writes_the_same_file(
    organism: Organism, form: ClosedInventory, cli: Any, tmp_path: Path
) -> None:
    generate(organism.liaison)
    folder = tmp_path / "exported"
    folder.mkdir()
    target = folder / "formato 2.pdf"
    export = ["imssbienestar", "concentrado", "export", "--coordination"]
    done = cli.invoke(ckan_command, [*export, "C1", "--format", "pdf", "-o", str(target)])
    assert done.exit_code == 0, done.output
    asked = {"coordination": "C1", "format": "pdf"}
    file = organism.member.call("imss_concentrado_export", **asked)
    assert target.read_bytes() == base64.b64decode(file["base64"])
    for wrong in (
        ["nothing", "--format", "pdf", "-o", str(folder / "x")],
        ["C2", "--format", "pdf", "-o", str(folder / "x")],
        ["C1", "--format", "pdf", "-o", str(folder / "no" / "x")],
        ["C1", "--version", "7", "--format", "ods", "-o", str(folder / "x")],
    ):
        failed = cli.invoke(ckan_command, [*export, *wrong])
        assert failed.exit_code == 2
        assert "Traceback" not in failed.output
    assert list(folder.iterdir()) == [target]
