"""The canonical copy of a table that people really sent: UTF-8, comma, LF, one header row.

Nothing is decided in silence. Every change is listed with its cells, what nothing proves is left
as it is and asked, and the copy only takes its place when a person says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE
from ckanext.imssbienestar.checks.texts import finding
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.formats.canonical.changes import NormalisedCopy
from ckanext.imssbienestar.formats.canonical.copy import CopyWriter
from ckanext.imssbienestar.formats.canonical.source import CannotNormaliseError, open_sent
from ckanext.imssbienestar.formats.written.placed_file import place_file
from ckanext.imssbienestar.private_files import private_folder

__all__ = ["CannotNormaliseError", "Copy", "normalised_copy"]


@dataclass(frozen=True)
class Copy:
    """A canonical copy that waits for a person.

    :ivar path: a temporary file, gone when the context that gave it ends.
    """

    report: NormalisedCopy
    path: Path

    def save(self, output: str | Path, *, overwrite: bool = False) -> None:
        """Put the copy in its place, whole or not at all.

        :raises FileExistsError: there is a file already, and nobody said to replace it.
        :raises OSError: it cannot be written there.
        """
        place_file(self.path, Path(output), overwrite=overwrite)


@contextmanager
def normalised_copy(
    path: str | Path,
    dictionary: DataDictionary | None = None,
    *,
    sheet: str | None = None,
    constants: Mapping[str, str] | None = None,
    file_name: str | None = None,
    language: str = DEFAULT_LANGUAGE,
    advance: Callable[[int], object] | None = None,
) -> Iterator[Copy]:
    """Make the canonical copy of a table, and the list of what that changes.

    The file itself is never touched. Without a dictionary, types and lengths are only taken
    from what every cell of a column proves.

    :param sheet: the sheet to copy, of a workbook with several.
    :param constants: values, given by a person, of columns that the file lacks.
    :param file_name: the name to report, when the path is not the one people know.
    :param advance: told the bytes read so far, for a progress bar.
    :raises CannotNormaliseError: there is no table to copy; its findings say why.
    :raises InputFileError: the file cannot be read.
    """
    source = Path(path)
    try:
        with (
            open_sent(source, dictionary, sheet=sheet, language=language, advance=advance) as sent,
            private_folder("normalise") as folder,
        ):
            target = folder / "copy.csv"
            work = CopyWriter(sent, dictionary, constants or {}, language)
            report = work.write(source, target, file_name or source.name)
            yield Copy(report=report, path=target)
    except UnicodeError as error:
        raise CannotNormaliseError(finding("encoding-unknown", language=language)) from error
