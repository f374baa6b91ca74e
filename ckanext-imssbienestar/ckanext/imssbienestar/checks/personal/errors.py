"""What can stop the guard. None of it lets a file through."""

from __future__ import annotations

from ckanext.imssbienestar.errors import InputFileError


class GuardFailedError(InputFileError):
    """The guard met a value it cannot judge: a fault of ours, and the file stays out.

    Holds the kind of fault only, neither the value nor the error that may quote it.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(
            f"The file could not be looked through for personal data ({fault}).",
            path="",
            next_step="It is not let through. Tell the administrator of the catalogue.",
        )
