"""``ckan imssbienestar mirror …``: the program of the mirror with the profile of this site."""

from __future__ import annotations

import datetime

import click
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.mirror.command import main
from ckanext.imssbienestar.portal import mirror_jobs

_COULD_NOT_RUN = 2


@click.command(
    short_help="The mirror to the federal catalogue.",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def mirror(context: click.Context, arguments: tuple[str, ...]) -> None:
    """The same as scripts/mirror_federal.py, with the profile that the configuration names.

    The exit codes are those of the program; see its --help and docs/mirror.md.
    """
    given = list(arguments)
    profile = config.mirror_profile()
    if profile is not None and "--profile" not in given:
        given = [*given, "--profile", str(profile)] if given else ["--help"]
    elif profile is None and "--profile" not in given and not {"--help", "-h"} & {*given}:
        tk.error_shout(
            tk._("The setting ckanext.imssbienestar.mirror_profile is empty: name a profile there.")
        )
        context.exit(_COULD_NOT_RUN)
    try:
        code = main(given, program="ckan imssbienestar mirror")
    except SystemExit as usage:  # argparse has said what is wrong
        code = int(usage.code or 0)
    context.exit(code)


@click.command(name="mirror-schedule", short_help="Runs of the mirror by the background workers.")
@click.option(
    "--first", type=click.DateTime(), help="When the first run begins, UTC; now if absent."
)
@click.option("--off", is_flag=True, help="No more runs by themselves.")
def mirror_schedule(first: datetime.datetime | None, off: bool) -> None:
    """Have the background workers run the mirror each ``schedule.every_hours`` of its profile.

    A timer of the system (cron, systemd) does the same without Redis: use one of the two.
    """
    if off:
        count = mirror_jobs.unschedule()
        click.echo(tk._("{count} waiting turns were taken out of the queue.").format(count=count))
        return
    moment = first.replace(tzinfo=datetime.UTC) if first else datetime.datetime.now(datetime.UTC)
    mirror_jobs.schedule(moment)
    click.echo(
        tk._("The mirror runs by itself from {moment} on.").format(moment=moment.isoformat())
    )
