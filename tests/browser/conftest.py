"""Chromium in front of the institutional catalogue that ``scripts/test browser`` starts."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.cast import Cast, Person, cast_on
from browser.visitor import DESKTOP, Visitor
from playwright.sync_api import Browser, BrowserContext, Route, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--lang=es-MX"]
PATIENCE = 20_000
OpenWindow = Callable[..., Visitor]


@pytest.fixture(scope="session")
def site() -> str:
    """The address of the institutional catalogue."""
    url = os.environ.get("IMSS_TEST_INSTITUTIONAL_URL")
    if not url:
        pytest.skip("needs the catalogue that scripts/test browser starts")
    return url


@pytest.fixture(scope="session")
def cast(site: str) -> Iterator[Cast]:
    """A unit with its people, of this run only."""
    token = Path(os.environ["IMSS_TEST_INSTITUTIONAL_TOKEN_FILE"]).read_text().strip()
    with cast_on(site, token) as people:
        yield people


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    program = os.environ.get("IMSS_CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.skip("needs Chromium (Debian package chromium, or IMSS_CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sessions() -> dict[str, dict[str, object]]:
    """The cookies of those who have logged in before."""
    return {}


@pytest.fixture
def open_window(
    site: str, chromium: Browser, sessions: dict[str, dict[str, object]]
) -> Iterator[OpenWindow]:
    """Opens a window for a person who is logged in, or for one who is yet to log in.

    Afterwards no script of a page may have failed, and nothing may have been asked of another
    server than the catalogue.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []
    elsewhere = re.compile(rf"^(?!{re.escape(site)}|data:|blob:)")

    def refuse(route: Route) -> None:
        faults.append(route.request.url)
        route.abort()

    def watch(context: BrowserContext) -> None:
        context.on("weberror", lambda fault: faults.append(str(fault.error)))
        context.route(elsewhere, refuse)

    def open_one(person: Person | None = None, *, log_in: bool = True) -> Visitor:
        state = sessions.get(person.name) if person and log_in else None
        context = chromium.new_context(
            locale="es-MX",
            timezone_id="America/Mexico_City",
            viewport=DESKTOP,
            accept_downloads=True,
            storage_state=state,  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        watch(context)
        contexts.append(context)
        visitor = Visitor(site, context, context.new_page())
        if person and log_in and state is None:
            visitor.log_in(person)
            sessions[person.name] = dict(context.storage_state())
        return visitor

    yield open_one
    for context in contexts:
        context.close()
    # CKAN asks gravatar.com for the pictures of people unless ckan.gravatar_default forbids it.
    assert not [fault for fault in faults if "gravatar.com" not in fault]
