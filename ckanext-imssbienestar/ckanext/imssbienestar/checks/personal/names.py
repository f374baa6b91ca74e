"""Names of persons apart from names of places, offices and heroes.

The lists are ``names.csv``, ``places.csv`` and ``tables.yaml`` of ``schemas/personal_data``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

from ckanext.imssbienestar.checks.personal.text import capitals, plain, words_of
from ckanext.imssbienestar.datafiles import read_yaml

_LEGAL_FORM = re.compile(
    r"[ ,](S[. ]{0,2}A[. ]{0,2}(P[. ]{0,2}I[. ]{0,2})?(B[. ]{0,2})?(DE[ ]C[. ]{0,2}V)?"
    r"|S[. ]{0,2}C|A[. ]{0,2}C|I[. ]{0,2}A[. ]{0,2}P|S[. ]{0,2}(DE[ ])?R[. ]{0,2}L"
    r"([. ]{0,2}DE[ ]C[. ]{0,2}V)?|A[. ]{0,2}R|S[. ]{0,2}N[. ]{0,2}C)[. ]{0,2}$"
)
_NOT_A_NAME = re.compile(r"[^A-ZÑ .,'’`-]")
_LONGEST = 70
_TEXT_WORD = re.compile(r"[^\W\d_]+")
# Between two words of one name.
_JOINED = re.compile(r"[ ]{1,2}|-|\.[ ]")
_PAUSE = re.compile(r"[,;:()«»\"]")
_WINDOW = 34
_ILL_WINDOW = 48


def kind_of_name(text: str) -> str:
    """What a whole cell in capitals names.

    :returns: ``full`` (given name and two surnames), ``name`` (one surname), ``given``,
        ``surname``, ``place``, ``figure``, ``organisation``, ``facility``, or an empty text.
    """
    if _LEGAL_FORM.search(text):
        return "organisation"
    if len(text) > _LONGEST or _NOT_A_NAME.search(text):
        return _kind_of_wording(text)
    words = [word.lower() for word in words_of(text)]
    while words and words[0] in _set("titles"):
        words = words[1:]
    if not words or len(words) > 9:
        return ""
    wording = " ".join(words)
    if wording in _set("public_figures"):
        return "figure"
    if words[0] in _set("facility_values"):
        return "facility"
    if wording in _places() and (len(words) > 1 or wording not in _roles()):
        return "place"
    if not _set("organisation_words").isdisjoint(words):
        return "organisation"
    firm = "," in text and " Y " in text  # «Serna, Rosas y del Valle»
    if firm or " - " in text or any(figure in wording for figure in _figures()):
        return ""
    if words[0] in _set("place_openings") and words[0] not in _roles():
        return ""
    return _kind_by_roles(_roles_of(words))


def _kind_of_wording(text: str) -> str:
    words = [word.lower() for word in words_of(text[:200])[:12]]
    if words and words[0] in _set("facility_values"):
        return "facility"
    return (
        "organisation"
        if len(words) < 9 and not _set("organisation_words").isdisjoint(words)
        else ""
    )


def _roles_of(words: list[str]) -> list[str]:
    """What each word of a name is, particles left out: given name, surname, both, unknown."""
    roles = list[str]()
    after_particle = False
    for word in words:
        if word in _set("particles"):
            after_particle = True
            continue
        role = _roles().get(word, "")
        # «Ibáñez del Ángel», «Del Ángel Ibáñez»; but not «María del Carmen».
        if role == "g" and after_particle and (not roles or roles[-1] == "s"):
            role = "s"
        roles.append(role)
        after_particle = False
    return roles


def _kind_by_roles(roles: list[str]) -> str:
    count, unknown = len(roles), roles.count("")
    if not count or count > 6 or unknown > count // 3 or count == unknown:
        return ""
    if not roles[0] and roles[1] == "g":  # «Base Nicolás Bravo»: the first word is no name
        return ""
    given, surname = roles.count("g"), roles.count("s")
    both = roles.count("b")
    if not unknown and not surname and (given or count == 1) and count <= 3:
        return "given"
    if not unknown and not given and count <= (2 if both else 3):
        return "surname"
    if count < 2 or not (given or both) or not (surname or both) or given + surname + both < 2:
        return ""
    if not _in_order(roles):
        return ""
    return "full" if surname + both + unknown - (0 if given else 1) >= 2 else "name"


def _in_order(roles: list[str]) -> bool:
    """Given names and surnames stand together: one change from one to the other."""
    clear = [role for role in roles if role in "gs" and role]
    return sum(a != b for a, b in pairwise(clear)) <= 1


def names_in(value: str) -> Iterator[str]:
    """Persons spoken of in a text, by how clearly.

    ``told``: a full name after «la paciente»; ``near``: after a word that may tell so;
    ``text``: a full name and nothing that tells of an office; ``ill``: and what ails them.

    A place, an office or somebody in public office that the words around tell of is none.
    """
    run: list[re.Match[str]] = []
    for word in _TEXT_WORD.finditer(value):
        if run and not _JOINED.fullmatch(value[run[-1].end() : word.start()]):
            yield from _judged(value, run)
            run = []
        if _can_stand_in_name(word.group(), begun=bool(run)):
            run.append(word)
        else:
            yield from _judged(value, run)
            run = []
    yield from _judged(value, run)


def _can_stand_in_name(word: str, *, begun: bool) -> bool:
    if word[0].isupper():
        return plain(word) in _roles() or (begun and plain(word) in _set("particles"))
    return begun and word in _set("particles")


def _judged(value: str, run: list[re.Match[str]]) -> Iterator[str]:
    if len(run) < 2:
        return  # one word is no full name; most words of a text are in none
    words = [plain(word.group()) for word in run]
    while words and words[-1] in _set("particles"):
        words = words[:-1]
        run = run[:-1]
    roles = _roles_of(words)
    if len(roles) < 2 or any(figure in " ".join(words) for figure in _figures()):
        return
    kind = _kind_by_roles(roles)
    if kind not in ("full", "name") or " ".join(words) in _places():
        return
    before = _around(value[max(0, run[0].start() - _WINDOW) : run[0].start()])
    after = _around(value[run[-1].end() : run[-1].end() + 16])
    offices, persons = _tells("office_before"), _tells("person_before")
    office = _last_place(before, offices)
    person = _last_place(before, persons)
    in_office = _last_place(after, _tells("office_after")) >= 0
    if person > office:
        clear = kind == "full" and _last_place(before, _tells("person_clearly_before")) > office
        yield "told" if clear and not in_office else "near"
    elif office < 0 and kind == "full" and not in_office:
        yield "text"
        around = value[max(0, run[0].start() - _ILL_WINDOW) : run[-1].end() + _ILL_WINDOW]
        if _last_place(_around(around), _tells("ill")) >= 0:
            yield "ill"


def _around(text: str) -> str:
    return f" {' '.join(_PAUSE.sub(' ', capitals(text)).split())} "


def _last_place(text: str, tells: tuple[str, ...]) -> int:
    """Where the last of these words begins, or -1."""
    return max((text.rfind(f" {tell} ") for tell in tells), default=-1)


@cache
def _tells(group: str) -> tuple[str, ...]:
    return tuple(read_yaml("personal_data/detectors.yaml")["text"][group])


@cache
def _set(group: str) -> frozenset[str]:
    return frozenset(plain(word) for word in read_yaml("personal_data/tables.yaml")[group])


@cache
def _figures() -> tuple[str, ...]:
    return tuple(name for name in _set("public_figures") if " " in name)


@cache
def _roles() -> dict[str, str]:
    return dict(_rows("names.csv"))


@cache
def _places() -> frozenset[str]:
    return frozenset(row[0] for row in _rows("places.csv"))


def _rows(name: str) -> list[list[str]]:
    source = files("ckanext.imssbienestar.schemas").joinpath(f"personal_data/{name}")
    return list(csv.reader(source.read_text(encoding="utf-8").splitlines()))[1:]


def is_given_name(word: str) -> bool:
    """Whether a word in small letters is a given name."""
    return _roles().get(word, "") in ("g", "b")


def is_surname(word: str) -> bool:
    """Whether a word in small letters is a surname."""
    return _roles().get(word, "") in ("s", "b")


def is_place(value: str) -> bool:
    """Whether a whole cell names a municipality, its seat or a state."""
    return plain(value) in _places()
