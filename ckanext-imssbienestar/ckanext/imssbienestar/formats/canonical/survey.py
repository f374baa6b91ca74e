"""What the cells of one column prove together: the first of the two readings of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DictionaryField, constraint_text, plain_words
from ckanext.imssbienestar.formats.canonical.dates import (
    Order,
    proven_order,
    read_date,
    serial_date,
)
from ckanext.imssbienestar.formats.canonical.layout import settings, words
from ckanext.imssbienestar.formats.canonical.numbers import Form, Style, proven_style, read_number
from ckanext.imssbienestar.formats.canonical.text import (
    JOINER,
    all_clean,
    clean_text,
    says_no_data,
)

NUMERIC = (FieldType.INTEGER, FieldType.NUMBER)
DATED = (FieldType.DATE, FieldType.DATETIME)

_NOT_PLAIN = re.compile(f"[^0-9.{JOINER}-]")
_DECIMALS = re.compile(r"\.(?:\d{1,2}(?!\d)|\d{4})|(?:\d{4}|(?<!\d)0)\.\d{3}(?!\d)")
_ISO_DAYS = re.compile(f"(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{JOINER}|{JOINER})*")


def plain_numbers(joined: str) -> bool:
    """Whether the cells joined by JOINER are numbers as a public table has them, or blank."""
    if _NOT_PLAIN.search(joined):
        return False
    if "-" in joined and re.search(r"[0-9.]-|--", joined):
        return False
    return "." not in joined or not re.search(r"\.[0-9]*\.", joined)


def iso_days(joined: str) -> bool:
    """Whether the cells joined by JOINER are days as a public table has them, or blank."""
    return _ISO_DAYS.fullmatch(joined + JOINER) is not None


@dataclass
class ColumnSurvey:
    """The evidence of one column.

    :ivar name: the column's name in the copy.
    :ivar entry: its dictionary entry, when there is one: a declared type is never doubted.
    :ivar proven_digits: digits that the number format of its sheet shows in every cell.
    """

    name: str
    entry: DictionaryField | None = None
    proven_digits: int | None = None
    forms: Counter[Form] = field(default_factory=Counter)
    orders: Counter[Order] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    filled_cells: int = 0
    leading_zero: bool = False
    percents: int = 0
    numbers: int = 0
    dates: int = 0
    serials: int = 0
    others: int = 0
    commas: bool = False

    def feed(self, cells: Sequence[str], joined: str) -> None:
        """Look at the next cells of the column.

        :param joined: the same cells joined by JOINER.
        """
        if not all_clean(joined):
            cells = [clean_text(cell)[0] for cell in cells]
            joined = JOINER.join(cells)
        self.filled_cells += len(cells) - cells.count("")
        declared = self.entry.type if self.entry else None
        if declared is FieldType.STRING:
            if self._may_lack_zeros:
                self._count_lengths(cells)
            return
        if declared is None and self.others:
            return  # a column of texts, whatever follows
        if plain_numbers(joined):
            self._feed_plain(cells, joined)
            return
        if "-" in joined and declared not in NUMERIC and iso_days(joined):
            self.dates += 1
            return
        for cell in cells:
            if cell:
                self._feed_cell(cell)
                if self.others and declared is None:
                    return

    @cached_property
    def _may_lack_zeros(self) -> bool:
        return bool(set(plain_words(self.name).split()) & set(settings()["code_names"]))

    def _count_lengths(self, cells: Sequence[str]) -> None:
        for cell in cells:
            if cell.isascii() and cell.isdigit():
                self.lengths[len(cell)] += 1
                self.leading_zero = self.leading_zero or cell[0] == "0"

    def _feed_plain(self, cells: Sequence[str], joined: str) -> None:
        found = joined.strip(JOINER)
        if not found:
            return
        self.numbers += 1
        if "." in joined:
            if not self.forms[Form.DECIMAL] and _DECIMALS.search(joined):
                self.forms[Form.DECIMAL] += 1
            return
        begins = joined[0] == "0" or f"{JOINER}0" in joined
        if begins and not self.leading_zero and re.search(rf"(?:^|{JOINER})0\d", joined):
            self.leading_zero = True
        if self.entry is None:
            if self._may_be_dates:
                self.serials += sum(serial_date(cell) is not None for cell in cells)
            if self._may_lack_zeros:
                self._count_lengths(cells)

    @cached_property
    def _may_be_dates(self) -> bool:
        return bool(set(plain_words(self.name).split()) & words("date_names"))

    def _feed_cell(self, text: str) -> None:
        if self.entry and self.entry.type in DATED:
            self._feed_date(text)
            return
        number = read_number(text)
        if number is not None:
            self.numbers += 1
            self.forms[number.form] += 1
            self.percents += number.percent
            self.commas = self.commas or "," in number.digits
            self.leading_zero = self.leading_zero or re.match(r"0\d", text) is not None
        elif self.entry is None:
            self._feed_date(text)
        elif not says_no_data(text):
            self.others += 1

    def _feed_date(self, text: str) -> None:
        written = read_date(text)
        if written is not None:
            self.dates += 1
            self.orders[written.order] += 1
        elif serial_date(text):
            self.serials += 1
        elif not (self.entry and says_no_data(text)):
            self.others += 1

    @property
    def filled(self) -> bool:
        """Whether any cell holds anything."""
        return self.filled_cells > 0

    @property
    def kind(self) -> FieldType:
        """The declared type; without one, what every cell can be read as."""
        if self.entry:
            return self.entry.type
        mixed = self.others or (self.numbers and self.dates)
        if mixed or self.leading_zero or self.digits[0]:
            return FieldType.STRING
        if self.dates:
            return FieldType.DATE
        return FieldType.NUMBER if self.numbers else FieldType.STRING

    @property
    def style(self) -> Style | None:
        """What the column proves about its marks."""
        whole = bool(self.entry) and self.kind is FieldType.INTEGER
        return proven_style(self.forms, whole=whole)

    @property
    def order(self) -> Order | None:
        """What the column proves about its dates."""
        return proven_order(self.orders)

    @property
    def digits(self) -> tuple[int, str]:
        """Digits that the codes of this column must have, and who says so; 0 when nobody does."""
        if self.entry and self.kind is not FieldType.STRING:
            return 0, ""
        if self.entry and (declared := _declared_digits(self.entry)):
            return declared, "dictionary"
        if self.proven_digits:
            return self.proven_digits, "format"
        name = "_".join(plain_words(self.name).split())
        for digits, names in settings()["key_digits"].items():
            if name in names:
                return int(digits), "inegi"
        return 0, ""

    @property
    def may_be_serial_dates(self) -> bool:
        """Numbers of which at least one may be a day, under a name that says so."""
        return self.entry is None and self.serials > 0 and not self.others

    @property
    def lacks_zeros(self) -> bool:
        """Codes of several lengths, none beginning with zero: it looks as if they were eaten."""
        return (
            self._may_lack_zeros
            and not self.digits[0]
            and len(self.lengths) > 1
            and not self.leading_zero
            and not self.others
        )


def _declared_digits(entry: DictionaryField) -> int:
    """The number of digits that a dictionary entry demands, or 0."""
    constraints = entry.constraints
    if constraints.enum:
        texts = [constraint_text(value) for value in constraints.enum]
        sizes = {len(text) for text in texts}
        return sizes.pop() if len(sizes) == 1 and all(t.isdigit() for t in texts) else 0
    if constraints.pattern:
        found = re.fullmatch(
            r"\^?(?:\[0-9\]|\\d)(?:\{(\d+)\}|((?:\[0-9\]|\\d)*))\$?", constraints.pattern
        )
        if found:
            more = re.findall(r"\[0-9\]|\\d", found[2] or "")
            return int(found[1]) if found[1] else 1 + len(more)
        return 0
    if constraints.min_length and constraints.min_length == constraints.max_length:
        return constraints.min_length
    return 0
