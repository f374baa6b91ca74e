"""The mirror inside CKAN: its page, its API, its jobs, and what the public is told of copies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from catalogue_cast import ANONYMOUS, Person, SampleMaker, Unit, make_person, publish
from ckan import model
from ckan.lib import jobs as queue
from ckan.lib.redis import connect_to_redis
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from click.testing import CliRunner
from redis.exceptions import ConnectionError as RedisConnectionError

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import Activities, Kind, Stage
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase
from ckanext.imssbienestar.mirror.ledger.entries import FileEntry
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.ledger.proofs import Finding, Proofs, Verdict
from ckanext.imssbienestar.mirror.texts import say
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal import mirror_jobs, mirror_site

pytestmark = pytest.mark.usefixtures("with_plugins")

# Nothing listens there: a run ends at once, and says why.
PROFILE = """\
contact = "datos.abiertos@example.gob.mx"
[source]
url = "http://127.0.0.1:9"
token_file = "token"
[target]
url = "http://127.0.0.1:9"
token_file = "token"
organization = "imss-bienestar"
group = "salud"
[limits]
attempts = 1
"""

Get = Callable[..., Any]


@pytest.fixture
def ledger(
    clean_site: None, tmp_path: Path, ckan_config: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LedgerDatabase]:
    """The ledger of a mirror that this site looks after."""
    profile, token = tmp_path / "mirror.toml", tmp_path / "token"
    profile.write_text(PROFILE)
    token.write_text("secret-token")
    token.chmod(0o600)
    monkeypatch.setitem(ckan_config, "ckanext.imssbienestar.mirror_profile", str(profile))
    connect_to_redis().flushdb()
    database = mirror_site.database()
    yield database
    database.engine.dispose()


@pytest.fixture
def get(app: Any) -> Get:
    """A page as a person sees it."""

    def ask(person: Person, path: str, status: int = 200) -> Any:
        headers = {}
        if person is not ANONYMOUS:
            headers["Authorization"] = factories.APIToken(user=person.name)["token"]
        return app.get(path, headers=headers, status=status)

    return ask


def confirm(ledger: LedgerDatabase, release: dict[str, Any], *, private: bool) -> FileEntry:
    """The ledger after a run that sent a release."""
    (file,) = release["files"]
    entry = FileEntry(file["resource"], "remote-file", file["sha256"], file["size"], "mark")
    Ledger(ledger).confirm(
        release["dataset_id"],
        dataset_name=release["dataset_name"],
        remote_name=release["dataset_name"],
        remote_id="remote",
        release_id=release["id"],
        digest=release["digest"],
        action="create",
        private=private,
        files=[entry],
    )
    return entry


def found(release: dict[str, Any], sha256: str) -> Finding:
    (file,) = release["files"]
    equal = sha256 == file["sha256"]
    verdict = Verdict.EQUAL if equal else Verdict.DIFFERENT
    return Finding(
        release["dataset_id"],
        file["resource"],
        file["name"],
        "http://127.0.0.1:9/dataset/donativos_otorgados",
        file["sha256"],
        sha256,
        verdict,
    )


def why(unit: Unit) -> str:
    (line,) = unit.administrator.call("imss_mirror_status")["results"]
    return str(line["state"])


def test_the_way_of_a_dataset_to_the_federal_public(
    unit: Unit, make_dataset: SampleMaker, ledger: LedgerDatabase, get: Get
) -> None:
    dataset = make_dataset()
    address = f"/dataset/{dataset['name']}/equality"
    assert why(unit) == "no-release"
    release = unit.liaison.call("imss_release_submit", id=dataset["id"])
    assert why(unit) == "with-head"
    unit.head.call("imss_release_sign", id=release["id"], oficio_number="OF/1/2026")
    assert why(unit) == "with-transparency"
    unit.transparency.call("imss_release_sign", id=release["id"])
    assert why(unit) == "with-administrator"
    for person in (ANONYMOUS, unit.administrator):
        get(person, address, 404)
        get(person, f"{address}.json", 404)
    assert unit.liaison.call("imss_mirror_status")["results"] == []

    release = unit.administrator.call("imss_release_publish", id=release["id"])
    assert why(unit) == "waits-for-run"
    assert "Todavía no se verifica" in get(ANONYMOUS, address).get_data(as_text=True)
    confirm(ledger, release, private=True)
    assert why(unit) == "federal-review"
    page = get(unit.administrator, "/mirror").get_data(as_text=True)
    assert "espera desde" in page
    confirm(ledger, release, private=False)
    assert why(unit) == "unverified"

    (file,) = release["files"]
    Proofs(ledger).record([found(release, "0" * 64)])
    assert why(unit) == "differs"
    told = get(ANONYMOUS, f"{address}.json").json
    assert (told["equality"], told["federal_public"]) == ("different", True)
    assert told["files"][0]["signed_sha256"] == file["sha256"]
    assert told["files"][0]["federal_sha256"] == "0" * 64
    Proofs(ledger).record([found(release, file["sha256"])])
    assert why(unit) == "equal"
    assert "byte por byte" in get(ANONYMOUS, address).get_data(as_text=True)
    shown = ANONYMOUS.call("imss_mirror_status")
    assert set(shown) == {"status", "count", "results"}
    assert shown["results"][0]["equality"]["equality"] == "equal"
    assert "why" not in shown["results"][0]
    assert len(Proofs(ledger).history(release["dataset_id"], 9)) == 2

    # Withdrawn, and not yet taken away there: nobody outside is told of it.
    Ledger(ledger).fail(
        release["dataset_id"], dataset["name"], dataset["name"], say("reason-equal")
    )
    assert ANONYMOUS.call("imss_mirror_status")["count"] == 1
    model.Session.get(Release, release["id"]).state = "withdrawn"
    model.Session.commit()
    assert why(unit) == "failed"
    assert ANONYMOUS.call("imss_mirror_status")["results"] == []
    get(ANONYMOUS, address, 404)


def test_only_those_who_look_after_it_see_the_page(
    unit: Unit, ledger: LedgerDatabase, get: Get
) -> None:
    for person in (ANONYMOUS, unit.liaison, unit.transparency):
        get(person, "/mirror", 403)
        with pytest.raises(tk.NotAuthorized):
            person.call("imss_mirror_start", kind="run")
    assert "El espejo" not in get(unit.liaison, "/dataset/").get_data(as_text=True)
    root = make_person("raiz", sysadmin=True)
    for person in (unit.administrator, root):
        page = get(person, "/mirror").get_data(as_text=True)
        assert "Nunca ha corrido" in page
    assert get(ANONYMOUS, "/mirror/health", 503).json == {"status": "never"}
    assert "datasets" in get(unit.administrator, "/mirror/health", 503).json
    get(ANONYMOUS, "/mirror/metrics", 404)
    text = get(unit.administrator, "/mirror/metrics").get_data(as_text=True)
    assert 'imss_mirror_status{status="never"} 1.0' in text


def test_what_a_button_asks_for_is_asked_once_and_ends_with_its_reason(
    unit: Unit, make_dataset: SampleMaker, ledger: LedgerDatabase, get: Get
) -> None:
    publish(unit, make_dataset())
    name = "donativos_otorgados"
    asked = [unit.administrator.call("imss_mirror_start", kind="run") for _ in range(3)]
    assert [one["new"] for one in asked] == [True, False, False]
    retried = unit.administrator.call("imss_mirror_start", kind="run", dataset=name)
    waiting = [job for job in queue.get_queue().jobs if "mirror_jobs" in job.func_name]
    assert [list(job.args) for job in waiting] == [[asked[0]["id"]], [retried["id"]]]
    assert "secret-token" not in json.dumps([str(job.to_dict()) for job in waiting])
    page = get(unit.administrator, "/mirror").get_data(as_text=True)
    assert "imss-progress" in page
    assert "ningún proceso de este sitio" in page.casefold()

    mirror_jobs.carry_out(asked[0]["id"])
    mirror_jobs.carry_out(asked[0]["id"])  # a queue that delivers twice
    shown = get(unit.administrator, f"/mirror/activity/{asked[0]['id']}.json").json
    assert shown["state"] == "done"
    assert "No se pudo" in shown["message"]
    assert "127.0.0.1:9" in shown["message"]
    assert get(ANONYMOUS, "/mirror/health", 503).json == {"status": "failed"}
    again = unit.administrator.call("imss_mirror_start", kind="run")
    assert again["new"]


def test_a_job_that_the_queue_forgot_is_told(
    unit: Unit, ledger: LedgerDatabase, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = unit.administrator.call("imss_mirror_start", kind="verify")
    connect_to_redis().flushdb()
    progress = f"/mirror/activity/{asked['id']}.json"
    assert get(unit.administrator, progress).json["state"] == "waiting"
    monkeypatch.setattr(mirror_jobs, "SILENCE", mirror_jobs.SILENCE * 0)
    assert get(unit.administrator, progress).json["state"] == "lost"
    assert unit.administrator.call("imss_mirror_start", kind="verify")["new"]

    def away(*_arguments: Any, **_options: Any) -> None:
        raise RedisConnectionError

    monkeypatch.setattr(tk, "enqueue_job", away)
    with pytest.raises(tk.ValidationError) as refused:
        unit.administrator.call("imss_mirror_start", kind="plan")
    assert "does not answer" in refused.value.error_dict["message"]
    assert Activities(ledger).recent(1)[0].stage is Stage.LOST


def test_a_turn_of_the_schedule_asks_for_a_run_and_for_the_next_turn(
    ledger: LedgerDatabase, tmp_path: Path
) -> None:
    mirror_jobs.turn("2026-11-20T03:00:00+00:00")
    (run,) = Activities(ledger).recent(5)
    assert (run.kind, run.only) == (Kind.RUN, ())
    registry = queue.get_queue().scheduled_job_registry
    assert len(registry.get_job_ids()) == 1
    assert mirror_jobs.unschedule() == 1
    assert registry.get_job_ids() == []
    (tmp_path / "mirror.toml").write_text("contact = 3")
    with pytest.raises(MirrorConfigurationError):
        mirror_jobs.turn("2026-11-20T03:00:00+00:00")
    assert len(registry.get_job_ids()) == 1, "a profile that is broken today ends no schedule"


def test_a_profile_that_does_not_work_is_told_and_hides_nothing_else(
    unit: Unit, make_dataset: SampleMaker, ledger: LedgerDatabase, get: Get, tmp_path: Path
) -> None:
    publish(unit, make_dataset())
    (tmp_path / "mirror.toml").write_text("contact = 3")
    page = get(unit.administrator, "/mirror").get_data(as_text=True)
    assert "ajustes que no sirven" in page
    assert "donativos_otorgados" in page
    assert get(ANONYMOUS, "/mirror/health", 503).json == {"status": "unreadable"}
    get(ANONYMOUS, "/dataset/donativos_otorgados/equality", 503)
    with pytest.raises(tk.ValidationError):
        unit.administrator.call("imss_mirror_start", kind="run")


def test_a_site_without_a_mirror_says_so(unit: Unit, get: Get) -> None:
    assert "mirror_profile" in get(unit.administrator, "/mirror").get_data(as_text=True)
    get(ANONYMOUS, "/mirror/health", 404)


def test_the_command_is_the_program_with_the_profile_of_the_site(
    cli: CliRunner, ledger: LedgerDatabase
) -> None:
    from ckan.cli.cli import ckan

    def say(*words: str) -> Any:
        return cli.invoke(ckan, ["imssbienestar", "mirror", *words])

    told = say("status", "--json")
    assert (told.exit_code, json.loads(told.stdout)["summary"]["datasets"]) == (0, 0)
    assert say("health").exit_code == 1
    assert say("run").exit_code == 2
    assert say("nonsense").exit_code == 2
    assert "ckan imssbienestar mirror" in say("--help").stdout
