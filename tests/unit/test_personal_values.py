"""What single values, names and column names show."""

from __future__ import annotations

import time

import pytest

from ckanext.imssbienestar.checks.personal.dates import age_of, year_of
from ckanext.imssbienestar.checks.personal.headers import read_label
from ckanext.imssbienestar.checks.personal.names import kind_of_name, names_in
from ckanext.imssbienestar.checks.personal.text import capitals
from ckanext.imssbienestar.checks.personal.values import signals_of

CURP = "GOHA800101MDFRRL01"


@pytest.mark.parametrize(
    "written",
    [
        CURP,
        CURP.lower(),
        "GOHA-800101-MDFRRL-01",
        "GOHA 800101 M DF RRL 01",
        f"'{CURP}",
        f"la paciente {CURP}, de nuevo",
        f"x{CURP}y",
        f"CURP:{CURP};RFC:",
        CURP[:8] + "\u200b" + CURP[8:],
        "".join(chr(ord(c) + 0xFEE0) for c in CURP),
        "a " * 40_000 + CURP,
        "a " * 9_995 + CURP + " b" * 50,
        f'{{"curp": "{CURP}"}}',
    ],
)
@pytest.mark.req("R-185")
def test_a_curp_is_found_however_it_is_written(written: str) -> None:
    assert "curp.checked" in signals_of(written)


@pytest.mark.parametrize(
    ("value", "signal"),
    [
        ("Depositar a la CLABE 012180026050783858", "clabe.near"),
        ("NSS 12345678903 vigente", "nss.near"),
        ("pago con tarjeta 4152 3138 0000 1237", "card.near"),
        ("pasaporte G12345678", "passport.near"),
        ("cel. 55 1234 5678", "phone.near"),
        ("juan.perez88@gmail.com", "email.person"),
        ("atencion@imssbienestar.gob.mx", "email.office"),
        ("juan.perez@imssbienestar.gob.mx", "email.office"),
        ("nacida el 12/03/1985 en Toluca", "birth.near"),
        ("quien vive en Calle Pino 12, Col. Centro", "home.near"),
        ("XAXX010101000", "public-rfc"),
        ("LUX060101AB1", "public-rfc"),
        ("O+", "word.blood"),
        ("E11.9", "icd"),
        ("1985-03-12", "year:1985"),
    ],
)
def test_what_a_value_shows(value: str, signal: str) -> None:
    assert signal in signals_of(value)


@pytest.mark.parametrize(
    "value",
    [
        "8532569204.0",
        "010.000.0104.00",
        "19.4326077000",
        "MCIMB000012",
        "4111111111111111",
        "12345678901",
        "2026-05-01T10:00:00",
        "XEXX010101000",
    ],
)
def test_what_only_looks_like_an_identifier(value: str) -> None:
    found = [signal for signal in signals_of(value) if signal.endswith((".checked", ".near"))]
    assert found == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("María Guadalupe Hernández López", "full"),
        ("HERNANDEZ LOPEZ MARIA GUADALUPE", "full"),
        ("de la Cruz Santos, María del Carmen", "full"),
        ("Dr. Aarón Pech Canul", "full"),
        ("Juan Pérez", "name"),
        ("José Luis", "given"),
        ("Hernández", "surname"),
        ("Benito Juárez", "figure"),
        ("Ignacio Zaragoza", "figure"),
        ("Ciudad Hidalgo", "place"),
        ("Fundación John Langdon Down, A.C.", "organisation"),
        ("Hospital General Dr. Manuel Gea González", "facility"),
        ("Briseño-Prado S.A. de C.V.", "organisation"),
        ("Grupo Pérez y López", "organisation"),
        ("Jesús María - Melchor Ocampo", ""),
        ("Base Nicolás Bravo", ""),
        ("Consulta externa", ""),
        ("", ""),
    ],
)
@pytest.mark.req("R-201")
def test_persons_apart_from_places_and_offices(text: str, kind: str) -> None:
    assert kind_of_name(capitals(text)) == kind


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("La paciente Rosa Martínez Ruiz acudió", ["told"]),
        ("Se entregó a Juan Pérez López", ["near"]),
        ("Con Juan Pérez López en marzo", ["text"]),
        ("El Hospital Dr. Rafael Pérez López reporta", []),
        ("suscrito por el Lic. Juan Pérez López, Director General", []),
        ("en la calle Benito Juárez de la colonia Morelos", []),
        ("Aprobado por la Presidenta, Mtra. Ana Ruiz Soto, en sesión", []),
        ("DERECHOHABIENTE JUAN PEREZ LOPEZ SOLICITA", ["told"]),
    ],
)
def test_persons_named_in_a_text(text: str, found: list[str]) -> None:
    assert list(names_in(text)) == found


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("Fec. Nac. del Px", "fecha nacimiento paciente"),
        ("fechaNacimiento", "fecha nacimiento"),
        ("FECHANACIMIENTO", "fecha nacimiento"),
        ("apellidodelpaciente", "apellido paciente"),
        ("No. de afiliación", "numero afiliacion"),
        ("1er apellido", "primer apellido"),
        ("e-mail", "correo"),
        ("", ""),
    ],
)
def test_a_column_name_is_read_as_words(label: str, words: str) -> None:
    assert " ".join(read_label(label)) == words


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1985-03-12", 1985), ("12/03/1985", 1985), ("12-MAR-85", 1985), ("19850312", 1985),
        ("12 DE MARZO DE 1985", 1985), ("31/31/1985", 0), ("20261123", 2026),
        ("1985", 0), ("ABC", 0),
    ],
)  # fmt: skip
def test_dates_as_people_write_them(text: str, year: int) -> None:
    assert year_of(text) == year


@pytest.mark.parametrize(
    ("text", "age"), [("12", 12), ("12 años", 12), ("8 meses", 0), ("x", None)]
)
def test_ages_as_people_write_them(text: str, age: int | None) -> None:
    assert age_of(text) == age


@pytest.mark.parametrize(
    "text",
    [
        "A" * 200_000,
        "1 " * 100_000,
        "a@" * 100_000,
        "PEREZ " * 50_000,
        "AAAA-01-01-" * 20_000,
        "@" + "a" * 100_000 + "." * 50_000,
        "1-" * 100_000,
    ],
    ids=["letter", "digits", "at", "names", "openings", "mail", "hyphens"],
)
def test_no_text_takes_more_than_linear_time(text: str) -> None:
    start = time.process_time()
    signals_of(text)
    assert time.process_time() - start < 5
