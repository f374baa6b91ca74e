"""One column rewritten as its survey proved: the second of the two readings of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ckanext.imssbienestar.domain.cell_values import FieldType, read_value
from ckanext.imssbienestar.domain.dictionary import constraint_text, plain_words
from ckanext.imssbienestar.formats.canonical.changes import ChangeLog
from ckanext.imssbienestar.formats.canonical.dates import (
    canonical_date,
    canonical_month,
    read_date,
    serial_date,
)
from ckanext.imssbienestar.formats.canonical.layout import settings, words
from ckanext.imssbienestar.formats.canonical.numbers import (
    Form,
    Style,
    WrittenNumber,
    canonical_number,
    is_ambiguous,
    read_number,
)
from ckanext.imssbienestar.formats.canonical.survey import (
    DATED,
    NUMERIC,
    ColumnSurvey,
    iso_days,
    plain_numbers,
)
from ckanext.imssbienestar.formats.canonical.text import (
    all_clean,
    boolean_word,
    clean_text,
    is_error_word,
    says_no_data,
)
from ckanext.imssbienestar.formats.workbooks.facts import Finds

Mended = tuple[str, tuple[str, ...], str]
"""A cell's new text, the kinds of change, and the code of the question it raises."""

# Texts of a column whose answer is remembered.
_REMEMBERED = 20_000


class ColumnMender:
    """Rewrites the cells of one column, and notes what it changed and what it left in doubt.

    :ivar questions: code of the finding -> the cells left as they are.
    """

    def __init__(self, survey: ColumnSurvey, log: ChangeLog) -> None:
        self.survey = survey
        self.log = log
        self.questions: dict[str, Finds] = {}
        self.kind = survey.kind
        self.style = survey.style
        self.order = survey.order
        self.digits, _ = survey.digits
        entry = survey.entry
        self.declared = entry is not None
        self.allowed = _allowed_by_words(survey)
        self._told = plain_words(
            " ".join((survey.name, entry.title, entry.unit) if entry else (survey.name,))
        )
        self._known: dict[str, Mended] = {}
        self._mend_value = self._value_mender()

    def mend(
        self, cells: Sequence[str], joined: str, reference: Callable[[int], str]
    ) -> Sequence[str]:
        """The cells as the copy has them.

        :param joined: the same cells joined by JOINER.
        :param reference: the reference of a cell, by its place in ``cells``.
        """
        if self._needs_nothing(joined):
            return cells
        mended = list(cells)
        for place, cell in enumerate(cells):
            text, kinds, question = self._known.get(cell) or self._look(cell)
            if question:
                self.questions.setdefault(question, Finds()).add(reference(place))
            if text != cell:
                mended[place] = text
                for kind in kinds:
                    detail = str(self.digits) if kind == "leading-zeros" else ""
                    self.log.cell(
                        kind,
                        self.survey.name,
                        reference(place),
                        before=cell,
                        after=text,
                        detail=detail,
                    )
        return mended

    def _needs_nothing(self, joined: str) -> bool:
        if self.kind in NUMERIC and self.style is not Style.COMMA and not self.survey.commas:
            whole = self.kind is FieldType.INTEGER
            return not (whole and "." in joined) and plain_numbers(joined)
        if self.kind is FieldType.DATE:
            return iso_days(joined)
        plain_text = self.kind is FieldType.STRING and not self.allowed and not self.digits
        return plain_text and "#" not in joined and all_clean(joined)

    def _look(self, cell: str) -> Mended:
        text, kinds = clean_text(cell)
        question = ""
        if is_error_word(text):
            question = "formula-error"
        elif text:
            text, more, question = self._mend_value(text)
            kinds += more
        mended = (text, kinds, question)
        if len(self._known) < _REMEMBERED:
            self._known[cell] = mended
        return mended

    def _value_mender(self) -> Callable[[str], Mended]:
        if self.kind in NUMERIC:
            return self._number
        if self.kind in DATED:
            return self._date
        if self.kind is FieldType.BOOLEAN:
            return self._boolean
        if self.kind is FieldType.YEARMONTH:
            return self._year_month
        if self.kind is FieldType.YEAR:
            return self._year
        return self._text

    def _text(self, text: str) -> Mended:
        if self.digits and text.isascii() and text.isdigit() and len(text) < self.digits:
            return text.zfill(self.digits), ("leading-zeros",), ""
        allowed = self.allowed.get(plain_words(text), text)
        return allowed, ("allowed-value",) if allowed != text else (), ""

    def _number(self, text: str) -> Mended:
        if self.declared and says_no_data(text):
            return "", ("no-data",), ""
        number = read_number(text)
        if number is None:
            return text, (), ""
        if number.currency and not self._currency_is_told(number.currency):
            return text, (), "currency-unclear"
        if number.percent and not self._percent_is_told():
            return text, (), "percent-unclear"
        if is_ambiguous(number, self.style, mixed=self.survey.commas):
            return text, (), "ambiguous-number"
        canonical = canonical_number(number, self.style)
        if canonical is None:
            return text, (), "ambiguous-number"
        kinds = _number_kinds(number, self.style)
        if self.declared and self.kind is FieldType.INTEGER:
            whole, _, decimals = canonical.partition(".")
            if decimals and not decimals.strip("0"):
                canonical, kinds = whole, (*kinds, "whole-number")
        return (canonical, kinds, "") if kinds else (text, (), "")

    def _currency_is_told(self, sign: str) -> bool:
        if sign in settings()["pesos_signs"]:
            return True
        names = settings()["other_currencies"][sign]
        return any(name in self._told.split() for name in names)

    def _percent_is_told(self) -> bool:
        told = any(f" {word} " in f" {self._told} " for word in words("percent_words"))
        # A column where some numbers carry the sign and others do not says two things.
        return told and self.survey.percents == self.survey.numbers

    def _date(self, text: str) -> Mended:
        if read_value(self.kind, text) is not None:
            return text, (), ""
        if self.declared and says_no_data(text):
            return "", ("no-data",), ""
        written = read_date(text)
        if written is not None:
            canonical = canonical_date(written, self.order, self.kind)
            if canonical is None:
                return text, (), "ambiguous-date"
            return canonical, ("date",), ""
        serial = serial_date(text) if self.declared and self.kind is FieldType.DATE else None
        return (serial, ("serial-date",), "") if serial else (text, (), "")

    def _boolean(self, text: str) -> Mended:
        if read_value(FieldType.BOOLEAN, text) is not None:
            return text, (), ""
        word = boolean_word(text)
        return (word, ("boolean",), "") if word else (text, (), "")

    def _year_month(self, text: str) -> Mended:
        if read_value(FieldType.YEARMONTH, text) is not None:
            return text, (), ""
        month = canonical_month(text)
        return (month, ("date",), "") if month else (text, (), "")

    def _year(self, text: str) -> Mended:
        year = text.removesuffix(".0")
        is_year = year != text and read_value(FieldType.YEAR, year) is not None
        return (year, ("whole-number",), "") if is_year else (text, (), "")


