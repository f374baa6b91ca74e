"""XML of files that people send: read as a stream, and never with a document type of its own."""

from __future__ import annotations

from collections.abc import Iterable
from xml.parsers import expat

from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError


def parse(parser: expat.XMLParserType, pieces: Iterable[bytes]) -> None:
    """Feed a parser, whose handlers are set, with a whole part.

    :raises WorkbookError: it is no XML, or declares a document type, which is how entities are
        made that grow or read other files.
    """
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise WorkbookError("workbook-damaged") from error


def _refuse(*_: object) -> None:
    raise WorkbookError("workbook-unsafe", variant="entities")
