"""The errors of the whole system: one small hierarchy.

Every error is either *terminal* (trying again changes nothing) or *transient* (a later try may
succeed). Facts are attributes; the text is one sentence that says what happened and what to do.
No error ever carries a cell value or a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ckanext.imssbienestar.domain.findings import Finding


class ImssError(Exception):
    """Base of every error this package raises on purpose.

    :param message: what happened, in a sentence for people.
    :param next_step: what to do about it, in a sentence for people.
    """

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class TerminalError(ImssError):
    """Trying the same again cannot succeed."""


class TransientError(ImssError):
    """A later try of the same call may succeed.

    :param retry_after: seconds the other side asked us to wait, when it did.
    """

    def __init__(
        self, message: str, *, next_step: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.retry_after = retry_after


class ConfigurationError(TerminalError):
    """A setting, a file or an argument is missing or wrong: programs end with exit code 2."""


class InputFileError(TerminalError):
    """A file given by a person cannot be used at all (absent, a directory, unreadable).

    :param path: the file as the person named it.
    """

    def __init__(self, message: str, *, path: str, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.path = path


class GateError(TerminalError):
    """A gate refused: the findings say why, each with its fix.

    :param findings: at least one blocking finding.
    """

    def __init__(self, message: str, *, findings: Sequence[Finding], next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.findings = tuple(findings)
