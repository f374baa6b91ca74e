"""The report outside the page: side by side with an earlier one, and as CSV and XLSX."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from ckanext.imssbienestar.checks.texts import known_codes, title_of
from ckanext.imssbienestar.domain.findings import Finding, FindingGroup, Severity
from ckanext.imssbienestar.domain.report_comparison import compare_reports
from ckanext.imssbienestar.formats.report_files import (
    COLUMNS,
    findings_csv,
    write_findings_xlsx,
)

GROUPS = st.dictionaries(
    st.tuples(st.sampled_from(["type-error", "blank-row"]), st.sampled_from([None, "a", "b"])),
    st.integers(1, 50),
).map(
    lambda counts: [
        FindingGroup(code=code, column=column, count=count)
        for (code, column), count in counts.items()
    ]
)

NASTY = ["=1+1", "@SUM(A1)", "-2", "+3", "\tx", "a\nb", 'say "no"', "ñ;á,é", "\x07bell", ""]


def finding(text: str, row: int | None = 3) -> Finding:
    return Finding(
        code="type-error",
        severity=Severity.BLOCKING,
        row=row,
        column=text,
        cell="B3",
        message=text,
        fix=text,
        rule="R-098",
    )


@given(GROUPS, GROUPS)
def test_a_comparison_loses_and_invents_no_finding(
    before: list[FindingGroup], now: list[FindingGroup]
) -> None:
    compared = compare_reports(before, now)
    assert compared.solved + compared.remaining == sum(group.count for group in before)
    assert compared.new + compared.remaining == sum(group.count for group in now)
    places = Counter((change.code, change.column) for change in compared.changes)
    assert set(places.values()) <= {1}
    assert all(not (change.solved and change.new) for change in compared.changes)


@given(GROUPS)
def test_the_same_report_twice_has_nothing_solved_and_nothing_new(
    groups: list[FindingGroup],
) -> None:
    compared = compare_reports(groups, groups)
    assert (compared.solved, compared.new) == (0, 0)


@pytest.mark.parametrize("text", NASTY)
def test_csv_gives_back_every_text_and_none_as_a_formula(text: str) -> None:
    data = b"".join(findings_csv([finding(text), finding("otra", None)], "es"))
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
    assert list(rows[0]) == [
        "codigo", "gravedad", "fila", "columna", "celda", "que_pasa", "como_se_arregla", "regla",
    ]  # fmt: skip
    assert rows[0]["que_pasa"].removeprefix("'") == text
    assert not rows[0]["que_pasa"].startswith(("=", "+", "-", "@", "\t"))
    assert (rows[0]["gravedad"], rows[0]["fila"], rows[1]["fila"]) == ("impide publicar", "3", "")


def test_csv_comes_in_pieces_that_make_one_table() -> None:
    pieces = list(findings_csv((finding(str(n)) for n in range(1200)), "en"))
    assert len(pieces) > 2
    rows = list(csv.reader(io.StringIO(b"".join(pieces).decode(), newline="")))
    assert [row[5] for row in rows[1:]] == [str(n) for n in range(1200)]


def test_the_workbook_has_a_summary_and_every_finding_as_text() -> None:
    target = io.BytesIO()
    found = [finding(text) for text in NASTY]
    write_findings_xlsx(target, [["=verdict"], [], ["x", 3]], found, "es")
    book = load_workbook(io.BytesIO(target.getvalue()))
    assert book.sheetnames == ["Resumen", "Hallazgos"]
    summary, sheet = book.worksheets
    assert (summary["A1"].value, summary["A1"].data_type) == ("=verdict", "s")
    assert summary["B3"].value == 3
    assert (sheet.max_row, sheet.max_column) == (len(NASTY) + 1, len(COLUMNS))
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet["F2"].value == "=1+1"


def test_a_name_that_looks_like_a_code_of_excel_stays_itself() -> None:
    target = io.BytesIO()
    write_findings_xlsx(target, [], [finding("_x0041_")], "es")
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(target.getvalue()))
    assert workbook.get_sheet_by_index(1).to_python()[1][5] == "_x0041_"


def test_every_kind_of_finding_has_a_title_in_both_languages() -> None:
    of_reports = [c for c in known_codes() if not c.startswith("dictionary-")]
    of_reports.append("dictionary-missing")
    for code in of_reports:
        for language in ("es", "en"):
            assert title_of(code, language) != code, f"{code} has no title in {language}"
