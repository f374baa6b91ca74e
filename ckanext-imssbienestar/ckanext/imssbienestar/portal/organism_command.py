"""``ckan imssbienestar designate|units|memberships``: the organism on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from ckan import model
from ckan.plugins import toolkit as tk
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.portal import memberships

EXIT_REFUSED = 1
"""Some rows were refused, or the whole file was."""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("user")
@click.argument("role", type=click.Choice([post.value for post in Post]))
@click.option("--organization", help="The unit, for posts that are held in one.")
@click.option("--oficio", "oficio_number", help="Number of the oficio.")
@click.option("--oficio-date", help="Its date, YYYY-MM-DD.")
@click.option("--oficio-file", type=_FILE, help="The letter as PDF.")
@click.option("--oficio-id", help="Instead of these: a letter that was received before.")
@click.option("--level", help="Level of the person's post, for members of a group.")
@click.option("--represents", multiple=True, help="A división that the member stands for.")
@click.option("--from", "valid_from", help="First day, YYYY-MM-DD; today if absent.")
@click.option("--to", "valid_to", help="Last day, YYYY-MM-DD; none if absent.")
def designate(oficio_file: Path | None, represents: tuple[str, ...], **options: Any) -> None:
    """Record that USER holds ROLE."""
    data = {**options, "represents": list(represents)}
    if oficio_file is None:
        made = call("imss_designation_create", data)
    else:
        with oficio_file.open("rb") as stream:
            data["upload"] = FileStorage(stream=stream, filename=oficio_file.name)
            made = call("imss_designation_create", data)
    click.secho(tk._("Designation recorded."), fg="green")
    click.echo(tk._("Letter: {id}").format(id=made["oficio_id"]))
    for finding in made["findings"]:
        click.secho(f"{finding['message']} {finding['fix']}", fg="yellow")


@click.group("units", short_help="The register of units.")
def units_group() -> None:
    """Units of the organism: what a table of them would change, and its export."""


@units_group.command("import")
@click.argument("file", type=_FILE)
@click.option("--yes", is_flag=True, help="Apply; without it, only say what it would change.")
def import_units(file: Path, yes: bool) -> None:
    """Read the units of FILE (CSV, XLSX or ODS).

    Exit code 1: the file, or some of its rows, were refused.
    """
    with file.open("rb") as stream:
        upload = FileStorage(stream=stream, filename=file.name)
        found = call("imss_unit_import", {"upload": upload, "confirm": yes})
    for change in found["changes"]:
        if change["outcome"] != "same":
            _say_change(change)
    counts = ", ".join(f"{outcome} {count}" for outcome, count in found["counts"].items())
    ending = tk._("Applied.") if yes else tk._("Nothing was written; say --yes to apply it.")
    click.echo(f"{counts}. {ending}")
    if found["counts"]["refused"]:
        raise click.exceptions.Exit(EXIT_REFUSED)


@units_group.command("export")
@click.option("-o", "--output", type=click.File("w", encoding="utf-8"), default="-")
def export_units(output: Any) -> None:
    """Write all units with all their periods as CSV."""
    output.write(call("imss_unit_export", {})["content"])


@click.group("memberships", short_help="Memberships that designations give.")
def memberships_group() -> None:
    """CKAN's memberships, which follow the designations in force."""


@memberships_group.command("apply")
def apply_memberships() -> None:
    """Make them those of today; the site does so too, at the first request of each day."""
    found = memberships.apply()
    model.Session.commit()
    text = tk._("{given} given, {taken} taken back.")
    click.echo(text.format(given=len(found.give), taken=len(found.take)))


def call(action: str, data: dict[str, Any]) -> Any:
    """Call an action for the site; its refusals go to the error output.

    :raises click.Abort: it refused.
    """
    site_user = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    try:
        return tk.get_action(action)({"user": site_user["name"], "ignore_auth": True}, data)
    except tk.ValidationError as error:
        for field, messages in error.error_dict.items():
            if field != "findings":
                tk.error_shout(f"{field}: {'; '.join(map(str, messages))}")
        raise click.Abort from error


def _say_change(change: dict[str, Any]) -> None:
    differences = "; ".join(
        f"{each['column']}: «{each['before']}» → «{each['after']}»"
        for each in change["differences"]
    )
    title = change["title"] or change["unit_id"]
    click.echo(f"{change['row']:>5}  {change['outcome']:<8} {title}  {differences}".rstrip())
    for finding in change["findings"]:
        click.echo(f"       {finding['message']} {finding['fix']}")
