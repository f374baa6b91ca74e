"""The process that reads a document: ``python -m …formats.documents.process FILE FOLDER``.

Leaves in FOLDER the texts (``texts.jsonl``), one CSV for each table, a copy of each file inside,
and ``facts.json``; or ``error.json`` with the reason why not.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from ckanext.imssbienestar.formats.documents.archive import read_archive
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError
from ckanext.imssbienestar.formats.workbooks.guard import container_kind
from ckanext.imssbienestar.formats.workbooks.reader_process import bound_resources, leave_error


def main(path: Path, folder: Path) -> int:
    """Read the document; 0 when it was read, 1 when ``error.json`` says why it was not."""
    bound_resources()
    # What the readers complain about may quote the document.
    logging.disable()
    try:
        read_document(path, folder)
    except WorkbookError as error:
        leave_error(folder, error.code, error.facts)
    except MemoryError:
        leave_error(folder, "workbook-too-large", {"variant": "memory"})
    else:
        return 0
    return 1


def read_document(path: Path, folder: Path) -> None:
    """Leave everything that is written in the document in the folder.

    :raises WorkbookError: it cannot be read.
    """
    if container_kind(path) == "zip":
        read_archive(path, folder)
        return
    # Imported here: most documents are archives, and pypdf takes a while to load.
    from ckanext.imssbienestar.formats.documents.pdf import read_pdf

    read_pdf(path, folder)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
