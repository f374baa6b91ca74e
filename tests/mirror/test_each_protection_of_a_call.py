"""What protects a call to a catalogue, one protection at a time: nothing else catches the fault.

The seeded schedules show that all of them together hold; here each is shown to hold alone.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from mirror.http_server import HttpServer, Reply, Request, json_reply
from pydantic import SecretStr

from ckanext.imssbienestar.mirror.catalogues.answers import Answer, check_download, read_result
from ckanext.imssbienestar.mirror.catalogues.parts import UploadPart
from ckanext.imssbienestar.mirror.catalogues.spool import measure, spool, spool_folder, sweep
from ckanext.imssbienestar.mirror.catalogues.tally import Counters
from ckanext.imssbienestar.mirror.catalogues.transport import (
    Transport,
    TransportOptions,
)
from ckanext.imssbienestar.mirror.errors import (
    CatalogueUnusableError,
    MirrorTerminalError,
    MirrorTransientError,
    NotThereError,
    OutcomeUnknownError,
    RefusedError,
    RejectedError,
    SpoolError,
    UnreachableError,
)
from ckanext.imssbienestar.mirror.settings import LimitSettings
from ckanext.imssbienestar.mirror.whole_file import write_whole

JSON, HTML = "application/json", "text/html"
GOOD = b'{"success": true, "result": 1}'
GOOD_REPLY = json_reply({"success": True, "result": 1})
REFUSED = b'{"success": false, "error": {"__type": "Authorization Error", "message": "no"}}'
WRONG = b'{"success": false, "error": {"__type": "Validation Error", "name": ["used"]}}'
WRAPPED = b'{"success": false, "error": {"message": [{"match": ["moved"]}]}}'
ABSENT = b'{"success": false, "error": {"__type": "Not Found Error", "message": "no"}}'


def answer(status: int, media_type: str, content: bytes) -> Answer:
    return Answer("host", "call", status, media_type, "https://otro.example.org", 7.0, 3, content)


@pytest.mark.parametrize(
    ("status", "media_type", "content", "error", "code"),
    [
        (503, JSON, GOOD, UnreachableError, "busy"),
        (429, JSON, GOOD, UnreachableError, "busy"),
        (302, JSON, GOOD, CatalogueUnusableError, "redirected"),
        (413, HTML, b"<html>", MirrorTerminalError, "too-large"),
        (500, JSON, GOOD, OutcomeUnknownError, "server-error"),
        (504, HTML, b"<html>", OutcomeUnknownError, "server-error"),
        # What a proxy has changed on its way is no answer of the catalogue.
        (203, JSON, GOOD, CatalogueUnusableError, "answer-broken"),
        (200, JSON, b'{"success": "true", "result": 1}', CatalogueUnusableError, "answer-broken"),
        (200, JSON, b'{"success": false, "result": 1}', CatalogueUnusableError, "answer-broken"),
        (200, JSON, b'{"result": 1}', CatalogueUnusableError, "answer-broken"),
        (200, JSON, b'{"success": true}', CatalogueUnusableError, "answer-broken"),
        (200, JSON, b"[1]", OutcomeUnknownError, "answer-broken"),
        (200, JSON, GOOD[:-4], OutcomeUnknownError, "answer-broken"),
        (200, HTML, b"<html>Request rejected</html>", CatalogueUnusableError, "not-json"),
        (403, HTML, b"<html>Request rejected</html>", RefusedError, "firewall"),
        (403, JSON, REFUSED, RefusedError, "refused"),
        (404, JSON, ABSENT, NotThereError, "not-found"),
        (400, JSON, b'"Action name not known"', CatalogueUnusableError, "not-an-action"),
    ],
)
def test_only_a_whole_good_answer_is_a_result(
    status: int, media_type: str, content: bytes, error: type[Exception], code: str
) -> None:
    with pytest.raises((MirrorTerminalError, MirrorTransientError)) as refused:
        read_result(answer(status, media_type, content))
    assert type(refused.value) is error
    assert refused.value.sentence.code == code
    if code == "busy":
        assert isinstance(refused.value, MirrorTransientError)
        assert refused.value.retry_after == 7.0


@pytest.mark.parametrize(("content", "field"), [(WRONG, "name"), (WRAPPED, "match")])
def test_what_the_catalogue_does_not_take_is_known_by_field(content: bytes, field: str) -> None:
    with pytest.raises(RejectedError) as rejected:
        read_result(answer(409, JSON, content))
    assert field in rejected.value.fields


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (206, CatalogueUnusableError),
        (401, RefusedError),
        (403, RefusedError),
        (404, NotThereError),
        (410, NotThereError),
        (418, CatalogueUnusableError),
        (502, OutcomeUnknownError),
    ],
)
def test_only_a_whole_file_is_a_file(status: int, error: type[Exception]) -> None:
    check_download(answer(200, "text/csv", b""))
    with pytest.raises(error) as refused:
        check_download(answer(status, "text/csv", b"a,b\n"))
    assert type(refused.value) is error


class Side:
    """A catalogue that answers as a test says."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answer: Callable[[Request], Reply] = lambda _request: GOOD_REPLY
        self._server = HttpServer(self._take)
        self.url = self._server.url

    def stop(self) -> None:
        self._server.stop()

    def _take(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.answer(request)


@pytest.fixture
def side() -> Iterator[Side]:
    """A catalogue."""
    one = Side()
    yield one
    one.stop()


@pytest.fixture
def sleeps() -> list[float]:
    """How long a transport would have slept."""
    return []


@pytest.fixture
def call(side: Side, sleeps: list[float]) -> Callable[..., Transport]:
    """Makes the transport under test; keywords are limits."""

    def made(url: str = side.url, **limits: Any) -> Transport:
        few = {"attempts": 3, "first_delay": 0.0, **limits}
        options = TransportOptions.of(LimitSettings(**few), "agent")
        return Transport(url, SecretStr("token"), options, Counters(), sleeps.append, lambda: 0.0)

    return made


@pytest.fixture
def part(tmp_path: Path) -> UploadPart:
    """A file to send."""
    path = tmp_path / "uno.csv"
    path.write_bytes(b"a\n1\n")
    return UploadPart("upload", path, "uno.csv", "text/csv")


def discard(chunks: Iterator[bytes]) -> None:
    for _ in chunks:
        pass


Use = Callable[[Transport, UploadPart], Any]
USES: dict[str, Use] = {
    "read": lambda transport, _part: transport.read("show", {}),
    "write": lambda transport, _part: transport.write("create", {}),
    "upload": lambda transport, part: transport.upload("revise", {"a": "b"}, [part]),
    "download": lambda transport, _part: transport.download(f"{transport.base_url}/x", discard),
}
READS, WRITES = ("read", "download"), ("write", "upload")


@pytest.mark.parametrize("use", WRITES)
@pytest.mark.parametrize("reply", [Reply(500), Reply(drop=True), Reply(503)])
def test_a_write_leaves_once_whatever_comes_back(
    reply: Reply, use: str, side: Side, call: Callable[..., Transport], part: UploadPart
) -> None:
    side.answer = lambda _request: reply
    with pytest.raises(MirrorTransientError) as broken:
        USES[use](call(), part)
    assert len(side.asked) == 1
    # A refusal at the door was surely not applied; all else may have been.
    assert type(broken.value) is (UnreachableError if reply.status == 503 else OutcomeUnknownError)
    told = {503: "busy"}.get(reply.status, "outcome-unknown")
    assert broken.value.sentence.code == told


@pytest.mark.parametrize("use", READS)
def test_a_read_is_tried_again(
    use: str, side: Side, call: Callable[..., Transport], part: UploadPart
) -> None:
    side.answer = lambda _request: GOOD_REPLY if len(side.asked) > 2 else Reply(500)
    USES[use](call(), part)
    assert len(side.asked) == 3


def test_a_call_that_never_left_was_surely_not_applied(
    call: Callable[..., Transport], part: UploadPart, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnreachableError):
        call("http://127.0.0.1:9").write("create", {})

    def late(*_arguments: Any, **_options: Any) -> None:
        raise requests.exceptions.ConnectTimeout

    monkeypatch.setattr(requests.Session, "request", late)
    with pytest.raises(UnreachableError):
        call().write("create", {})


def test_nobody_is_waited_for_without_end(side: Side, call: Callable[..., Transport]) -> None:
    def late(_request: Request) -> Reply:
        time.sleep(0.2)
        return GOOD_REPLY

    side.answer = late
    with pytest.raises(OutcomeUnknownError):
        call(read_timeout=0.05).write("create", {})


def test_a_request_to_wait_holds_for_every_call_and_has_an_end(
    side: Side, call: Callable[..., Transport], sleeps: list[float]
) -> None:
    side.answer = lambda _request: (
        GOOD_REPLY if len(side.asked) > 1 else Reply(503, b"", {"Retry-After": "5000"})
    )
    call(longest_retry_after=7.0).read("show", {})
    # Once for who was told, once at the door that all threads go through.
    assert sleeps == pytest.approx([7.0, 7.0], abs=0.5)


def test_tries_are_further_and_further_apart(
    side: Side, call: Callable[..., Transport], sleeps: list[float]
) -> None:
    side.answer = lambda _request: Reply(500)
    with pytest.raises(OutcomeUnknownError):
        call(first_delay=4.0).read("show", {})
    assert sleeps == [2.0, 4.0]  # the dice gave 0: half of the full delay


@pytest.mark.parametrize("use", ["read", "write", "download"])
def test_no_more_calls_at_once_than_allowed(
    use: str, side: Side, call: Callable[..., Transport], part: UploadPart
) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def slow(_request: Request) -> Reply:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.03)
        with lock:
            under_way -= 1
        return GOOD_REPLY

    side.answer = slow
    transport = call(calls_at_once=2)
    threads = [threading.Thread(target=USES[use], args=(transport, part)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, len(side.asked)) == (2, 5)


@pytest.mark.parametrize(("near", "wait"), [(True, 0.0), (False, 0.25)])
def test_another_machine_is_called_in_no_hurry(
    near: bool, wait: float, side: Side, call: Callable[..., Transport], sleeps: list[float]
) -> None:
    # Leads here, and is not known to.
    transport = call(side.url if near else side.url.replace("127.0.0.1", "0.0.0.0"))  # noqa: S104
    for _ in range(2):
        transport.write("create", {})
    assert sum(sleeps) == pytest.approx(wait, abs=0.15)


def test_a_call_goes_to_no_other_address_than_its_own(
    side: Side, call: Callable[..., Transport]
) -> None:
    elsewhere = Side()
    side.answer = lambda request: Reply(302, b"", {"Location": elsewhere.url + request.path})
    try:
        for use in (call().read, call().write):
            with pytest.raises(CatalogueUnusableError) as refused:
                use("show", {})
            assert refused.value.sentence.code == "redirected"
    finally:
        elsewhere.stop()
    assert elsewhere.asked == []


def test_a_file_that_leads_in_a_circle_is_given_up(
    side: Side, call: Callable[..., Transport]
) -> None:
    side.answer = lambda request: (
        Reply(302, b"", {"Location": request.path}) if len(side.asked) < 20 else GOOD_REPLY
    )
    with pytest.raises(CatalogueUnusableError):
        call().download(f"{side.url}/x", discard)
    assert len(side.asked) < 20


def test_a_file_is_asked_for_as_it_is_and_by_name(
    side: Side, call: Callable[..., Transport]
) -> None:
    """What is kept compressed would otherwise be unpacked on its way, and seem to differ."""
    content = gzip.compress(b"a\n1\n")

    def eager(request: Request) -> Reply:
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        return Reply(200, content, {"Content-Encoding": "gzip"} if packed else {})

    side.answer = eager
    found = measure(lambda consume: call().download(f"{side.url}/x", consume))
    assert found.size == len(content)
    assert side.asked[0].headers["User-Agent"] == "agent"


def test_a_second_try_of_a_file_starts_over(
    side: Side, call: Callable[..., Transport], tmp_path: Path
) -> None:
    content = b"a,b\n" * 350_000  # more than comes through at once
    side.answer = lambda _request: Reply(
        200, content, {}, cut_after=None if len(side.asked) > 1 else 1_200_000
    )
    path = tmp_path / "uno"
    found = spool(lambda consume: call().download(f"{side.url}/x", consume), path, "uno.csv")
    assert path.read_bytes() == content
    assert (found.size, len(side.asked)) == (len(content), 2)
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_a_disk_that_takes_no_more_is_told_as_such(tmp_path: Path) -> None:
    def download(consume: Callable[[Iterator[bytes]], None]) -> str:
        consume(iter([b"a"]))
        return ""

    with pytest.raises(SpoolError):
        spool(download, tmp_path / "no-hay" / "uno", "uno.csv")


def test_a_file_of_our_own_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    write_whole(tmp_path / "plan.json", b"{}")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", b"{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "taken"]


def test_what_a_killed_run_left_on_the_disk_goes_and_no_other(tmp_path: Path) -> None:
    leave = "import os; from ckanext.imssbienestar.mirror.catalogues.spool import spool_folder\n"
    leave += "with spool_folder(None): os._exit(0)"
    here = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", leave], env=here, check=True)
    with spool_folder(tmp_path) as own:
        assert len(list(tmp_path.iterdir())) == 2
        sweep(tmp_path)
        assert list(tmp_path.iterdir()) == [own]


def test_a_file_that_changed_on_the_disk_does_not_count_as_sent(
    side: Side, call: Callable[..., Transport], part: UploadPart
) -> None:
    signed = hashlib.sha256(part.path.read_bytes()).hexdigest()
    assert USES["upload"](call(), replace(part, sha256=signed)) == 1
    part.path.write_bytes(b"a\n2\n")
    with pytest.raises(OutcomeUnknownError) as differs:
        USES["upload"](call(), replace(part, sha256=signed))
    assert differs.value.sentence.code == "sent-differs"
    assert b"a\n2\n" in side.asked[-1].body
