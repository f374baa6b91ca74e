"""``ckan imssbienestar personal-data …``: look at stored files by the present rules."""

from __future__ import annotations

import click
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.portal import personal_data
from ckanext.imssbienestar.portal.texts import sentence
from ckanext.imssbienestar.procedure.content_sweep import data_files

_LEFT_OPEN = 1


@click.group("personal-data", short_help="What the guard says of the stored files.")
def personal_data_group() -> None:
    """Recorded scans of the stored files."""


@personal_data_group.command()
@click.option("--all", "everything", is_flag=True, help="Also those the present rules have seen.")
@click.pass_context
def scan(context: click.Context, everything: bool) -> None:
    """Scan the files of resources and releases that the present rules have not seen.

    After the rules have changed: the mirror takes no release whose files they have not seen. Exit
    code 1: a file cannot be scanned, or has columns that the Transparency Unit must decide on.
    """
    with context.meta["flask_app"].test_request_context():
        hashes = sorted(data_files(model.Session))
        done, failed = 0, 0
        with click.progressbar(hashes, label="scan", file=click.get_text_stream("stderr")) as bar:
            for sha256 in bar:
                try:
                    done += personal_data.scan_missing([sha256], again=everything)
                except ImssError as error:
                    failed += 1
                    tk.error_shout(f"{sha256[:12]}: {sentence(error)}")
        waiting = personal_data.open_files(hashes)
        for sha256, columns in waiting.items():
            click.echo(f"{sha256[:12]}  {', '.join(columns)}")
        text = tk._("{count} files scanned, {failed} could not be, {waiting} wait for a decision.")
        click.echo(text.format(count=done, failed=failed, waiting=len(waiting)))
        if failed or waiting:
            context.exit(_LEFT_OPEN)
