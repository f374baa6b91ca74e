"""``ckan imssbienestar history …``: is the history of the Procedure as it was written?"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Sequence
from dataclasses import asdict

import click
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.domain.history import Anchor, ChainedEvent
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.procedure import history

_NOT_WHOLE = 1
_ANCHOR = re.compile(r"(?P<count>[0-9]{1,15}):(?P<hash>[0-9a-f]{64}|)")


class AnchorParameter(click.ParamType):
    """An anchor as ``history anchor`` writes it: ``1532:3f9a…``."""

    name = "anchor"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Anchor:
        """Read it, or say what one looks like."""
        found = _ANCHOR.fullmatch(str(value).strip())
        if found is None or (int(found["count"]) > 0) != bool(found["hash"]):
            self.fail(
                tk._("An anchor is the number of events, a colon and 64 hexadecimal digits."),
                param,
                ctx,
            )
        return Anchor(int(found["count"]), found["hash"])


@click.group("history", short_help="The chained history of the Procedure.")
def history_group() -> None:
    """Who did what, in which post, under which oficio; chained so that no change goes unseen."""


@history_group.command()
@click.option(
    "--anchor",
    "anchors",
    type=AnchorParameter(),
    multiple=True,
    help="What 'history anchor' printed some day; finds a cut end. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on the standard output.")
@click.pass_context
def verify(context: click.Context, anchors: tuple[Anchor, ...], as_json: bool) -> None:
    """Find events that were altered, removed, added or moved since they were written.

    Every event is hashed again and compared with the one after it, then with the anchors noted in
    letters and those given here. Exit code 0: the history is whole; 1: it is not, with what was
    found.
    """
    with context.meta["flask_app"].test_request_context():
        found = problem_findings(history.verify(model.Session, anchors), texts.language())
        reached = history.reached(model.Session)
        if as_json:
            click.echo(json.dumps(_verdict(found, reached), ensure_ascii=False))
        else:
            _tell(found, reached)
        if found:
            context.exit(_NOT_WHOLE)


@history_group.command()
@click.option("--place", required=True, help="Where you will keep it, such as 'acta 3/2026'.")
@click.pass_context
def anchor(context: click.Context, place: str) -> None:
    """Note how far the history has come and print it, to be kept somewhere else.

    Give it to 'history verify --anchor' some day: whoever can write in the database can write the
    whole history anew, but not what you kept.
    """
    with context.meta["flask_app"].test_request_context():
        noted = history.note_anchor(model.Session, place, datetime.datetime.now(datetime.UTC))
        model.Session.commit()
        click.echo(_shown(noted))


@history_group.command()
@click.option("--subject", help="Only what was done to this, such as inventory:ID.")
@click.pass_context
def export(context: click.Context, subject: str | None) -> None:
    """Write the history as JSON lines, the oldest event first."""
    with context.meta["flask_app"].test_request_context():
        rows = (
            reversed(history.events_of(model.Session, subject))
            if subject
            else history.events(model.Session)
        )
        for row in rows:
            click.echo(json.dumps(_record(row), ensure_ascii=False))


def _verdict(found: Sequence[Finding], reached: Anchor) -> dict[str, object]:
    return {
        "version": 1,
        "whole": not found,
        "events": reached.count,
        "anchor": _shown(reached),
        "findings": [finding.model_dump(mode="json") for finding in found],
    }


def _tell(found: Sequence[Finding], reached: Anchor) -> None:
    for finding in found:
        click.echo(f"{finding.message} {finding.fix}")
    if found:
        tk.error_shout(tk._("The history is not as it was written."))
        return
    text = tk._("The history is whole: {count} events. Its anchor, to be kept somewhere else:")
    click.secho(text.format(count=reached.count), fg="green")
    click.echo(_shown(reached))


def _record(row: ChainedEvent) -> dict[str, object]:
    """An event as its line says it; what is hashed of it is under ``event``."""
    return {**asdict(row), "event": row.event.content()}


def _shown(anchor: Anchor) -> str:
    return f"{anchor.count}:{anchor.last_hash}"
