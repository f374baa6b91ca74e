"""``ckan imssbienestar history``: whole, altered, cut; what an anchor kept elsewhere finds."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.cli.cli import ckan

from ckanext.imssbienestar.domain.history import Event
from ckanext.imssbienestar.procedure import history

pytestmark = pytest.mark.usefixtures("with_plugins")


class Program:
    """The command as a terminal runs it."""

    def __init__(self, cli: Any) -> None:
        self._cli = cli

    def __call__(self, *words: str) -> Any:
        """Run it with these words."""
        return self._cli.invoke(ckan, ["imssbienestar", "history", *words])


@pytest.fixture
def program(clean_db: None, cli: Any) -> Program:
    """Over a history of three events."""
    at = datetime.datetime(2026, 11, 24, 9, 30, tzinfo=datetime.UTC)
    for number in range(3):
        event = Event(
            "inventory.changed", "inventory:ctv", "ana", "member", at, changes={"n": number}
        )
        history.record(model.Session, event)
    model.Session.commit()
    return Program(cli)


def _tamper(statement: str) -> None:
    for word in ("DISABLE", "ENABLE"):
        model.Session.execute(sa.text(f"ALTER TABLE imss_history_event {word} TRIGGER USER"))
        if word == "DISABLE":
            model.Session.execute(sa.text(statement))
    model.Session.commit()


def test_a_whole_history(program: Program) -> None:
    done = program("verify")
    assert done.exit_code == 0
    said = json.loads(program("verify", "--json").stdout)
    assert (said["whole"], said["events"], said["findings"]) == (True, 3, [])
    assert said["anchor"] in done.stdout


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE imss_history_event SET post = 'liaison' WHERE number = 2", "history-altered"),
        ("DELETE FROM imss_history_event WHERE number = 2", "history-removed"),
    ],
)
def test_an_altered_or_removed_event_is_found(program: Program, statement: str, code: str) -> None:
    _tamper(statement)
    done = program("verify")
    assert done.exit_code == 1
    assert "suceso" in done.stdout.casefold()
    said = json.loads(program("verify", "--json").stdout)
    assert code in {finding["code"] for finding in said["findings"]}


def test_a_cut_end_is_found_by_what_was_kept_elsewhere(program: Program) -> None:
    kept = program("anchor", "--place", "acta 3/2026").stdout.strip().splitlines()[-1]
    # Whoever cuts the history can cut the anchors that lie beside it.
    _tamper("DELETE FROM imss_history_event WHERE number = 3")
    model.Session.execute(sa.text("TRUNCATE imss_history_anchor"))
    model.Session.commit()
    assert program("verify").exit_code == 0
    assert program("verify", "--anchor", kept).exit_code == 1


@pytest.mark.parametrize("wrong", ["", "3", "3:", "3:xyz", f"-1:{'0' * 64}", f"3:{'0' * 63}"])
def test_what_is_no_anchor_is_refused_with_a_sentence(program: Program, wrong: str) -> None:
    done = program("verify", "--anchor", wrong)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_the_lines_of_an_export_tell_each_event(program: Program) -> None:
    lines = [json.loads(line) for line in program("export").stdout.splitlines()]
    assert [line["number"] for line in lines] == [1, 2, 3]
    assert [line["event"]["changes"] for line in lines] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert program("export", "--subject", "inventory:other").stdout == ""
