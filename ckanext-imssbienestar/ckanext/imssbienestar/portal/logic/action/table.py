"""Searching a published table from its preview, with the words as they were typed.

CKAN's view of tables (``datatables_view``) makes an underscore of every letter with an accent,
which PostgreSQL does not take for a wildcard: nobody would find «médica». The view's own request
still holds what was typed.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict
from flask import has_request_context

_VIEW = "datatablesview.ajax"


@tk.chained_action
@tk.side_effect_free
def datastore_search(original: Any, context: Context, data_dict: DataDict) -> Any:
    """CKAN's ``datastore_search``; a preview finds words that begin as they were typed."""
    if data_dict.get("q") and has_request_context() and tk.request.endpoint == _VIEW:
        data_dict = {**data_dict, "q": _typed(tk.request.form)}
    return original(context, data_dict)


def _typed(form: Any) -> str | dict[str, str]:
    """What the boxes of the columns hold, else what the box of the whole table holds."""
    columns: dict[str, str] = {}
    for number in count():
        text = form.get(f"columns[{number}][search][value]")
        if text is None:
            break
        if text.strip():
            columns[form.get(f"columns[{number}][name]", "")] = _beginnings(text)
    return columns or _beginnings(form.get("search[value]", ""))


def _beginnings(text: str) -> str:
    """A query of PostgreSQL for rows with all these words, or words that begin like them."""
    words = (word.replace("\\", "\\\\").replace("'", "''") for word in text.split())
    return " & ".join(f"'{word}':*" for word in words)
