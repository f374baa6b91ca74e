"""What people read of a copy that is being prepared: how far it is, or why it stopped."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import jobs
from ckanext.imssbienestar.portal.check_runs import Reason, RunState
from ckanext.imssbienestar.portal.reports import CheckStanding


def standing_dict(standing: CheckStanding) -> dict[str, Any]:
    """A standing as the page and its progress bar read it."""
    message, fix = _sentences(standing)
    return {
        "state": standing.state.value if standing.state else "none",
        "percent": 100 if standing.state is RunState.DONE else standing.percent,
        "message": message,
        "fix": fix,
    }


def _sentences(standing: CheckStanding) -> tuple[str, str]:
    """What is the case, and what to do about it."""
    leave = tk._("You may leave this page and come back: the copy is prepared by itself.")
    match standing.state:
        case RunState.WAITING if jobs.somebody_works():
            return tk._("The copy waits for its turn to be prepared."), leave
        case RunState.WAITING:
            return (
                tk._("The copy waits, and no process of this site is taking jobs."),
                tk._("Tell the administrator: “ckan jobs worker” is not running."),
            )
        case RunState.RUNNING if standing.percent >= 99:
            return tk._("The copy is being prepared: the file was read and is being copied."), leave
        case RunState.RUNNING:
            text = tk._("The copy is being prepared: {percent} of the file was read.")
            return text.format(percent=f"{standing.percent} %"), leave
        case RunState.FAILED:
            return _failure(standing.reason or Reason.UNEXPECTED)
        case _:
            return tk._("The copy is not prepared."), tk._("Choose «Prepare again».")


def _failure(reason: Reason) -> tuple[str, str]:
    again = tk._("Choose «Prepare again».")
    later = tk._("Tell the administrator, and choose «Prepare again» later.")
    return {
        Reason.LOST: (tk._("The preparation was cut off: its process stopped."), again),
        Reason.QUEUE: (
            tk._("The preparation could not begin: the job queue of this site does not answer."),
            later,
        ),
        Reason.NO_ROOM: (
            tk._("The preparation stopped: the server had too little memory or disk."),
            later,
        ),
        Reason.NO_FILE: (
            tk._("The stored file could not be read."),
            tk._("Upload the file again."),
        ),
        Reason.DICTIONARY: (
            tk._("The data dictionary asks for something that cannot be used."),
            tk._("Import the data dictionary again: the answer says what has to change."),
        ),
        Reason.TOO_LONG: (
            tk._("The preparation took longer than this site allows and was stopped."),
            tk._("Divide the file, or ask the administrator for more time."),
        ),
        Reason.UNEXPECTED: (tk._("The preparation stopped on a fault of the program."), later),
    }[reason]
