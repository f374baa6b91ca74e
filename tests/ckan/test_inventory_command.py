"""``ckan imssbienestar inventory``: a workbook in and out on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.cli.cli import ckan as ckan_command
from identification_cast import Organism
from inventory_desk import InventoryDesk, edited, stored, title_row

from ckanext.imssbienestar.model import InventoryEntry

pytestmark = pytest.mark.usefixtures("with_plugins")


@pytest.fixture
def member(organism: Organism) -> InventoryDesk:
    return InventoryDesk(organism.member, organism.coordination)


def run(cli: Any, *words: str) -> Any:
    return cli.invoke(ckan_command, ["imssbienestar", "inventory", *words])


@pytest.mark.req("R-068")
def test_a_workbook_goes_out_and_comes_in(
    member: InventoryDesk, organism: Organism, cli: Any, tmp_path: Path
) -> None:
    member.add()
    group = ["--coordination", organism.coordination]
    path = tmp_path / "formato-1.xlsx"
    done = run(cli, "export", *group, "-o", str(path))
    assert done.exit_code == 0, done.output
    book = path.read_bytes()
    assert book == member.exported()
    row = title_row(book) + 1
    path.write_bytes(edited(book, {f"B{row}": "Otro nombre", f"B{row + 1}": "Nueva"}))
    command = ["import", str(path), *group, "--user", organism.member.name]
    before = stored()
    looked = run(cli, *command)
    assert looked.exit_code == 0, looked.output
    assert "«Consultas otorgadas» → «Otro nombre»" in looked.output
    assert "--yes" in looked.output
    assert stored() == before
    done = run(cli, *command, "--yes")
    assert done.exit_code == 0, done.output
    assert [one["name"] for one in member.show()["results"]] == ["Otro nombre", "Nueva"]


def test_what_is_refused_ends_in_a_sentence_and_a_code(
    member: InventoryDesk, organism: Organism, cli: Any, tmp_path: Path
) -> None:
    member.add()
    book = member.exported()
    path, wrong = tmp_path / "formato-1.xlsx", tmp_path / "otro.xlsx"
    row = title_row(book) + 1
    path.write_bytes(edited(book, {f"E{row}": "Papiro"}))
    wrong.write_bytes(b"nombre\n")
    group = ["--coordination", organism.coordination, "--user"]
    refused = run(cli, "import", str(path), *group, organism.member.name)
    assert refused.exit_code == 1
    assert f"E{row}: " in refused.output
    before = stored()
    for file, user in (
        (wrong, organism.member.name),
        (path, organism.stranger.name),
        (path, organism.sysadmin.name),
        (path, "nobody"),
    ):
        refused = run(cli, "import", str(file), *group, user, "--yes")
        assert refused.exit_code == 2, refused.output
        assert "Traceback" not in refused.output
        assert refused.output.strip()
    assert stored() == before
    output = ["-o", str(tmp_path / "no-such-folder" / "a.xlsx")]
    assert run(cli, "export", "--coordination", organism.coordination, *output).exit_code == 2
    output = ["-o", str(tmp_path / "a.xlsx"), "--version", "9"]
    assert run(cli, "export", "--coordination", organism.coordination, *output).exit_code == 2


def test_what_is_missing_is_said_anew_when_the_form_has_changed(
    member: InventoryDesk, cli: Any
) -> None:
    member.add()
    member.call("entry_create", values={"nombre": "Sin terminar"})
    told = member.show()["missing"]
    # As rules of another day would have said it.
    model.Session.execute(sa.update(InventoryEntry).values(gaps=["no-such-code::nombre"]))
    model.Session.commit()
    done = run(cli, "look-again")
    assert done.exit_code == 0, done.output
    assert "2" in done.output
    assert member.show()["missing"] == told
    assert "0" in run(cli, "look-again").output
