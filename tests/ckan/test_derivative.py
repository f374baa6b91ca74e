"""The page of the safe derivative: the file is wiped, the counts become a linked private draft."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path
from typing import Any

import pytest
from catalogue_cast import Person, SampleMaker, Unit, make_person, publish
from ckan import model
from ckan.tests import factories
from personal_corpus.people import Crowd

from ckanext.imssbienestar import config
from ckanext.imssbienestar.portal.content import content_store

pytestmark = pytest.mark.usefixtures("with_plugins")

PEOPLE = Crowd(40).people(60)


def _roll() -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["curp", "nombre_completo", "sexo", "turno"])
    for place, person in enumerate(PEOPLE):
        shift = ("matutino", "vespertino")[place % 2]
        writer.writerow([person.curp, person.full, person.sex, shift])
    return text.getvalue().encode()


def _headers(person: Person) -> dict[str, str]:
    return {"Authorization": factories.APIToken(user=person.name)["token"]}


def _sent(app: Any, dataset: dict[str, Any], person: Person, content: bytes) -> str:
    answer = app.post(
        f"/dataset/{dataset['name']}/derivative",
        headers=_headers(person),
        data={"upload": (io.BytesIO(content), "padron.csv")},
    )
    return html.unescape(answer.get_data(as_text=True))


def _token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def _accepted(app: Any, dataset: dict[str, Any], person: Person, token: str) -> Any:
    return app.post(
        f"/dataset/{dataset['name']}/derivative/accept",
        headers=_headers(person),
        data={"token": token},
        follow_redirects=False,
    )


@pytest.mark.req("R-081")
@pytest.mark.req("R-202")
def test_the_counts_become_a_linked_draft_and_nothing_of_the_file_stays(
    unit: Unit, make_dataset: SampleMaker, app: Any, tmp_path: Path
) -> None:
    dataset = make_dataset()
    page = _sent(app, dataset, unit.liaison, _roll())
    assert "Se quita: identifica a una persona" in page
    assert "numero_de_registros" in page
    planted = [text for person in PEOPLE for text in (person.curp, person.full)]
    assert not any(text in page for text in planted)

    answer = _accepted(app, dataset, unit.liaison, _token(page))
    assert answer.status_code == 302
    name = answer.headers["Location"].rpartition("/")[2]
    draft = unit.liaison.call("package_show", id=name)
    assert (draft["private"], draft["derived_from"]) == (True, dataset["id"])
    assert dataset["title"] in draft["quality_notes"]
    [resource] = draft["resources"]
    content = content_store().path(resource["hash"]).read_text(encoding="utf-8")
    header, *groups = csv.reader(content.splitlines())
    assert sum(int(row[-1]) for row in groups) <= len(PEOPLE)
    shown = unit.liaison.call("imss_dictionary_show", id=resource["id"])
    assert [field["name"] for field in shown["schema"]["fields"]] == header
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(text.encode() in kept for text in planted)


def test_an_offer_is_for_one_person_one_dataset_and_a_while(
    unit: Unit, make_dataset: SampleMaker, app: Any
) -> None:
    dataset = make_dataset()
    token = _token(_sent(app, dataset, unit.liaison, _roll()))
    before = model.Session.query(model.Package).count()
    other = make_dataset(name="otra_base")
    head = _accepted(app, dataset, unit.head, token)
    assert head.status_code == 403, "who may not change the dataset"
    for place, sent in ((other, token), (dataset, token[:-2]), (dataset, "")):
        answer = _accepted(app, place, unit.liaison, sent)
        assert "ya no se conserva" in answer.get_data(as_text=True)
    sha256 = next(path.name for path in content_store().kept() if "registros" in path.read_text())
    content_store().path(sha256).unlink()
    answer = _accepted(app, dataset, unit.liaison, token)
    assert "ya no se conserva" in answer.get_data(as_text=True)
    assert model.Session.query(model.Package).count() == before + 1, "no draft is left behind"


def test_the_link_is_for_the_unit_and_not_for_the_public(
    unit: Unit, make_dataset: SampleMaker
) -> None:
    dataset = make_dataset(derived_from="a-database-with-persons")
    assert dataset["derived_from"] == "a-database-with-persons"
    changed = unit.liaison.call("package_patch", id=dataset["id"], title="Donativos otorgados")
    assert changed["derived_from"] == "a-database-with-persons"
    publish(unit, changed)
    public = unit.liaison.call("package_show", id=dataset["id"])
    assert not public["private"]
    assert not public["derived_from"]


def test_what_gives_no_counts_gets_a_sentence(
    unit: Unit, make_dataset: SampleMaker, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset()
    for content, said in (
        (b"", "no es una tabla"),
        (b"PK\x03\x04 no workbook", "libro"),
        (_roll().splitlines()[0] + b"\n", "no tiene filas"),
        (b"estado,hospitales\nOaxaca,3\n", "no se reconocieron datos personales"),
    ):
        page = _sent(app, dataset, unit.liaison, content)
        assert said in page
        assert 'name="token"' not in page
    monkeypatch.setattr(config, "check_inline_bytes", lambda: 1000)
    assert "--derivative" in _sent(app, dataset, unit.liaison, _roll())
    stranger = make_person("ajena")
    path = f"/dataset/{dataset['name']}/derivative"
    assert app.get(path, headers=_headers(stranger)).status_code == 404
    assert app.get(path).status_code == 404


def test_the_refusal_shows_the_way(unit: Unit, make_dataset: SampleMaker, app: Any) -> None:
    dataset = make_dataset()
    answer = app.post(
        f"/dataset/{dataset['name']}/resource/new",
        headers=_headers(unit.liaison),
        data={
            "id": "",
            "name": "Padrón",
            "url": "padron.csv",
            "upload": (io.BytesIO(_roll()), "padron.csv"),
            "save": "go-metadata",
        },
    )
    assert f"/dataset/{dataset['name']}/derivative" in answer.get_data(as_text=True)
