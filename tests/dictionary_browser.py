"""Somebody who reads and fills in the pages of a dictionary, inside pytest."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from catalogue_cast import Person, Unit
from ckan.tests import factories

Form = dict[str, str]


class Browser:
    """Somebody who is logged in and fills in the forms of the dictionary."""

    def __init__(self, app: Any, person: Person) -> None:
        token = factories.APIToken(user=person.name)["token"]
        self._app, self._headers = app, {"Authorization": token}

    def get(self, path: str, status: int = 200) -> BeautifulSoup:
        return self._page(self._app.get(path, headers=self._headers, status=status))

    def post(self, path: str, data: Any, status: int = 200) -> BeautifulSoup:
        return self._page(self._app.post(path, data=data, headers=self._headers, status=status))

    def bytes(self, path: str) -> Any:
        return self._app.get(path, headers=self._headers)

    @staticmethod
    def _page(response: Any) -> BeautifulSoup:
        return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def form_of(page: BeautifulSoup) -> Form:
    """What a browser would send of the editor as it is shown, but for the token of the form."""
    form = page.select_one("form.imss-editor")
    assert form is not None
    values: Form = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        if field["name"] == "_csrf_token":
            continue
        if field.get("type") == "checkbox" and not field.has_attr("checked"):
            continue
        if field.name == "textarea":
            # A browser drops the first line break and sends CRLF.
            values[field["name"]] = field.text.removeprefix("\n").replace("\n", "\r\n")
        elif field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            values[field["name"]] = chosen["value"]
        else:
            values[field["name"]] = field.get("value", "")
    return values


def address(dataset: dict[str, Any], page: str = "") -> str:
    """Of the page of a dictionary, or of one beside it."""
    return f"/dataset/{dataset['name']}/resource/{dataset['resources'][0]['id']}/dictionary{page}"


def schema_of(unit: Unit, dataset: dict[str, Any]) -> Any:
    """The stored dictionary, as the liaison reads it."""
    resource = dataset["resources"][0]["id"]
    return unit.liaison.call("imss_dictionary_show", id=resource)["schema"]
