"""Two fresh catalogues for one benchmark: a federal one, and an institutional one with people."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mirror.programs import PROJECT

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.demo import federal
from ckanext.imssbienestar.demo.cast import CredentialFile, ensure_people, ensure_units
from ckanext.imssbienestar.demo.client import Client
from ckanext.imssbienestar.demo.journey import Cast
from ckanext.imssbienestar.mirror.settings import load_settings

STATE = PROJECT / ".bench"
LONGEST = 3600

_CATALOGUES = PROJECT / "tests" / "bench" / "catalogues.sh"
_COPIES = PROJECT / "tests" / "bench" / "publish_copies.py"


@contextmanager
def fresh_catalogues() -> Iterator[None]:
    """Inside, both are up, with their profile in :data:`STATE`; nothing is in them."""
    try:
        run_program([str(_CATALOGUES), "up"])
        yield
    finally:
        run_program([str(_CATALOGUES), "down"])


def populate() -> Cast:
    """The units and people of the demonstration, and the organization of the federal side."""
    admin = institutional()
    script = read_yaml("demo.yaml")
    ensure_units(admin, script["units"])
    credentials = CredentialFile(STATE / "people.json")
    cast = Cast(ensure_people(admin, script["people"], credentials), script["people"])
    federal.prepare(federal_side(), script["federal"]["organization"])
    return cast


def institutional() -> Client:
    """The administrator of the institutional catalogue."""
    settings = load_settings(STATE / "mirror.toml")
    return Client(str(settings.source.url), token("institutional"))


def federal_side() -> Client:
    """The administrator of the federal catalogue."""
    settings = load_settings(STATE / "mirror.toml")
    return Client(str(settings.target.url), token("federal"))


def token(catalogue: str) -> str:
    """The token of its administrator."""
    return (STATE / f"{catalogue}.token").read_text(encoding="utf-8").strip()


def copy_published(name: str, count: int) -> None:
    """So many signed copies of a published dataset; ``publish_copies.py`` tells what they lack."""
    run_program(
        [sys.executable, str(_COPIES), name, str(count)],
        CKAN_INI=str(STATE / "institutional.ini"),
    )


def run_program(command: Sequence[str], **variables: str) -> str:
    """What a program printed; the benchmark ends when it did not end well."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        cwd=PROJECT,
        env=os.environ | variables,
        check=False,
    )
    if done.returncode != 0:
        program = Path(command[1] if command[0] == sys.executable else command[0]).name
        raise SystemExit(f"{program} ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout
