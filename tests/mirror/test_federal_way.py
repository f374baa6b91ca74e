"""The federal way against a real CKAN: sent, notified, reviewed, public, equal, receipted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from fpdf import FPDF
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import Dataset, FakeSource, dataset
from mirror.mail_server import PASSWORD, USER, MailServer
from mirror.programs import Finished, Mirror

from ckanext.imssbienestar.mirror.ledger.tables import metadata

TODAY = datetime.now(ZoneInfo("America/Mexico_City")).date()
FEDERAL, UNIT = "datos.abiertos@example.org", "transparencia@example.org"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server that anybody may use."""
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def make(make_mirror: Callable[..., Mirror], mail: MailServer) -> Callable[..., Mirror]:
    """A mirror that notifies, looks whenever it is asked to and waits for nobody."""

    def made(**sections: dict[str, object]) -> Mirror:
        notice = {
            "host": "127.0.0.1",
            "port": mail.port,
            "starttls": False,
            "from": "espejo@example.org",
            "to": [FEDERAL],
            "cc": [UNIT],
            "timeout_seconds": 10,
        }
        notice |= sections.pop("notice", {})
        review = {"interval_minutes": 0, **sections.pop("review", {})}
        return make_mirror(notice=notice, review=review, **sections)

    return made


@pytest.fixture
def sent(make: Callable[..., Mirror], one: Dataset) -> Mirror:
    """The same with one dataset sent."""
    mirror = make()
    assert mirror("run").code == 0
    return mirror


def state(mirror: Mirror, name: str) -> object:
    """What ``status`` says of a dataset."""
    return mirror("status").of(name)["review"]


def passages(mirror: Mirror) -> list[str]:
    """Every state that was ever recorded, in order."""
    with sqlite3.connect(mirror.ledger) as ledger:
        rows = ledger.execute("select state from imss_mirror_passage order by number")
        return [row[0] for row in rows]


def age(mirror: Mirror, days: int) -> None:
    """Let everything in the ledger have happened longer ago."""
    engine = sa.create_engine(f"sqlite:///{mirror.ledger}")
    with engine.begin() as ledger:
        for column in (column for table in metadata.sorted_tables for column in table.columns):
            if not isinstance(column.type, sa.DateTime):
                continue
            for moment in ledger.execute(sa.select(column).distinct()).scalars().all():
                earlier = {column.name: moment and moment - timedelta(days=days)}
                ledger.execute(sa.update(column.table).where(column == moment).values(earlier))
    engine.dispose()


def pdf(path: Path, words: str = "Comprobante") -> Path:
    """A PDF with one page."""
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=12)
    document.cell(text=words)
    document.output(str(path))
    return path


@pytest.mark.req("R-107", "R-111", "R-136")
def test_the_whole_way_from_sent_to_equal_and_to_a_change(
    sent: Mirror, one: Dataset, mail: MailServer, federal: Catalogue, tenant: Tenant
) -> None:
    assert state(sent, one.name) == "sent"
    told = sent("notify")
    assert (told.code, told.of(one.name)["kind"], len(mail.received)) == (0, "load", 1)
    assert state(sent, one.name) == "in-review"
    assert sent("review").code == 0
    federal.call("package_patch", id=one.name, private=False)
    looked = sent("review")
    line = looked.of(one.name)
    assert (looked.code, line["review"], line["verified_equal"]) == (0, "equal", True)
    assert passages(sent) == ["sent", "in-review", "public", "equal"]
    assert sent("review").summary["equal"] == 1
    assert passages(sent)[4:] == []  # a look without news adds nothing

    one.files[0].content = b"a,b\n5,6\n"
    one.number += 1
    assert sent("run").code == 0
    assert state(sent, one.name) == "public"  # it stayed open, and nobody has read its new bytes
    assert sent("notify").of(one.name)["kind"] == "change"
    assert sent("verify").code == 0
    assert state(sent, one.name) == "equal"

    one.state = "withdrawn"
    assert sent("run").code == 0
    assert sent("notify").of(one.name)["kind"] == "withdrawal"
    assert state(sent, one.name) == "withdrawn"
    assert [len(found.mailboxes) for found in mail.received] == [2, 2, 2]
    assert tenant.token not in "".join(found.raw.decode() for found in mail.received)


