"""Workbooks: what their cells say, what else is in them, and what is not opened at all."""

from __future__ import annotations

import csv
import datetime
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_files import (
    ENTITIES,
    SHEET,
    make_ods,
    make_xlsx,
    ods_row,
    ods_text,
    rewrite,
)

from ckanext.imssbienestar.formats.workbooks import facts as workbook_facts
from ckanext.imssbienestar.formats.workbooks.cells import number_text
from ckanext.imssbienestar.formats.workbooks.facts import SheetFacts, WorkbookError, WorkbookFacts
from ckanext.imssbienestar.formats.workbooks.process import read_workbook
from ckanext.imssbienestar.formats.workbooks.sheet import scan_bytes, scan_parsed
from ckanext.imssbienestar.formats.workbooks.xml import CellFormats, SheetPart

PART = SheetPart(name="Datos", state="visible", part=SHEET)
FORMATS = CellFormats(percents=frozenset({1}), zeros={2: 5})


def read_here(path: Path, folder: Path) -> tuple[WorkbookFacts, list[list[list[str]]]]:
    """Facts and rows of every sheet, read in this process: quicker than in one of their own."""
    facts, _ = read_workbook(path, folder)
    sheets = []
    for index in range(len(facts.sheets)):
        with (folder / f"sheet-{index}.csv").open(encoding="utf-8", newline="") as stream:
            sheets.append(list(csv.reader(stream)))
    return facts, sheets


def refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path, path.parent)
    return caught.value.code, caught.value.facts.get("variant", "")


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.floats(-1e14, 1e14, allow_nan=False).map(lambda number: round(number, 4)),
    st.dates(datetime.date(1901, 1, 1), datetime.date(2099, 12, 31)),
    st.datetimes(
        datetime.datetime.fromisoformat("1901-01-01"), datetime.datetime.fromisoformat("2099-12-31")
    ).map(lambda moment: moment.replace(microsecond=0)),
    st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=8).filter(
        lambda text: not text.startswith(("=", "#", "_x")) and text.strip() == text
    ),
)