def _number_kinds(number: WrittenNumber, style: Style | None) -> tuple[str, ...]:
    """What has to change in a number, as kinds of change; nothing for one that is canonical."""
    kinds = []
    if number.currency:
        kinds.append("currency")
    if number.percent:
        kinds.append("percent")
    if number.odd_sign:
        kinds.append("negative")
    grouped = number.form in (
        Form.COMMA_THREE,
        Form.COMMA_GROUPS,
        Form.POINT_GROUPS,
        Form.SPACE_GROUPS,
        Form.SPACE_COMMA,
    )
    if style is Style.COMMA:
        grouped = grouped and number.form is not Form.COMMA_THREE
        grouped = grouped or number.form is Form.POINT_THREE
        if "," in number.digits:
            kinds.append("decimal-comma")
    elif number.form is Form.SPACE_COMMA:
        kinds.append("decimal-comma")
    if grouped:
        kinds.append("thousands")
    return tuple(kinds)


def _allowed_by_words(survey: ColumnSurvey) -> dict[str, str]:
    """Allowed values by their words, for cells that differ in capitals or accents only."""
    entry = survey.entry
    if entry is None or entry.type is not FieldType.STRING or not entry.constraints.enum:
        return {}
    known: dict[str, str] = {}
    twice: set[str] = set()
    for value in map(constraint_text, entry.constraints.enum):
        said = plain_words(value)
        if said in known:
            twice.add(said)
        known[said] = value
    return {said: value for said, value in known.items() if said and said not in twice}
