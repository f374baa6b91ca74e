"""The guard: columns with personal data, found before a file is kept anywhere.

By header (the padrón is refused with zero rows) and by value for the CURP, whose check digit
leaves no doubt. Reports hold column names and counts, never a value.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict

from ckanext.imssbienestar.checks.cell_rules import literal
from ckanext.imssbienestar.checks.layout import column_letter
from ckanext.imssbienestar.checks.personal_headers import (
    Decision,
    curp_pattern,
    header_rules,
    normal_name,
)
from ckanext.imssbienestar.checks.reading import read_bytes
from ckanext.imssbienestar.checks.recognise import foreign_content, recognise
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource, open_table
from ckanext.imssbienestar.checks.texts import DEFAULT_LANGUAGE, finding, word
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.formats.workbook import is_container, open_workbook
from ckanext.imssbienestar.formats.workbook_facts import WorkbookError

# Value of each CURP symbol is its place here; Ñ counts although no CURP shows it.
_CURP_ALPHABET = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
# Cheap first look at a cell: four letters and six digits, whatever is put between them.
_CURP_OPENING = "(?i)^[ -]*([a-z][ -]*){4}([0-9][ -]*){6}"


class PersonalDataColumn(BaseModel):
    """What the guard says of one column.

    :ivar evidence: ``header``, ``format``, ``check-digit``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    kind: str
    sensitive: bool
    matches: int
    cells: int
    ratio: float
    evidence: tuple[str, ...]
    decision: Decision


