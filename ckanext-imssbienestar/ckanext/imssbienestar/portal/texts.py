"""Sentences for people: what each of our errors says, in the language of the request."""

from __future__ import annotations

from typing import Literal

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks.personal.errors import GuardFailedError
from ckanext.imssbienestar.domain.release import NotSignable
from ckanext.imssbienestar.domain.workflow import (
    Reason,
    Role,
    State,
    Transition,
    TransitionRefused,
)
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.procedure.content_store import (
    ContentMissing,
    FileTooLarge,
    StorageFull,
)
from ckanext.imssbienestar.procedure.releases import (
    AnotherUnderWay,
    NothingChanged,
    ReleaseChanged,
    ReleaseNotFound,
)


def N_(text: str) -> str:
    """Marks a sentence for the catalogues where it is not translated yet."""
    return text


def language() -> Literal["es", "en"]:
    """``es`` or ``en``: the language of the request, or the site's outside a request."""
    try:
        chosen = str(tk.h.lang())
    except RuntimeError:  # outside a request
        chosen = config.default_language()
    return "en" if chosen.startswith("en") else "es"


def state_label(state: State) -> str:
    """A state in people's words."""
    return {
        State.DRAFT: tk._("Draft"),
        State.IN_REVIEW: tk._("In review"),
        State.SIGNED: tk._("Signed"),
        State.PUBLISHED: tk._("Published"),
        State.WITHDRAWN: tk._("Withdrawn"),
    }[state]


def role_label(role: Role) -> str:
    """A role in the Procedure's words."""
    return {
        Role.LIAISON: tk._("Transparency liaison"),
        Role.UNIT_HEAD: tk._("Head of the unit"),
        Role.TRANSPARENCY_UNIT: tk._("Transparency Unit"),
        Role.ADMINISTRATOR: tk._("Open data administrator"),
    }[role]


def transition_label(transition: Transition) -> str:
    """A transition as the words of its button."""
    return {
        Transition.SUBMIT: tk._("Send to review"),
        Transition.SIGN: tk._("Sign"),
        Transition.PUBLISH: tk._("Publish"),
        Transition.RETURN: tk._("Return to draft"),
        Transition.WITHDRAW: tk._("Withdraw"),
    }[transition]


def sentence(error: ImssError) -> str:
    """What happened and what to do, for the person who asked."""
    match error:
        case TransitionRefused():
            return _refusal(error)
        case ReleaseChanged():
            return _changed(error)
        case NothingChanged():
            return tk._("Nothing changed since release {number}, which is published.").format(
                number=error.number
            )
        case AnotherUnderWay():
            return tk._("Another update of this dataset is under review already.")
        case ReleaseNotFound():
            return tk._("There is no such release.")
        case FileTooLarge():
            return tk._("The file is larger than the limit of {size} MB.").format(
                size=error.limit >> 20
            )
        case StorageFull():
            return tk._(
                "There is no room left to keep the file; nothing was saved. "
                "Tell the administrator and upload it again."
            )
        case ContentMissing():
            return tk._(
                "A stored file is missing or was altered. "
                "Upload it again and send the dataset to review again."
            )
        case NotSignable():
            return tk._(
                "A number has too many digits, or a text has characters that are not text. "
                "Write numbers of more than 15 digits as text in the data dictionary."
            )
        case GuardFailedError():
            return tk._(
                "What was sent could not be looked through for personal data, and is not let "
                "through. Tell the administrator of the catalogue."
            )
        case _:
            return str(error)


def _refusal(error: TransitionRefused) -> str:
    roles = ", ".join(role_label(role) for role in error.roles)
    match error.reason:
        case Reason.WRONG_STATE:
            text = tk._("«{transition}» is not possible: the release is in the state «{state}».")
        case Reason.NOT_DESIGNATED:
            text = tk._(
                "«{transition}» is for: {roles}. You have no designation in that role here."
            )
        case Reason.ALREADY_ACTED:
            text = tk._("You already acted on this release; «{transition}» is for another person.")
        case Reason.OFICIO_MISSING:
            text = tk._("Write the number of the oficio you sign with.")
        case Reason.REASON_MISSING:
            text = tk._("Write the reason.")
    return text.format(
        transition=transition_label(error.transition),
        state=state_label(error.state),
        roles=roles,
    )


_CHANGES_SHOWN = 5


def _changed(error: ReleaseChanged) -> str:
    text = tk._("The content changed after it was sent to review; what was signed is not this.")
    if error.changes:
        shown = ", ".join(change.path for change in error.changes[:_CHANGES_SHOWN])
        text += " " + tk._("What changed: {changes}.").format(changes=shown)
    return text + " " + tk._("Return it to draft and send it to review again.")
