"""The mirror's errors: the only place that says what a failure means and which exit code it has."""

from __future__ import annotations

from typing import Any

from ckanext.imssbienestar.errors import (
    ConfigurationError,
    ImssError,
    TerminalError,
    TransientError,
)
from ckanext.imssbienestar.mirror.texts import Language, Sentence

# What every program of the mirror ends with; docs/mirror.md says them.
GOOD, NOT_GOOD, COULD_NOT_RUN, REFUSED, GUARDED, INTERRUPTED = 0, 1, 2, 3, 4, 130


class Told:
    """An error that keeps its sentence as code and facts, to be read in either language."""

    sentence: Sentence

    def told(self, language: Language) -> str:
        """The whole sentence in one language."""
        return self.sentence.full(language)


class MirrorConfigurationError(Told, ConfigurationError):
    """A setting is missing or wrong (exit code 2)."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.sentence = Sentence(code, facts)
        super().__init__(self.sentence.what(), next_step=self.sentence.next_step())


class MirrorTerminalError(Told, TerminalError):
    """Sending the same again cannot succeed."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.sentence = Sentence(code, facts)
        super().__init__(self.sentence.what(), next_step=self.sentence.next_step())


class MirrorTransientError(Told, TransientError):
    """A later try may succeed.

    :param retry_after: seconds the other side asked to wait.
    """

    def __init__(self, code: str, *, retry_after: float | None = None, **facts: Any) -> None:
        self.sentence = Sentence(code, facts)
        super().__init__(
            self.sentence.what(), next_step=self.sentence.next_step(), retry_after=retry_after
        )


class CatalogueUnusableError(MirrorTerminalError):
    """What answers at the address is not the catalogue we expect."""


class RefusedError(MirrorTerminalError):
    """The catalogue knows what we ask and does not allow it."""


class NotThereError(MirrorTerminalError):
    """The catalogue has no such dataset, file or action."""


class RejectedError(MirrorTerminalError):
    """The catalogue does not accept the data sent.

    :param fields: CKAN's error dictionary, field by field.
    """

    def __init__(self, code: str, *, fields: dict[str, Any], **facts: Any) -> None:
        super().__init__(code, **facts)
        self.fields = fields


class ReleaseError(MirrorTerminalError):
    """A release cannot be projected or its bytes are not what was signed."""


class SpoolError(MirrorTerminalError):
    """A temporary file cannot be written."""


class NotStoredError(MirrorTerminalError):
    """The target took the call and does not show what was sent."""


class UnreachableError(MirrorTransientError):
    """No usable answer; surely or harmlessly not applied."""


class OutcomeUnknownError(MirrorTransientError):
    """A write broke off: look at the other side before sending anything again."""


class EditedMeanwhileError(MirrorTransientError):
    """Somebody edited the dataset between our look and our write; nothing was written."""


class PreflightRefusedError(MirrorTerminalError):
    """Token, organization, group or licence refused before anything was done (exit code 3)."""


class GuardError(MirrorTerminalError):
    """A guard stopped the run (exit code 4)."""


def exit_code_of(error: ImssError) -> int:
    """What a program ends with after an error that ended all of it."""
    if isinstance(error, GuardError):
        return GUARDED
    if isinstance(error, PreflightRefusedError | RefusedError):
        return REFUSED
    return COULD_NOT_RUN
