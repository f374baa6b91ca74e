"""What the process that reads a signed letter leaves for the one that asked."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

FACTS_FILE = "signed.json"
TRUSTED_FILE = "trusted.pem"
"""What the one that asks leaves for the process: the certificates that the site trusts."""
LONGEST_TEXT = 2_000_000
"""Characters; a letter has a few thousand."""


class SignatureState(StrEnum):
    """What an electronic signature is worth."""

    VERIFIED = "verified"
    UNTRUSTED = "untrusted"
    """Whole, and traced to nobody whom the site trusts."""
    ALTERED = "altered"
    """The document says something else since it was signed."""
    BROKEN = "broken"
    """What was signed is not what stands there."""
    UNREADABLE = "unreadable"
    """Nobody can make out what it is worth."""


class SignatureFacts(BaseModel):
    """An electronic signature inside a PDF.

    :ivar kind: its ``SubFilter``; ``ETSI.CAdES.detached`` is PAdES.
    :ivar covers: whether it covers the whole file.
    :ivar signed_at: the moment that the signer says, as ISO 8601 writes it; or empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    covers: bool
    state: SignatureState = SignatureState.UNREADABLE
    signed_at: str = ""


class SignedFacts(BaseModel):
    """A readable PDF.

    :ivar text: of all its pages; empty for a scan without one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pages: int
    text: str
    signatures: tuple[SignatureFacts, ...]
