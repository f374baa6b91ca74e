"""The letter that comes back signed: is it a PDF, and is it this letter?

A scan has no text to compare, which is told to the person who receives it. An electronic signature
(PAdES) is verified: a document that is not what was signed is refused; a signature that cannot be
traced to a certificate that the site trusts is told as not verified, never as good.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ckanext.imssbienestar.domain.oficio import Oficio
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.formats.oficio.signed_facts import (
    FACTS_FILE,
    TRUSTED_FILE,
    SignatureFacts,
    SignatureState,
    SignedFacts,
)
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError
from ckanext.imssbienestar.formats.workbooks.reader_process import run_reader
from ckanext.imssbienestar.private_files import private_folder

_PROGRAM = "ckanext.imssbienestar.formats.oficio.signed_process"
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
# Fewer letters than this on all pages are stamps and page numbers: a scan.
_LEAST_TEXT = 200
# What the process says of any file that it stumbled over.
_OUR_WORDS = {"workbook-damaged": "signed-damaged", "workbook-too-large": "signed-too-large"}


@dataclass(frozen=True)
class SignedCopy:
    """What is recorded of a signed letter, and what is wrong with it.

    :ivar size: in bytes.
    :ivar sha256: of the file, lower-case hexadecimal.
    :ivar pages: 0 when it cannot be read.
    :ivar signatures: the electronic ones in it.
    """

    size: int
    sha256: str
    pages: int = 0
    has_text: bool = False
    signatures: tuple[SignatureFacts, ...] = ()
    problems: tuple[Problem, ...] = ()


def check_signed_copy(path: str | Path, oficio: Oficio, trusted: bytes = b"") -> SignedCopy:
    """Look at a signed letter in a process bounded in memory and time.

    :param trusted: PEM of the certificates that electronic signatures are traced to.
    :raises OSError: the file cannot be read at all.
    """
    path = Path(path)
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        size = stream.tell()
    try:
        with private_folder("signed") as folder:
            (folder / TRUSTED_FILE).write_bytes(trusted)
            run_reader(_PROGRAM, path, folder)
            facts = SignedFacts.model_validate_json((folder / FACTS_FILE).read_bytes())
    except WorkbookError as error:
        problem = Problem(_OUR_WORDS.get(error.code, error.code))
        return SignedCopy(size, sha256, problems=(problem,))
    return signed_copy(size, sha256, facts, oficio)


def signed_copy(size: int, sha256: str, facts: SignedFacts, oficio: Oficio) -> SignedCopy:
    """The same, of a PDF that was read already."""
    has_text = len("".join(facts.text.split())) >= _LEAST_TEXT
    return SignedCopy(
        size,
        sha256,
        pages=facts.pages,
        has_text=has_text,
        signatures=facts.signatures,
        problems=(
            *_text_problems(facts.text, oficio, has_text=has_text),
            *_signature_problems(facts),
        ),
    )


def _text_problems(text: str, oficio: Oficio, *, has_text: bool) -> Iterator[Problem]:
    facts = {"folio": str(oficio.folio)}
    if not has_text:
        yield Problem("signed-no-text", facts=facts)
        return
    squeezed = _squeezed(text)
    missing = [digest for digest in oficio.digests if digest not in squeezed]
    if not missing:
        # A second letter may cover the same forms; what is signed is this one.
        if _squeezed(str(oficio.folio)) not in squeezed:
            yield Problem("signed-other-folio", facts=facts)
        return
    others = set(_DIGEST.findall(text.casefold())) - set(oficio.digests)
    yield Problem("signed-other-digest" if others else "signed-digest-missing", facts=facts)


def _squeezed(text: str) -> str:
    """Without spaces: some programs break a hash over two lines, or place each letter by itself."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _signature_problems(facts: SignedFacts) -> Iterator[Problem]:
    states = Counter(signature.state for signature in facts.signatures)
    if states[SignatureState.BROKEN]:
        yield Problem("signed-broken", facts={"count": states[SignatureState.BROKEN]})
    if states[SignatureState.ALTERED]:
        yield Problem("signed-altered")
    if states[SignatureState.UNTRUSTED]:
        count = {"count": states[SignatureState.UNTRUSTED]}
        yield Problem("signed-not-verified", variant="untrusted", facts=count)
    if states[SignatureState.UNREADABLE]:
        yield Problem("signed-not-verified", facts={"count": states[SignatureState.UNREADABLE]})
        if not any(signature.covers for signature in facts.signatures):
            yield Problem("signed-changed-after")
