"""A document (DOCX, ODT, PPTX, PDF, a workbook besides its cells) as texts, tables and files.

Reading happens in a process of its own, bounded in memory and time; what it leaves is a folder
that lives as long as the document is open here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ckanext.imssbienestar.formats.documents.facts import Attachment, DocumentFacts, DocumentText
from ckanext.imssbienestar.formats.workbooks.reader_process import run_reader
from ckanext.imssbienestar.private_files import private_folder

# As document_collector writes them.
_FACTS, _TEXTS = "facts.json", "texts.jsonl"
_PROGRAM = "ckanext.imssbienestar.formats.documents.process"


@dataclass(frozen=True)
class Document:
    """An open document."""

    facts: DocumentFacts
    folder: Path

    def texts(self) -> Iterator[DocumentText]:
        """Everything that is written in it, in the order of its parts."""
        with (self.folder / _TEXTS).open(encoding="utf-8") as stream:
            for line in stream:
                yield DocumentText.model_validate_json(line)

    def tables(self) -> Iterator[list[list[str]]]:
        """Its tables, each as rows of cells; rows may differ in length."""
        for number in range(1, self.facts.tables + 1):
            path = self.folder / f"table-{number}.csv"
            with path.open(encoding="utf-8", newline="") as stream:
                yield list(csv.reader(stream))

    def attached(self, attachment: Attachment) -> Path:
        """A file inside the document."""
        return self.folder / attachment.file


@contextmanager
def open_document(path: str | Path) -> Iterator[Document]:
    """Read a document: an archive of XML, or else a PDF.

    :raises WorkbookError: it is damaged, protected, unsafe, too large, or no document; its
        ``code`` is the finding to report.
    """
    with private_folder("document") as folder:
        run_reader(_PROGRAM, Path(path), folder)
        facts = DocumentFacts.model_validate_json((folder / _FACTS).read_bytes())
        yield Document(facts=facts, folder=folder)
