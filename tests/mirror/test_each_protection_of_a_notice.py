"""What keeps the federal side from being told twice or falsely, one protection at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mirror.fake_source import Dataset, FakeSource, dataset
from mirror.http_server import Reply, Request, json_reply
from mirror.model_server import ModelServer
from mirror.model_world import World
from mirror.programs import Mirror, write_profile

from ckanext.imssbienestar.mirror.days import day_of
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.database import open_database
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.review import notify
from ckanext.imssbienestar.mirror.review.notices import (
    NoticeDataset,
    NoticeRefusedError,
    NoticeUnknownError,
    compose,
    send,
)
from ckanext.imssbienestar.mirror.review.passages import Kind
from ckanext.imssbienestar.mirror.review.receipts import ReceiptWish, record
from ckanext.imssbienestar.mirror.review.records import ReviewRecords
from ckanext.imssbienestar.mirror.review_settings import NoticeSettings

SETTINGS = NoticeSettings.model_validate(
    {"host": "mail.example.org", "from": "espejo@example.org", "to": ["atdt@example.org"]}
)


class KilledError(BaseException):
    """Stands for kill -9: nothing after it runs."""


@pytest.fixture
def told() -> tuple[World, ReviewRecords]:
    """A dataset that was sent, and nobody told of it."""
    database = open_database("sqlite://", "model")
    world = World(ledger=Ledger(database))
    world.run(dataset("uno", b"1\n"))
    return world, ReviewRecords(database)


def due(world: World, records: ReviewRecords) -> tuple[int, int, int]:
    found = notify.due(world.ledger.entries().values(), records.memory())
    return len(found.fresh), len(found.doubtful), len(found.unconfirmed)


@pytest.mark.parametrize(
    ("end", "left"),
    [
        (None, (0, 0, 0)),
        (NoticeRefusedError("notice-refused", host="x", cause="x"), (1, 0, 0)),
        (NoticeUnknownError("notice-unknown", host="x", cause="x"), (0, 1, 0)),
        (KilledError(), (0, 1, 0)),
    ],
    ids=["sent", "refused", "answer lost", "killed"],
)
def test_what_became_of_a_mail_decides_whether_it_goes_again(
    end: BaseException | None,
    left: tuple[int, int, int],
    told: tuple[World, ReviewRecords],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, records = told
    assert due(world, records) == (1, 0, 0)
    entry = world.entry
    about = NoticeDataset("id-uno", entry.release_id, "load", "uno", "Uno", "https://x")
    here = {"organization": "imss", "host": "x", "now": datetime.now(UTC)}
    mail = compose(SETTINGS, [about], **here)  # type: ignore[arg-type]
    during: list[tuple[int, int, int]] = []

    def leave(_settings: object, _mail: object) -> tuple[str, ...]:
        during.append(due(world, records))
        if end is not None:
            raise end
        return ()

    monkeypatch.setattr(notify, "send", leave)
    try:
        notify.post(SETTINGS, mail, [about], records, records.memory())
    except (NoticeRefusedError, NoticeUnknownError, KilledError) as error:
        assert error is end  # noqa: PT017 - which of them, if any, is a parameter
    assert during == [(0, 1, 0)]
    assert due(world, records) == left


def test_nobody_is_told_of_what_is_not_confirmed(told: tuple[World, ReviewRecords]) -> None:
    world, records = told
    item = world.plan(dataset("uno", b"1\n"))[0]
    world.ledger.fail("id-uno", "uno", "uno", item.reason)
    assert due(world, records) == (0, 0, 1)


def test_a_password_leaves_encrypted_or_not_at_all() -> None:
    settings = SETTINGS.model_copy(update={"user": "u", "starttls": False})
    mail = compose(SETTINGS, [], organization="imss", host="x", now=datetime.now(UTC))
    with pytest.raises(MirrorConfigurationError) as refused:
        send(settings, mail)
    assert refused.value.sentence.code == "notice-plain-password"


@pytest.mark.parametrize(
    ("size", "kind", "code"),
    [
        (9, Kind.LOAD, "receipt-not-a-document"),
        (20_000_001, Kind.LOAD, "receipt-large"),
        (9, Kind.WITHDRAWAL, "receipt-kind"),
    ],
)
def test_not_everything_is_a_comprobante(
    size: int, kind: Kind, code: str, told: tuple[World, ReviewRecords], tmp_path: Path
) -> None:
    world, records = told
    file = tmp_path / "comprobante.pdf"
    with file.open("wb") as out:
        out.truncate(size)
    wish = ReceiptWish("uno", kind, "7", day_of(records.now()), file, "ana")
    with pytest.raises(MirrorConfigurationError) as refused:
        record(records, world.ledger.entries(), wish, tmp_path / "kept")
    assert refused.value.sentence.code == code
    assert not (tmp_path / "kept").exists()


# -- looking at what the federal side did ----------------------------------------------------------


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """The federal catalogue."""
    one = ModelServer()
    yield one
    one.stop()


@pytest.fixture
def one(source: FakeSource) -> Dataset:
    """A published dataset."""
    source.datasets = [dataset("uno", b"a\n1\n")]
    return source.datasets[0]


@pytest.fixture
def mirror(server: ModelServer, source: FakeSource, one: Dataset, tmp_path: Path) -> Mirror:
    """The mirror to it, with the dataset sent; looks as often as it is asked to."""
    made = write_profile(
        tmp_path, source_url=source.url, target_url=server.url, review={"interval_minutes": 0}
    )
    assert made("run").code == 0
    return made


Answer = Callable[[], Reply]


def answering(server: ModelServer, answers: dict[str, Answer]) -> None:
    def fault(request: Request, _number: int, forward: Callable[[], Reply]) -> Reply:
        return answers.get(request.path.rsplit("/", 1)[-1], forward)()

    server.reset(fault)


def nothing() -> Reply:
    return json_reply({"success": True, "result": {"count": 0, "results": []}})


def state(mirror: Mirror) -> object:
    return mirror("status").of("uno")["review"]


def test_a_search_that_shows_nothing_rejects_nothing(mirror: Mirror, server: ModelServer) -> None:
    """The dataset itself is asked; a firewall in its place says nothing of it."""
    answering(server, {"package_search": nothing})
    assert mirror("review").code == 0
    assert state(mirror) != "rejected"
    page = Reply(403, b"<html>", {"Content-Type": "text/html"})
    answering(server, {"package_search": nothing, "package_show": lambda: page})
    assert mirror("review").code > 1
    assert state(mirror) != "rejected"
    refusal = {"__type": "Authorization Error", "message": "no"}
    hidden = json_reply({"success": False, "error": refusal}, 403)
    answering(server, {"package_search": nothing, "package_show": lambda: hidden})
    assert mirror("review").code == 1
    assert state(mirror) == "rejected"


@pytest.mark.parametrize("private", [True, False])
def test_what_became_another_organization_s_is_neither_in_review_nor_public_as_ours(
    private: bool, mirror: Mirror, server: ModelServer
) -> None:
    (package,) = server.model.stored.values()
    package |= {"organization": {"id": "x", "name": "otra"}, "owner_org": "x", "private": private}
    answering(server, {"package_search": nothing})
    assert mirror("review").code == 1
    assert state(mirror) == "returned"


def test_a_file_that_may_be_another_one_is_read_before_it_is_called_public(
    mirror: Mirror, server: ModelServer
) -> None:
    (package,) = server.model.stored.values()
    server.model.replace_file(package["id"], 0, b"#\n#\n")
    assert mirror("review").code == 1
    assert state(mirror) == "returned"
    server.model.replace_file(package["id"], 0, b"a\n1\n")
    assert mirror("review").code == 0


def test_looks_keep_their_interval(mirror: Mirror, server: ModelServer) -> None:
    assert mirror("review").code == 0
    profile = mirror.profile.read_text()
    mirror.profile.write_text(profile.replace("interval_minutes = 0", "interval_minutes = 60"))
    server.reset()
    assert mirror("review").code == 0
    assert server.calls == []
