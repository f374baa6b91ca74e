"""Where a Formato 1 stands, in the words of its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.domain.inventory_plan import RowKind
from ckanext.imssbienestar.domain.inventory_versions import DifferenceKind
from ckanext.imssbienestar.portal.identification.pages import Place, Standing
from ckanext.imssbienestar.portal.people_names import names_of

_SHOWN_GAPS = 6


def standing(place: Place, draft: Mapping[str, Any]) -> Standing:
    """Where a draft stands, who acts next on it and what is missing."""
    missing = list(_missing(draft))
    version = draft["version"]
    if draft["state"] == "in_review":
        who = tk._(
            "Next: the liaison, {liaison}, closes it or gives it back with remarks. "
            "{person} handed it over on {day}."
        ).format(
            liaison=liaison(place),
            person=draft["handed_by"],
            day=tk.h.render_datetime(draft["handed"]),
        )
        return Standing(
            tk._("Under review by the liaison"),
            "bad" if missing else "waiting",
            who,
            missing,
        )
    if draft["remarks"]:
        who = tk._(
            "Next: the group corrects it and hands it over again. The liaison says: {remarks}"
        )
        return Standing(
            tk._("Given back by the liaison"),
            "bad",
            who.format(remarks=draft["remarks"]),
            missing,
        )
    if version and not version["changed"]:
        return Standing(
            tk._("Version {number} is closed, and the draft says the same.").format(
                number=version["number"]
            ),
            "good",
            tk._(
                "Next: the group analyses the public interest of its databases. "
                "A change here begins the next version."
            ),
        )
    return Standing(_state(draft), "waiting", _next(draft, complete=not missing), missing)


def liaison(place: Place) -> str:
    """The name of the liaison of a group; a sentence when there is none."""
    held = place.people.holders(Post.LIAISON, place.coordination_id)
    names = names_of(one.person for one in held)
    return ", ".join(names.values()) or str(tk._("who is yet to be designated"))


def kind_label(kind: str) -> str:
    """What an import does with a row."""
    return str(
        {
            RowKind.CREATED: tk._("New"),
            RowKind.CHANGED: tk._("Changed"),
            RowKind.SAME: tk._("Same"),
            RowKind.REFUSED: tk._("Refused"),
        }[RowKind(kind)]
    )


def difference_label(kind: str) -> str:
    """What became of a database between two versions."""
    return str(
        {
            DifferenceKind.ADDED: tk._("Added"),
            DifferenceKind.REMOVED: tk._("Removed"),
            DifferenceKind.CHANGED: tk._("Changed"),
        }[DifferenceKind(kind)]
    )


def imported(shown: Mapping[str, Any]) -> str:
    """What an import did."""
    counts = shown["counts"]
    return str(
        tk._(
            "Imported: {created} new, {changed} changed; {same} were the same and {refused} "
            "were left out."
        ).format(**counts)
    )


def _state(draft: Mapping[str, Any]) -> str:
    if draft["modified"] is None:
        return str(tk._("Not begun yet"))
    number = draft["version"]["number"] + 1 if draft["version"] else 1
    return str(tk._("Draft of version {number}").format(number=number))


def _next(draft: Mapping[str, Any], *, complete: bool) -> str:
    if not draft["entries"] and not draft["declared_empty"]:
        return str(
            tk._(
                "Next: the group adds its databases, those that will never be open too, or "
                "declares that it has none."
            )
        )
    if not complete:
        return str(tk._("Next: the group completes it, and hands it to the liaison."))
    return str(tk._("Next: somebody of the group hands it to the liaison."))


def _missing(draft: Mapping[str, Any]) -> Iterator[str]:
    for finding in draft["header_findings"]:
        yield str(tk._("{field} of the header").format(field=finding["column"]))
    if not draft["entries"] and not draft["declared_empty"]:
        yield str(tk._("the databases"))
    gaps = [gap for gap in draft["missing"] if gap["severity"] == "blocking"]
    for gap in gaps[:_SHOWN_GAPS]:
        yield str(
            tk.ungettext(
                "{field} of {count} database", "{field} of {count} databases", gap["count"]
            )
        ).format(field=gap["title"], count=gap["count"])
    if len(gaps) > _SHOWN_GAPS:
        yield str(tk._("and {count} things more").format(count=len(gaps) - _SHOWN_GAPS))
