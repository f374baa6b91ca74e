"""Somebody in front of a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polib
from browser.cast import Person
from playwright.sync_api import BrowserContext, Download, Locator, Page

PROJECT = Path(__file__).parent.parent.parent
SCREENSHOTS = PROJECT / ".test" / "screenshots"
DESKTOP = {"width": 1280, "height": 900}
TELEPHONE = {"width": 390, "height": 844}
_SETTLED = 150
"""Milliseconds that the scripts of a page take to follow a change of the window's size."""
_CATALOGUE = (
    PROJECT / "ckanext-imssbienestar/ckanext/imssbienestar/i18n/es/LC_MESSAGES"
    "/ckanext-imssbienestar.po"
)


@dataclass
class Visitor:
    """A browser window of one person, or of nobody in particular."""

    site: str
    context: BrowserContext
    page: Page

    def go(self, path: str) -> None:
        """Open an address of the catalogue."""
        self.page.goto(f"{self.site}{path}")

    def log_in(self, person: Person) -> None:
        """Through the log-in form."""
        self.go("/user/login")
        self.page.fill("#field-login", person.name)
        self.page.fill("#field-password", person.password)
        self.page.press("#field-password", "Enter")
        self.page.get_by_text(person.fullname).first.wait_for()

    def log_out(self) -> None:
        """By the button at the top of every page."""
        self.page.locator("form[action*='/user/_logout'] button").click()
        self.go("/")
        self.page.locator("a[href*='/user/login']").first.wait_for()

    def find_dataset(self, title: str) -> None:
        """Search for a dataset by its title and open it."""
        self.go("/dataset/")
        self.page.locator("#field-giant-search, .search-form input[name=q]").first.fill(title)
        self.page.keyboard.press("Enter")
        self.page.locator(".dataset-heading a").filter(has_text=title).first.click()
        self.page.wait_for_load_state()

    def press(self, button: str) -> None:
        """Press a button by its words."""
        self.page.get_by_role("button", name=button, exact=True).click()

    def confirm(self) -> None:
        """Say yes to the question that a button asks."""
        self.page.locator(".modal.show .modal-footer .btn-primary").click()

    def submit(self, form: str = "#dataset-edit") -> None:
        """Send one of CKAN's own forms by its main button."""
        self.page.locator(f"{form} .form-actions button.btn-primary").click()

    def choose_file(self, file: Path | dict[str, object]) -> None:
        """Take a file in the form of a resource, replacing the one it has."""
        clear = self.page.locator("#field-clear-upload + .upload-type .btn-remove-url")
        if clear.count() and clear.is_visible():
            clear.click()
        self.page.set_input_files("#field-resource-upload", file)  # type: ignore[arg-type]
        self.page.evaluate("document.getElementById('resource-url-upload').checked = true")

    def download(self, link: Locator) -> bytes:
        """What a link gives, byte for byte."""
        with self.page.expect_download() as waiting:
            link.click()
        received: Download = waiting.value
        return Path(received.path()).read_bytes()

    @property
    def text(self) -> str:
        """Everything that can be read on the page."""
        return self.page.locator("body").inner_text()

    @property
    def messages(self) -> str:
        """What the catalogue answers at the top of the page, once it does."""
        answers = self.page.locator(".flash-messages .alert")
        answers.first.wait_for()
        return " ".join(answers.all_inner_texts())

    @property
    def state(self) -> str:
        """The state that the panel marks as the present one."""
        return self.page.locator(".imss-steps [aria-current]").inner_text()

    @property
    def steps(self) -> list[str]:
        """The buttons of the panel that this person may press or will be able to."""
        return self.page.locator(".imss-transitions button").all_inner_texts()

    def look(self, name: str) -> None:
        """Keep the page as a desktop and a telephone show it; nothing may be cut or in English."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for device, size in (("telefono", TELEPHONE), ("escritorio", DESKTOP)):
            self.page.set_viewport_size(size)
            self.page.wait_for_timeout(_SETTLED)
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{device}.png", full_page=True)
            width = self.page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{name}: {width} px wide on a screen of {size['width']}"
        left = untranslated_in(self.text)
        assert not left, f"{name}: still in English: {left}"


def untranslated_in(text: str) -> list[str]:
    """The English texts of ours that can be read where Spanish ones should be."""
    return [
        entry.msgid
        for entry in polib.pofile(str(_CATALOGUE))
        if entry.msgstr != entry.msgid
        and len((words := _longest_words(entry.msgid)).split()) > 1
        and re.search(rf"\b{re.escape(words)}(?!\w)", text)
    ]


def _longest_words(msgid: str) -> str:
    """What stays of a text whatever is put into its {places}."""
    return max((part.strip(" .:,") for part in re.split(r"\{\w*\}", msgid)), key=len)
