"""``ckan imssbienestar …``: options and echoes only; the work is the actions'."""

from __future__ import annotations

import datetime
from typing import Any

import click
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import private_copies
from ckanext.imssbienestar.portal.concentrado_command import concentrado_group
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.datastore_command import datastore
from ckanext.imssbienestar.portal.history_command import history_group
from ckanext.imssbienestar.portal.inventory_command import inventory_group
from ckanext.imssbienestar.portal.mail_command import mail
from ckanext.imssbienestar.portal.mirror_command import mirror, mirror_schedule
from ckanext.imssbienestar.portal.organism_command import (
    call,
    designate,
    memberships_group,
    units_group,
)
from ckanext.imssbienestar.portal.personal_data_command import personal_data_group
from ckanext.imssbienestar.procedure import content_sweep

__all__ = ["imssbienestar"]


@click.group(short_help="Open data of IMSS-BIENESTAR.")
def imssbienestar() -> None:
    """Open data of IMSS-BIENESTAR: designations, releases and their tables."""


imssbienestar.add_command(concentrado_group)
imssbienestar.add_command(datastore)
imssbienestar.add_command(designate)
imssbienestar.add_command(memberships_group)
imssbienestar.add_command(mail)
imssbienestar.add_command(history_group)
imssbienestar.add_command(inventory_group)
imssbienestar.add_command(mirror)
imssbienestar.add_command(mirror_schedule)
imssbienestar.add_command(personal_data_group)
imssbienestar.add_command(units_group)


@imssbienestar.command()
@click.option("--state", multiple=True, help="Only these states.")
@click.option("--all", "everything", is_flag=True, help="Also earlier releases of a dataset.")
def releases(state: tuple[str, ...], everything: bool) -> None:
    """List releases: number, state, digest and dataset."""
    query: dict[str, Any] = {"latest": not everything, "limit": 1000, "offset": 0}
    if state:
        query["state"] = list(state)
    while True:
        page = call("imss_release_list", dict(query))
        for release in page["results"]:
            click.echo(
                f"{release['number']:>4}  {release['state']:<10}  "
                f"{release['digest'][:12]}  {release['dataset_name']}"
            )
        query["offset"] += len(page["results"])
        if not page["results"] or query["offset"] >= page["count"]:
            return


@imssbienestar.command()
@click.option("--yes", is_flag=True, help="Delete; without it, only say what would be deleted.")
@click.option(
    "--older-than-hours",
    type=click.IntRange(min=1),
    default=24,
    show_default=True,
    help="Leave younger files alone: an upload may be under way.",
)
def sweep(yes: bool, older_than_hours: int) -> None:
    """Delete stored files that no resource and no release refers to (replaced drafts).

    Copies of uploads that a killed process left are wiped at once, with or without --yes.
    """
    wiped = private_copies.wipe()
    click.echo(tk._("{count} abandoned temporary folders: wiped.").format(count=wiped))
    report = content_sweep.sweep(
        model.Session,
        content_store(),
        older_than=datetime.timedelta(hours=older_than_hours),
        now=datetime.datetime.now(datetime.UTC),
        delete=yes,
    )
    text = (
        tk._("{files} files, {size} bytes: deleted.")
        if yes
        else tk._("{files} files, {size} bytes would be deleted; say --yes to delete them.")
    )
    click.echo(text.format(files=report.files, size=report.size))
