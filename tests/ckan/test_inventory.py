"""The draft of Formato 1 by the API: filled in by several people, handed over, closed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from catalogue_cast import ANONYMOUS
from ckan import model
from ckan.plugins import toolkit as tk
from identification_cast import Organism
from inventory_desk import COMPLETE, PREPARED, InventoryDesk, stored

from ckanext.imssbienestar.model import HistoryEvent
from ckanext.imssbienestar.procedure import history

pytestmark = pytest.mark.usefixtures("with_plugins")


@pytest.fixture
def member(organism: Organism) -> InventoryDesk:
    return InventoryDesk(organism.member, organism.coordination)


@pytest.fixture
def liaison(organism: Organism) -> InventoryDesk:
    return InventoryDesk(organism.liaison, organism.coordination)


@pytest.mark.req("R-054", "R-055", "R-068")
def test_databases_get_identifiers_that_are_never_given_again(member: InventoryDesk) -> None:
    first, second = member.add(), member.add(nombre="Camas censables")
    assert [first["identifier"], second["identifier"]] == ["CH-0001", "CH-0002"]
    member.call("entry_delete", identifier="CH-0002", mark=second["mark"])
    assert member.add(nombre="Egresos")["identifier"] == "CH-0003"
    with pytest.raises(tk.ValidationError) as refused:
        member.add(identificador="ch-0002", nombre="Otra")
    (finding,) = refused.value.error_dict["findings"]
    assert finding["code"] == "inventory-identifier-retired"
    assert [one["identifier"] for one in member.show()["results"]] == ["CH-0001", "CH-0003"]


@pytest.mark.req("R-045")
def test_what_is_missing_is_counted_and_stands_in_no_ones_way(member: InventoryDesk) -> None:
    member.add()
    member.call(
        "entry_create", values={"nombre": "Sin terminar", "contiene_datos_personales": "Sí"}
    )
    member.add(nombre="consultas  OTORGADAS", derivada_de="CH-9999")
    draft = member.show()
    assert (draft["entries"], draft["incomplete"]) == (3, 2)
    counts = {gap["key"]: gap["count"] for gap in draft["missing"]}
    assert counts["inventory-value-missing::ubicacion"] == 1
    assert counts["inventory-name-repeated::nombre"] == 2
    assert counts["inventory-derived-unknown::derivada_de"] == 1
    for key, count in [*counts.items(), ("any", 3)]:
        assert member.show(missing=key)["count"] == count
    assert member.show(q="terminar")["count"] == 1
    assert member.show(q="ch 0003")["count"] == 1
    assert member.show(q="médica turno")["count"] == 2
    assert member.show(q="%")["count"] == 0
    page = member.show(limit=1, offset=1)
    assert (page["count"], [one["identifier"] for one in page["results"]]) == (3, ["CH-0002"])


@pytest.mark.req("R-040")
def test_the_liaison_changes_what_a_member_wrote_and_both_are_told(
    member: InventoryDesk, liaison: InventoryDesk, organism: Organism
) -> None:
    entry = member.add()
    changed = liaison.change(entry, cobertura="Nacional, 2019 a 2026")
    assert changed["values"]["cobertura"] == "Nacional, 2019 a 2026"
    last, first = changed["history"]
    assert [change["field"] for change in last["changes"]] == ["cobertura"]
    assert last["person"] != first["person"]
    events = history.events_of(model.Session, f"inventory:{organism.units['C1']['id']}")
    assert [event.event.act for event in events] == [
        "inventory.entry_changed",
        "inventory.entry_created",
    ]
    assert events[0].event.person == organism.liaison.id
    assert history.verify(model.Session) == ()


@pytest.mark.req("R-068")
def test_of_two_who_edit_the_same_database_the_second_is_told(
    member: InventoryDesk, liaison: InventoryDesk
) -> None:
    entry = member.add()
    liaison.change(entry, cobertura="Nacional")
    before = stored()
    with pytest.raises(tk.ValidationError) as refused:
        member.change(entry, cobertura="Jalisco", nombre="Otro nombre")
    told = refused.value.error_dict
    assert told["findings"][0]["code"] == "inventory-changed-meanwhile"
    assert [(one["field"], one["before"], one["after"]) for one in told["meanwhile"]] == [
        ("cobertura", "", "Nacional")
    ]
    assert stored() == before
    with pytest.raises(tk.ValidationError):
        member.call("entry_delete", identifier=entry["identifier"], mark=entry["mark"])
    kept = member.change({**entry, "mark": told["current_mark"]}, cobertura="Jalisco")
    assert kept["values"]["cobertura"] == "Jalisco"


@pytest.mark.req("R-061", "R-062", "R-057", "R-058", "R-059", "R-060", "R-063", "R-064")
@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("fecha_de_creacion", "2030-01-01", "inventory-date-wrong"),
        ("fecha_de_actualizacion", "31/02/2026", "inventory-date-wrong"),
        ("fecha_de_actualizacion", "2008-01-01", "inventory-date-wrong"),
        ("formato", "Pergamino", "inventory-value-not-listed"),
        ("acceso", "quizás", "inventory-value-not-listed"),
        ("tipo_de_datos", "técnicos", "inventory-value-not-listed"),
        ("origen_de_los_datos", "la nube", "inventory-value-not-listed"),
        ("numero_de_registros", "muchos", "inventory-number-wrong"),
        ("descripcion", "x" * 8001, "inventory-text-too-long"),
        ("nombre", "a\x00b", "inventory-characters"),
        ("ubicacion", "Expediente de la CURP HEGG560427MVZRRL04", "inventory-personal-data"),
        ("identificador", "CH 1", "inventory-identifier-form"),
    ],
)
def test_what_cannot_be_kept_is_told_by_its_column(
    member: InventoryDesk, column: str, written: str, code: str
) -> None:
    before = stored()
    with pytest.raises(tk.ValidationError) as refused:
        member.add(**{column: written})
    assert {one["code"] for one in refused.value.error_dict["findings"]} == {code}
    assert stored() == before


def test_dates_are_read_as_people_write_them_and_told(member: InventoryDesk) -> None:
    made = member.add(fecha_de_actualizacion="31/03/2026")
    assert made["values"]["fecha_de_actualizacion"] == "2026-03-31"
    assert [note["code"] for note in made["notes"]] == ["inventory-date-read"]


@pytest.mark.req("R-048", "R-049", "R-050", "R-051", "R-052")
def test_the_header_says_whose_it_is_by_the_register(
    member: InventoryDesk, liaison: InventoryDesk
) -> None:
    draft = member.show()
    assert draft["header"] == {
        "unidad_administrativa": "Unidad de Atención a la Salud",
        "coordinacion_central": "Coordinación de Hospitales",
        "pais": "México",
    }
    assert [one["column"] for one in draft["header_findings"]] == ["Fecha de elaboración"]
    written = {
        **PREPARED,
        "estado": "Jalisco",
        "municipio": "Zapopan",
        "direccion_regional": "Occidente",
        "coordinacion_central": "Otra",
    }
    changes = member.call("update", header=written, mark=draft["header_mark"])["changes"]
    assert {one["field"] for one in changes} == {*written} - {"coordinacion_central"}
    assert member.show()["header"]["coordinacion_central"] == "Coordinación de Hospitales"
    before = stored()
    with pytest.raises(tk.ValidationError) as refused:
        liaison.call("update", header={"municipio": "Tonalá"}, mark=draft["header_mark"])
    assert refused.value.error_dict["findings"][0]["code"] == "inventory-header-changed"
    with pytest.raises(tk.ValidationError) as refused:
        liaison.call("update", header={"municipio": "Macondo"})
    assert refused.value.error_dict["findings"][0]["code"] == "inventory-municipality-unknown"
    assert stored() == before


@pytest.mark.req("R-001")
def test_only_a_declared_empty_form_closes_without_databases(
    member: InventoryDesk, liaison: InventoryDesk
) -> None:
    member.call("update", header=PREPARED)
    with pytest.raises(tk.ValidationError):
        member.call("hand_over")
    member.call("update", declared_empty=True)
    member.call("hand_over")
    closed = liaison.call("close")
    assert (closed["number"], closed["entries"]) == (1, 0)
    member.add()
    assert not member.show()["declared_empty"]


@pytest.mark.req("R-032")
def test_what_was_handed_over_is_the_liaisons_until_given_back(
    member: InventoryDesk, liaison: InventoryDesk
) -> None:
    entry = member.add()
    with pytest.raises(tk.ValidationError):
        liaison.call("give_back", remarks="Falta")
    with pytest.raises(tk.ValidationError):
        liaison.call("close")
    member.call("hand_over")
    assert member.show()["state"] == "in_review"
    before = stored()
    for refused in (
        lambda: member.add(nombre="Otra"),
        lambda: member.change(entry, cobertura="x"),
        lambda: member.call("entry_delete", identifier="CH-0001", mark=entry["mark"]),
        lambda: member.call("update", header=PREPARED),
        lambda: member.call("hand_over"),
        lambda: liaison.call("give_back", remarks="  "),
    ):
        with pytest.raises(tk.ValidationError):
            refused()
    with pytest.raises(tk.NotAuthorized):
        member.call("close")
    with pytest.raises(tk.NotAuthorized):
        member.call("give_back", remarks="Falta")
    assert stored() == before
    liaison.change(entry, cobertura="Nacional")
    liaison.call("give_back", remarks="Falta la fecha de elaboración.")
    draft = member.show()
    assert (draft["state"], draft["remarks"]) == ("draft", "Falta la fecha de elaboración.")
    member.call("update", header=PREPARED)
    member.call("hand_over")
    assert member.show()["remarks"] == ""


@pytest.mark.req("R-041", "R-046", "R-068")
def test_only_the_liaison_closes_what_is_complete(
    member: InventoryDesk, liaison: InventoryDesk, organism: Organism
) -> None:
    member.add()
    unfinished = member.call("entry_create", values={"nombre": "Sin terminar"})
    member.call("hand_over")
    before = stored()
    with pytest.raises(tk.ValidationError) as refused:
        liaison.call("close")
    told = refused.value.error_dict
    assert {one["code"] for one in told["findings"]} == {"inventory-value-missing"}
    assert [one["identifier"] for one in told["incomplete"]] == [unfinished["identifier"]]
    assert stored() == before
    liaison.change(unfinished, **{**COMPLETE, "nombre": "Terminada"})
    liaison.call("update", header=PREPARED)
    first = liaison.call("close")
    assert first["number"] == 1
    assert member.show()["state"] == "draft"
    assert not member.show()["version"]["changed"]
    member.call("hand_over")
    with pytest.raises(tk.ValidationError) as refused:
        liaison.call("close")
    assert refused.value.error_dict["findings"][0]["code"] == "inventory-unchanged"
    liaison.call("give_back", remarks="Nada cambió.")
    member.add(nombre="Tercera")
    entry = member.call("entry_show", identifier="CH-0001")
    member.change(entry, cobertura="Nacional")
    member.call("entry_delete", identifier="CH-0002", mark=_mark(member, "CH-0002"))
    assert member.show()["version"]["changed"]
    member.call("hand_over")
    second = liaison.call("close")
    versions = member.call("version_list")
    assert [(one["number"], one["state"], one["entries"]) for one in versions["results"]] == [
        (2, "closed", 2),
        (1, "superseded", 2),
    ]
    shown = member.call("version_show", version=2, show="differences")
    assert shown["previous"] == first["digest"]
    assert shown["digest"] == second["digest"]
    assert [(one["kind"], one["identifier"]) for one in shown["results"]] == [
        ("changed", "CH-0001"),
        ("added", "CH-0003"),
        ("removed", "CH-0002"),
    ]
    with pytest.raises(sa.exc.DatabaseError, match="append-only"):
        model.Session.execute(sa.text("UPDATE imss_closed_inventory SET number = 9"))
    model.Session.rollback()


def _mark(desk: InventoryDesk, identifier: str) -> str:
    return str(desk.call("entry_show", identifier=identifier)["mark"])


@pytest.mark.req("R-081")
def test_a_safe_derivative_is_a_database_of_its_own(member: InventoryDesk) -> None:
    original = member.add(tipo_de_datos="Personales", contiene_datos_personales="Sí")
    derived = member.add(nombre="Consultas, agregada", derivada_de=original["identifier"])
    shown = member.call("entry_show", identifier=original["identifier"])
    assert [one["identifier"] for one in shown["derivatives"]] == [derived["identifier"]]
    original = shown
    member.change(original, derivada_de=derived["identifier"])
    (gap,) = member.show()["missing"]
    assert (gap["key"], gap["count"]) == ("inventory-derived-unknown:circle:derivada_de", 2)


@pytest.mark.req("R-054", "R-052")
def test_a_database_of_another_coordination_is_not_this_ones(
    member: InventoryDesk, organism: Organism
) -> None:
    other = InventoryDesk(organism.second_member, organism.units["C2"]["name"])
    theirs = other.add()
    before = stored()
    with pytest.raises(tk.ValidationError) as refused:
        member.add(identificador=theirs["identifier"])
    (finding,) = refused.value.error_dict["findings"]
    assert finding["code"] == "inventory-other-unit"
    assert "Coordinación de Primer Nivel" in finding["message"]
    with pytest.raises(tk.ObjectNotFound):
        member.call("entry_show", identifier=theirs["identifier"])
    with pytest.raises(tk.ValidationError):
        member.change(theirs, nombre="Mía")
    assert stored() == before
    # The original of a derivative may be anybody's.
    derived = member.add(derivada_de=theirs["identifier"])
    assert derived["missing"] == []


_READS = ("show", "export", "version_list")
_WRITES = ("entry_create", "update", "import", "hand_over", "give_back", "close")


@pytest.mark.req("R-057", "R-045")
@pytest.mark.parametrize("action", [*_READS, *_WRITES])
def test_nobody_else_reads_or_writes_it(organism: Organism, action: str) -> None:
    InventoryDesk(organism.member, organism.coordination).add()
    before = stored()
    data = {"values": dict(COMPLETE)} if action == "entry_create" else {}
    outsiders = ("other_liaison", "other_head", "second_member", "stranger", "sysadmin")
    readers = ("head", "transparency", "operator")
    people = organism.people()
    for person in [
        *(people[name] for name in outsiders),
        ANONYMOUS,
        *(people[name] for name in readers if action in _WRITES),
    ]:
        with pytest.raises(tk.NotAuthorized):
            InventoryDesk(person, organism.coordination).call(action, **data)
    for name in readers if action in _READS else ():
        InventoryDesk(people[name], organism.coordination).call(action, **data)
    with pytest.raises(tk.NotAuthorized):
        InventoryDesk(people["member"], "no-such-group").call(action, **data)
    assert stored() == before


@pytest.mark.parametrize(
    "values",
    [{"inventado": "x"}, ["nombre"], "no", {"nombre": ["a"]}, {"marca_de_version": "v-1"}, None],
)
def test_values_that_are_no_columns_are_told(member: InventoryDesk, values: Any) -> None:
    before = stored()
    with pytest.raises(tk.ValidationError):
        member.call("entry_create", values=values)
    assert stored() == before


def test_saving_what_is_there_already_writes_nothing(member: InventoryDesk) -> None:
    entry = member.add()
    events = model.Session.scalar(sa.select(sa.func.count()).select_from(HistoryEvent))
    again = member.change(entry, **COMPLETE)
    assert again["mark"] == entry["mark"]
    assert len(again["history"]) == 1
    after = model.Session.scalar(sa.select(sa.func.count()).select_from(HistoryEvent))
    assert after == events


def _at_once(app: Any, calls: list[Callable[[], Any]]) -> list[Any]:
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


@pytest.mark.req("R-054", "R-068")
def test_people_who_write_at_the_same_moment_take_turns(
    member: InventoryDesk, liaison: InventoryDesk, app: Any
) -> None:
    def several(desk: InventoryDesk, words: str) -> list[str]:
        return [desk.add(nombre=f"{words} {n}")["identifier"] for n in range(6)]

    made = _at_once(app, [lambda: several(member, "Altas"), lambda: several(liaison, "Camas")])
    assert sorted(made[0] + made[1]) == [f"CH-{number:04d}" for number in range(1, 13)]
    entry = member.call("entry_show", identifier="CH-0001")
    saved = _at_once(
        app,
        [
            lambda: member.change(entry, cobertura="Nacional"),
            lambda: liaison.change(entry, cobertura="Jalisco"),
        ],
    )
    assert sorted(isinstance(result, Exception) for result in saved) == [False, True]
    (refused,) = [result for result in saved if isinstance(result, tk.ValidationError)]
    assert refused.error_dict["meanwhile"][0]["after"] in ("Nacional", "Jalisco")
    assert history.verify(model.Session) == ()


@pytest.mark.req("R-068")
def test_two_who_close_at_once_close_one_version(liaison: InventoryDesk, app: Any) -> None:
    liaison.add()
    liaison.call("update", header=PREPARED)
    liaison.call("hand_over")
    closed = _at_once(app, [lambda: liaison.call("close"), lambda: liaison.call("close")])
    assert sorted(isinstance(result, Exception) for result in closed) == [False, True]
    assert liaison.call("version_list")["count"] == 1


def test_the_same_new_database_sent_twice_is_one(member: InventoryDesk) -> None:
    assert member.add()["identifier"] == member.add()["identifier"]
    assert member.show()["entries"] == 1


@pytest.mark.req(
    "R-054", "R-055", "R-056", "R-057", "R-058", "R-059", "R-060", "R-061", "R-062", "R-063",
    "R-064", "R-066", "R-067",
)  # fmt: skip
def test_every_column_that_is_needed_is_missed(
    member: InventoryDesk, liaison: InventoryDesk
) -> None:
    made = member.call("entry_create", values={"cobertura": "Nacional"})
    assert {gap["field"] for gap in made["missing"]} == set(COMPLETE)
    member.call("hand_over")
    with pytest.raises(tk.ValidationError) as refused:
        liaison.call("close")
    titles = {gap["title"] for gap in made["missing"]}
    assert titles <= {found["column"] for found in refused.value.error_dict["findings"]}


@pytest.mark.req("R-068")
def test_an_altered_version_is_told_and_nothing_is_built_on_it(
    member: InventoryDesk, liaison: InventoryDesk
) -> None:
    # Another content than that of other tests: what was read once is remembered by its digest.
    member.add(nombre="Consultas alteradas")
    member.call("update", header=PREPARED)
    member.call("hand_over")
    liaison.call("close")
    for statement in (
        "ALTER TABLE imss_closed_inventory DISABLE TRIGGER USER",
        "UPDATE imss_closed_inventory SET document = replace(document, 'Consultas', 'Cirugías')",
        "ALTER TABLE imss_closed_inventory ENABLE TRIGGER USER",
    ):
        model.Session.execute(sa.text(statement))
    model.Session.commit()
    member.add(nombre="Otra")
    member.call("hand_over")
    before = stored()
    for call in (
        lambda: liaison.call("close"),
        lambda: member.call("version_show", version=1),
        lambda: member.exported(version=1),
    ):
        with pytest.raises(tk.ValidationError) as refused:
            call()
        assert "is not what was closed" in refused.value.error_dict["message"][0]
    assert stored() == before
