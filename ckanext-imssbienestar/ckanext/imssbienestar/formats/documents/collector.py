"""Where the readers of documents put what they find: a folder of texts, tables and files."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ckanext.imssbienestar.formats.documents.facts import (
    Attachment,
    DocumentFacts,
    DocumentText,
    TextKind,
    document_limit,
)
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError

FACTS, TEXTS = "facts.json", "texts.jsonl"

_LONGEST_CELL = 30_000

# Letters of the languages here: other ones are what bytes that are no text happen to look like.
_PRINTABLE = re.compile("[ -~\u00a1-\u024f]{8,}")


class DocumentCollector:
    """Writes what a reader finds, within the limits.

    :param texts: open file for the texts, one JSON object a line.
    """

    def __init__(self, folder: Path, texts: TextIO, kind: str) -> None:
        self.folder = folder
        self.facts = DocumentFacts(kind=kind)
        self._texts = texts
        self._bytes = 0.0
        self._cells = 0.0

    def text(self, place: str, text: str, *, kind: TextKind = "text", number: int = 0) -> None:
        """Keep a piece of text.

        :raises WorkbookError: there is more text than a document has.
        """
        self._bytes += len(text)
        if self._bytes > document_limit("text_bytes"):
            raise WorkbookError("workbook-too-large", variant="memory")
        self.facts.texts += 1
        piece = DocumentText(place=place, number=number, kind=kind, text=text)
        self._texts.write(piece.model_dump_json() + "\n")

    def raw(self, place: str, content: bytes) -> None:
        """Keep what can be read in bytes that are no text, in the two ways programs write it."""
        for text in (
            content.decode("latin-1"),
            content.decode("utf-16-le", errors="replace"),
            content[1:].decode("utf-16-le", errors="replace"),
        ):
            for found in _PRINTABLE.finditer(text):
                self.text(place, found.group(), kind="raw")

    def table(self, rows: list[list[str]]) -> None:
        """Keep a table.

        :raises WorkbookError: there are more cells than a document has.
        """
        if not rows:
            return
        self._cells += sum(map(len, rows))
        if self._cells > document_limit("cells"):
            raise WorkbookError("workbook-too-large", variant="memory")
        self.facts.tables += 1
        path = self.folder / table_file(self.facts.tables)
        with path.open("w", encoding="utf-8", newline="") as stream:
            # The whole of a longer cell is told as text.
            csv.writer(stream).writerows([cell[:_LONGEST_CELL] for cell in row] for row in rows)

    def attachment(self, name: str, content: Iterable[bytes]) -> None:
        """Keep a file that is inside the document.

        :raises WorkbookError: there are too many of them.
        """
        number = len(self.facts.attachments) + 1
        if number > document_limit("attachments"):
            raise WorkbookError("workbook-too-large", variant="entries", limit=str(number - 1))
        file = f"attachment-{number}"
        with (self.folder / file).open("wb") as stream:
            stream.writelines(content)
        self.facts.attachments.append(Attachment(name=name, file=file))


def table_file(number: int) -> str:
    """The name of a table's CSV in the folder; tables count from 1."""
    return f"table-{number}.csv"


@contextmanager
def collecting(folder: Path, kind: str) -> Iterator[DocumentCollector]:
    """A collector; its facts are left in the folder when nothing went wrong."""
    with (folder / TEXTS).open("w", encoding="utf-8", errors="replace") as stream:
        collector = DocumentCollector(folder, stream, kind)
        yield collector
    (folder / FACTS).write_text(collector.facts.model_dump_json(), encoding="utf-8")
