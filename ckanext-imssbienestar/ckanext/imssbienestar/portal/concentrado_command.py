"""``ckan imssbienestar concentrado …``: Formato 2 as a file."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

import click
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.formats.concentrado.files import MEDIA_TYPES
from ckanext.imssbienestar.formats.written.placed_file import place_file
from ckanext.imssbienestar.portal.identification.pages import sentences

_REFUSED = 2


@click.group("concentrado", short_help="Formato 2, the Concentrado General.")
def concentrado_group() -> None:
    """Formato 2, the Concentrado General, of a group."""


@concentrado_group.command("export")
@click.option("--coordination", required=True, help="Id or name of the coordinación central.")
@click.option("--version", type=click.IntRange(min=1), help="Its number; the newest if absent.")
@click.option("--format", "form", type=click.Choice(list(MEDIA_TYPES)), required=True)
@click.option("--lang", type=click.Choice(["es", "en"]), default="es", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.pass_context
def export(
    context: click.Context,
    coordination: str,
    version: int | None,
    form: str,
    lang: str,
    output: Path,
) -> None:
    """Write a closed Formato 2 to a file, whole or not at all; the same bytes each time.

    Exit code 2: there is none, or the file cannot be written.
    """
    asked = {"coordination": coordination, "version": version, "format": form, "lang": lang}
    with context.meta["flask_app"].test_request_context():
        try:
            file = tk.get_action("imss_concentrado_export")({"ignore_auth": True}, asked)
            _place(base64.b64decode(file["base64"]), output)
        except tk.ValidationError as error:
            _refuse(context, " ".join(sentences(error)))
        except tk.ObjectNotFound as error:
            _refuse(context, str(error))
        except OSError as error:
            said = tk._("{file} cannot be written: {reason}.")
            _refuse(context, said.format(file=output, reason=error.strerror or error))
        click.echo(tk._("{file}: {name}").format(file=output, name=file["name"]))


def _place(content: bytes, target: Path) -> None:
    with tempfile.NamedTemporaryFile() as whole:
        whole.write(content)
        whole.flush()
        place_file(Path(whole.name), target, overwrite=True)


def _refuse(context: click.Context, sentence: str) -> None:
    tk.error_shout(sentence)
    context.exit(_REFUSED)
