"""Where a letter, and the letters of a unit, stand: in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal.identification.pages import Standing, Tone
from ckanext.imssbienestar.procedure.oficio_delivery import LetterState

_TONES: Mapping[LetterState, Tone] = {
    LetterState.SENT: "good",
    LetterState.NOT_SENT: "bad",
}


def state_label(state: str) -> str:
    """Where a letter stands, in a few words."""
    return {
        LetterState.GENERATED: tk._("Generated: waits for the signature"),
        LetterState.SIGNED: tk._("Signed: waits to be sent"),
        LetterState.SENDING: tk._("On its way to the Transparency Unit"),
        LetterState.SENT: tk._("Sent to the Transparency Unit"),
        LetterState.NOT_SENT: tk._("Not sent: its mail was given up"),
    }[LetterState(state)]


def letter_standing(letter: Mapping[str, Any]) -> Standing:
    """Where one letter stands, who acts next and what is missing.

    :param letter: what ``imss_oficio_show`` answered.
    """
    state = LetterState(letter["state"])
    if letter["replaced_by"] and state is not LetterState.SENT:
        said = tk._("Replaced by the letter {folio} before it was sent.")
        return Standing(said.format(folio=letter["replaced_by"]), "good")
    who = {
        LetterState.GENERATED: tk._(
            "The head of the unit signs it; the head or the liaison uploads the signed PDF."
        ),
        LetterState.SIGNED: tk._("The head of the unit or the liaison sends it."),
        LetterState.SENDING: tk._("The system sends it; there is nothing to do but wait."),
        LetterState.SENT: "",
        LetterState.NOT_SENT: tk._(
            "The head of the unit or the liaison tries again, or sends it again."
        ),
    }[state]
    missing = {
        LetterState.GENERATED: [tk._("the signature")],
        LetterState.SIGNED: [tk._("sending it")],
        LetterState.NOT_SENT: [tk._("that the mail arrives")],
    }.get(state, [])
    if letter["outdated"]:
        missing = [*missing, tk._("a new letter for the forms that changed")]
        return Standing(state_label(state), "bad", who, missing)
    return Standing(state_label(state), _TONES.get(state, "waiting"), who, missing)


def unit_standing(
    letters: Sequence[Mapping[str, Any]],
    uncovered: Sequence[Mapping[str, Any]],
    without_form: Sequence[str],
) -> Standing:
    """Where the letters of a unit stand.

    :param letters: a page of what ``imss_oficio_list`` answered.
    :param uncovered: the forms that no letter covers.
    :param without_form: names of groups that have no Formato 2 yet.
    """
    missing = [
        tk._("a letter for Formato 2 of {group}, version {version}").format(
            group=each["coordination"], version=each["version"]
        )
        for each in uncovered
    ]
    missing += [tk._("Formato 2 of {group}").format(group=name) for name in without_form]
    unfinished = [
        each for each in letters if each["state"] != LetterState.SENT and not each["replaced_by"]
    ]
    missing += [f"{state_label(each['state'])}: {each['folio']}" for each in unfinished]
    if not letters and not missing:
        return Standing(tk._("There is nothing to validate yet."), "waiting")
    if not missing:
        return Standing(tk._("Every Formato 2 of the unit is validated."), "good")
    who = tk._("The head of the unit and the liaison make, sign and send the letters.")
    state = tk._("Something is still to be validated.")
    return Standing(state, "waiting", who, missing)
