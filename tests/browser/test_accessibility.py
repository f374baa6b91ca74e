"""What axe-core finds on the pages that this extension draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.cast import Cast
from browser.conftest import OpenWindow
from browser.files import ORIGINAL
from browser.visitor import DESKTOP, TELEPHONE, Visitor

# What CKAN's own scripts and templates draw without a name: its drop-down lists, the name of the
# file that a resource has, the arrows between pages of results.
CORE = [[".select2-container"], [".upload-type input[readonly]"], [".pagination"]]


def violations(visitor: Visitor) -> Iterator[str]:
    """The serious and critical ones, on both kinds of screen."""
    for size in (DESKTOP, TELEPHONE):
        visitor.page.set_viewport_size(size)
        found: dict[str, Any] = Axe().run(visitor.page, {"exclude": CORE}).response
        for violation in found["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                for node in violation["nodes"]:
                    yield f"{violation['id']}: {node['html'][:160]}"


@pytest.fixture(scope="module")
def datasets(cast: Cast) -> dict[str, dict[str, Any]]:
    """A dataset in each kind of state."""
    made = {
        "bad": cast.make_draft("axe_mal", ORIGINAL),
        "review": cast.make_draft("axe_revision"),
        "public": cast.make_draft("axe_publico"),
    }
    cast.submit(made["review"])
    cast.publish(made["public"])
    return made


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("liaison", "/dataset/new"),
        ("liaison", "/dataset/{bad}"),
        ("liaison", "/dataset/{bad}/resource/{bad_resource}"),
        ("liaison", "/dataset/{bad}/resource/{bad_resource}/dictionary"),
        ("liaison", "/dataset/{bad}/resource/{bad_resource}/edit"),
        ("head", "/dataset/{review}"),
        ("liaison", "/dataset/{public}"),
        (None, "/dataset/{public}"),
        (None, "/dataset/{public}/resource/{public_resource}"),
        (None, "/"),
        (None, "/dataset/"),
        (None, "/dataset/no_existe"),
    ],
)
def test_no_serious_violation(
    cast: Cast,
    open_window: OpenWindow,
    datasets: dict[str, dict[str, Any]],
    who: str | None,
    page: str,
) -> None:
    names = {key: dataset["name"] for key, dataset in datasets.items()}
    resources = {f"{key}_resource": d["resources"][0]["id"] for key, d in datasets.items()}
    visitor = open_window(getattr(cast, who) if who else None)
    visitor.go(page.format(**names, **resources))
    assert list(violations(visitor)) == []