class PersonalDataReport(BaseModel):
    """The output of ``scan_personal_data.py --json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    file: str
    rows: int
    blocked: bool
    columns: tuple[PersonalDataColumn, ...]

    @property
    def hidden_columns(self) -> frozenset[str]:
        """Columns whose values no report may show."""
        return frozenset(
            found.column for found in self.columns if found.decision is not Decision.PASS
        )


def scan_header(labels: Sequence[str], *, file_name: str = "") -> PersonalDataReport:
    """Judge column names alone: enough to refuse a file with no rows."""
    return _report(file_name, 0, _by_header(labels))


def scan_personal_data(
    source: str | Path | BinaryIO, *, file_name: str | None = None
) -> PersonalDataReport:
    """Judge a CSV file by header and by value.

    :param source: a path, or an open binary file: the upload before it is stored. It is read
        from its beginning and left there.
    :raises InputFileError: the file cannot be read.
    """
    if isinstance(source, (str, Path)):
        return _scan_path(Path(source), file_name or Path(source).name)
    with _private_copy(source) as copy:
        return _scan_path(copy, file_name or "")


def scan_table(table: TableSource, *, file_name: str = "") -> PersonalDataReport:
    """Judge an open table."""
    columns = {found.column: found for found in _by_header(table.labels)}
    rows, counts = _count_curps(table)
    for number, (cells, matches) in enumerate(counts, start=1):
        if matches:
            name = shown_label(table.labels[number - 1], number)
            columns[name] = _curp_column(name, matches, cells, columns.get(name))
    return _report(file_name, rows, list(columns.values()))


def personal_data_findings(
    report: PersonalDataReport, language: str = DEFAULT_LANGUAGE
) -> tuple[Finding, ...]:
    """The report as findings: one for each column that is blocked or must be looked at."""
    codes = {Decision.BLOCK: "personal-data", Decision.REVIEW: "personal-data-review"}
    return tuple(
        finding(
            codes[found.decision],
            language=language,
            column=found.column,
            kind=word("kinds", found.kind, language),
        )
        for found in report.columns
        if found.decision in codes
    )


def shown_label(label: str, number: int) -> str:
    """A column's name as a report may show it.

    In a file without a header the first row's values stand where names should be.
    """
    return column_letter(number) if _is_curp(label) else label


def scan_workbook(path: Path, *, file_name: str | None = None) -> PersonalDataReport:
    """Judge every sheet of a workbook, hidden ones too; columns are told with their sheet.

    :raises WorkbookError: it cannot be read.
    """
    rows, columns = 0, []
    with open_workbook(path) as workbook:
        for sheet in workbook.filled_sheets:
            report = _scan_path(workbook.sheet_file(sheet), "")
            rows += report.rows
            columns += [
                found.model_copy(update={"column": f"{sheet.name}!{found.column}"})
                for found in report.columns
            ]
    return _report(file_name or path.name, rows, columns)


def _scan_path(path: Path, file_name: str) -> PersonalDataReport:
    facts = read_bytes(path)
    if is_container(path):
        try:
            return scan_workbook(path, file_name=file_name)
        except WorkbookError:
            # Nothing in it can be read here: the check refuses it and says why.
            return _report(file_name, 0, [])
    if not facts.size or facts.nul_byte is not None or foreign_content(path):
        # Not a table: the check refuses it, whatever it holds.
        return _report(file_name, 0, [])
    with open_table(path, facts, recognise(path, facts, None)) as table:
        return scan_table(table, file_name=file_name)


def _report(file_name: str, rows: int, columns: Sequence[PersonalDataColumn]) -> PersonalDataReport:
    blocked = any(found.decision is Decision.BLOCK for found in columns)
    return PersonalDataReport(file=file_name, rows=rows, blocked=blocked, columns=tuple(columns))


def _by_header(labels: Sequence[str]) -> list[PersonalDataColumn]:
    names = [normal_name(label) for label in labels]
    found = []
    for number, (label, name) in enumerate(zip(labels, names, strict=True), start=1):
        if _is_curp(label):
            found.append(_curp_column(column_letter(number), 1, 1, None))
            continue
        for rule in header_rules():
            decision = rule.decide(name, names)
            if decision is not None:
                found.append(
                    PersonalDataColumn(
                        column=label,
                        kind=rule.kind,
                        sensitive=rule.sensitive,
                        matches=0,
                        cells=0,
                        ratio=0.0,
                        evidence=("header",),
                        decision=decision,
                    )
                )
                break
    return found


def _curp_column(
    name: str, matches: int, cells: int, known: PersonalDataColumn | None
) -> PersonalDataColumn:
    header = ("header",) if known and "header" in known.evidence else ()
    return PersonalDataColumn(
        column=name,
        kind="curp",
        sensitive=known.sensitive if known else False,
        matches=matches,
        cells=cells,
        ratio=round(matches / cells, 4) if cells else 0.0,
        evidence=(*header, "format", "check-digit"),
        decision=Decision.BLOCK,
    )


def _count_curps(table: TableSource) -> tuple[int, list[tuple[int, int]]]:
    """Rows, and for each column its filled cells and its valid CURPs."""
    if not table.readable:
        return 0, []
    columns = range(1, table.width + 1)
    opening = literal(_CURP_OPENING)
    rows, *counts = _counted(
        table,
        ["count(*)"]
        + [f"count(nullif(c{number}, ''))" for number in columns]
        + [
            f"count(CASE WHEN regexp_matches(c{number}, {opening}) THEN 1 END)"
            for number in columns
        ],
    )
    cells, openings = counts[: table.width], counts[table.width :]
    # Planning the check digit costs more than reading a small file: only where it can matter.
    suspects = [number for number in columns if openings[number - 1]]
    valid = dict.fromkeys(columns, 0)
    if suspects:
        found = _counted(
            table, [f"count(CASE WHEN {_curp_condition(f'c{n}')} THEN 1 END)" for n in suspects]
        )
        valid.update(zip(suspects, found, strict=True))
    return rows, [(cells[number - 1], valid[number]) for number in columns]


def _counted(table: TableSource, counts: Sequence[str]) -> list[int]:
    row = table.connection.execute(f"SELECT {', '.join(counts)} FROM {RELATION}").fetchone()
    return list(row or [0] * len(counts))


def _curp_condition(cell: str) -> str:
    """SQL, true when the whole cell is a CURP; spaces and hyphens inside it do not hide it."""
    text = f"upper(translate({cell}, ' -', ''))"
    weighted = " + ".join(
        f"(strpos({literal(_CURP_ALPHABET)}, substr({text}, {place}, 1)) - 1) * {19 - place}"
        for place in range(1, 18)
    )
    digit = f"(10 - ({weighted}) % 10) % 10"
    form = f"regexp_full_match({text}, {literal(curp_pattern())})"
    # CASE, and not AND, so that each step only runs on the cells the step before let through.
    return (
        f"CASE WHEN regexp_matches({cell}, {literal(_CURP_OPENING)}) THEN CASE WHEN {form} "
        f"THEN substr({text}, 18, 1) = ({digit})::VARCHAR ELSE false END ELSE false END"
    )


def _is_curp(text: str) -> bool:
    """The same judgement for one text in Python."""
    plain = text.replace(" ", "").replace("-", "").upper()
    if not re.fullmatch(curp_pattern(), plain):
        return False
    total = sum(
        _CURP_ALPHABET.index(symbol) * (18 - place) for place, symbol in enumerate(plain[:17])
    )
    return plain[17] == str((10 - total % 10) % 10)


@contextmanager
def _private_copy(source: BinaryIO) -> Iterator[Path]:
    """The upload as a file only this process can read, gone when the scan ends."""
    source.seek(0)
    with tempfile.TemporaryDirectory(prefix="imss-guard-") as folder:
        copy = Path(folder) / "upload"
        descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        source.seek(0)
        yield copy
