"""The canonical copy of whole tables: what changes, what is told, and what stays."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.imssbienestar.checks import check_table
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.formats import load_dictionary, parse_dictionary
from ckanext.imssbienestar.formats.canonical import copy as copy_module
from ckanext.imssbienestar.formats.canonical.changes import NormalisedCopy
from ckanext.imssbienestar.formats.canonical.normalise import (
    CannotNormaliseError,
    Copy,
    normalised_copy,
)

Normalise = Callable[..., tuple[str, NormalisedCopy]]
DICTIONARY = (
    "campo,titulo,tipo,descripcion,patron\n"
    "clave_entidad,Clave,texto,Clave del INEGI.,[0-9]{2}\n"
    "fecha,Fecha de corte,fecha,Día del dato.,\n"
    "monto_pesos,Monto,decimal,Cantidad pagada.,\n"
)
ENTIDAD = "Instituto Mexicano del Seguro Social"


@pytest.fixture
def normalise(tmp_path: Path) -> Normalise:
    """The text of the copy of some bytes, and its report."""

    def run(
        content: str | bytes, dictionary: str | None = None, **options: Any
    ) -> tuple[str, NormalisedCopy]:
        path = tmp_path / "tabla.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        known = parse_dictionary(dictionary.encode()) if dictionary else None
        with normalised_copy(path, known, **options) as copy:
            return copy.path.read_bytes().decode(), copy.report

    return run


def kinds(report: NormalisedCopy) -> set[str]:
    return {change.kind for change in report.changes}


def asked(report: NormalisedCopy) -> set[str]:
    return {question.code for question in report.questions}


# --- the samples ---------------------------------------------------------------------------------


@pytest.mark.req("R-153")
@pytest.mark.parametrize(
    ("name", "constants", "expected"),
    [
        (
            "donativos_otorgados",
            {},
            {
                ("encoding", 1),
                ("delimiter", 1),
                ("title-row", 7),
                ("header-rows", 1),
                ("total-row", 1),
                ("blank-row", 1),
                ("note-row", 1),
                ("group-row", 1),
                ("group-split", 5),
                ("thousands", 5),
                ("outer-space", 5),
            },
        ),
        (
            "juicios_fiscales_por_sentido_de_la_resolucion",
            {"entidad": ENTIDAD},
            {
                ("encoding", 1),
                ("delimiter", 1),
                ("title-row", 4),
                ("header-repeated", 5),
                ("total-row", 6),
                ("blank-row", 6),
                ("section-row", 5),
                ("note-row", 1),
                ("currency", 12),
                ("thousands", 12),
                ("allowed-value", 12),
                ("constant", 12),
            },
        ),
    ],
)
def test_the_messy_originals_become_publishable_with_every_change_listed(
    samples: Path, name: str, constants: dict[str, str], expected: set[tuple[str, int]]
) -> None:
    dictionary = load_dictionary(samples / f"{name}.dictionary.csv")
    original = samples / f"{name}.original.csv"
    with normalised_copy(original, dictionary, constants=constants) as copy:
        assert copy.path.read_bytes() == (samples / f"{name}.csv").read_bytes()
        assert check_table(copy.path, dictionary).publishable
        report = copy.report
    told = {(change.kind, change.count) for change in report.changes}
    assert expected <= told
    assert not report.questions
    # Nothing else happened: every other change names one of the columns.
    others = [c for c in report.changes if (c.kind, c.count) not in expected]
    assert {change.kind for change in others} == {
        "label",
        "period",
        *({"group-value"} if "group-row" in kinds(report) else {"section-value"}),
    }
    assert {change.column for change in others} <= set(dictionary.names)


def test_what_the_original_does_not_say_is_asked(samples: Path) -> None:
    name = "juicios_fiscales_por_sentido_de_la_resolucion"
    dictionary = load_dictionary(samples / f"{name}.dictionary.csv")
    with normalised_copy(samples / f"{name}.original.csv", dictionary) as copy:
        assert [(q.code, q.column) for q in copy.report.questions] == [
            ("column-not-found", "entidad")
        ]
        assert "entidad" not in copy.report.columns


def test_no_sample_that_is_canonical_changes(samples: Path) -> None:
    for file in sorted(samples.glob("*.dictionary.csv")):
        table = file.with_name(file.name.replace(".dictionary", ""))
        with normalised_copy(table, load_dictionary(file)) as copy:
            assert copy.report.changes == ()
            assert copy.path.read_bytes() == table.read_bytes()


# --- the bytes -----------------------------------------------------------------------------------

TEXT = "año,niño\n2018,Peñón «áéíóú»\n"


@pytest.mark.parametrize(
    ("content", "kind", "detail"),
    [
        (TEXT.encode("cp1252"), "encoding", "Windows-1252 (Latin-1)"),
        ("año,niño\n2018,Peñón áéíóú\n".encode("cp850"), "encoding", "MS-DOS (850)"),
        ("año,niño\n2018,Peñón áéíóú\n".encode("mac_roman"), "encoding", "Macintosh"),
        (TEXT.encode("utf-16"), "encoding", "UTF-16"),
        (TEXT.encode("utf-16-le"), "encoding", "UTF-16"),
        (TEXT.encode("utf-16-be"), "encoding", "UTF-16"),
        (TEXT.encode("utf-8-sig"), "byte-order-mark", ""),
        (TEXT.replace("\n", "\r\n").encode(), "line-endings", ""),
        (TEXT.replace(",", ";").encode(), "delimiter", "punto y coma (;)"),
        (TEXT.replace(",", "\t").encode(), "delimiter", "tabuladores"),
        (TEXT.replace(",", "|").encode(), "delimiter", "barras (|)"),
    ],
)
def test_every_way_of_writing_a_text(
    normalise: Normalise, content: bytes, kind: str, detail: str
) -> None:
    text, report = normalise(content)
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["anio", "nino"]
    assert rows[1][1].replace('"', "").startswith("Peñón")
    assert (kind, detail) in {(change.kind, change.detail) for change in report.changes}
    assert "\r" not in text


def test_two_encodings_in_one_file_are_read_and_asked(normalise: Normalise) -> None:
    text, report = normalise("a,b\nñandú,".encode() + "ñu\n".encode("cp1252"))
    assert text == "a,b\nñandú,ñu\n"
    assert asked(report) == {"encoding-mixed"}


def test_quotes_that_nobody_needs_stay(normalise: Normalise) -> None:
    text, report = normalise('"a","b"\n"1","x, y"\n')
    assert (text, report.changes) == ('"a","b"\n"1","x, y"\n', ())
    text, report = normalise('a,b\n1,x"y\n')
    assert (text, kinds(report)) == ('a,b\n1,"x""y"\n', {"quoting"})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"\n\n\n", "blank-header"),
        (b"a,b\n1,\0\n", "nul-byte"),
        (b"<html><body>", "format-error"),
        (b"PK\x03\x04", "workbook-damaged"),
        (b"a,b\n1," + b"x" * 8_000_001, "row-too-long"),
        (b'a,b\n"' + b"x\n" * 4_000_001, "row-too-long"),
        (b",".join(b"c%d" % n for n in range(1001)) + b"\n", "too-many-columns"),
    ],
)
def test_what_is_no_table_is_a_finding(normalise: Normalise, content: bytes, code: str) -> None:
    with pytest.raises(CannotNormaliseError) as caught:
        normalise(content)
    assert [found.code for found in caught.value.findings] == [code]


# --- rows and columns ----------------------------------------------------------------------------


def test_titles_blanks_totals_repeated_headers_and_notes_go(normalise: Normalise) -> None:
    text, report = normalise(
        "Informe,,\n,,\nunidad,monto,\nNorte,5,\n,,\nunidad,monto,\nSur,6,\nTotal general,11,\n"
        ",,\nNota: cifras preliminares,,\n"
    )
    assert text == "unidad,monto\nNorte,5\nSur,6\n"
    assert {(change.kind, change.count) for change in report.changes} == {
        ("title-row", 2),
        ("blank-column", 1),
        ("blank-row", 2),
        ("header-repeated", 1),
        ("total-row", 1),
        ("note-row", 1),
    }
    total = next(change for change in report.changes if change.kind == "total-row")
    assert [(cell.cell, cell.before) for cell in total.cells] == [("A8", "Total general")]


def test_a_row_with_one_value_is_no_note(normalise: Normalise) -> None:
    content = "clave,a,b\n1,2,3\n4,,\nNota,,\n5,,\n"
    assert normalise(content)[0] == content


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "Entidad,2018,,2019,\n,Hombres,Mujeres,Hombres,Mujeres\n",
            "entidad,2018_hombres,2018_mujeres,2019_hombres,2019_mujeres",
        ),
        ("Entidad,Monto,Otro,Más,Fin\n,Ene-dic,,,\n", "entidad,monto_ene_dic,otro,mas,fin"),
    ],
)
def test_a_header_of_two_clear_rows_becomes_one(
    normalise: Normalise, header: str, expected: str
) -> None:
    text, report = normalise(header + "Colima,1,2,3,4\nDurango,5,6,7,8\n")
    assert text.splitlines() == [expected, "Colima,1,2,3,4", "Durango,5,6,7,8"]
    assert "header-rows" in kinds(report)


def test_a_row_of_words_under_the_header_is_data(normalise: Normalise) -> None:
    content = "entidad,monto\nColima,alto\nDurango,5\n"
    assert normalise(content)[0] == content


def test_columns_take_the_names_and_the_order_of_the_dictionary(normalise: Normalise) -> None:
    text, report = normalise(
        'Fecha de corte;Mto. (pesos);Cve. entidad;Sobra\n31/12/2018;"1,234.50";1;x\n', DICTIONARY
    )
    assert text == "clave_entidad,fecha,monto_pesos,Sobra\n01,2018-12-31,1234.50,x\n"
    assert {"label", "column-order", "leading-zeros", "date", "thousands"} <= kinds(report)
    assert [(q.code, q.column, q.cell) for q in report.questions] == [
        ("label-not-recognised", "Sobra", "D1")
    ]


def test_values_beyond_the_header_are_kept(normalise: Normalise) -> None:
    text, report = normalise("a,b\n1,2,,x\n3\n")
    assert text == "a,b,,\n1,2,,x\n3,,,\n".replace(",,\n", ",\n", 1).replace(",,x", ",x").replace(
        "3,,,", "3,,"
    )
    assert ("short-row", 1) in {(change.kind, change.count) for change in report.changes}


def test_a_column_flagged_as_personal_shows_no_value(normalise: Normalise) -> None:
    _, report = normalise('dato,monto_pesos\n BOXW310820HNERXN09 ,"1,234.50"\n')
    assert "BOXW" not in report.model_dump_json()
    spaces = next(change for change in report.changes if change.kind == "outer-space")
    assert (spaces.count, spaces.cells[0].cell, spaces.cells[0].before) == (1, "A2", None)
    thousands = next(change for change in report.changes if change.kind == "thousands")
    assert thousands.cells[0].before == "1,234.50"


def test_a_value_for_a_column_that_is_there_is_refused(normalise: Normalise) -> None:
    for name in ("fecha", "nada"):
        with pytest.raises(CannotNormaliseError) as caught:
            normalise("clave_entidad,fecha\n01,2018-12-31\n", DICTIONARY, constants={name: "x"})
        assert caught.value.findings[0].code == "constant-not-wanted"


def test_groups_are_only_taken_apart_when_their_sum_is_right(normalise: Normalise) -> None:
    dictionary = (
        "campo,tipo,descripcion\nregion,texto,Una región.\nunidad,texto,Una unidad.\n"
        "monto_pesos,entero,Cantidad.\n"
    )
    rows = "region,unidad,monto_pesos\nNorte,,{}\n,A,2\n,B,3\nSur,,4\n,C,4\n"
    text, _ = normalise(rows.format(5), dictionary)
    assert text == "region,unidad,monto_pesos\nNorte,A,2\nNorte,B,3\nSur,C,4\n"
    assert normalise(rows.format(6), dictionary)[0] == rows.format(6)


# --- saving --------------------------------------------------------------------------------------


def test_a_copy_is_saved_whole_and_never_over_another(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a;b\n1;2.5\n", encoding="utf-8")
    target = tmp_path / "copia.csv"
    with normalised_copy(source) as copy:
        copy.save(target)
        with pytest.raises(FileExistsError):
            copy.save(target)
        copy.save(target, overwrite=True)
        gone = copy.path
    assert target.read_bytes() == b"a,b\n1,2.5\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "copia.csv"]
    assert not gone.exists()


# --- rules ---------------------------------------------------------------------------------------


@contextmanager
def unscanned(path: Path, dictionary: DataDictionary | None) -> Iterator[Copy]:
    """A copy without the look for personal data, which takes longer than all the rest."""
    empty = mock.Mock(hidden_columns=frozenset())
    with (
        mock.patch.object(copy_module, "scan_personal_data", return_value=empty),
        normalised_copy(path, dictionary) as copy,
    ):
        yield copy


CELL = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.sampled_from(
        [
            "",
            " ",
            "1,234",
            "1.234",
            "12,5",
            "$5",
            "31/12/2018",
            "Total",
            "Nota",
            "a,b",
            'x"y',
            "N/D",
        ]
    ),
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=2, max_size=7)
)
WRITTEN = st.sampled_from(
    [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-8", "|"), ("utf-16-le", ",")]
)


@given(TABLES, WRITTEN, st.booleans())
def test_normalising_twice_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    written: tuple[str, str],
    described: bool,
) -> None:
    folder = tmp_path_factory.mktemp("dos")
    first, second = folder / "a.csv", folder / "b.csv"
    with first.open("w", encoding=written[0], newline="") as stream:
        csv.writer(stream, delimiter=written[1]).writerows(rows)
    known = parse_dictionary(DICTIONARY.encode()) if described else None
    try:
        with unscanned(first, known) as copy:
            copy.save(second)
    except CannotNormaliseError:
        return
    with unscanned(second, known) as again:
        assert again.report.changes == ()
        assert again.path.read_bytes() == second.read_bytes()


PLAIN = st.text('abcdefghijklmnñáéí ABC0123456789.,"-', max_size=8).map(str.strip)


@settings(max_examples=20)
@given(st.lists(st.lists(PLAIN, min_size=3, max_size=3), min_size=1, max_size=6))
def test_texts_arrive_as_they_were_in_every_encoding(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    """What Python's csv reads from the original is what it reads from the copy."""
    folder = tmp_path_factory.mktemp("texto")
    dictionary = parse_dictionary(
        b"campo,tipo,descripcion\nuno,texto,Primero.\ndos,texto,Segundo.\ntres,texto,Tercero.\n"
    )
    kept = [["x", *row[1:]] for row in rows]
    with (folder / "a.csv").open("w", encoding="cp1252", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([["uno", "dos", "tres"], *kept])
    with unscanned(folder / "a.csv", dictionary) as copy:
        text = copy.path.read_bytes().decode()
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["uno", "dos", "tres"], *kept]
