"""Numbers as people write them, and when it is certain what they mean.

``1,234`` is one thousand and some in Mexico and one and some in Spain. A column is only rewritten
when its own cells prove which mark separates thousands and which decimals; a person sees the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from ckanext.imssbienestar.formats.canonical.layout import settings

_GROUP = r"[1-9][0-9]{0,2}"


class Form(StrEnum):
    """How a number is written, and what that proves."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    POINT_THREE = "point-three"  # 1.234
    COMMA_THREE = "comma-three"  # 1,234
    COMMA_GROUPS = "comma-groups"  # 1,234,567 or 1,234.5
    POINT_GROUPS = "point-groups"  # 1.234.567 or 1.234,5
    COMMA_DECIMAL = "comma-decimal"  # 1234,5
    SPACE_GROUPS = "space-groups"  # 1 234
    SPACE_COMMA = "space-comma"  # 1 234,5


_FORMS = (
    (Form.INTEGER, re.compile(r"[0-9]+")),
    (Form.POINT_THREE, re.compile(rf"{_GROUP}\.[0-9]{{3}}")),
    (Form.DECIMAL, re.compile(r"[0-9]+\.[0-9]*|\.[0-9]+")),
    (Form.COMMA_THREE, re.compile(rf"{_GROUP},[0-9]{{3}}")),
    (
        Form.COMMA_GROUPS,
        re.compile(rf"{_GROUP}(?:(?:,[0-9]{{3}}){{2,}}(?:\.[0-9]*)?|(?:,[0-9]{{3}})+\.[0-9]*)"),
    ),
    (
        Form.POINT_GROUPS,
        re.compile(rf"{_GROUP}(?:(?:\.[0-9]{{3}}){{2,}}(?:,[0-9]*)?|(?:\.[0-9]{{3}})+,[0-9]*)"),
    ),
    (Form.COMMA_DECIMAL, re.compile(r"[0-9]+,[0-9]+")),
    (Form.SPACE_GROUPS, re.compile(rf"{_GROUP}(?:[ '’][0-9]{{3}})+(?:\.[0-9]+)?")),
    (Form.SPACE_COMMA, re.compile(rf"{_GROUP}(?:[ '’][0-9]{{3}})+,[0-9]+")),
)


class Style(StrEnum):
    """What a column's cells prove about their marks."""

    POINT = "point"  # the comma separates thousands
    COMMA = "comma"  # the comma separates decimals, the point thousands


@dataclass(frozen=True)
class WrittenNumber:
    """A number taken apart.

    :ivar digits: what is left without sign, currency and percent.
    :ivar odd_sign: negative in another way than by a hyphen in front.
    """

    digits: str
    form: Form
    negative: bool = False
    odd_sign: bool = False
    currency: str = ""
    percent: bool = False

    @property
    def is_plain(self) -> bool:
        """Written as a public table has it, whatever its column proves."""
        decorated = self.odd_sign or self.currency or self.percent
        return not decorated and self.form in (Form.INTEGER, Form.DECIMAL, Form.POINT_THREE)


def read_number(text: str) -> WrittenNumber | None:
    """Take a trimmed text apart; None when it is no number at all."""
    rest, negative, odd_sign = text, False, False
    if rest.startswith("(") and rest.endswith(")"):
        rest, negative, odd_sign = rest[1:-1].strip(), True, True
    rest, sign = _without_sign(rest)
    rest, currency = _without_currency(rest)
    if not sign:
        rest, sign = _without_sign(rest)
        odd_sign = odd_sign or bool(sign and currency)
    percent = rest.endswith("%")
    rest = rest.removesuffix("%").strip()
    form = next((form for form, pattern in _FORMS if pattern.fullmatch(rest)), None)
    if form is None or (negative and sign):
        return None
    return WrittenNumber(
        digits=rest,
        form=form,
        negative=negative or sign in ("-", "−"),
        odd_sign=odd_sign or sign == "−",
        currency=currency,
        percent=percent,
    )


def _without_sign(text: str) -> tuple[str, str]:
    return (text[1:].strip(), text[0]) if text[:1] in ("-", "−", "+") and text else (text, "")


def _without_currency(text: str) -> tuple[str, str]:
    for sign in (*settings()["other_currencies"], *settings()["pesos_signs"]):
        if text.startswith(sign):
            return text[len(sign) :].strip(), sign
        if text.endswith(sign):
            return text[: -len(sign)].strip(), sign
    return text, ""


def proven_style(forms: Counter[Form], *, whole: bool) -> Style | None:
    """What the cells of one column prove together, or None when they prove nothing or both.

    :param whole: the dictionary says that the column holds whole numbers.
    """
    groups = forms[Form.COMMA_GROUPS]
    # A point that does not stand before three digits can only be decimal: 12.5
    decimals = forms[Form.DECIMAL]
    comma_decimals = forms[Form.POINT_GROUPS] + forms[Form.COMMA_DECIMAL] + forms[Form.SPACE_COMMA]
    if comma_decimals:
        return None if groups or decimals else Style.COMMA
    if groups or decimals or (whole and forms[Form.COMMA_THREE]):
        return Style.POINT
    return None


def is_ambiguous(number: WrittenNumber, style: Style | None, *, mixed: bool) -> bool:
    """Whether this number could be two numbers, its column proving neither.

    :param mixed: commas are written in this column, so its points are not above suspicion.
    """
    if style is not None or number.form in (Form.INTEGER, Form.SPACE_GROUPS, Form.SPACE_COMMA):
        return False
    if number.form is Form.POINT_THREE:
        return mixed or not number.is_plain
    return mixed if number.form is Form.DECIMAL else True


def canonical_number(number: WrittenNumber, style: Style | None) -> str | None:
    """The number with a decimal point and no thousands separators; None when it is not certain."""
    digits = re.sub("[ '’]", "", number.digits)
    if style is Style.COMMA:
        digits = digits.replace(".", "").replace(",", ".")
    elif number.form is Form.SPACE_COMMA:
        digits = digits.replace(",", ".")
    elif style is Style.POINT:
        digits = digits.replace(",", "")
    elif "," in digits or digits.count(".") > 1:
        return None
    return ("-" if number.negative else "") + digits.removesuffix(".")
