"""A person who does not exist, to be planted in files and looked for afterwards."""

from __future__ import annotations

import datetime
import io
import random

from openpyxl import Workbook
from openpyxl.comments import Comment
from personal_corpus.people import Person

HEADER = ("folio_interno", "dato", "observaciones", "correo")


def planted_family(size: int) -> list[Person]:
    """Brothers and sisters, new each time: whatever is found of them was left by this test."""
    chance = random.SystemRandom()
    sound = "".join(chance.choice("bcdfglmnprst") + chance.choice("aeiou") for _ in range(4))
    days = chance.sample(range(16_000), size)
    return [
        Person(
            given="Quetzalli",
            paternal=f"Ñ{sound}",
            maternal=f"Xochi{sound[::-1]}",
            sex=chance.choice("HM"),
            birth=datetime.date(1950, 1, 1) + datetime.timedelta(days=day),
            state=chance.choice(("OC", "VZ", "GR", "CS")),
            seed=day,
        )
        for day in days
    ]


def values_of(*people: Person) -> list[str]:
    """What tells of them wherever it turns up; their mailboxes hold a surname too."""
    found = {value for one in people for value in (one.curp, one.paternal, one.maternal)}
    return sorted(found)


def planted_csv(person: Person, *, size: int = 0) -> bytes:
    """A table with the person in every column; rows of no interest up to ``size`` bytes."""
    row = f"1,{person.curp},Paciente {person.full} con diagnóstico de diabetes,{_mail(person)}\n"
    head = (",".join(HEADER) + "\n" + row * 3).encode()
    filler = b"".join(
        b"%d,x%d,sin novedad %d,ninguno\n" % (i, i, i) for i in range(max(0, size // 30))
    )
    return head + filler + row.encode()


def planted_workbook(person: Person) -> bytes:
    """The person in cells, in a hidden sheet, in a comment and in the document's properties."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append((1, person.curp, f"Paciente {person.full}", _mail(person)))
    sheet["A1"].comment = Comment(f"Paciente {person.full}, CURP {person.curp}", person.full)
    hidden = book.create_sheet("aparte")
    hidden.sheet_state = "hidden"
    hidden.append((person.curp, person.full))
    book.properties.creator = person.full
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def _mail(person: Person) -> str:
    return f"{person.maternal.lower()}.{person.birth:%y%m%d}@gmail.com"
