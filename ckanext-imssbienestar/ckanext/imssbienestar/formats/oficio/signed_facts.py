"""What the process that reads a signed letter leaves for the one that asked."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

FACTS_FILE = "signed.json"
LONGEST_TEXT = 2_000_000
"""Characters; a letter has a few thousand."""


class SignatureFacts(BaseModel):
    """An electronic signature inside a PDF, as it says of itself: nothing of it is verified.

    :ivar kind: its ``SubFilter``; ``ETSI.CAdES.detached`` is PAdES.
    :ivar covers: whether it says that it covers the whole file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    covers: bool


class SignedFacts(BaseModel):
    """A readable PDF.

    :ivar text: of all its pages; empty for a scan without one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pages: int
    text: str
    signatures: tuple[SignatureFacts, ...]
