"""What the electronic signatures inside a PDF (PAdES, e.firma) are worth.

Nothing is fetched: a signature is traced to the certificates that the site trusts, and to no other
machine. So whether a certificate had been revoked is not looked at, and nobody says it was.
"""

from __future__ import annotations

import datetime
from typing import BinaryIO

from asn1crypto import x509
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import PdfSignatureStatus, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from ckanext.imssbienestar.formats.oficio.signed_facts import SignatureFacts, SignatureState

# What the library meets in signatures that are not as the standards say.
UNREADABLE = (
    PdfError,
    SigningError,
    SignatureValidationError,
    ValidationError,
    PathError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
# What a later signature may add: its field, its picture, what proves it for longer.
_MAY_FOLLOW = ModificationLevel.FORM_FILLING


def checked_signatures(stream: BinaryIO, trusted: bytes) -> tuple[SignatureFacts, ...]:
    """Every signature of a PDF in the order in which they were made.

    :param trusted: the PEM of the authorities' certificates and of those between them and the
        signers; empty to trust nobody.
    :raises Exception: one of :data:`UNREADABLE`: what was signed, or how, cannot be made out.
    """
    reader = PdfFileReader(stream, strict=False)
    if reader.encrypted:
        reader.decrypt(b"")  # locked against printing only: it was opened so before
    context = _context(trusted)
    return tuple(_facts(found, context) for found in reader.embedded_regular_signatures)


def _context(trusted: bytes) -> ValidationContext:
    certificates = list(load_certs_from_pemder_data(trusted)) if trusted.strip() else []
    return ValidationContext(
        # Said even when there are none: left unsaid, it would be whom the system trusts.
        trust_roots=[one for one in certificates if _is_root(one)],
        other_certs=[one for one in certificates if not _is_root(one)],
        allow_fetching=False,
    )


def _is_root(certificate: x509.Certificate) -> bool:
    return bool(certificate.issuer == certificate.subject)


def _facts(found: EmbeddedPdfSignature, context: ValidationContext) -> SignatureFacts:
    kind = str(found.sig_object.get("/SubFilter", "")).lstrip("/")
    status = validate_pdf_signature(found, context)
    return SignatureFacts(
        kind=kind,
        covers=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        state=_state(status),
        signed_at=_moment(found.self_reported_timestamp),
    )


def _state(status: PdfSignatureStatus) -> SignatureState:
    if not status.intact or not status.valid:
        return SignatureState.BROKEN
    level = status.modification_level
    if level is None or level > _MAY_FOLLOW or status.docmdp_ok is False:
        return SignatureState.ALTERED
    return SignatureState.VERIFIED if status.bottom_line else SignatureState.UNTRUSTED


def _moment(said: datetime.datetime | None) -> str:
    """When the signer says it was; nobody else says so."""
    return said.isoformat() if said is not None else ""
