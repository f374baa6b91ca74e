"""What was asked of a catalogue and answered, so that the same can be asked again and compared.

A plan is made of answers: whoever asks the same questions and hears the same answers, byte for
byte, comes to the same plan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ckanext.imssbienestar.mirror.catalogues.answers import Answer, read_result


@dataclass(frozen=True)
class Question:
    """A call that changes nothing.

    :ivar answer: SHA-256 of the body of the answer it had.
    """

    action: str
    payload: Mapping[str, Any]
    answer: str


class Reply:
    """The answer to a question.

    :param known: SHA-256 of an answer that was a good one; the same one is not read again unless
        somebody asks for its result.
    :raises MirrorTerminalError: like ``answers.read_result``, where it is no good answer.
    :raises MirrorTransientError: likewise.
    """

    def __init__(
        self, action: str, payload: Mapping[str, Any], answer: Answer, known: str = ""
    ) -> None:
        self._answer = answer
        digest = hashlib.sha256(answer.content).hexdigest()
        self.question = Question(action, dict(payload), digest)
        self.same = answer.status == 200 and digest == known
        if not self.same:
            _ = self.result

    @cached_property
    def result(self) -> Any:
        """What the action gave."""
        return read_result(self._answer)


class Conversation:
    """All the questions that were asked through one transport, and those asked ahead."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self._ahead: dict[str, Callable[[], Reply]] = {}

    def heard(self, reply: Reply) -> None:
        """A question was answered."""
        self.questions.append(reply.question)

    def asked_ahead(self, question: Question, reply: Callable[[], Reply]) -> None:
        """A question is under way already; its reply serves whoever asks it next, once."""
        self._ahead[_key(question.action, question.payload)] = reply

    def taken(self, action: str, payload: Mapping[str, Any]) -> Callable[[], Reply] | None:
        """The reply to a question that was asked ahead."""
        return self._ahead.pop(_key(action, payload), None)

    def forget_ahead(self) -> None:
        """What was asked ahead serves nobody any more."""
        self._ahead.clear()


def _key(action: str, payload: Mapping[str, Any]) -> str:
    return f"{action} {json.dumps(payload, sort_keys=True)}"
