"""Core's lists of keywords, without those that only unpublished datasets have.

Core lists every free tag that any dataset carries, a private draft's too.
"""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict


@tk.chained_action
@tk.side_effect_free
def tag_list(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``tag_list``; a free tag only if a dataset that you may read carries it."""
    found = original(context, data_dict)
    return found if data_dict.get("vocabulary_id") else _readable(context, found)


@tk.chained_action
@tk.side_effect_free
def tag_autocomplete(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``tag_autocomplete``; see :func:`tag_list`."""
    found = original(context, data_dict)
    return found if data_dict.get("vocabulary_id") else _readable(context, found)


@tk.chained_action
@tk.side_effect_free
def tag_search(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``tag_search``; see :func:`tag_list`."""
    found = original(context, data_dict)
    if data_dict.get("vocabulary_id"):
        return found
    results = _readable(context, found["results"])
    hidden = len(found["results"]) - len(results)
    return {"count": found["count"] - hidden, "results": results}


@tk.chained_action
@tk.side_effect_free
def tag_show(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``tag_show``; see :func:`tag_list`."""
    found = original(context, data_dict)
    if found.get("vocabulary_id") or _readable(context, [found]):
        return found
    raise tk.ObjectNotFound(tk._("Tag not found."))


def _readable(context: Context, tags: list[Any]) -> list[Any]:
    """The tags of the datasets this person may read, in the order given.

    :param tags: names, or dictionaries with a ``name``.
    """
    if not tags:
        return []
    search = tk.get_action("package_search")(
        {"user": context.get("user", "")},
        {
            "rows": 0,
            "include_private": True,
            "include_drafts": True,
            "facet": True,
            "facet.field": ["tags"],
            "facet.limit": -1,
        },
    )
    names = set(search["facets"].get("tags", {}))
    return [tag for tag in tags if (tag if isinstance(tag, str) else tag["name"]) in names]
