"""``ckan imssbienestar datastore …``: load published tables, and see where each stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import datastore as published
from ckanext.imssbienestar.portal.datastore import TableStanding
from ckanext.imssbienestar.portal.datastore_errors import DataStoreUnavailable
from ckanext.imssbienestar.portal.datastore_texts import standing_sentence

_DIFFERENT, _COULD_NOT_RUN = 1, 2


@click.group(short_help="Tables of the published datasets.")
def datastore() -> None:
    """Tables of the published datasets in CKAN's DataStore.

    A background worker loads them after each publication; these commands do it by hand.
    """


@datastore.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Every published dataset.")
@click.pass_context
def load(context: click.Context, names: tuple[str, ...], everything: bool) -> None:
    """Make the tables equal to what the datasets NAME show the public.

    What is loaded already is left alone; tables of what is no longer public are dropped. Exit code
    1: some table could not be loaded.
    """
    with _site(context):
        found: list[TableStanding] = []
        ids = _ids(names, everything)
        with click.progressbar(ids, label="DataStore", file=click.get_text_stream("stderr")) as bar:
            for dataset_id in bar:
                found += _loaded(dataset_id)
        _show(context, found)


@datastore.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.pass_context
def status(context: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Where each published table stands: loaded, waiting, or why it could not be loaded.

    Exit code 1: not every table is loaded.
    """
    with _site(context):
        ids = _ids(names, not names)
        found = [standing for dataset_id in ids for standing in published.standings(dataset_id)]
        _show(context, found, as_json=as_json)


@contextmanager
def _site(context: click.Context) -> Iterator[None]:
    """The site's language; a database that is away is a sentence and exit code 2."""
    with context.meta["flask_app"].test_request_context():
        try:
            yield
        except DataStoreUnavailable as error:
            tk.error_shout(str(error))
            context.exit(_COULD_NOT_RUN)


def _ids(names: Sequence[str], everything: bool) -> list[str]:
    if everything == bool(names):
        raise click.UsageError(tk._("Name datasets, or say --all."))
    if everything:
        return list(published.datasets_to_synchronize())
    return [_dataset_id(name) for name in names]


def _dataset_id(name: str) -> str:
    package = model.Package.get(name)
    if package is None:
        message = tk._("There is no dataset «{name}».").format(name=name)
        raise click.UsageError(message)
    return str(package.id)


def _loaded(dataset_id: str) -> tuple[TableStanding, ...]:
    try:
        return published.synchronize(dataset_id)
    except DataStoreUnavailable:
        # Kept with the table that it kept from being loaded.
        return published.standings(dataset_id)


def _show(context: click.Context, found: list[TableStanding], *, as_json: bool = False) -> None:
    if as_json:
        click.echo(json.dumps({"version": 1, "tables": list(_descriptions(found))}))
    else:
        for table in _descriptions(found):
            click.echo(f"{table['dataset']}  {table['resource']}: {table['message']}")
    if any(standing.loaded is None for standing in found):
        context.exit(_DIFFERENT)


def _descriptions(found: list[TableStanding]) -> Iterator[dict[str, Any]]:
    for standing in found:
        loaded, failure = standing.loaded, standing.failure
        yield {
            "dataset": standing.published.dataset_name,
            "resource": standing.published.resource["name"],
            "resource_id": standing.published.resource_id,
            "sha256": standing.published.stored.sha256,
            "state": "loaded" if loaded else failure.kind if failure else "waiting",
            "rows": loaded.rows if loaded else None,
            "loaded": loaded.loaded if loaded else None,
            "message": standing_sentence(standing),
        }
