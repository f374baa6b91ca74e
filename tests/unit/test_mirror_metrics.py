"""The record of the mirror's use, health, metrics and the log of calls, without any network."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ckanext.imssbienestar.mirror.command import main
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import SILENCE, Activities, Kind, Stage
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, open_database
from ckanext.imssbienestar.mirror.ledger.proofs import Finding, Proofs, Verdict
from ckanext.imssbienestar.mirror.logs import Call, CallLog, call_log
from ckanext.imssbienestar.mirror.running.watch import watching

PROFILE = """\
contact = "datos@example.gob.mx"
[source]
url = "https://datos.example.gob.mx"
[target]
url = "https://federal.example.gob.mx"
organization = "imss-bienestar"
"""


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> Iterator[LedgerDatabase]:
    target = "https://federal.example.gob.mx imss-bienestar"
    opened = open_database(f"sqlite:///{tmp_path}/mirror.ledger.sqlite", target, clock)
    yield opened
    opened.engine.dispose()


def finding(found: str) -> Finding:
    verdict = Verdict.EQUAL if found == "a" * 64 else Verdict.DIFFERENT
    return Finding("id", "uno", "uno.csv", "https://x/dataset/uno", "a" * 64, found, verdict)


def test_the_same_is_asked_for_once_and_a_silent_one_is_lost(
    database: LedgerDatabase, clock: Clock
) -> None:
    activities = Activities(database)
    first, new = activities.ask(Kind.RUN, ["uno"], "person")
    assert (new, first.stage) == (True, Stage.WAITING)
    assert activities.ask(Kind.RUN, ["uno"], "another") == (first, False)
    assert activities.ask(Kind.RUN, [], "person")[1]
    assert activities.start(first.id) is not None
    assert activities.start(first.id) is None, "a queue that delivers twice"
    activities.beat(first.id, done=1, total=2, failed=0)
    clock.now += SILENCE
    assert activities.recent(5)[-1].stage is Stage.RUNNING
    clock.now += timedelta(seconds=1)
    found = activities.find(first.id)
    assert found is not None
    assert (found.stage, found.done, found.total) == (Stage.LOST, 1, 2)
    activities.lose(first.id)
    activities.beat(first.id, done=2, total=2, failed=0)
    found = activities.find(first.id)
    assert found is not None
    assert found.stage is Stage.RUNNING, "it was only slow"
    activities.finish(first.id, 0, {}, {})
    activities.lose(first.id)
    activities.beat(first.id, done=2, total=2, failed=0)
    found = activities.find(first.id)
    assert found is not None
    assert found.stage is Stage.DONE


def test_a_finding_lasts_until_another_takes_its_place(
    database: LedgerDatabase, clock: Clock
) -> None:
    proofs, begun = Proofs(database), clock.now
    for sha256 in ("a" * 64, "a" * 64, "b" * 64, "b" * 64, "a" * 64):
        proofs.record([finding(sha256)])
        clock.now += timedelta(days=1)
    (now,) = proofs.of("id")
    assert (now.finding.verdict, now.since) == (Verdict.EQUAL, begun + timedelta(days=4))
    equal, different, first = proofs.history("id", 9)
    assert (different.since, different.checked) == (
        begun + timedelta(days=2),
        begun + timedelta(days=3),
    )
    assert (first.since, first.checked, equal) == (begun, begun + timedelta(days=1), now)


def test_what_ends_badly_is_kept_with_its_reason(database: LedgerDatabase) -> None:
    activity = Activities(database).begin(Kind.RUN, [])
    error = MirrorConfigurationError("ledger-newer", ledger="x", found=9, known=3)
    with (
        pytest.raises(MirrorConfigurationError),
        watching(database, activity, "https://x"),
    ):
        raise error
    (kept,) = Activities(database).recent(1)
    assert (kept.stage, kept.exit_code) == (Stage.DONE, 2)
    assert kept.message == {"es": error.told("es"), "en": error.told("en")}


def test_health_and_metrics_are_read_from_the_ledger_alone(
    tmp_path: Path, database: LedgerDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "mirror.toml"
    profile.write_text(PROFILE)
    Proofs(database).record([finding("b" * 64)])
    assert main(["health", "--profile", str(profile), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == "never"
    database.clock = lambda: datetime.now(UTC)
    activity = Activities(database).begin(Kind.RUN, [])
    with watching(database, activity, "https://x") as watch:
        watch.exit_code, watch.summary = 0, {"calls_write": 7}
    assert main(["health", "--profile", str(profile)]) == 0
    assert "corre como debe" in capsys.readouterr().out
    assert main(["metrics", "--profile", str(profile)]) == 0
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(capsys.readouterr().out)
        for sample in family.samples
    }
    assert samples["imss_mirror_status", "ok"] == 1
    assert samples["imss_mirror_status", "late"] == 0
    assert samples["imss_mirror_drift_files",] == 1
    assert samples["imss_mirror_last_run_calls_write",] == 7
    assert samples["imss_mirror_last_run_exit_code",] == 0


def test_one_line_a_call_and_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    out = io.StringIO()
    CallLog(out, "run-1", "-").write(
        Call("POST", "x", "package_show", 200, 12, 0, 1, dataset="uno")
    )
    line = json.loads(out.getvalue())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "run": "run-1",
        "dataset": "uno",
        "method": "POST",
        "host": "x",
        "action": "package_show",
        "status": 200,
        "milliseconds": 12,
        "bytes": 0,
        "attempt": 1,
        "failure": "",
    }
    with pytest.raises(MirrorConfigurationError), call_log(str(tmp_path / "no" / "log"), "run-1"):
        pass
