"""``ckan imssbienestar inventory …``: Formato 1 as a workbook, in and out."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from ckan import model
from ckan.plugins import toolkit as tk
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar.formats.written.placed_file import place_file
from ckanext.imssbienestar.portal import permissions
from ckanext.imssbienestar.portal.identification import inventory_texts
from ckanext.imssbienestar.portal.identification.pages import sentences
from ckanext.imssbienestar.portal.logic.inventory_schema import FORMATS
from ckanext.imssbienestar.procedure import inventory_entries

EXIT_ROWS_REFUSED = 1
EXIT_REFUSED = 2
_ROWS_AT_ONCE = 500
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("inventory", short_help="Formato 1, the inventory of databases.")
def inventory_group() -> None:
    """Formato 1, the inventory of databases, of a group."""


@inventory_group.command("import")
@click.argument("file", type=_FILE)
@click.option("--coordination", required=True, help="Id or name of the coordinación central.")
@click.option("--user", required=True, help="Account of the group in whose name it is done.")
@click.option("--yes", is_flag=True, help="Do it; without it, only say what it would change.")
@click.pass_context
def import_workbook(
    context: click.Context, file: Path, coordination: str, user: str, *, yes: bool
) -> None:
    """Say row by row what the workbook FILE (XLSX, ODS) would change, and with --yes do it.

    Exit code 1: rows were refused and are left out. 2: nothing of it can be imported.
    """
    with context.meta["flask_app"].test_request_context(), _refusals(context):
        with file.open("rb") as stream:
            upload = FileStorage(stream=stream, filename=file.name)
            shown = _call(user, coordination, upload=upload, limit=0)
        for row in _rows(user, coordination, shown["id"]):
            _say(row)
        for found in (*shown["notes"], *shown["refusals"]):
            click.echo(_said(found))
        for change in shown["header_changes"]:
            click.echo(_changed(change))
        if shown["refusals"]:
            context.exit(EXIT_REFUSED)
        if yes:
            done = _call(user, coordination, id=shown["id"], confirm=True, limit=0)
            click.secho(inventory_texts.imported(done), fg="green")
        else:
            _call(user, coordination, id=shown["id"], cancel=True, limit=0)
            counts = shown["counts"].items()
            click.echo(
                ", ".join(f"{inventory_texts.kind_label(kind)}: {count}" for kind, count in counts)
            )
            click.echo(tk._("Nothing was written; say --yes to apply it."))
        if shown["counts"]["refused"]:
            context.exit(EXIT_ROWS_REFUSED)


@inventory_group.command("export")
@click.option("--coordination", required=True, help="Id or name of the coordinación central.")
@click.option("--version", type=click.IntRange(min=1), help="A closed one; the draft if absent.")
@click.option("--blank", is_flag=True, help="The form without databases.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="xlsx", show_default=True)
@click.option("--lang", type=click.Choice(["es", "en"]), default="es", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.pass_context
def export_workbook(context: click.Context, form: str, output: Path, **asked: Any) -> None:
    """Write a Formato 1 to a file, whole or not at all; the same bytes each time.

    Exit code 2: there is none, or the file cannot be written.
    """
    with context.meta["flask_app"].test_request_context(), _refusals(context):
        file = tk.get_action("imss_inventory_export")(
            {"ignore_auth": True}, {"format": form, **asked}
        )
        try:
            _place(base64.b64decode(file["base64"]), output)
        except OSError as error:
            said = tk._("{file} cannot be written: {reason}.")
            _refuse(context, said.format(file=output, reason=error.strerror or error))
        click.echo(tk._("{file}: {name}").format(file=output, name=file["name"]))


@inventory_group.command("look-again")
def look_again() -> None:
    """Say anew what is missing in every draft, after schemas/formato_1.yaml has changed."""
    count = inventory_entries.look_again(model.Session, permissions.today())
    model.Session.commit()
    click.echo(
        tk._("Databases in which something else is missing now: {count}").format(count=count)
    )


def _call(user: str, coordination: str, **data: Any) -> dict[str, Any]:
    answer: dict[str, Any] = tk.get_action("imss_inventory_import")(
        {"user": user}, {"coordination": coordination, **data}
    )
    return answer


def _rows(user: str, coordination: str, import_id: str) -> Iterator[dict[str, Any]]:
    """Every row that is not as it is stored."""
    for kind in ("created", "changed", "refused"):
        offset, count = 0, 1
        while offset < count:
            page = _call(
                user,
                coordination,
                id=import_id,
                kind=kind,
                limit=_ROWS_AT_ONCE,
                offset=offset,
            )
            yield from page["results"]
            offset, count = offset + _ROWS_AT_ONCE, page["count"]


def _say(row: Mapping[str, Any]) -> None:
    label = inventory_texts.kind_label(row["kind"])
    click.echo(f"{row['row']:>6}  {label:<9}  {row['identifier']:<12}  {row['name']}".rstrip())
    if row["kind"] == "changed":
        for change in row["changes"]:
            click.echo(f"        {_changed(change)}")
    for found in row["reasons"]:
        click.echo(f"        {_said(found)}")


def _changed(change: Mapping[str, str]) -> str:
    return f"{change['title']}: «{change['before']}» → «{change['after']}»"


def _said(found: Mapping[str, Any]) -> str:
    place = f"{found['cell']}: " if found["cell"] else ""
    return f"{place}{found['message']} {found['fix']}"


@contextmanager
def _refusals(context: click.Context) -> Iterator[None]:
    """A sentence and an exit code for whatever is refused."""
    try:
        yield
    except tk.ValidationError as error:
        _refuse(context, " ".join(sentences(error)))
    except (tk.ObjectNotFound, tk.NotAuthorized) as error:
        _refuse(context, str(error))


def _place(content: bytes, target: Path) -> None:
    with tempfile.NamedTemporaryFile() as whole:
        whole.write(content)
        whole.flush()
        place_file(Path(whole.name), target, overwrite=True)


def _refuse(context: click.Context, sentence: str) -> NoReturn:
    tk.error_shout(sentence)
    context.exit(EXIT_REFUSED)
