"""What people read of a check that has no report: how far it is, or why it stopped."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import jobs
from ckanext.imssbienestar.portal.check_runs import Reason, RunState
from ckanext.imssbienestar.portal.reports import CheckStanding


def standing_dict(standing: CheckStanding) -> dict[str, Any]:
    """A standing as the API and the pages give it."""
    message, fix = standing_sentences(standing)
    return {
        "state": standing.state.value if standing.state else "none",
        "percent": 100 if standing.state is RunState.DONE else standing.percent,
        "reason": standing.reason.value if standing.reason else "",
        "message": message,
        "fix": fix,
    }


def standing_sentences(standing: CheckStanding) -> tuple[str, str]:
    """What is the case, and what to do about it."""
    match standing.state:
        case RunState.WAITING:
            return _waiting()
        case RunState.RUNNING if standing.percent >= 99:
            return tk._("The file was read to its end; its rules are being applied."), ""
        case RunState.RUNNING:
            text = tk._("The file is being checked: {percent} of it was read.")
            return text.format(percent=f"{standing.percent} %"), tk._(
                "You may leave this page; the check goes on."
            )
        case RunState.FAILED:
            return _failure(standing.reason or Reason.UNEXPECTED)
        case RunState.DONE:
            return tk._("The check has ended."), ""
        case _:
            return (
                tk._("This file was not checked yet by the present rules."),
                tk._("Those who prepare or review the dataset can have it checked."),
            )


def _waiting() -> tuple[str, str]:
    if jobs.somebody_works():
        return (
            tk._("The check waits for its turn."),
            tk._("You may leave this page; the check begins by itself."),
        )
    return (
        tk._("The check waits, and no process of this site is taking jobs."),
        tk._("Tell the administrator: “ckan jobs worker” is not running."),
    )


def _failure(reason: Reason) -> tuple[str, str]:
    again = tk._("Choose «Check again».")
    match reason:
        case Reason.LOST:
            return tk._("The check was cut off: its process stopped before the end."), again
        case Reason.QUEUE:
            return (
                tk._("The check could not begin: the job queue of this site does not answer."),
                tk._("Tell the administrator, and choose «Check again» later."),
            )
        case Reason.NO_ROOM:
            return (
                tk._("The check stopped: the server had too little memory or disk for this file."),
                tk._("Tell the administrator, and choose «Check again» later."),
            )
        case Reason.NO_FILE:
            return (
                tk._("The stored file could not be read."),
                tk._("Upload the file again."),
            )
        case Reason.DICTIONARY:
            return (
                tk._("The data dictionary asks for something that cannot be checked."),
                tk._("Import the data dictionary again: the answer says what has to change."),
            )
        case Reason.TOO_LONG:
            return (
                tk._("The check took longer than this site allows and was stopped."),
                tk._("Divide the file, or ask the administrator for more time."),
            )
        case Reason.UNEXPECTED:
            return tk._("The check stopped on a fault of the program."), tk._(
                "Choose «Check again»; if it happens again, tell the administrator."
            )
