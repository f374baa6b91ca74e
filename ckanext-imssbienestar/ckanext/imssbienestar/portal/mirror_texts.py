"""The mirror in people's words: why a dataset is not public there, and whether a copy is equal."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.mirror.overview.timetable import Punctuality, Timetable
from ckanext.imssbienestar.mirror.overview.whereabouts import Answer, Group, Where
from ckanext.imssbienestar.mirror.review.passages import Kind, ReviewState
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.mirror_equality import DatasetEquality, Equality

_ZONE = ZoneInfo("America/Mexico_City")


def answer_sentence(answer: Answer) -> str:
    """Why a dataset is not public on the federal catalogue, or that it is."""
    reason = answer.reason.get(texts.language(), "")
    if answer.files:
        reason = tk._("Files: {files}.").format(files=", ".join(answer.files))
    said = _answers()[answer.where].format(since=moment(answer.since), reason=reason)
    return " ".join(str(said).split())


def group_label(group: Group) -> str:
    """What a person does about it."""
    return {
        Group.HERE: tk._("Waits for somebody here"),
        Group.FAILED: tk._("Failed"),
        Group.WAITING: tk._("The next run does it"),
        Group.FEDERAL: tk._("In federal review"),
        Group.DIFFERS: tk._("The copy is not equal"),
        Group.PUBLIC: tk._("Public there"),
        Group.GONE: tk._("Withdrawn"),
    }[group]


def timetable_sentence(table: Timetable) -> str:
    """Did what should have run?"""
    due = moment(table.due)
    return {
        Punctuality.OK: tk._("It runs as it should. The next run is due on {due}."),
        Punctuality.LATE: tk._(
            "A run was due on {due} and has not begun. Press «Run now», and ask whoever runs this "
            "site whether the timer is on."
        ),
        Punctuality.FAILED: tk._(
            "The last run did not end well: see below why. The next one is due on {due}."
        ),
        Punctuality.NEVER: tk._("It has never run. Press «Run now»."),
    }[table.punctuality].format(due=due)


def moment(value: datetime | None) -> str:
    """A moment as people in Mexico City write it, to the minute; empty for None."""
    if value is None:
        return ""
    local, language = value.astimezone(_ZONE), texts.language()
    return f"{format_date(local, 'long', language)} {format_time(local, 'HH:mm', locale=language)}"


def equality_sentence(found: DatasetEquality) -> str:
    """Is the federal copy equal to what was signed?"""
    words = {
        Equality.EQUAL: tk._("Equal: every file there is, byte for byte, the one that was signed."),
        Equality.DIFFERENT: tk._(
            "Not equal since {since}: a file there is not the one that was signed."
        ),
        Equality.MISSING: tk._("Not equal since {since}: a file is missing there."),
        Equality.UNREADABLE: tk._(
            "Not known: the last time, on {verified}, a file there could not be read."
        ),
        Equality.NOT_VERIFIED: tk._(
            "Not verified yet: nobody has read the federal copy of this release."
        ),
        Equality.NOT_SENT: tk._("Not sent: the federal catalogue does not take these files."),
    }
    verified = max((file.verified for file in found.files if file.verified), default=None)
    return words[found.equality].format(since=moment(found.since), verified=moment(verified))


def equality_label(value: Equality) -> str:
    """The same for one file, in a word or two."""
    return {
        Equality.EQUAL: tk._("Equal"),
        Equality.DIFFERENT: tk._("Different"),
        Equality.MISSING: tk._("Missing there"),
        Equality.UNREADABLE: tk._("Could not be read"),
        Equality.NOT_VERIFIED: tk._("Not verified yet"),
        Equality.NOT_SENT: tk._("Not sent: that catalogue does not take it"),
    }[value]


def action_label(action: str) -> str:
    """What a plan would do."""
    return {
        "create": tk._("make it there"),
        "update": tk._("change its description there"),
        "upload": tk._("send files"),
        "withdraw": tk._("take it away there"),
        "none": tk._("nothing"),
    }[action]


def _answers() -> dict[Where, Any]:
    return {
        Where.NO_RELEASE: tk._(
            "Nobody has sent it to review yet: the liaison of its unit does that."
        ),
        Where.RETURNED: tk._(
            "It was returned to draft: the liaison of its unit corrects it and sends it again."
        ),
        Where.WITH_HEAD: tk._("It is in review here: the head of the unit has not signed it yet."),
        Where.WITH_TRANSPARENCY: tk._(
            "It is in review here: the Transparency Unit has not signed it yet."
        ),
        Where.WITH_ADMINISTRATOR: tk._(
            "It is signed, and waits for the Open data administrator to publish it here."
        ),
        Where.NOT_SCANNED: tk._(
            "It is published here, but its files were not looked at by the present rules on "
            "personal data: run «ckan imssbienestar personal-data scan»."
        ),
        Where.AWAITS_DECISION: tk._(
            "It is published here, but the present rules tell of personal data in it: the "
            "Transparency Unit has to decide."
        ),
        Where.FAILED: tk._("Sending it failed: {reason}"),
        Where.WAITS_FOR_RUN: tk._("It was published here on {since}: the next run sends it."),
        Where.UNDER_WAY: tk._(
            "It is being sent, or the last run broke off: the next one finishes it."
        ),
        Where.OUTDATED: tk._(
            "An earlier release of it is there; the one of {since} goes with the next run."
        ),
        Where.FEDERAL_REVIEW: tk._(
            "It was sent, and waits since {since} for the federal reviewer to make it public."
        ),
        Where.NOT_NOTIFIED: tk._(
            "It was sent on {since}, but the notice to the federal side has not left: press «See "
            "the notice that would leave»."
        ),
        Where.FEDERAL_RETURNED: tk._(
            "The federal side changed it or closed it again ({since}): ask there what has to be "
            "corrected."
        ),
        Where.FEDERAL_REJECTED: tk._(
            "The federal side deleted it ({since}): ask there why before it is sent again."
        ),
        Where.DIFFERS: tk._(
            "The copy there is not what was signed, since {since}. {reason} Retry it, or "
            "let a person look at who changed it there."
        ),
        Where.UNVERIFIED: tk._(
            "It is public there; not all of its bytes were read back yet. Verify it."
        ),
        Where.EQUAL: tk._("It is public there and equal to what was signed, verified on {since}."),
        Where.WITHDRAWAL_WAITS: tk._("It was withdrawn here: the next run takes it away there."),
        Where.WITHDRAWN: tk._("It was withdrawn, here and there."),
    }


def kind_label(kind: Kind) -> str:
    """What a notice and a comprobante are about."""
    return {
        Kind.LOAD: tk._("Load"),
        Kind.CHANGE: tk._("Change"),
        Kind.WITHDRAWAL: tk._("Withdrawal"),
    }[kind]


def review_label(state: ReviewState) -> str:
    """Where a release is at the federal side."""
    return {
        ReviewState.SENT: tk._("sent; not confirmed, or nobody was notified"),
        ReviewState.IN_REVIEW: tk._("in federal review"),
        ReviewState.PUBLIC: tk._("public; its bytes were not all read back"),
        ReviewState.EQUAL: tk._("public and equal"),
        ReviewState.WITHDRAWN: tk._("withdrawn by us"),
        ReviewState.RETURNED: tk._("changed or closed again by the federal side"),
        ReviewState.REJECTED: tk._("deleted by the federal side"),
    }[state]
