"""A letter that was received as PDF: can it be opened at all?"""

from __future__ import annotations

from pathlib import Path

from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError
from ckanext.imssbienestar.formats.workbooks.reader_process import run_reader
from ckanext.imssbienestar.private_files import private_folder

# It reads more than is needed here; a second reader of PDF would be one more to keep safe.
_PROGRAM = "ckanext.imssbienestar.formats.oficio.signed_process"
# What the process says of a file -> what is told of a letter.
_OUR_WORDS = {
    "signed-not-pdf": "letter-not-pdf",
    "signed-encrypted": "letter-encrypted",
    "signed-no-pages": "letter-without-pages",
    "signed-too-large": "letter-too-large",
    "workbook-too-large": "letter-too-large",
}


def letter_problems(path: Path) -> tuple[Problem, ...]:
    """What keeps a file from being a letter, looked at in a process bounded in memory and time.

    :raises OSError: the file cannot be read at all.
    """
    try:
        with private_folder("letter") as folder:
            run_reader(_PROGRAM, path, folder)
    except WorkbookError as error:
        return (Problem(_OUR_WORDS.get(error.code, "letter-damaged")),)
    return ()
