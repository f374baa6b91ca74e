"""From a table that the guard refuses to one that may be published: :func:`suggest`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ckanext.imssbienestar.canonical_csv import CanonicalWriter
from ckanext.imssbienestar.checks.derivative.counting import Counted, Crossing
from ckanext.imssbienestar.checks.derivative.persons import PersonKey, person_keys
from ckanext.imssbienestar.checks.derivative.plan import Column, plan_columns
from ckanext.imssbienestar.checks.derivative.result import (
    DerivativeReport,
    NoSafeDerivativeError,
    SafeDerivative,
    describe,
    plan_in_words,
    result_names,
)
from ckanext.imssbienestar.checks.languages import DEFAULT_LANGUAGE
from ckanext.imssbienestar.checks.personal.combinations import count_in_table
from ckanext.imssbienestar.checks.personal.context import Table, read_table
from ckanext.imssbienestar.checks.personal.decision import judge
from ckanext.imssbienestar.checks.personal.profile import profile_table
from ckanext.imssbienestar.checks.personal.rules import Decision, setting
from ckanext.imssbienestar.checks.personal.scan import shown_label
from ckanext.imssbienestar.checks.personal.verdicts import Verdict
from ckanext.imssbienestar.checks.personal_data import scan_personal_data
from ckanext.imssbienestar.checks.reading import read_bytes
from ckanext.imssbienestar.checks.recognise import foreign_content, recognise
from ckanext.imssbienestar.checks.table_source import TableSource, open_table
from ckanext.imssbienestar.checks.workbook_check import as_csv
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.private_files import private_folder

__all__ = ["NoSafeDerivativeError", "SafeDerivative", "least_k", "suggest"]


def least_k() -> int:
    """The k that is used when nobody says more, and no smaller one is: a setting of the guard."""
    return setting("k")


@contextmanager
def suggest(
    path: str | Path,
    dictionary: DataDictionary | None = None,
    language: str = DEFAULT_LANGUAGE,
    *,
    k: int | None = None,
    file_name: str | None = None,
    advance: Callable[[int], object] | None = None,
) -> Iterator[SafeDerivative]:
    """Counts by generalised columns, from a table of persons; the table itself is not touched.

    What comes out was judged by the guard like any other file (R-199, A-06). It is a suggestion:
    whoever publishes it reads the plan first.

    :param dictionary: of the original; its words are used to describe the result.
    :param k: rows and persons of a group, at least; never fewer than :func:`least_k`.
    :param file_name: the name to report, when the path is not the one people know.
    :param advance: told the bytes read so far, for a progress bar.
    :raises NoSafeDerivativeError: nothing safe and useful can be made of it; its finding says why.
    :raises InputFileError: the file cannot be read.
    :raises WorkbookError: it is a workbook that cannot be read.
    :raises SheetUnclearError: it cannot be told which of its sheets is meant.
    """
    source = Path(path)
    work = _Work(file_name or source.name, dictionary, language, max(k or 0, least_k()))
    with (
        as_csv(source, language) as table_file,
        private_folder("derivative") as folder,
    ):
        yield work.made_of(table_file, folder / "derivative.csv", advance)


@dataclass(frozen=True)
class _Work:
    file: str
    dictionary: DataDictionary | None
    language: str
    k: int

    def made_of(
        self, path: Path, target: Path, advance: Callable[[int], object] | None
    ) -> SafeDerivative:
        facts = read_bytes(path, advance=advance)
        if not facts.size or facts.nul_byte is not None or foreign_content(path):
            raise self._none("no-table")
        shape = recognise(path, facts, self.dictionary)
        with open_table(path, facts, shape) as table:
            shown = [shown_label(label, n) for n, label in enumerate(table.labels, start=1)]
            if not table.readable or shown != list(table.labels):
                # Values stand where the names of the columns should be.
                raise self._none("no-header")
            rows, profiles = profile_table(table)
            if table.unclosed_quote is not None or table.cut_at is not None:
                raise self._none("no-table")  # the counts would lack the rows after that
            if not rows:
                raise self._none("no-rows")
            known = read_table(profiles)
            verdicts = judge(profiles, count_in_table(table))
            self._require_persons(known, verdicts)
            columns = plan_columns(known, verdicts, shown)
            return self._derivative(table, columns, person_keys(verdicts), target)

    def _require_persons(self, table: Table, verdicts: Sequence[Verdict | None]) -> None:
        decisions = {verdict.decision for verdict in verdicts if verdict is not None}
        if not decisions - {Decision.PASS}:
            raise self._none("not-personal")
        if "aggregate" in table.kinds and Decision.BLOCK not in decisions:
            raise self._none("aggregate")

    def _derivative(
        self, table: TableSource, columns: list[Column], persons: Sequence[PersonKey], target: Path
    ) -> SafeDerivative:
        """Count, have the guard judge the result, and do without what it refuses."""
        while True:
            crossing = Crossing(table, columns, persons, self.k)
            columns = crossing.columns
            if not crossing.crossed:
                raise self._none("no-columns")
            counted = crossing.count()
            if counted is None:
                raise self._none("too-few")
            self._write(crossing, counted, target)
            refused = self._refused(counted, target)
            if not refused:
                return self._result(columns, counted, target)
            columns = [c.dropped("refused") if c.place in refused else c for c in columns]

    def _write(self, crossing: Crossing, counted: Counted, target: Path) -> None:
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = CanonicalWriter(stream)
            writer.writerow(result_names(counted))
            for row in crossing.result():
                if int(row[-1]) < self.k:
                    raise self._none("refused")
                writer.writerow(row)

    def _refused(self, counted: Counted, target: Path) -> set[int]:
        """Places of the columns that the guard does not let pass in the result."""
        hidden = scan_personal_data(target).hidden_columns
        places = {
            column.place
            for (column, _), name in zip(counted.taken, result_names(counted), strict=False)
            if name in hidden
        }
        if hidden and not places:
            raise self._none("refused")
        return places

    def _result(self, columns: list[Column], counted: Counted, target: Path) -> SafeDerivative:
        report = DerivativeReport(
            file=self.file,
            k=self.k,
            rows=counted.rows,
            groups=counted.groups,
            published=counted.published,
            left_out=counted.left_out,
            columns=plan_in_words(columns, counted, self.language),
        )
        dictionary = describe(counted, self.dictionary, self.k, self.language)
        return SafeDerivative(report, target, dictionary)

    def _none(self, reason: str) -> NoSafeDerivativeError:
        return NoSafeDerivativeError(reason, self.language, file=self.file, k=self.k)