def test_the_mail_says_what_was_sent_and_no_cell_of_it(
    sent: Mirror, one: Dataset, mail: MailServer, tenant: Tenant, source: FakeSource, unique: str
) -> None:
    one.fields["title"] = '=HYPERLINK("http://example.org")'
    one.number += 1
    source.datasets.append(dataset(f"otro_{unique}", b"SECRETO\nVALOR\n"))
    assert sent("run").code == 0
    tried = sent("notify", "--dry-run")
    assert (tried.code, mail.received) == (0, [])
    assert {line["sent"] for line in tried.lines} == {False}
    assert sent("notify").code == 0
    (found,) = mail.received
    assert found.mailboxes == [FEDERAL, UNIT]
    words, files = found.text(), found.text("archivos.csv")
    notes = found.text("notas_tecnicas.txt")
    shown = tenant.editor.show(one.name)
    for resource in shown["resources"]:
        assert resource["url"] in files
        assert resource["hash"] in files
    assert f"/dataset/{one.name}" in words
    assert "versión 2" in words
    assert "'=HYPERLINK" in files
    assert "a (integer)" in notes
    assert "R/P3M" in notes
    for text in (words, files, notes):
        assert "VALOR" not in text
        assert "Unidad de Transparencia" not in text
        assert tenant.token not in text
    assert found.message["Message-ID"].endswith("@example.org>")
    # Nothing is said twice.
    again = sent("notify")
    assert (again.code, len(mail.received)) == (0, 1)


def test_a_mail_that_does_not_leave_changes_nothing_and_goes_later(
    sent: Mirror, one: Dataset, mail: MailServer
) -> None:
    before = sent("status").of(one.name)
    mail.behaviour.refuse = "554 no relay"
    refused = sent("notify")
    assert (refused.code, mail.received) == (2, [])
    assert "554" in refused.err
    assert "[notice]" in refused.err
    assert sent("status").of(one.name) == before
    mail.behaviour.refuse = ""
    mail.behaviour.unknown = {UNIT}
    partly = sent("notify")
    assert (partly.code, len(mail.received)) == (1, 1)
    assert UNIT in partly.err
    assert state(sent, one.name) == "in-review"


def test_a_mail_whose_answer_is_lost_is_not_repeated_by_itself(
    sent: Mirror, one: Dataset, mail: MailServer
) -> None:
    mail.behaviour.hang_up = True
    lost = sent("notify")
    assert (lost.code, len(mail.received)) == (2, 1)
    assert "--again" in lost.err
    mail.behaviour.hang_up = False
    waits = sent("notify")
    assert (waits.code, len(mail.received)) == (1, 1)
    assert one.name in waits.err
    assert state(sent, one.name) == "sent"
    assert sent("notify", "--again").code == 0
    assert len(mail.received) == 2
    assert sent("notify", "--again").code == 0
    assert len(mail.received) == 2


def test_a_server_that_asks_for_a_password(
    make: Callable[..., Mirror], one: Dataset, tmp_path: Path
) -> None:
    server = MailServer(login=True)
    secret = tmp_path / "mail.password"
    secret.touch(mode=0o600)
    try:
        mirror = make(notice={"port": server.port, "user": USER, "password_file": str(secret)})
        assert mirror("run").code == 0
        for word in ("otra", "señal"):
            secret.write_text(word + "\n")
            wrong = mirror("notify")
            assert (wrong.code, server.received) == (2, [])
            assert "SMTP" in wrong.err
            assert word not in wrong.err
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o644)
        assert mirror("notify").code == 2
        secret.chmod(0o600)
        assert mirror("notify").code == 0
        assert len(server.received) == 1
        assert PASSWORD not in mirror.profile.read_text()
    finally:
        server.stop()


@pytest.mark.req("R-107")
def test_what_the_federal_side_does_is_seen_and_told(
    sent: Mirror, one: Dataset, federal: Catalogue, tmp_path: Path
) -> None:
    assert sent("notify").code == 0

    def looked(expected: str) -> Finished:
        found = sent("review")
        assert found.of(one.name)["review"] == expected
        good = expected in ("in-review", "public", "equal")
        assert found.code == (0 if good else 1)
        return found

    federal.call("package_patch", id=one.name, title="Otro título")
    looked("returned")
    assert state(sent, one.name) == "returned"
    assert sent("run").code == 0
    looked("in-review")
    federal.call("package_patch", id=one.name, private=False)
    looked("equal")
    federal.call("package_patch", id=one.name, private=True)
    looked("returned")
    federal.call("package_patch", id=one.name, private=False)
    looked("equal")
    # A file is replaced by hand: its bytes, not its hash, tell.
    resource = federal.show(one.name)["resources"][0]
    by_hand = tmp_path / Path(resource["url"]).name
    by_hand.write_bytes(b"a,b\n9,9\n")
    federal.upload("resource_patch", by_hand, id=resource["id"])
    looked("returned")
    federal.call("package_delete", id=one.name)
    looked("rejected")
    assert state(sent, one.name) == "rejected"
    assert sent("run").code == 0
    assert state(sent, one.name) != "rejected"