@settings(max_examples=15)
@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=6))
def test_the_cells_are_those_that_openpyxl_reads(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    folder = tmp_path_factory.mktemp("libro")
    make_xlsx(folder / "t.xlsx", rows)
    facts, (ours, *_) = read_here(folder / "t.xlsx", folder)
    theirs = [
        [as_text(cell) for cell in row]
        for row in openpyxl.load_workbook(folder / "t.xlsx").active.iter_rows(values_only=True)
    ]
    while theirs and not any(theirs[-1]):
        theirs.pop()
    width = facts.sheets[0].columns
    assert ours == [row[:width] for row in theirs]
    assert not any(any(row[width:]) for row in theirs)


def as_text(value: Any) -> str:
    """What openpyxl read, as a public table writes it: said independently of the code tested."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat()
        case float() if value == int(value):
            return str(int(value))
        case float():
            return f"{value:.20f}".rstrip("0") if "e" in repr(value) else repr(value)
    return str(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (61197.0, "61197"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1.5e20, "150000000000000000000"),
    ],
)
def test_numbers_have_no_exponent_and_no_idle_decimals(value: float, text: str) -> None:
    assert number_text(value) == text


# --- two readers of a sheet's XML, one result ----------------------------------------------------

CELL = st.tuples(
    st.sampled_from(
        ["", "<v>1</v>", "<v></v>", "<v/>", "<f>A1+1</f>", "<f>A1</f><v>3</v>", "<f/><v/>"]
    ),
    st.sampled_from(["", ' t="e"', ' t="str"', ' t="n"']),
    st.sampled_from(["", ' s="1"', ' s="2"', ' s="3"']),
)
ROW = st.tuples(st.booleans(), st.lists(CELL, max_size=4))


@settings(max_examples=15)
@given(st.lists(ROW, max_size=4), st.booleans(), st.integers(20, 60))
def test_bytes_and_parser_tell_the_same(
    rows: list[tuple[bool, list[tuple[str, str, str]]]], more: bool, size: int
) -> None:
    body = "".join(
        f'<row r="{r}"{" hidden=" + chr(34) + "1" + chr(34) if hidden else ""}>'
        + "".join(
            f'<c r="{"ABCD"[c]}{r}"{style}{kind}>{inside}</c>'
            for c, (inside, kind, style) in enumerate(cells)
        )
        + "</row>"
        for r, (hidden, cells) in enumerate(rows, start=1)
    )
    before = '<cols><col min="2" max="3" hidden="1"/><col min="5" max="5"/></cols>' if more else ""
    after = '<mergeCells><mergeCell ref="A1:B2"/></mergeCells>' if more else ""
    xml = f'<worksheet xmlns="x">{before}<sheetData>{body}</sheetData>{after}</worksheet>'.encode()
    parts = [xml[: len('<worksheet xmlns="x">') + 3]] + [
        xml[place : place + size]
        for place in range(len('<worksheet xmlns="x">') + 3, len(xml), size)
    ]
    quick = scan_bytes(parts, PART, FORMATS)
    assert quick == scan_parsed(parts, PART, FORMATS)
    # Other ways of writing the same go through the parser.
    prefixed = re.sub(rb"<(/?)(?=[a-z])", rb"<\1x:", xml).replace(b"xmlns=", b"xmlns:x=")
    assert scan_parsed([prefixed], PART, FORMATS) == quick


# --- ODS and XLS ---------------------------------------------------------------------------------


def test_an_ods_tells_its_secrets_too(tmp_path: Path) -> None:
    comment = "<office:annotation><text:p>ojo</text:p></office:annotation>"
    tables = (
        '<table:table table:name="Datos"><table:table-column/>'
        '<table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>'
        + ods_row(ods_text("unidad", inside=comment), ods_text("monto"))
        + ods_row(
            ods_text("Norte", 'table:number-columns-spanned="2" table:number-rows-spanned="2"'),
            "<table:covered-table-cell/>",
        )
        + ods_row(
            '<table:table-cell table:formula="of:=1"/>',
            '<table:table-cell office:value-type="float" office:value="2.50"><text:p>2.5</text:p>'
            "</table:table-cell>",
            attributes='table:visibility="collapse"',
        )
        + "</table:table>"
        '<table:table table:name="B" table:style-name="oculta">'
        + ods_row('<table:table-cell office:value-type="date" office:date-value="2024-02-29"/>')
        + "</table:table>"
    )
    facts, (rows, other) = read_here(make_ods(tmp_path / "a.ods", tables), tmp_path)
    sheet = facts.sheets[0]
    assert rows == [["unidad", "monto"], ["Norte", ""], ["", "2.5"]]
    assert other == [["2024-02-29"]]
    assert (sheet.hidden_columns.first, sheet.hidden_rows.first) == (["B", "C"], ["3"])
    assert (sheet.merged.first, sheet.formulas_without_value.first) == (["A2:B3"], ["A3"])
    assert (facts.comments, facts.sheets[1].state) == (1, "hidden")


def test_an_old_workbook_is_read_and_says_what_is_not_known(tmp_path: Path, project: Path) -> None:
    book = project / "tests" / "data" / "workbooks" / "antiguo.xls"
    facts, (rows, other) = read_here(book, tmp_path)
    assert rows[1:] == [
        ["01", "2024-02-29", "1234.5", "Peñón"],
        ["02", "2024-12-31", "7", ""],
    ]
    assert (other, facts.sheets[1].state) == ([["a"]], "hidden")
    assert (facts.sheets[0].merged.first, facts.structure_known) == (["D2:D3"], False)


def test_protected_workbooks_are_named_so(tmp_path: Path) -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
    for stream, expected in (
        ("EncryptedPackage", "workbook-encrypted"),
        ("WordDocument", "format-error"),
    ):
        (tmp_path / "o.xlsx").write_bytes(ole + f"{stream}\0".encode("utf-16-le") + bytes(100))
        assert refusal(tmp_path / "o.xlsx")[0] == expected
    entry = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    make_ods(tmp_path / "p.ods", "", manifest=entry)
    assert refusal(tmp_path / "p.ods")[0] == "workbook-encrypted"


# --- what is not opened --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_xlsx(tmp_path_factory.mktemp("bueno") / "bueno.xlsx", [["a", "b"], [1, 2]])


@pytest.mark.parametrize("name", ["../../evil.xml", "/etc/evil", "..\\evil", "C:evil", "a/../b"])
def test_names_that_reach_outside_are_refused(tmp_path: Path, good: Path, name: str) -> None:
    bad = rewrite(good, tmp_path / "t.xlsx", extra={name: b"x"})
    assert refusal(bad) == ("workbook-unsafe", "names")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused(tmp_path: Path, good: Path) -> None:
    bad = rewrite(good, tmp_path / "t.xlsx", extra={SHEET: b"<worksheet/>"})
    assert refusal(bad) == ("workbook-unsafe", "names")


@pytest.mark.parametrize(
    "part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"]
)
@pytest.mark.parametrize("wide", [False, True])
def test_declared_entities_are_refused(tmp_path: Path, good: Path, part: str, wide: bool) -> None:
    def attack(content: bytes) -> bytes:
        text = (ENTITIES + content[content.index(b"<", 1) :]).decode()
        text = text.replace("?>", ' encoding="utf-16"?>', 1) if wide else text
        return text.encode("utf-16" if wide else "utf-8")

    assert refusal(rewrite(good, tmp_path / "t.xlsx", {part: attack})) == (
        "workbook-unsafe",
        "entities",
    )


def test_sizes_are_judged_before_anything_is_unpacked(
    tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = dict(workbook_facts.workbook_layout()["limits"])
    blank = rewrite(good, tmp_path / "t.xlsx", {SHEET: lambda content: content + b" " * 10**6})
    for name, value, expected in (
        ("ratio_from_bytes", 10**5, ("workbook-unsafe", "ratio")),
        ("part_bytes", 10**5, ("workbook-too-large", "")),
        ("unpacked_bytes", 10**5, ("workbook-too-large", "")),
        ("entries", 2, ("workbook-too-large", "entries")),
        ("file_bytes", 100, ("workbook-too-large", "")),
    ):
        changed = {"limits": limits | {name: value}}
        workbook_facts.limit.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(workbook_facts, "workbook_layout", lambda changed=changed: changed)
            assert refusal(blank) == expected, name
    workbook_facts.limit.cache_clear()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-300],
        lambda content: content[:600],
        lambda content: content[:-22] + b"x" * 22,
        lambda content: b"PK\x03\x04 y nada",
    ],
)
def test_cut_archives_are_damaged(tmp_path: Path, good: Path, damage: Any) -> None:
    (tmp_path / "t.xlsx").write_bytes(damage(good.read_bytes()))
    assert refusal(tmp_path / "t.xlsx")[0] == "workbook-damaged"


def test_a_size_that_lies_is_found_when_it_unpacks(tmp_path: Path, good: Path) -> None:
    content = bytearray(good.read_bytes())
    entry = content.rfind(b"PK\x01\x02", 0, content.rfind(SHEET.encode()))
    content[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    (tmp_path / "t.xlsx").write_bytes(content)
    assert refusal(tmp_path / "t.xlsx")[0] == "workbook-damaged"


@pytest.mark.parametrize("kind", ["word/document.xml", "xl/workbook.bin", "hola.txt"])
def test_other_archives_are_no_workbooks(tmp_path: Path, kind: str) -> None:
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr(kind, "x")
    assert refusal(tmp_path / "t.xlsx")[0] == "format-error"


def test_a_declared_size_is_no_size(tmp_path: Path, good: Path) -> None:
    wide = rewrite(
        good, tmp_path / "w.xlsx", {SHEET: lambda c: c.replace(b'"A1:B2"', b'"A1:XFD1048576"')}
    )
    facts, (rows,) = read_here(wide, tmp_path)
    assert (rows, facts.sheets[0].columns) == ([["a", "b"], ["1", "2"]], 2)


def test_facts_survive_their_trip_between_processes() -> None:
    facts = WorkbookFacts(kind="xlsx", sheets=[SheetFacts(name="a", zero_formats={1: {5: 2}})])
    assert WorkbookFacts.model_validate_json(facts.model_dump_json()) == facts


def test_line_breaks_of_a_cell_arrive_as_they_are(tmp_path: Path) -> None:
    book = make_xlsx(
        tmp_path / "t.xlsx", [["a", "b"], ["uno\r\ndos", "tres\rcuatro"], ["x,y", 'z"']]
    )
    assert read_here(book, tmp_path)[1] == [
        [["a", "b"], ["uno\r\ndos", "tres\rcuatro"], ["x,y", 'z"']]
    ]
