"""Numbers, dates and texts as people write them: what is certain, and what a person must say."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.imssbienestar.domain.cell_values import FieldType, read_value
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryField
from ckanext.imssbienestar.formats.canonical.changes import ChangeLog
from ckanext.imssbienestar.formats.canonical.dates import canonical_month, serial_date
from ckanext.imssbienestar.formats.canonical.labels import abbreviates, pair_labels
from ckanext.imssbienestar.formats.canonical.mending import ColumnMender
from ckanext.imssbienestar.formats.canonical.numbers import read_number
from ckanext.imssbienestar.formats.canonical.survey import ColumnSurvey
from ckanext.imssbienestar.formats.canonical.text import JOINER, clean_text
from ckanext.imssbienestar.formats.canonical.whole import period_of


def mend(
    cells: list[str], kind: str | None = None, *, name: str = "dato", **entry: object
) -> tuple[list[str], set[str], set[str]]:
    """The cells of one column rewritten, the kinds of change, the codes of the questions."""
    declared = (
        DictionaryField.model_validate({"name": name, "type": kind} | entry) if kind else None
    )
    survey = ColumnSurvey(name, declared)
    joined = JOINER.join(cells)
    survey.feed(cells, joined)
    log = ChangeLog()
    mender = ColumnMender(survey, log)
    mended = list(mender.mend(cells, joined, str))
    return mended, {change.kind for change in log.changes()}, set(mender.questions)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,234,567", "1,234"], ["1234567", "1234"]),
        (["1,234.50", "1,234", "12.5"], ["1234.50", "1234", "12.5"]),
        (["1.234.567", "1.234"], ["1234567", "1234"]),
        (["1.234,50", "1.234", "7"], ["1234.50", "1234", "7"]),
        (["12,5", "0,125", "1.234"], ["12.5", "0.125", "1234"]),
        (["1234,56", "1,234"], ["1234.56", "1.234"]),
        (["1 234,5", "1\u00a0234"], ["1234.5", "1234"]),
        (["1'234.5", "12"], ["1234.5", "12"]),
        (["$1,234.50", "$ 7", "-$8", "$-9"], ["1234.50", "7", "-8", "-9"]),
        (["(1,234.00)", "−5", "MXN 3"], ["-1234.00", "-5", "3"]),
        (["N/D", "", "5"], ["", "", "5"]),
    ],
)
def test_a_column_that_proves_its_marks_is_rewritten(cells: list[str], expected: list[str]) -> None:
    mended, kinds, questions = mend(cells, "number")
    assert (mended, questions) == (expected, set())
    assert kinds
    assert all(read_value(FieldType.NUMBER, text) is not None for text in mended if text)


@pytest.mark.parametrize(
    "cells",
    [
        ["1,234", "5,678"],  # Mexico or Spain?
        ["1,234.5", "1.234,5"],  # both
        ["12,5", "12.5"],
        ["$1.234"],
    ],
)
def test_what_no_cell_proves_is_left_and_asked(cells: list[str]) -> None:
    mended, _, questions = mend(cells, "number")
    assert (mended, questions) == (cells, {"ambiguous-number"})


def test_a_column_of_whole_numbers_proves_that_the_comma_separates_thousands() -> None:
    assert mend(["1,234", "5"], "integer")[0] == ["1234", "5"]
    assert mend(["1094.0", "12.50"], "integer")[0] == ["1094", "12.50"]


def test_a_plain_decimal_with_three_digits_is_canonical() -> None:
    assert mend(["1.234", "2.5", "10"], "number") == (["1.234", "2.5", "10"], set(), set())
    assert mend(["1.234", "5.678"], None) == (["1.234", "5.678"], set(), set())


def test_signs_that_tell_a_unit_go_only_where_the_column_tells_it_too() -> None:
    assert mend(["12.5%", "3%"], "number", name="avance")[2] == {"percent-unclear"}
    assert mend(["12.5%", "3%"], "number", name="avance_porcentaje")[0] == ["12.5", "3"]
    assert mend(["12.5%", "0.3"], "number", name="avance_porcentaje")[2] == {"percent-unclear"}
    assert mend(["€5", "€6"], "number")[2] == {"currency-unclear"}
    assert mend(["€5", "€6"], "number", unit="euros")[0] == ["5", "6"]


def test_texts_are_no_numbers_and_codes_keep_their_zeros() -> None:
    texts = ["Fundación, A.C.", "1,234", "$5"]
    assert mend(texts, "string") == (texts, set(), set())
    assert mend(texts, None) == (texts, set(), set())
    assert mend(["01", "1,234"], None)[0] == ["01", "1,234"]


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["31/12/2018", "01/02/2018"], "date", ["2018-12-31", "2018-02-01"]),
        (["12-31-2018", "01-02-2018"], "date", ["2018-12-31", "2018-01-02"]),
        (
            ["2018/2/1", "5.5.2018", "2018-02-03 00:00:00"],
            "date",
            ["2018-02-01", "2018-05-05", "2018-02-03"],
        ),
        (["31 de diciembre de 2018", "1-ene-2019"], "date", ["2018-12-31", "2019-01-01"]),
        (["43465", "2018-12-30"], "date", ["2018-12-31", "2018-12-30"]),
        (["2018-12-31 10:30"], "datetime", ["2018-12-31T10:30:00"]),
        (["31/12/2018 9:05:00"], "datetime", ["2018-12-31T09:05:00"]),
        (["enero de 2024", "02/2024", "2024/3"], "yearmonth", ["2024-01", "2024-02", "2024-03"]),
        (["2024.0"], "year", ["2024"]),
        (["Sí", "NO", "true"], "boolean", ["true", "false", "true"]),
        (["31/12/2018", "28/02/2018"], None, ["2018-12-31", "2018-02-28"]),
    ],
)
def test_dates_become_iso(cells: list[str], kind: str | None, expected: list[str]) -> None:
    mended, _, questions = mend(cells, kind)
    assert (mended, questions) == (expected, set())


@pytest.mark.parametrize(
    "cells", [["01/02/2018", "03/04/2018"], ["31/12/2018", "12/31/2018"], ["31/02/2018"]]
)
def test_dates_that_nothing_proves_are_left_and_asked(cells: list[str]) -> None:
    mended, _, questions = mend(cells, "date")
    assert (mended, questions) == (cells, {"ambiguous-date"})


def test_years_of_two_digits_and_impossible_serials_stay() -> None:
    cells = ["31/12/18", "99999", "10:30"]
    assert mend(cells, "date")[0] == cells
    assert (serial_date("25569"), serial_date("1"), serial_date("43465.0")) == (
        "1970-01-01",
        None,
        "2018-12-31",
    )
    assert canonical_month("13/2024") is None


@pytest.mark.parametrize(
    "constraints",
    [
        {"pattern": "[0-9]{2}"},
        {"pattern": r"^\d\d$"},
        {"minLength": 2, "maxLength": 2},
        {"enum": ["01", "02", "32"]},
    ],
)
def test_zeros_come_back_where_the_dictionary_says_how_many_digits(
    constraints: dict[str, object],
) -> None:
    mended, kinds, _ = mend(["1", "02", "32", ""], "string", constraints=constraints)
    assert (mended, kinds) == (["01", "02", "32", ""], {"leading-zeros"})


def test_an_inegi_key_says_its_digits_and_any_other_code_does_not() -> None:
    assert mend(["1", "32"], None, name="cve_ent")[0] == ["01", "32"]
    assert mend(["1", "32"], "string", name="clave_de_area")[0] == ["1", "32"]


def test_allowed_values_differ_in_capitals_and_accents_only() -> None:
    constraints = {"enum": ["octubre", "Validez"]}
    mended, _, _ = mend(["OCTUBRE", "valídez", "otro"], "string", constraints=constraints)
    assert mended == ["octubre", "Validez", "otro"]


def test_errors_of_formulas_are_asked() -> None:
    assert mend(["#N/A", "5"], "number")[2] == {"formula-error"}
    assert mend(["#REF!", "x"], "string")[2] == {"formula-error"}


@pytest.mark.parametrize(
    ("text", "expected", "kinds"),
    [
        ("a\u00a0b", "a b", ("odd-space",)),
        (" a ", "a", ("outer-space",)),
        ("\u200ba\ufeff", "a", ("odd-space",)),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd", ("line-break",)),
        ("a  b\nc", "a  b\nc", ()),
    ],
)
def test_what_nobody_sees_is_cleaned(text: str, expected: str, kinds: tuple[str, ...]) -> None:
    assert clean_text(text) == (expected, kinds)


@pytest.mark.parametrize(
    ("token", "word", "expected"),
    [
        ("mto", "monto", True),
        ("ctia", "cuantia", True),
        ("otorg", "otorgado", True),
        ("ganados", "ganado", True),
        ("a", "ambito", False),
        ("fin", "monto", False),
        ("mes", "meses", True),
    ],
)
def test_abbreviations_are_beginnings_and_contractions(
    token: str, word: str, expected: bool
) -> None:
    assert abbreviates(token, word) is expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("TRIMESTRE OCTUBRE - DICIEMBRE DE 2018", ((2018, 10), (2018, 12))),
        ("Cifras acumuladas al periodo Enero-diciembre de 2018", ((2018, 1), (2018, 12))),
        ("corte: marzo 2024", ((2024, 3), (2024, 3))),
        ("ene - mar 2024", ((2024, 1), (2024, 3))),
        ("diciembre a enero de 2024", None),
        ("Ejercicio fiscal", None),
    ],
)
def test_the_period_of_a_title(title: str, expected: object) -> None:
    assert period_of(title) == expected


# --- rules ---------------------------------------------------------------------------------------

AMOUNTS = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)


def written(amount: Decimal, thousands: str, mark: str) -> str:
    return f"{amount:,}".translate({ord(","): thousands, ord("."): mark})


@given(
    st.lists(AMOUNTS, min_size=1, max_size=6),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("\u00a0", "."), ("’", ".")]),
)
def test_amounts_of_two_decimals_are_read_whatever_the_marks(
    amounts: list[Decimal], marks: tuple[str, str]
) -> None:
    mended, _, questions = mend([written(amount, *marks) for amount in amounts], "number")
    assert [Decimal(text) for text in mended] == amounts
    assert not questions


@given(st.lists(st.dates(date(1950, 1, 1), date(2099, 12, 31)), min_size=1, max_size=6))
def test_days_first_are_read_when_one_of_them_proves_it(days: list[date]) -> None:
    proof = date(2020, 1, 31)
    cells = [f"{day.day}/{day.month}/{day.year}" for day in [proof, *days]]
    assert mend(cells, "date")[0] == [day.isoformat() for day in [proof, *days]]
    serials = [str((day - date(1899, 12, 30)).days) for day in days]
    assert mend(serials, "date")[0] == [day.isoformat() for day in days]
    assert timedelta(0) < proof - date(1899, 12, 30)


KINDS = st.sampled_from([None, *map(str, FieldType)])
CELLS = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.text("0123456789.,-$%() /'", max_size=10),
        AMOUNTS.map(lambda a: f"{a:,}"),
        st.dates().map(lambda d: f"{d.day}/{d.month}/{d.year}"),
        st.sampled_from(["", "sí", "N/D", "#N/A", "43465", "01", "1.234", "1,234", "12,5"]),
    ),
    min_size=1,
    max_size=8,
)


@given(CELLS, KINDS)
def test_mending_twice_changes_nothing(cells: list[str], kind: str | None) -> None:
    once, _, _ = mend(cells, kind)
    assert mend(once, kind)[0] == once


@given(CELLS, KINDS.filter(lambda kind: kind not in (None, "string")))
def test_what_the_check_accepts_is_only_trimmed(cells: list[str], kind: str) -> None:
    canonical = [
        cell for cell in cells if cell and read_value(FieldType(kind), cell.strip()) is not None
    ]
    if canonical and not any("," in cell for cell in cells):
        whole = kind == "integer"
        expected = [clean_text(cell)[0] for cell in canonical]
        mended = mend(canonical, kind)[0]
        assert mended == expected or (whole and Counter(mended) == Counter(expected))


@given(st.text("0123456789.,-+$%()' ", max_size=12))
def test_a_number_taken_apart_keeps_its_digits(text: str) -> None:
    number = read_number(text.strip())
    if number is not None:
        assert sorted(filter(str.isdigit, text)) == sorted(filter(str.isdigit, number.digits))


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("Núm. donativos", "numero_de_donativos"),
        ("num_donativos", "numero_de_donativos"),
        # Names of other things, settled by somebody: nothing proves that they are these.
        ("clave_entidad", None),
        ("entidad_federativa", None),
        ("numero_consecutivo", None),
    ],
)
def test_a_column_with_a_name_of_its_own_is_not_taken_for_another(
    label: str, field: str | None
) -> None:
    described = "Clave y número de la entidad de la administración pública que otorga donativos."
    dictionary = DataDictionary.from_table_schema(
        {
            "fields": [
                {"name": "ramo_presupuestario", "description": described},
                {"name": "entidad_que_otorga", "description": described},
                {"name": "numero_de_donativos", "description": described},
            ]
        }
    )
    paired = pair_labels([[label]], dictionary)
    assert [entry.name for entry in paired.values()] == ([field] if field else [])
