"""Formato 1: its layout, its rules (R-045 to R-068), its versions."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inventory_cases import HEADER, LAYOUT, TODAY, any_entries, entries, entry

from ckanext.imssbienestar.checks.texts import known_codes, problem_findings
from ckanext.imssbienestar.domain.dictionary import plain_words
from ckanext.imssbienestar.domain.inventory import (
    InventoryEntry,
    InventoryHeader,
    entry_problems,
    header_problems,
    inventory_problems,
    public_values,
)
from ckanext.imssbienestar.domain.inventory_identifiers import IdentifierSeries
from ckanext.imssbienestar.domain.inventory_layout import ValueKind
from ckanext.imssbienestar.domain.inventory_values import (
    clean_text,
    read_value,
    shown_value,
    stored_problem,
)
from ckanext.imssbienestar.domain.inventory_versions import (
    AlteredInventory,
    InventoryDraft,
    VersionState,
    close_inventory,
    draft_problems,
    restore_closed,
    version_differences,
    version_state,
)
from ckanext.imssbienestar.errors import GateError


def problems_of(**values: str) -> list[tuple[str, str]]:
    found = entry_problems(entry(**values), LAYOUT, TODAY)
    return [(problem.code.removeprefix("inventory-"), problem.variant) for problem in found]


class TestLayout:
    @pytest.mark.req("R-047", "R-053")
    def test_titles_are_those_of_the_annex(self) -> None:
        assert LAYOUT.titles["form"].es == "Identificación general de bases de datos"
        assert LAYOUT.titles["annex"].es == "Identificación de bases de datos"
        assert (LAYOUT.titles["label"].es, LAYOUT.titles["form_name"].es) == (
            "FORMATO:",
            "Formato 1",
        )

    @pytest.mark.req("R-048", "R-049", "R-050", "R-051", "R-052")
    def test_header_requires_unit_coordination_and_date_alone(self) -> None:
        required = [field.name for field in LAYOUT.header if field.required]
        assert required == ["unidad_administrativa", "coordinacion_central", "fecha_de_elaboracion"]
        assert InventoryHeader().completed(LAYOUT).values == {"pais": "México"}
        assert [p.column for p in header_problems(InventoryHeader(), LAYOUT, TODAY)] == [
            LAYOUT.header_fields[name].title for name in required
        ]
        assert not list(header_problems(HEADER, LAYOUT, TODAY))

    @pytest.mark.req("R-049", "R-050")
    def test_state_and_municipality_are_inegis(self) -> None:
        def codes(**values: str) -> list[tuple[str, str]]:
            header = InventoryHeader({**HEADER.values, **values})
            return [(p.code, p.variant) for p in header_problems(header, LAYOUT, TODAY)]

        assert codes(municipio="Guadalajara") == [("inventory-municipality-unknown", "")]
        assert codes(estado="") == [("inventory-municipality-unknown", "state")]
        assert codes(estado="33", municipio="")[0] == ("inventory-value-not-listed", "state")
        assert codes(fecha_de_elaboracion="2027-01-01") == [("inventory-date-wrong", "future")]

    @pytest.mark.req("R-065", "R-066", "R-067")
    def test_seventeen_columns_and_three_double_headings(self) -> None:
        assert len(LAYOUT.columns) == 17
        grouped = [field.group for field in LAYOUT.columns if field.group]
        assert Counter(grouped) == dict.fromkeys(LAYOUT.groups, 2)
        assert {field.name for field in LAYOUT.columns if field.proposed} == {
            field.name for field in LAYOUT.columns if field.group
        }

    def test_no_heading_names_two_columns_and_no_word_two_values(self) -> None:
        for fields in (LAYOUT.fields.values(), LAYOUT.header):
            words = {(plain_words(h), field.name) for field in fields for h in field.headings}
            counted = Counter(word for word, _ in words)
            assert [word for word, count in counted.items() if count > 1] == []
        for field in (*LAYOUT.fields.values(), *LAYOUT.header):
            for choice in field.choices:
                for word in (choice.code, choice.es, choice.en, *choice.also):
                    assert field.codes[plain_words(word)] == choice.code

    @pytest.mark.req("R-057")
    def test_where_it_is_kept_is_never_public(self) -> None:
        known = entry(medidas_de_seguridad="Cifrado")
        shown = public_values(known, LAYOUT)
        assert not {"ubicacion", "medidas_de_seguridad"} & shown.keys()
        assert known.value("ubicacion") not in json.dumps(shown, ensure_ascii=False)
        assert shown["nombre"] == known.name


class TestRules:
    @pytest.mark.req("R-045")
    def test_a_good_entry_and_one_that_will_never_be_open(self) -> None:
        assert problems_of() == []
        assert not problems_of(
            tipo_de_datos="sensitive",
            contiene_datos_personales="yes",
            es_informacion_reservada="yes",
            fundamento_y_plazo_de_la_reserva="LGTAIP art. 113, fr. V; 5 años",
        )

    @pytest.mark.req(
        "R-055", "R-056", "R-057", "R-058", "R-059", "R-060", "R-061", "R-062", "R-063", "R-064"
    )
    def test_what_is_required_is_missed_by_its_title(self) -> None:
        found = list(entry_problems(InventoryEntry("CE-0001"), LAYOUT, TODAY))
        assert {problem.code for problem in found} == {"inventory-value-missing"}
        required = [f for f in LAYOUT.columns if f.required and f.name != "identificador"]
        assert [problem.column for problem in found] == [field.title for field in required]
        assert problem_findings(found)[0].message == "Falta «Nombre de la base de datos»."
        assert problem_findings(found, "en")[0].message == "“Name of the database” is missing."

    @pytest.mark.req("R-058", "R-059", "R-060", "R-061", "R-062", "R-063", "R-064", "R-067")
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({"formato": "cinta"}, ("value-not-listed", "")),
            ({"acceso": "Público"}, ("value-not-stored", "")),
            ({"responsable": "Jefatura de División"}, ("value-missing", "post")),
            ({"responsable": "Dra. Alguien | Hospital"}, ("person-named", "")),
            ({"responsable": "Juan Pérez López | Almacén"}, ("person-named", "")),
            ({"nombre": "-"}, ("value-missing", "")),
            ({"descripcion": "\u200b"}, ("value-missing", "")),
            ({"fecha_de_creacion": "0219-05-31"}, ("date-wrong", "too_early")),
            ({"fecha_de_creacion": "2026-11-24"}, ("date-wrong", "future")),
            ({"fecha_de_creacion": "2027"}, ("date-wrong", "future")),
            ({"fecha_de_creacion": "2022"}, ("date-wrong", "recent_year")),
            ({"fecha_de_creacion": "hace mucho"}, ("date-wrong", "")),
            ({"fecha_de_creacion": "31/05/2019"}, ("date-wrong", "form")),
            ({"fecha_de_actualizacion": "2019"}, ("date-wrong", "year")),
            ({"fecha_de_actualizacion": "2019-02-30"}, ("date-wrong", "impossible")),
            ({"fecha_de_actualizacion": "2019-05-30"}, ("date-wrong", "before_creation")),
            ({"numero_de_registros": "muchos"}, ("number-wrong", "")),
            ({"nombre": "n" * 301}, ("text-too-long", "")),
            ({"descripcion": "a\x00b"}, ("characters", "")),
            ({"es_informacion_reservada": "yes"}, ("value-missing", "reserve")),
            ({"contiene_datos_personales": "yes"}, ("contradiction", "open_with_personal")),
            ({"tipo_de_datos": "personal"}, ("contradiction", "personal_without")),
            ({"tipo_de_datos": "reserved"}, ("contradiction", "reserved_without")),
            (
                {"fundamento_y_plazo_de_la_reserva": "art. 1"},
                ("contradiction", "ground_without_reserve"),
            ),
        ],
    )
    def test_one_fault_one_problem(self, values: dict[str, str], expected: tuple[str, str]) -> None:
        assert expected in problems_of(**values)

    @pytest.mark.req("R-061")
    def test_a_year_alone_is_enough_for_an_old_one(self) -> None:
        assert problems_of(fecha_de_creacion="2021") == []
        # The same year: either may have come first.
        assert problems_of(fecha_de_creacion="2021", fecha_de_actualizacion="2021-01-01") == []

    @pytest.mark.req("R-060")
    @pytest.mark.parametrize(
        "text",
        [
            "María del Carmen Hernández Ruiz | Coordinación de Abasto",
            "Jefatura de Departamento, Guadalupe Ramírez Soto | Coordinación de Abasto",
            "Jefe de División Juan Pérez López | Coordinación de Abasto",
            "Encargada: C. Rosa Martínez | Coordinación de Abasto",
            "Jefatura de División | Pérez López Juan",
        ],
    )
    def test_a_person_is_known_by_the_names_that_the_guard_knows(self, text: str) -> None:
        assert problems_of(responsable=text) == [("person-named", "")]
        # In nothing public, were a draft ever shown.
        assert "responsable" not in public_values(entry(responsable=text), LAYOUT)

    @pytest.mark.req("R-060")
    @pytest.mark.parametrize(
        "text",
        [
            "Jefatura de División de Estadística | Coordinación de Planeación",
            "Dirección | Hospital General Dr. Miguel Silva",
            "Administración del Hospital Rural San Juan Bautista Cuicatlán | Oaxaca",
            "Titular | Coordinación Estatal Guerrero",
            "Jefatura de Enfermería | Hospital Comunitario Rosario Castellanos",
            "Delegación | San Martín Texmelucan de Labastida",
            "Jefatura de Zona | Benito Juárez",
        ],
    )
    def test_a_post_in_a_place_that_bears_a_name_is_a_post(self, text: str) -> None:
        assert problems_of(responsable=text) == []
        assert public_values(entry(responsable=text), LAYOUT)["responsable"] == text

    @pytest.mark.req("R-060")
    def test_no_municipality_is_a_person(self) -> None:
        known = {name for names in LAYOUT.municipalities.values() for name in names}
        assert [name for name in known if LAYOUT.names_person(f"Jefatura de Zona | {name}")] == []

    @pytest.mark.req("R-067")
    def test_a_reserve_needs_its_ground_and_its_term(self) -> None:
        def of(text: str) -> list[tuple[str, str]]:
            return problems_of(
                tipo_de_datos="reserved",
                es_informacion_reservada="yes",
                fundamento_y_plazo_de_la_reserva=text,
            )

        assert of("LGTAIP art. 113, fr. V; 5 años") == []
        assert of("Ley de Seguridad Nacional; vigencia al 31 de diciembre de 2030") == []
        assert of("Cinco años") == [("value-missing", "ground")]
        assert of("Artículo 113") == [("value-missing", "term")]

    @pytest.mark.req("R-054")
    def test_identifiers_are_unique_in_the_organism(self) -> None:
        found = inventory_problems(
            (entry("CE-1"), entry("ce-1", nombre="Otra"), entry("OT-1", nombre="Tres")),
            LAYOUT,
            elsewhere={"ot-1": "Coordinación de Compras"},
        )
        assert [(e.identifier, p.code, p.variant) for e, p in found] == [
            ("CE-1", "inventory-identifier-repeated", ""),
            ("ce-1", "inventory-identifier-repeated", ""),
            ("OT-1", "inventory-other-unit", "entry"),
        ]
        assert problems_of(identifier="uno dos") == [("identifier-form", "")]
        # The number of a row is the same in the form of every unit.
        assert problems_of(identifier="12") == [("identifier-form", "")]

    def test_a_derivative_names_another_entry(self) -> None:
        def codes(*given: InventoryEntry) -> list[str]:
            return [problem.code for _, problem in inventory_problems(given, LAYOUT)]

        safe = entry("CE-0002", nombre="Consultas, por mes", derivada_de="CE-0001")
        assert codes(entry(), safe) == []
        assert codes(safe) == codes(entry(derivada_de="CE-0001")) == ["inventory-derived-unknown"]
        assert codes(entry(), entry("CE-0003")) == ["inventory-name-repeated"] * 2

    def test_derivatives_that_go_in_a_circle_are_told_before_the_version_is_closed(self) -> None:
        circle = [
            entry(f"CE-{n}", nombre=f"Base {n}", derivada_de=f"ce-{(n + 1) % 3}") for n in (0, 1, 2)
        ]
        tail = entry("CE-9", nombre="Otra", derivada_de="CE-0")
        found = [(e.identifier, p.variant) for e, p in inventory_problems([*circle, tail], LAYOUT)]
        assert found == [("CE-0", "circle"), ("CE-1", "circle"), ("CE-2", "circle")]

    @pytest.mark.req("R-054")
    @given(st.text(max_size=30), st.lists(st.integers(0, 10**6), max_size=5))
    def test_proposed_identifiers_have_the_form_and_are_never_taken(
        self, prefix: str, numbers: list[int]
    ) -> None:
        start = IdentifierSeries(prefix, (), LAYOUT).proposed()[:-4]
        taken = {f"{start}{number}".lower() for number in numbers}
        series = IdentifierSeries(prefix, taken, LAYOUT)
        first = series.proposed()
        series.note(first)
        for proposed in (first, series.proposed()):
            assert proposed.lower() not in taken
            assert not stored_problem(LAYOUT.fields["identificador"], proposed, LAYOUT)
            assert not list(entry_problems(entry(proposed), LAYOUT, TODAY))
        assert first != series.proposed()


class TestValues:
    @pytest.mark.parametrize(
        ("name", "written", "value"),
        [
            ("formato", " excel ", "xlsx"),
            ("contiene_datos_personales", "SÍ", "yes"),
            ("contiene_datos_personales", "false", "no"),
            ("fecha_de_creacion", "2019-05-31T00:00:00", "2019-05-31"),
            ("fecha_de_creacion", "3/5/2019", "2019-05-03"),
            ("numero_de_registros", "12,500", "12500"),
            ("numero_de_registros", "007", "7"),
            ("responsable", "Jefatura\nCoordinación", "Jefatura | Coordinación"),
            ("responsable", "Jefatura|Coordinación|", "Jefatura | Coordinación"),
            ("descripcion", "uno\r\ndos\t", "uno\ndos"),
            ("nombre", "0012", "0012"),
        ],
    )
    def test_the_ways_people_write_a_value(self, name: str, written: str, value: str) -> None:
        read = read_value(LAYOUT.fields[name], written, LAYOUT)
        assert (read.value, read.problem) == (value, None)
        assert bool(read.note) == (written == "3/5/2019")

    @given(st.sampled_from(list(LAYOUT.fields)), st.text(max_size=20))
    def test_what_is_read_is_stored_and_is_read_again_the_same(
        self, name: str, written: str
    ) -> None:
        field = LAYOUT.fields[name]
        read = read_value(field, written, LAYOUT)
        if read.problem is None:
            assert stored_problem(field, read.value, LAYOUT) is None
            for language in ("es", "en"):
                shown = shown_value(field, read.value, language)
                assert read_value(field, shown, LAYOUT).value == read.value
        if field.kind is ValueKind.TEXT:
            assert read.value == clean_text(written)


def close(draft: InventoryDraft, **options: Any) -> Any:
    return close_inventory(draft, LAYOUT, closed_on=TODAY, findings_of=problem_findings, **options)


class TestVersions:
    @pytest.mark.req("R-068")
    def test_a_version_closes_once_nothing_stands_against_it(self) -> None:
        draft = InventoryDraft(HEADER, (entry(), entry("", nombre="Sin identificador")))
        with pytest.raises(GateError) as refused:
            close(draft)
        assert [f.code for f in refused.value.findings] == ["inventory-value-missing"]
        closed = close(InventoryDraft(HEADER, entries(2)))
        assert (closed.number, closed.previous, len(closed.digest)) == (1, "", 64)
        with pytest.raises(FrozenInstanceError):
            closed.number = 2
        with pytest.raises(TypeError):
            closed.entries[0].values["nombre"] = "Otro"
        with pytest.raises(TypeError):
            closed.header.values["pais"] = "Otro"

    @pytest.mark.req("R-068")
    def test_a_closed_version_is_superseded_and_never_edited(self) -> None:
        first = close(InventoryDraft(HEADER, entries(2)))
        draft = first.next_draft()
        second = close(replace(draft, entries=(*draft.entries, entry("CE-0009"))), previous=first)
        assert (second.number, second.previous) == (2, first.digest)
        versions = [first, second]
        assert [version_state(v, versions) for v in versions] == [
            VersionState.SUPERSEDED,
            VersionState.CLOSED,
        ]
        altered = replace(first, entries=first.entries[:1])
        assert first.is_unaltered()
        assert not altered.is_unaltered()
        with pytest.raises(AlteredInventory):
            close(draft, previous=altered)

    @pytest.mark.req("R-068")
    @pytest.mark.parametrize("count", [0, 1, 500])
    def test_any_number_of_rows(self, count: int) -> None:
        closed = close(InventoryDraft(HEADER, entries(count), declared_empty=not count))
        stored = json.loads(json.dumps(closed.document()))
        assert restore_closed(stored, closed.digest) == closed
        found = [p.code for _, p in draft_problems(InventoryDraft(HEADER), LAYOUT, TODAY)]
        assert found == ["inventory-empty"]

    @settings(max_examples=6)
    @given(any_entries(3), st.data())
    def test_any_change_of_what_is_stored_is_noticed(
        self, given_entries: list[InventoryEntry], data: st.DataObject
    ) -> None:
        draft = InventoryDraft(HEADER, tuple(given_entries), declared_empty=not given_entries)
        closed = close_inventory(draft, LAYOUT, closed_on=TODAY, findings_of=lambda problems: [])
        document = json.loads(json.dumps(closed.document()))
        assert restore_closed(document, closed.digest).entries == closed.entries
        key = data.draw(st.sampled_from(sorted(document)))
        for other in (None, 7, "otro", [], {"a": "b"}, not document[key]):
            if other != document[key] or type(other) is not type(document[key]):
                with pytest.raises(AlteredInventory):
                    restore_closed(document | {key: other}, closed.digest)
        with pytest.raises(AlteredInventory):
            restore_closed(document | {"more": 1}, closed.digest)

    @pytest.mark.req("R-068")
    def test_what_became_of_each_row(self) -> None:
        before = (entry("A-1"), entry("A-2"), entry("A-3"))
        after = (entry("A-3"), entry("A-2", formato="ods", cobertura="2026"), entry("A-4"))
        found = version_differences(before, after, LAYOUT)
        assert [(d.kind.value, d.identifier) for d in found] == [
            ("changed", "A-2"),
            ("added", "A-4"),
            ("removed", "A-1"),
        ]
        assert [(c.field, c.before, c.after) for c in found[0].changes] == [
            ("formato", "csv", "ods"),
            ("cobertura", "", "2026"),
        ]


def test_every_problem_has_its_words() -> None:
    codes = [code for code in known_codes() if code.startswith("inventory-")]
    assert len(codes) > 30
    tomorrow = TODAY + datetime.timedelta(days=1)
    found = [*entry_problems(entry("a b", formato="x"), LAYOUT, tomorrow)]
    assert [f.blocks for f in problem_findings(found, "en")] == [True, True]
