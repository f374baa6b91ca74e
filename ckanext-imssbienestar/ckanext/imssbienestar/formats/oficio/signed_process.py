"""The process that reads a signed letter: ``python -m …formats.oficio.signed_process FILE FOLDER``.

Leaves in FOLDER ``signed.json``, or ``error.json`` with the reason why not.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, BinaryIO

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from ckanext.imssbienestar.formats.oficio.signed_facts import (
    FACTS_FILE,
    LONGEST_TEXT,
    TRUSTED_FILE,
    SignatureFacts,
    SignedFacts,
)
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError
from ckanext.imssbienestar.formats.workbooks.reader_process import bound_resources, leave_error

# What pypdf meets in objects that are not as the standard says.
_MALFORMED = (
    PyPdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
# Readers look for the mark of a PDF in so many of the first bytes.
_HEAD = 1024


def main(path: Path, folder: Path) -> int:
    """Read the letter; 0 when it was read, 1 when ``error.json`` says why it was not."""
    bound_resources()
    # What the reader complains about may quote the letter.
    logging.disable()
    try:
        with path.open("rb") as stream:
            facts = read_signed(stream, _trusted(folder))
    except WorkbookError as error:
        leave_error(folder, error.code, error.facts)
    except MemoryError:
        leave_error(folder, "signed-too-large", {})
    else:
        (folder / FACTS_FILE).write_text(facts.model_dump_json(), encoding="utf-8")
        return 0
    return 1


def _trusted(folder: Path) -> bytes:
    given = folder / TRUSTED_FILE
    return given.read_bytes() if given.exists() else b""


def read_signed(stream: BinaryIO, trusted: bytes = b"") -> SignedFacts:
    """What the PDF says and how it is signed.

    :param trusted: PEM of the certificates that signatures are traced to.
    :raises WorkbookError: it is no PDF, asks for a password, has no pages or is damaged.
    """
    if b"%PDF-" not in stream.read(_HEAD):
        raise WorkbookError("signed-not-pdf")
    size = stream.seek(0, 2)
    stream.seek(0)
    try:
        reader = _opened(stream)
        pages = len(reader.pages)
        if not pages:
            raise WorkbookError("signed-no-pages")
        seen = _signatures(reader, size)
        return SignedFacts(
            pages=pages,
            text=_text(reader),
            signatures=_checked(stream, trusted) or seen if seen else (),
        )
    except _MALFORMED as error:
        raise WorkbookError("signed-damaged") from error


def _opened(stream: BinaryIO) -> PdfReader:
    reader = PdfReader(stream, strict=False)
    try:
        # Many are locked against printing only, and open with an empty password.
        closed = reader.is_encrypted and not reader.decrypt("")
    except (DependencyError, NotImplementedError):
        closed = True  # in a way that takes a library of its own to open
    if closed:
        raise WorkbookError("signed-encrypted")
    return reader


def _text(reader: PdfReader) -> str:
    texts: list[str] = []
    length = 0
    for page in reader.pages:
        texts.append(page.extract_text())
        length += len(texts[-1])
        if length > LONGEST_TEXT:
            raise WorkbookError("signed-too-large")
    return "\n".join(texts)


def _signatures(reader: PdfReader, size: int) -> tuple[SignatureFacts, ...]:
    fields = reader.get_fields() or {}
    return tuple(
        SignatureFacts(
            kind=str(value.get("/SubFilter", "")).lstrip("/"), covers=_covers(value, size)
        )
        for field in fields.values()
        if field.get("/FT") == "/Sig" and (value := _resolved(field.get("/V"))) is not None
    )


def _checked(stream: BinaryIO, trusted: bytes) -> tuple[SignatureFacts, ...]:
    """What they are worth; none when that cannot be made out, which nobody takes for good."""
    # Imported here because letters without signatures need nothing of it, and it takes a while.
    from ckanext.imssbienestar.formats.oficio import signature_check

    stream.seek(0)
    try:
        return signature_check.checked_signatures(stream, trusted)
    except signature_check.UNREADABLE:
        return ()


def _covers(value: Any, size: int) -> bool:
    """Whether the signed bytes go from the first byte of the file to its last."""
    ranges = [int(number) for number in value.get("/ByteRange", ())]
    return len(ranges) == 4 and ranges[0] == 0 and ranges[2] + ranges[3] == size


def _resolved(value: Any) -> Any:
    return None if value is None else value.get_object()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
