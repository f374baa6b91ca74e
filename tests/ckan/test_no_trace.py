"""After a refusal nothing of a person is left: not in a file, table, queue, index, log or mail.

The portal runs as a process of its own that logs all it can and mails its errors. People who do
not exist are sent to it by every way a file comes in, one attempt dies in the middle, and then
everything that the portal could have written to is searched for them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import traces
from catalogue_cast import SampleMaker, Unit
from ckan.tests import factories
from personal_corpus.people import Person as Planted
from planted import planted_csv, planted_family, planted_workbook, values_of
from web_server import Mailbox, Visitor, WebServer, make_server, until

pytestmark = [pytest.mark.usefixtures("with_plugins"), pytest.mark.slow]

PASSWORD = "planted-Password-7"
LARGE = 60_000_000


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(
    clean_site: None, tmp_path: Path, pytestconfig: pytest.Config, mailbox: Mailbox
) -> Iterator[WebServer]:
    used = Path(str(pytestconfig.getoption("ckan_ini"))).resolve()
    with mailbox.open() as port:
        made = make_server(tmp_path / "web", used, port, tmp_path / "files")
        made.start()
        yield made
        made.kill()


@pytest.fixture
def by_token(server: WebServer, unit: Unit) -> Visitor:
    session = requests.Session()
    session.headers["Authorization"] = factories.APIToken(user=unit.liaison.name)["token"]
    return Visitor(server, session)


@pytest.fixture
def by_form(server: WebServer, unit: Unit) -> Visitor:
    from ckan import model

    account = model.User.get(unit.liaison.id)
    assert account is not None
    account.password = PASSWORD
    model.Session.commit()
    visitor = Visitor(server, requests.Session())
    visitor.log_in(unit.liaison.name, PASSWORD)
    return visitor


class Search:
    """Everything that the portal could have written to."""

    def __init__(self, tmp_path: Path, config: Any, used: Path, mailbox: Mailbox) -> None:
        self._folders = [tmp_path]
        # The state of the services that scripts/test starts: tables and write-ahead log of
        # PostgreSQL, index of Solr, dump of Redis, and the logs of all three.
        if (used.parent / "run").is_dir():
            self._folders.append(used.parent)
        with suppress(FileNotFoundError):
            self._folders.append(Path((used.parent / "postgres.path").read_text().strip()))
        self._config, self._mailbox = config, mailbox
        clusters = [path.parent for folder in self._folders for path in folder.rglob("PG_VERSION")]
        self.raw_tables = [f"{path}/" for path in clusters if (path / "pg_wal").is_dir()]

    def places(self, values: list[str]) -> list[str]:
        """Where any of the values is."""
        forms = traces.forms_of(values)
        datastore = str(self._config["ckan.datastore.write_url"])
        mail = b"".join(self._mailbox.received)
        return [
            *traces.search_files(forms, self._folders),
            *traces.search_databases(forms, str(self._config["sqlalchemy.url"])),
            *traces.search_databases(forms, datastore),
            *traces.search_queue(forms, str(self._config["ckan.redis.url"])),
            *traces.search_index(forms, str(self._config["solr_url"])),
            *(f"mail: {value}" for form, value in forms.items() if form in mail),
        ]


@pytest.fixture
def search(
    tmp_path: Path, ckan_config: Any, pytestconfig: pytest.Config, mailbox: Mailbox
) -> Search:
    used = Path(str(pytestconfig.getoption("ckan_ini"))).resolve()
    return Search(tmp_path, ckan_config, used, mailbox)


def _refused_by_token(
    visitor: Visitor, action: str, file_name: str, content: bytes, **data: Any
) -> str:
    answer = visitor.call(action, {"upload": (file_name, content)}, **data)
    assert answer.status_code == 409, answer.text
    return answer.text


@pytest.mark.req("R-180", "R-182", "R-202")
def test_nothing_of_a_refused_file_is_left_anywhere(
    unit: Unit, make_dataset: SampleMaker, by_token: Visitor, by_form: Visitor, search: Search
) -> None:
    dataset = make_dataset(title="Marca testigo ñandutí de la búsqueda")
    resource = dataset["resources"][0]["id"]
    people = planted_family(7)
    pages = [
        by_form.upload(
            f"/dataset/{dataset['name']}/resource/new",
            {"save": "go-dataset-complete", "name": "Tabla", "description": "De prueba"},
            name,
            content,
        )
        for name, content in (
            ("tabla.csv", planted_csv(people[0])),
            ("tabla.csv", planted_csv(people[1], size=2_000_000)),
            ("tabla.xlsx", planted_workbook(people[2])),
        )
    ]
    pages += [
        _refused_by_token(by_token, action, name, content, **data)
        for action, name, content, data in (
            (
                "resource_create",
                "tabla.csv",
                planted_csv(people[3]),
                {"package_id": dataset["id"], "name": "Tabla"},
            ),
            ("resource_patch", "t.csv", planted_csv(people[4], size=900_000), {"id": resource}),
            ("resource_update", "t.xlsx", planted_workbook(people[5]), {"id": resource}),
        )
    ]
    revised = by_token.call(
        "package_revise",
        {f"update__resources__{resource[:8]}__upload": ("t.csv", planted_csv(people[6]))},
        match__id=dataset["id"],
    )
    pages.append(revised.text)
    values = values_of(*people)
    assert [value for value in values for page in pages if value in page] == []
    assert all("personal" in page.casefold() for page in pages)
    after = unit.liaison.call("package_show", id=dataset["id"])
    assert after["resources"] == dataset["resources"]

    assert search.places(values) == []
    # The same search finds what was meant to stay, in each kind of place.
    witnesses = " ".join(search.places([dataset["title"], dataset["id"]]))
    places = ["database ", "Solr: ", "debug.log: ", *search.raw_tables]
    assert [place for place in places if place not in witnesses] == []


@pytest.mark.req("R-182", "R-202")
def test_nothing_of_a_refused_text_is_left_anywhere(
    make_dataset: SampleMaker, by_token: Visitor, search: Search
) -> None:
    dataset = make_dataset()
    resource = dataset["resources"][0]["id"]
    people = planted_family(4)
    texts = [f"Paciente {person.full}, CURP {person.curp}" for person in people]
    columns = "nombre,descripcion,tipo\n"
    answers = [
        by_token.call("package_patch", {}, id=dataset["id"], notes=texts[0]),
        by_token.call("resource_patch", {}, id=resource, description=texts[1]),
        by_token.call(
            "imss_dictionary_import",
            {},
            resource_id=resource,
            content=f'{columns}ejercicio,"{texts[2]}",integer\n',
        ),
        by_token.call(
            "resource_patch",
            {"upload": (f"expediente {people[3].curp}.csv", b"a,b\n1,2\n")},
            id=resource,
        ),
    ]
    assert [answer.status_code for answer in answers] == [409] * 4
    assert search.places(values_of(*people)) == []


@pytest.mark.req("R-180", "R-202")
@pytest.mark.parametrize("afterwards", ["the web process", "the worker", "the sweep"])
def test_nothing_is_left_of_a_file_whose_judge_was_killed(
    unit: Unit,
    make_dataset: SampleMaker,
    by_token: Visitor,
    search: Search,
    tmp_path: Path,
    afterwards: str,
) -> None:
    dataset = make_dataset()
    (person,) = planted_family(1)
    sending = threading.Thread(target=_send, args=(by_token, dataset["id"], person))
    sending.start()
    folders = tmp_path / "files" / "private"
    until(lambda: list(folders.glob("imss-private-check-*")))
    by_token.server.kill()
    sending.join()
    assert any("imss-private-upload" in place for place in search.places([person.curp]))

    if afterwards == "the web process":
        by_token.server.start()
    else:
        worker = ("jobs", "worker", "--burst")
        sweep = ("imssbienestar", "sweep")
        by_token.server.run(*(worker if afterwards == "the worker" else sweep))
    assert search.places(values_of(person)) == []
    assert list(folders.iterdir()) == []
    shown = unit.liaison.call("package_show", id=dataset["id"])
    assert shown["resources"] == dataset["resources"]


def _send(visitor: Visitor, dataset_id: str, person: Planted) -> None:
    file = {"upload": ("tabla.csv", planted_csv(person, size=LARGE))}
    with suppress(requests.ConnectionError):
        visitor.call("resource_create", file, package_id=dataset_id, name="Tabla")
