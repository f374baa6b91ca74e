"""``ckan imssbienestar mail``: send what waits, by hand or from cron."""

from __future__ import annotations

import click
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import mail_jobs


@click.group(short_help="The mails of the Procedure.")
def mail() -> None:
    """The mails of the Procedure."""


@mail.command()
def send() -> None:
    """Send every mail that is due now.

    Exit codes: 0 all were sent, or nothing was due; 1 some wait for another try or were given up.
    """
    tally = mail_jobs.send_due()
    click.echo(
        tk._("Mails: {sent} sent, {waiting} to be tried again, {failed} given up.").format(
            sent=tally.sent, waiting=tally.waiting, failed=tally.failed
        )
    )
    if tally.waiting or tally.failed:
        raise click.exceptions.Exit(1)
