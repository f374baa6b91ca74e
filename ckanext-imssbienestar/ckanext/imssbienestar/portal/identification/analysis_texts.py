"""What the pages of the analysis and of Formato 2 say of where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.portal.identification.pages import Place, Standing
from ckanext.imssbienestar.portal.people_names import names_of

_SHOWN = 5


def analysis_standing(place: Place, found: Mapping[str, Any], *, current: bool) -> Standing:
    """Where the analysis stands.

    :param found: what ``imss_analysis_show`` answered.
    :param current: there is a Formato 2 that says what was decided.
    """
    if found["version"] is None:
        return Standing(
            tk._("The Formato 1 is not closed yet; the analysis begins then."),
            who=tk._("Next: the liaison{name} closes Formato 1.").format(name=liaison(place)),
            missing=[tk._("a closed Formato 1")],
        )
    if not found["complete"]:
        return Standing(
            tk._("Under analysis: {done} of {total} databases decided.").format(
                done=found["total"] - found["undecided"], total=found["total"]
            ),
            who=tk._("Next: the members of the group decide about what is missing."),
            missing=analysis_missing(found),
        )
    if current:
        return Standing(
            tk._("The analysis is complete and Formato 2 says it."),
            "good",
            who=tk._("Nobody has to do anything until the next Formato 1 is closed."),
        )
    return Standing(
        tk._("The analysis is complete."),
        "good",
        who=tk._("Next: the liaison{name} generates Formato 2.").format(name=liaison(place)),
        missing=[tk._("a Formato 2 of these decisions")],
    )


def concentrado_standing(
    place: Place, found: Mapping[str, Any], newest: Mapping[str, Any] | None
) -> Standing:
    """Where Formato 2 stands.

    :param found: what ``imss_analysis_show`` answered.
    :param newest: ``number`` and ``outdated`` of the newest version, if any.
    """
    if newest is not None and not newest["outdated"]:
        return Standing(
            tk._("Version {number} of Formato 2 is closed and up to date.").format(
                number=newest["number"]
            ),
            "good",
            who=tk._("Next: it goes into the Oficio de Validación of the unit."),
        )
    state = (
        _outdated(newest)
        if newest is not None
        else tk._("There is no Formato 2 of this group yet.")
    )
    if found["version"] is not None and found["complete"]:
        missing = [tk._("the powers of the unit, which are asked when it is generated")]
        who = tk._("Next: the liaison{name} generates Formato 2.").format(name=liaison(place))
    elif found["version"] is not None:
        missing = analysis_missing(found)
        who = tk._("Next: the members of the group decide about what is missing.")
    else:
        missing = [tk._("a closed Formato 1")]
        who = tk._("Next: the liaison{name} closes Formato 1.").format(name=liaison(place))
    return Standing(state, who=who, missing=missing)


def analysis_missing(found: Mapping[str, Any]) -> list[str]:
    """What keeps the analysis from being complete, in a few words each."""
    missing: list[str] = []
    if count := found["undecided"]:
        text = tk.ungettext(
            "the decision about {count} database", "the decision about {count} databases", count
        )
        missing.append(text.format(count=count))
    blocking = [each for each in found["findings"] if each["severity"] == "blocking"]
    missing += [str(each["message"]).rstrip(".") for each in blocking[:_SHOWN]]
    return missing


def exclusion_text(row: Mapping[str, Any]) -> str:
    """Why a database is not published, whatever is decided; nothing when it may be."""
    match row["exclusion"]:
        case "personal":
            return tk._("It holds personal data: it is not published as it stands.")
        case "reserved":
            ground = row["reserve_ground"]
            said = tk._("It is reserved: it is not published.")
            return f"{said} {ground}" if ground else said
    return ""


def outcome(decision: Mapping[str, Any], exclusion: str) -> str:
    """What a decision comes to, in a few words."""
    if not decision["public_interest"]:
        return tk._("Without public interest")
    if decision["open"]:
        return tk._("Of public interest; it is published as open data")
    if exclusion:
        return tk._("Of public interest; it is not published as it stands")
    return tk._("Of public interest; it is not published")


def liaison(place: Place) -> str:
    """The name of the liaison of a group, to follow a sentence; empty where there is none."""
    held = place.people.holders(Post.LIAISON, place.coordination_id)
    names = names_of(each.person for each in held)
    return f" ({', '.join(names.values())})" if names else ""


def filters() -> Sequence[tuple[str, str]]:
    """The filters of the list, each with its words."""
    return (
        ("all", tk._("All databases")),
        ("undecided", tk._("Not decided yet")),
        ("excluded", tk._("With personal data, or reserved")),
        ("not_open", tk._("Decided, and not open data")),
    )


def _outdated(newest: Mapping[str, Any]) -> str:
    said = {
        "inventory": tk._("Version {number} of Formato 2 is of an earlier Formato 1."),
        "decisions": tk._("Something was decided otherwise since version {number} of Formato 2."),
    }
    return said[newest["outdated"]].format(number=newest["number"])
