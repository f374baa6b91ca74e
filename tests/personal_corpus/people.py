"""People who do not exist, each with every identifier, check digits right."""

from __future__ import annotations

import datetime
import random
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from faker import Faker
from stdnum import luhn
from stdnum.mx import curp, rfc

STATES = (
    *(
        "AS",
        "BC",
        "BS",
        "CC",
        "CH",
        "CL",
        "CM",
        "CS",
        "DF",
        "DG",
        "GR",
        "GT",
        "HG",
        "JC",
        "MC",
        "MN",
    ),
    *(
        "MS",
        "NL",
        "NT",
        "OC",
        "PL",
        "QR",
        "QT",
        "SL",
        "SP",
        "SR",
        "TC",
        "TL",
        "TS",
        "VZ",
        "YN",
        "ZS",
    ),
)
CLABE_BANKS = ("002", "012", "014", "021", "044", "058", "072", "127", "137", "646")
MAIL = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.com.mx", "live.com.mx", "icloud.com")


def bare(text: str) -> str:
    """Capitals without accents; Ñ becomes X, as RENAPO does."""
    text = text.upper().replace("Ñ", "X")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


@dataclass(frozen=True)
class Person:
    """One made-up person."""

    given: str
    paternal: str
    maternal: str
    sex: str
    birth: datetime.date
    state: str
    seed: int

    @property
    def full(self) -> str:
        return f"{self.given} {self.paternal} {self.maternal}"

    @property
    def surnames_first(self) -> str:
        return f"{self.paternal} {self.maternal} {self.given}"

    @cached_property
    def chance(self) -> random.Random:
        return random.Random(self.seed)

    def _initials(self) -> str:
        first = bare(self.paternal).replace(" ", "")
        inner = next((c for c in first[1:] if c in "AEIOU"), "X")
        return first[0] + inner + bare(self.maternal)[0] + bare(self.given)[0]

    @cached_property
    def curp(self) -> str:
        def consonant(text: str) -> str:
            return next((c for c in bare(text)[1:] if c in "BCDFGHJKLMNPQRSTVWXYZ"), "X")

        inner = "".join(map(consonant, (self.paternal, self.maternal, self.given)))
        mark = "0" if self.birth.year < 2000 else "A"
        body = f"{self._initials()}{self.birth:%y%m%d}{self.sex}{self.state}{inner}{mark}"
        return body + curp.calc_check_digit(body)

    @cached_property
    def rfc(self) -> str:
        body = f"{self._initials()}{self.birth:%y%m%d}" + "".join(
            self.chance.choice("123456789ABCDEFGH") for _ in range(2)
        )
        return body + rfc.calc_check_digit(body)

    @cached_property
    def nss(self) -> str:
        office, joined = self.chance.randint(1, 97), self.chance.randint(70, 99)
        body = f"{office:02d}{joined}{self.birth:%y}{self.chance.randint(0, 9999):04d}"
        return body + luhn.calc_check_digit(body)

    @cached_property
    def clabe(self) -> str:
        body = (
            self.chance.choice(CLABE_BANKS)
            + f"{self.chance.randint(1, 999):03d}{self.chance.randint(0, 10**11 - 1):011d}"
        )
        total = sum(int(d) * w % 10 for d, w in zip(body, (3, 7, 1) * 6, strict=False))
        return body + str(-total % 10)

    @cached_property
    def card(self) -> str:
        body = (
            self.chance.choice(("4152", "4555", "5204", "5579", "4915"))
            + f"{self.chance.randint(0, 10**11 - 1):011d}"
        )
        return body + luhn.calc_check_digit(body)

    @cached_property
    def voter_key(self) -> str:
        def two(text: str) -> str:
            return ("".join(c for c in bare(text) if c in "BCDFGHJKLMNPQRSTVWXYZ") + "XX")[:2]

        name = two(self.paternal) + two(self.maternal) + two(self.given)
        state, homonym = self.chance.randint(1, 32), self.chance.randint(0, 999)
        return f"{name}{self.birth:%y%m%d}{state:02d}{self.sex}{homonym:03d}"

    @cached_property
    def passport(self) -> str:
        return f"{self.chance.choice('GNE')}{self.chance.randint(0, 10**8 - 1):08d}"

    @cached_property
    def email(self) -> str:
        local = (
            bare(f"{self.given.split()[0]}{self.chance.choice('._')}{self.paternal}")
            .lower()
            .replace(" ", "")
        )
        number = self.chance.choice(("", str(self.birth.year), "88"))
        return f"{local}{number}@{self.chance.choice(MAIL)}"

    @cached_property
    def telephone(self) -> str:
        area = self.chance.choice(("55", "33", "81", "222", "951", "744", "961", "228"))
        return area + "".join(self.chance.choice("0123456789") for _ in range(10 - len(area)))

    @cached_property
    def address(self) -> str:
        c = self.chance
        street = c.choice(
            (
                "Calle Pino",
                "Av. Las Torres",
                "Privada Reforma",
                "Andador 5",
                "Calle Hidalgo",
                "Cerrada del Sol",
                "Calle 16 de Septiembre",
            )
        )
        quarter = c.choice(
            ("Centro", "San Miguel", "La Loma", "Jardines", "Vista Hermosa", "Obrera")
        )
        return f"{street} {c.randint(1, 900)}, Col. {quarter}, C.P. {c.randint(20000, 99000)}"

    @property
    def age(self) -> int:
        return 2026 - self.birth.year


class Crowd:
    """A seeded source of people."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.fake = Faker("es_MX")
        self.fake.seed_instance(seed)

    def person(self, *, oldest: int = 95, youngest: int = 18) -> Person:
        """One more."""
        sex = self.chance.choice("HM")
        given = self.fake.first_name_male() if sex == "H" else self.fake.first_name_female()
        if self.chance.random() < 0.3 and " " not in given:
            given += (
                " "
                + (
                    self.fake.first_name_male() if sex == "H" else self.fake.first_name_female()
                ).split()[0]
            )
        born = datetime.date(2026, 6, 1) - datetime.timedelta(
            days=self.chance.randint(youngest * 365, oldest * 365)
        )
        return Person(
            given,
            self.fake.last_name(),
            self.fake.last_name(),
            sex,
            born,
            self.chance.choice(STATES),
            self.chance.getrandbits(48),
        )

    def people(self, count: int, **limits: int) -> list[Person]:
        """Several."""
        return [self.person(**limits) for _ in range(count)]
