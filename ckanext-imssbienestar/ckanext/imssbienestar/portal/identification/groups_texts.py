"""Where a working group stands, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal.identification.pages import Standing


def of_one(group: dict[str, Any]) -> Standing:
    """Where one group stands.

    :param group: what ``imss_group_show`` answers.
    """
    missing = [_short(finding["message"]) for finding in group["findings"]]
    if group["group"] is None:
        return Standing(
            tk._("This coordination has no working group."),
            "bad",
            tk._("The Transparency Unit makes it."),
            [*missing, tk._("the working group itself")],
        )
    if not missing:
        return Standing(tk._("The group is complete: all its divisions are represented."), "good")
    return Standing(
        tk._("The group is not complete."),
        "bad",
        tk._("Whoever must designate does so by oficio; the Transparency Unit records it."),
        missing,
    )


def of_all(groups: Sequence[dict[str, Any]]) -> Standing:
    """Where all of one's groups stand together."""
    if not groups:
        return Standing(tk._("You are in no working group today."))
    without = sum(1 for group in groups if group["group"] is None)
    lacking = sum(1 for group in groups if group["group"] is not None and not group["complete"])
    if not without and not lacking:
        return Standing(tk._("All groups are complete."), "good")
    missing = []
    if without:
        text = tk.ungettext("{count} group to be made", "{count} groups to be made", without)
        missing.append(text.format(count=without))
    if lacking:
        text = tk.ungettext("{count} group to complete", "{count} groups to complete", lacking)
        missing.append(text.format(count=lacking))
    return Standing(
        tk._("Some groups are not complete."),
        "bad",
        tk._("Whoever must designate does so by oficio; the Transparency Unit records it."),
        missing,
    )


def _short(sentence: str) -> str:
    """A sentence as one of a list."""
    return sentence.removesuffix(".")
