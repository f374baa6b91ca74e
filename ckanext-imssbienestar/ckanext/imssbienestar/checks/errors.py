"""What can stop a check that is not a finding about the file."""

from __future__ import annotations

from ckanext.imssbienestar.errors import InputFileError, TransientError


class FileChangedError(InputFileError):
    """Somebody wrote to the file while it was being read."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The file {path} changed while it was being checked.",
            path=path,
            next_step="Check it again when nobody is writing to it.",
        )


class TableEngineError(TransientError):
    """The engine had no room to work: memory or temporary disk.

    Never holds the engine's own message, which may quote cells.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The table engine stopped ({reason}).",
            next_step="Free memory or space in the temporary folder and check the file again.",
        )