def test_a_token_that_sees_less_does_not_make_a_rejection(
    sent: Mirror, one: Dataset, federal: Catalogue, tenant: Tenant
) -> None:
    name = f"x-{one.name}"
    other = federal.call("user_create", name=name, email=f"{name}@example.org", password="x" * 9)
    token = federal.call("api_token_create", user=other["name"], name="mirror")["token"]
    own = (sent.folder / "target.token").read_text()
    (sent.folder / "target.token").write_text(token)
    assert sent("review").code == 3
    (sent.folder / "target.token").write_text(own)
    assert passages(sent) == ["sent"]
    # Private in another organization: for us it is not there any more.
    elsewhere = federal.call("organization_create", name=f"otra-{one.name}".replace("_", "-"))
    federal.call("package_patch", id=one.name, owner_org=elsewhere["id"])
    assert sent("review").code == 1
    assert passages(sent) == ["sent", "rejected"]


@pytest.mark.req("R-107")
def test_the_way_is_remembered_in_postgresql_too(
    ledger_url: str,
    make: Callable[..., Mirror],
    one: Dataset,
    mail: MailServer,
    federal: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("IMSS_MIRROR_LEDGER__URL", ledger_url)
    mirror = make()
    assert mirror("run").code == 0
    assert mirror("notify").code == 0
    assert mirror("notify").code == 0
    assert len(mail.received) == 1
    federal.call("package_patch", id=one.name, private=False)
    assert mirror("review").of(one.name)["review"] == "equal"
    options = ("--dataset", one.name, "--kind", "load", "--number", "1", "--date", str(TODAY))
    assert mirror.receipt("record", *options, "--file", str(pdf(tmp_path / "c.pdf"))).code == 0
    line = mirror("status").of(one.name)
    assert (line["review"], line["receipt"]) == ("equal", "1")
    assert not mirror.ledger.exists()


def test_silence_is_told_and_reminded_of_once(sent: Mirror, one: Dataset, mail: MailServer) -> None:
    assert sent("notify").code == 0
    assert sent("review").code == 0
    age(sent, 11)
    late = sent("review", "--remind")
    assert late.code == 1
    assert len(late.of(one.name)["concerns"]) == 2  # the review and the comprobante
    assert len(mail.received) == 2
    assert one.name in mail.received[1].text()
    assert sent("review", "--remind").code == 1
    assert len(mail.received) == 2
    age(sent, 11)
    assert sent("review", "--remind").code == 1
    assert len(mail.received) == 3


def test_looks_are_polite(make: Callable[..., Mirror], one: Dataset) -> None:
    mirror = make(review={"interval_minutes": 60})
    assert mirror("run").code == 0
    assert mirror("review").code == 0
    soon = mirror("review")
    assert soon.code == 0
    assert "--now" in soon.err
    assert soon.of(one.name)["review"] == "sent"
    assert "--now" not in mirror("review", "--now").err


@pytest.mark.req("R-107")
def test_a_comprobante_is_kept_and_can_be_corrected(
    sent: Mirror, one: Dataset, tmp_path: Path
) -> None:
    def record(number: str, file: Path, *, kind: str = "load", day: object = TODAY) -> Finished:
        options = ("--dataset", one.name, "--kind", kind, "--number", number)
        return sent.receipt("record", *options, "--date", str(day), "--file", str(file))

    good = pdf(tmp_path / "comprobante.pdf")
    page = tmp_path / "page.pdf"
    page.write_text("<html>no es un comprobante</html>")
    torn = tmp_path / "torn.pdf"
    torn.write_bytes(good.read_bytes()[:400])
    for bad in (
        record("1", page),
        record("1", torn),
        record("1", tmp_path / "absent.pdf"),
        record("1", good, day=TODAY + timedelta(days=1)),
        record("1", good, day=TODAY - timedelta(days=2)),
        record("1", good, kind="withdrawal"),
        record(" ", good),
    ):
        assert bad.code == 2
        assert bad.err.strip()
        assert "Traceback" not in bad.err
    assert sent("status").of(one.name)["receipt"] is None

    assert record("C-001", good).code == 0
    assert sent("status").of(one.name)["receipt"] == "C-001"
    better = pdf(tmp_path / "otro.pdf", "Otro")
    assert record("C-002", better).code == 0
    assert record("C-002", better).code == 0
    listed = sent.receipt("list")
    assert [(line["number"], line["superseded"]) for line in listed.lines[:-1]] == [
        ("C-001", True),
        ("C-002", False),
    ]
    assert listed.code == 0
    assert sent("status").of(one.name)["receipt"] == "C-002"
    (lost,) = sent.folder.glob(f"mirror.receipts/*/{listed.lines[0]['sha256']}.pdf")
    lost.unlink()
    assert sent.receipt("list").code == 1
