"""What an answer of a catalogue means: status and body to a result or to one typed error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.imssbienestar.mirror.errors import (
    CatalogueUnusableError,
    MirrorTerminalError,
    MirrorTransientError,
    NotThereError,
    OutcomeUnknownError,
    RefusedError,
    RejectedError,
    UnreachableError,
)
from ckanext.imssbienestar.mirror.texts import Sentence, say

_WAIT_STATUSES = (429, 503)
_LONGEST_CAUSE = 300


@dataclass(frozen=True)
class Answer:
    """The facts of an HTTP answer.

    :ivar call: the action or path asked for, for the sentence.
    :ivar attempts: how often it is tried in all, for the sentence.
    """

    host: str
    call: str
    status: int
    media_type: str
    location: str | None
    retry_after: float | None
    attempts: int
    content: bytes


def read_result(answer: Answer) -> Any:
    """The ``result`` of an action's answer, or the error it stands for."""
    _refuse_waits_and_redirects(answer)
    body = _json(answer)
    if isinstance(body, str) and answer.status == 400:
        # CKAN answers a bare JSON text when it has no such action.
        raise CatalogueUnusableError("not-an-action", **_where(answer))
    if not isinstance(body, dict):
        raise _not_json(answer)
    if answer.status == 200 and body.get("success") is True and "result" in body:
        return body["result"]
    raise _ckan_error(answer, body)


def check_download(answer: Answer) -> None:
    """Pass only the answer of a file."""
    _refuse_waits_and_redirects(answer)
    if answer.status == 200:
        return
    if answer.status in (404, 410):
        raise NotThereError("not-found", host=answer.host, call=answer.call)
    if answer.status in (401, 403):
        raise RefusedError("firewall", **_where(answer), status=answer.status)
    raise CatalogueUnusableError(
        "not-json", **_where(answer), kind=_kind(answer), status=answer.status
    )


def failure_of_write(error: MirrorTransientError, host: str, call: str) -> MirrorTransientError:
    """A passing failure of a write, as unknown unless it surely was not applied."""
    if isinstance(error, UnreachableError):
        return error
    return OutcomeUnknownError(
        "outcome-unknown",
        retry_after=error.retry_after,
        host=host,
        call=call,
        cause=error.sentence,
    )


def _refuse_waits_and_redirects(answer: Answer) -> None:
    if answer.status in _WAIT_STATUSES:
        # Refused at the door: surely not applied.
        raise UnreachableError(
            "busy",
            retry_after=answer.retry_after,
            **_where(answer),
            status=answer.status,
            attempts=answer.attempts,
        )
    if 300 <= answer.status < 400:
        location = (answer.location or "?").split("?")[0]
        raise CatalogueUnusableError("redirected", **_where(answer), location=location)
    if answer.status == 413:
        raise MirrorTerminalError("too-large", **_where(answer))
    if answer.status >= 500:
        raise OutcomeUnknownError(
            "server-error", retry_after=answer.retry_after, **_where(answer), status=answer.status
        )


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return None


def _not_json(answer: Answer) -> Exception:
    if answer.status in (401, 403):
        return RefusedError("firewall", **_where(answer), status=answer.status)
    if answer.status == 200 and "json" in answer.media_type:
        # The right kind of answer, cut short on its way.
        return OutcomeUnknownError("answer-broken", **_where(answer), cause="JSON")
    return CatalogueUnusableError(
        "not-json", **_where(answer), kind=_kind(answer), status=answer.status
    )


def _ckan_error(answer: Answer, body: Mapping[str, Any]) -> Exception:
    error = body.get("error")
    kind = str(error.get("__type", "")) if isinstance(error, dict) else ""
    if answer.status in (401, 403) or kind == "Authorization Error":
        cause = _message(error) or f"HTTP {answer.status}"
        return RefusedError("refused", **_where(answer), cause=cause)
    if answer.status == 404 and body.get("success") is False and kind == "Not Found Error":
        return NotThereError("not-found", **_where(answer))
    if isinstance(error, dict) and answer.status in (400, 409):
        fields = _fields(error)
        return RejectedError("rejected", fields=fields, **_where(answer), cause=_cause(fields))
    return CatalogueUnusableError("answer-broken", **_where(answer), cause=f"HTTP {answer.status}")


def _fields(error: Mapping[str, Any]) -> dict[str, Any]:
    """The errors by field; CKAN 2.9 wraps those of ``package_revise`` in a list of messages."""
    fields = {str(name): value for name, value in error.items() if name != "__type"}
    messages = fields.get("message")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, Mapping):
            fields |= {str(name): value for name, value in message.items()}
    return fields


def _where(answer: Answer) -> dict[str, Any]:
    return {"host": answer.host, "call": answer.call}


def _kind(answer: Answer) -> Sentence:
    if not answer.content.strip():
        return say("kind-empty")
    start = answer.content.lstrip()[:1]
    return say("kind-html" if "html" in answer.media_type or start == b"<" else "kind-other")


def _message(error: Any) -> str:
    return str(error.get("message", ""))[:_LONGEST_CAUSE] if isinstance(error, dict) else ""


def _cause(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False)[:_LONGEST_CAUSE]
